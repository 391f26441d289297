// MicroPython's side of the trainable tail's kernels.

#include "module.h"
#include "../tail/kernels.h"

// A buffer that may be None.
static const tc_buffer *in_or_none(mp_obj_t object, tc_buffer *buffer) {
    if (object == mp_const_none) {
        return NULL;
    }
    *buffer = in(object, 0);
    return buffer;
}

static mp_obj_t bconv_train(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer p = in(args[0], 'i'), x = in(args[2], 0), w = in(args[3], 0), t = in(args[4], 'i');
    tc_buffer y = out(args[6], 0), inside = out(args[7], 0), acc = out(args[8], 'i');
    int32_t images = number(args[1]), half = number(args[5]);
    return done(tc_tail_bconv_train(&p, images, &x, &w, &t, half, &y, &inside, &acc));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(bconv_train_obj, 9, 9, bconv_train);

static mp_obj_t head_back(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer w = in(args[0], 'h'), g = in(args[1], 'h'), f = out(args[2], 'i');
    return done(tc_tail_head_back(
        &w, &g, &f, number(args[3]), number(args[4]), number(args[5]), number(args[6])));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(head_back_obj, 7, 7, head_back);

static mp_obj_t unpool(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer p = in(args[0], 'i'), f = in(args[1], 'i'), e = out(args[5], 'b'), bits;
    const tc_buffer *inside = in_or_none(args[4], &bits);
    return done(tc_tail_unpool(&p, &f, number(args[2]), number(args[3]), inside, &e));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(unpool_obj, 6, 6, unpool);

static mp_obj_t bconv_back(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer p = in(args[0], 'i'), e = in(args[1], 'b'), w = in(args[2], 0), d = out(args[3], 'i');
    return done(tc_tail_bconv_back(&p, &e, &w, &d));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(bconv_back_obj, 4, 4, bconv_back);

static mp_obj_t requantize(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer d = in(args[0], 'i'), e = out(args[6], 'b'), bits;
    const tc_buffer *inside = in_or_none(args[5], &bits);
    return done(tc_tail_requantize(&d, number(args[1]), number(args[2]), number(args[3]),
        number(args[4]), inside, &e));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(requantize_obj, 7, 7, requantize);

static mp_obj_t bpool_back(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer p = in(args[0], 'i'), x = in(args[1], 0), y = in(args[2], 0), f = in(args[3], 'b');
    tc_buffer e = out(args[5], 'b'), bits;
    const tc_buffer *inside = in_or_none(args[4], &bits);
    return done(tc_tail_bpool_back(&p, &x, &y, &f, inside, &e));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(bpool_back_obj, 6, 6, bpool_back);

static mp_obj_t bconv_update(size_t n, const mp_obj_t *args) {
    (void)n;
    mp_buffer_info_t info;
    mp_get_buffer_raise(args[4], &info, MP_BUFFER_RW);
    bool wide = info.typecode == 'h';
    tc_buffer latent = out(args[4], wide ? 'h' : 'b');
    tc_buffer p = in(args[0], 'i'), x = in(args[2], 0), e = in(args[3], 'b'), w = out(args[5], 0);
    tc_buffer t = out(args[6], 'i'), row = out(args[7], 'i');
    tc_buffer rule = in(args[8], 'i'), rng = out(args[9], 'I');
    int32_t flips = 0;
    done(tc_tail_bconv_update(&p, number(args[1]), &x, &e, &latent, wide ? 2 : 1, &w, &t, &row,
        &rule, &rng, &flips));
    return MP_OBJ_NEW_SMALL_INT(flips);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(bconv_update_obj, 10, 10, bconv_update);

#define KERNELS(KERNEL) \
    KERNEL(MP_QSTR_bconv_train, bconv_train_obj) \
    KERNEL(MP_QSTR_head_back, head_back_obj) \
    KERNEL(MP_QSTR_unpool, unpool_obj) \
    KERNEL(MP_QSTR_bconv_back, bconv_back_obj) \
    KERNEL(MP_QSTR_requantize, requantize_obj) \
    KERNEL(MP_QSTR_bpool_back, bpool_back_obj) \
    KERNEL(MP_QSTR_bconv_update, bconv_update_obj)
MODULE(tinycl_tail, MP_QSTR_NAME, MP_QSTR_native, KERNELS)
