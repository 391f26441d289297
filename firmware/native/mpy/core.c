// MicroPython's side of the integer kernels.

#include "module.h"

static mp_obj_t conv8(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer p = in(args[0], 'i'), x = in(args[1], 0), w = in(args[2], 'b'), t = in(args[3], 'i');
    tc_buffer y = out(args[4], 0), acc = out(args[5], 'i');
    return done(tc_conv8(&p, &x, &w, &t, &y, &acc));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(conv8_obj, 6, 6, conv8);

static mp_obj_t binarise(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer p = in(args[0], 'i'), x = in(args[1], 0), t = in(args[2], 'i'), y = out(args[3], 0);
    return done(tc_binarise(&p, &x, &t, &y));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(binarise_obj, 4, 4, binarise);

static mp_obj_t bconv(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer p = in(args[0], 'i'), x = in(args[1], 0), w = in(args[2], 0), t = in(args[3], 'i');
    tc_buffer y = out(args[4], 0), acc = out(args[5], 'i');
    return done(tc_bconv(&p, &x, &w, &t, &y, &acc));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(bconv_obj, 6, 6, bconv);

static mp_obj_t bpool(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer p = in(args[0], 'i'), x = in(args[1], 0), m = in(args[2], 0), y = out(args[3], 0);
    return done(tc_bpool(&p, &x, &m, &y));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(bpool_obj, 4, 4, bpool);

static mp_obj_t sum_pool(mp_obj_t geometry, mp_obj_t bits, mp_obj_t sums) {
    tc_buffer p = in(geometry, 'i'), x = in(bits, 0), y = out(sums, 0);
    return done(tc_sum_pool(&p, &x, &y));
}
static MP_DEFINE_CONST_FUN_OBJ_3(sum_pool_obj, sum_pool);

static mp_obj_t head_forward(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer w = in(args[0], 'h'), x = in(args[1], 'b'), acc = out(args[2], 'i');
    int32_t best = 0;
    done(tc_head_forward(&w, &x, &acc, number(args[3]), number(args[4]), number(args[5]),
        number(args[6]), &best));
    return MP_OBJ_NEW_SMALL_INT(best);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(head_forward_obj, 7, 7, head_forward);

static mp_obj_t softmax_error(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer acc = out(args[0], 'i'), lut = in(args[1], 'H'), g = out(args[2], 'h');
    return done(tc_softmax_error(
        &acc, &lut, &g, number(args[3]), number(args[4]), number(args[5]), number(args[6])));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(softmax_error_obj, 7, 7, softmax_error);

static mp_obj_t head_update(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer w = out(args[0], 'h'), g = in(args[1], 'h'), x = in(args[2], 'b');
    int32_t classes = number(args[3]), features = number(args[4]);
    int32_t shift = number(args[5]), limit = number(args[6]);
    if (args[7] == mp_const_none) {
        return done(tc_head_update(&w, &g, &x, classes, features, shift, limit, NULL));
    }
    tc_buffer rng = out(args[7], 'I');
    return done(tc_head_update(&w, &g, &x, classes, features, shift, limit, &rng));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(head_update_obj, 8, 8, head_update);

static mp_obj_t head_step(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer p = in(args[0], 'i'), w = out(args[1], 'h'), x = in(args[2], 'b');
    tc_buffer acc = out(args[3], 'i'), g = out(args[4], 'h'), lut = in(args[5], 'H'), state;
    tc_buffer *rng = NULL;
    if (args[6] != mp_const_none) {
        state = out(args[6], 'I');
        rng = &state;
    }
    int32_t best = 0;
    done(tc_head_step(&p, &w, &x, &acc, &g, &lut, rng, number(args[7]), &best));
    return MP_OBJ_NEW_SMALL_INT(best);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(head_step_obj, 8, 8, head_step);

static mp_obj_t head_sum(mp_obj_t weights, mp_obj_t row, mp_obj_t features) {
    tc_buffer w = in(weights, 'h');
    int32_t sum = 0;
    done(tc_head_sum(&w, number(row), number(features), &sum));
    return mp_obj_new_int((mp_uint_t)(mp_int_t)sum);
}
static MP_DEFINE_CONST_FUN_OBJ_3(head_sum_obj, head_sum);

static mp_obj_t head_merge(size_t n, const mp_obj_t *args) {
    (void)n;
    tc_buffer cw = out(args[0], 'h'), tw = in(args[1], 'h');
    return done(tc_head_merge(&cw, &tw, number(args[2]), number(args[3]), number(args[4]),
        number(args[5]), number(args[6])));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(head_merge_obj, 7, 7, head_merge);

#define KERNELS(KERNEL) \
    KERNEL(MP_QSTR_conv8, conv8_obj) \
    KERNEL(MP_QSTR_binarise, binarise_obj) \
    KERNEL(MP_QSTR_bconv, bconv_obj) \
    KERNEL(MP_QSTR_bpool, bpool_obj) \
    KERNEL(MP_QSTR_sum_pool, sum_pool_obj) \
    KERNEL(MP_QSTR_head_forward, head_forward_obj) \
    KERNEL(MP_QSTR_softmax_error, softmax_error_obj) \
    KERNEL(MP_QSTR_head_update, head_update_obj) \
    KERNEL(MP_QSTR_head_step, head_step_obj) \
    KERNEL(MP_QSTR_head_sum, head_sum_obj) \
    KERNEL(MP_QSTR_head_merge, head_merge_obj)
MODULE(tinycl_core, MP_QSTR_NAME, MP_QSTR_native, KERNELS)
