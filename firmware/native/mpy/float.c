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

static mp_obj_t sign(size_t n, const mp_obj_t *args) {
    (void)n;
    return call(tc_float_sign, args, "if=.");
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(sign_obj, 3, 3, sign);

static mp_obj_t unsign(size_t n, const mp_obj_t *args) {
    (void)n;
    return call(tc_float_unsign, args, "i.=f");
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(unsign_obj, 3, 3, unsign);

static mp_obj_t pixels(size_t n, const mp_obj_t *args) {
    (void)n;
    return call(tc_float_pixels, args, "i.=f");
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(pixels_obj, 3, 3, pixels);

static mp_obj_t max_pool(size_t n, const mp_obj_t *args) {
    (void)n;
    return call(tc_float_max_pool, args, "if=f");
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(max_pool_obj, 3, 3, max_pool);

static mp_obj_t mean_pool(size_t n, const mp_obj_t *args) {
    (void)n;
    return call(tc_float_mean_pool, args, "if=f");
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(mean_pool_obj, 3, 3, mean_pool);

static mp_obj_t pad(size_t n, const mp_obj_t *args) {
    (void)n;
    return call(tc_float_pad, args, "if=f");
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(pad_obj, 3, 3, pad);

static mp_obj_t softmax(size_t n, const mp_obj_t *args) {
    (void)n;
    return call(tc_float_softmax, args, "if=f");
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(softmax_obj, 3, 3, softmax);

static mp_obj_t bconv(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[6];
    take(a, args, "i..f=f=i");
    return done(tc_float_bconv(&a[0].buffer, &a[1].buffer, &a[2].buffer, &a[3].buffer, &a[4].buffer,
        &a[5].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(bconv_obj, 6, 6, bconv);

static mp_obj_t conv(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[5];
    take(a, args, "ifff=f");
    return done(tc_float_conv(&a[0].buffer, &a[1].buffer, &a[2].buffer, &a[3].buffer, &a[4].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(conv_obj, 5, 5, conv);

static mp_obj_t depthwise(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[5];
    take(a, args, "ifff=f");
    return done(tc_float_depthwise(&a[0].buffer, &a[1].buffer, &a[2].buffer, &a[3].buffer, &a[4].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(depthwise_obj, 5, 5, depthwise);

static mp_obj_t combine(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[4];
    take(a, args, "iff=f");
    return done(tc_float_combine(&a[0].buffer, &a[1].buffer, &a[2].buffer, &a[3].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(combine_obj, 4, 4, combine);

static mp_obj_t scale(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[4];
    take(a, args, "iff=f");
    return done(tc_float_scale(&a[0].buffer, &a[1].buffer, &a[2].buffer, &a[3].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(scale_obj, 4, 4, scale);

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
