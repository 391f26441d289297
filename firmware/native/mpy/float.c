// MicroPython's side of the real-valued kernels.

#include "module.h"
#include "../float/kernels.h"

// Kernels of a geometry, an input and an output.
typedef tc_error plain(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y);

static mp_obj_t call(plain *kernel, const mp_obj_t *args, const char *kinds) {
    argument a[3];
    take(a, args, kinds);
    return done(kernel(&a[0].buffer, &a[1].buffer, &a[2].buffer));
}

#define PLAIN(name, kinds) \
    static mp_obj_t name(size_t given, const mp_obj_t *args) { \
        (void)given; \
        return call(tc_float_##name, args, kinds); \
    } \
    static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(name##_obj, 3, 3, name);

PLAIN(sign, "if=.")
PLAIN(unsign, "i.=f")
PLAIN(pixels, "i.=f")
PLAIN(max_pool, "if=f")
PLAIN(mean_pool, "if=f")
PLAIN(pad, "if=f")
PLAIN(softmax, "if=f")

FUNCTION(bconv, 6, "i..f=f=i", tc_float_bconv(B(0), B(1), B(2), B(3), B(4), B(5)));
FUNCTION(conv, 5, "ifff=f", tc_float_conv(B(0), B(1), B(2), B(3), B(4)));
FUNCTION(depthwise, 5, "ifff=f", tc_float_depthwise(B(0), B(1), B(2), B(3), B(4)));
FUNCTION(combine, 4, "iff=f", tc_float_combine(B(0), B(1), B(2), B(3)));
FUNCTION(scale, 4, "iff=f", tc_float_scale(B(0), B(1), B(2), B(3)));

#define KERNELS(KERNEL) \
    KERNEL(MP_QSTR_bconv, bconv_obj) \
    KERNEL(MP_QSTR_combine, combine_obj) \
    KERNEL(MP_QSTR_sign, sign_obj) \
    KERNEL(MP_QSTR_unsign, unsign_obj) \
    KERNEL(MP_QSTR_pixels, pixels_obj) \
    KERNEL(MP_QSTR_conv, conv_obj) \
    KERNEL(MP_QSTR_depthwise, depthwise_obj) \
    KERNEL(MP_QSTR_scale, scale_obj) \
    KERNEL(MP_QSTR_max_pool, max_pool_obj) \
    KERNEL(MP_QSTR_mean_pool, mean_pool_obj) \
    KERNEL(MP_QSTR_pad, pad_obj) \
    KERNEL(MP_QSTR_softmax, softmax_obj)
MODULE(tinycl_float, MP_QSTR_NAME, MP_QSTR_native, KERNELS)
