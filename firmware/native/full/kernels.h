// The kernels of full depth in C. firmware/tinycl_rt/kernels/reference/full.py is their specification:
// same names, same arguments, the same integers. See core/kernels.h.
//
// Ranges, beside those of a geometry; what is outside is refused:
//
// * terms of a sum, kh * kw * c: at most 32767; times sums of a channel, N = n * oh * ow: below
//   2^27; N at most 2^20
// * beta within +-127, psi at least 16, running means of mu within +-2^27, of psi 0..2^27
// * margin: 0..32767, and of the type of the latent weights; step: 0..127; limit: 0..127
// * pad: 0 or 1; packed bits of norm_forward lie anywhere

#ifndef TINYCL_FULL_KERNELS_H
#define TINYCL_FULL_KERNELS_H

#include "../core/kernels.h"

// `latent` has items of `item` bytes, 1 or 2.
tc_error tc_full_init_weights(const tc_buffer *p, const tc_buffer *w, const tc_buffer *latent, int32_t item,
    int32_t margin, const tc_buffer *rng);
tc_error tc_full_norm_forward(const tc_buffer *p, int32_t n, const tc_buffer *x, const tc_buffer *w,
    const tc_buffer *norm, const tc_buffer *t, const tc_buffer *psi, const tc_buffer *y,
    const tc_buffer *inside, const tc_buffer *above, const tc_buffer *acc, int32_t *base);
tc_error tc_full_norm_back(const tc_buffer *p, int32_t n, const tc_buffer *e,
    const tc_buffer *above, const tc_buffer *psi, const tc_buffer *norm, int32_t base,
    int32_t step, int32_t limit, int32_t *peak);

#endif
