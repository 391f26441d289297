// MicroPython's side of the real-valued kernels.

#include "module.h"
#include "../float/kernels.h"

// Kernels of a geometry, an input and an output.
typedef tc_error plain(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y);

static mp_obj_t call(
    plain *kernel, mp_obj_t geometry, mp_obj_t source, char from, mp_obj_t target, char to) {
    tc_buffer p = in(geometry, 'i'), x = in(source, from), y = out(target, to);
    return done(kernel(&p, &x, &y));
}

static mp_obj_t sign(mp_obj_t p, mp_obj_t x, mp_obj_t y) {
    return call(tc_float_sign, p, x, 'f', y, 0);
}
static MP_DEFINE_CONST_FUN_OBJ_3(sign_obj, sign);

static mp_obj_t unsign(mp_obj_t p, mp_obj_t x, mp_obj_t y) {
    return call(tc_float_unsign, p, x, 0, y, 'f');
}
static MP_DEFINE_CONST_FUN_OBJ_3(unsign_obj, unsign);

static mp_obj_t pixels(mp_obj_t p, mp_obj_t x, mp_obj_t y) {
    return call(tc_float_pixels, p, x, 0, y, 'f');
}
static MP_DEFINE_CONST_FUN_OBJ_3(pixels_obj, pixels);

static mp_obj_t max_pool(mp_obj_t p, mp_obj_t x, mp_obj_t y) {
    return call(tc_float_max_pool, p, x, 'f', y, 'f');
}
static MP_DEFINE_CONST_FUN_OBJ_3(max_pool_obj, max_pool);

static mp_obj_t mean_pool(mp_obj_t p, mp_obj_t x, mp_obj_t y) {
    return call(tc_float_mean_pool, p, x, 'f', y, 'f');
}
static MP_DEFINE_CONST_FUN_OBJ_3(mean_pool_obj, mean_pool);

static mp_obj_t pad(mp_obj_t p, mp_obj_t x, mp_obj_t y) {
    return call(tc_float_pad, p, x, 'f', y, 'f');
}
static MP_DEFINE_CONST_FUN_OBJ_3(pad_obj, pad);

static mp_obj_t softmax(mp_obj_t p, mp_obj_t x, mp_obj_t y) {
    return call(tc_float_softmax, p, x, 'f', y, 'f');
}
static MP_DEFINE_CONST_FUN_OBJ_3(softmax_obj, softmax);

static mp_obj_t bconv(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer p = in(args[0], 'i'), x = in(args[1], 0), w = in(args[2], 0), t = in(args[3], 'f');
    tc_buffer y = out(args[4], 'f'), acc = out(args[5], 'i');
    return done(tc_float_bconv(&p, &x, &w, &t, &y, &acc));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(bconv_obj, 6, 6, bconv);

static mp_obj_t conv(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer p = in(args[0], 'i'), x = in(args[1], 'f'), w = in(args[2], 'f');
    tc_buffer t = in(args[3], 'f'), y = out(args[4], 'f');
    return done(tc_float_conv(&p, &x, &w, &t, &y));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(conv_obj, 5, 5, conv);

static mp_obj_t depthwise(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer p = in(args[0], 'i'), x = in(args[1], 'f'), w = in(args[2], 'f');
    tc_buffer t = in(args[3], 'f'), y = out(args[4], 'f');
    return done(tc_float_depthwise(&p, &x, &w, &t, &y));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(depthwise_obj, 5, 5, depthwise);

static mp_obj_t combine(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer p = in(args[0], 'i'), x = in(args[1], 'f'), z = in(args[2], 'f');
    tc_buffer y = out(args[3], 'f');
    return done(tc_float_combine(&p, &x, &z, &y));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(combine_obj, 4, 4, combine);

static mp_obj_t scale(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer p = in(args[0], 'i'), x = in(args[1], 'f'), t = in(args[2], 'f');
    tc_buffer y = out(args[3], 'f');
    return done(tc_float_scale(&p, &x, &t, &y));
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
