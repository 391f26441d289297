// The real-valued kernels of tinycl in C. firmware/tinycl_rt/kernels/reference/floats.py is their
// specification: same names, same arguments, the same operations in the same order. See core/kernels.h.

#ifndef TINYCL_FLOAT_KERNELS_H
#define TINYCL_FLOAT_KERNELS_H

#include "../core/kernels.h"

// What sums and products are made in: as many bits as the interpreter's own float has, double on
// 64-bit machines and in the browser, single elsewhere. Then every result is the reference's, bit
// for bit; on a 32-bit board whose MicroPython has doubles the last digits differ. Never contract a
// product and a sum into one rounding (-ffp-contract=off).
#if defined(__x86_64__) || defined(__aarch64__) || defined(__wasm__)
typedef double tc_real;
#else
typedef float tc_real;
#endif

tc_error tc_float_bconv(const tc_buffer *p, const tc_buffer *x, const tc_buffer *w,
    const tc_buffer *t, const tc_buffer *y, const tc_buffer *acc);
tc_error tc_float_sign(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y);
tc_error tc_float_unsign(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y);
tc_error tc_float_pixels(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y);
tc_error tc_float_conv(const tc_buffer *p, const tc_buffer *x, const tc_buffer *w,
    const tc_buffer *t, const tc_buffer *y);
tc_error tc_float_depthwise(const tc_buffer *p, const tc_buffer *x, const tc_buffer *w,
    const tc_buffer *t, const tc_buffer *y);
tc_error tc_float_combine(const tc_buffer *p, const tc_buffer *x, const tc_buffer *z,
    const tc_buffer *y);
tc_error tc_float_scale(const tc_buffer *p, const tc_buffer *x, const tc_buffer *t,
    const tc_buffer *y);
tc_error tc_float_max_pool(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y);
tc_error tc_float_mean_pool(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y);
tc_error tc_float_pad(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y);
tc_error tc_float_softmax(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y);

#endif
