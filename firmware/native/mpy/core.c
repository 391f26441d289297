// MicroPython's side of the integer kernels: tinycl_core, with which a board learns.

#include "layers.h"

static mp_obj_t softmax_error(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[7];
    take(a, args, "=iH=h####");
    return done(tc_softmax_error(&a[0].buffer, &a[1].buffer, &a[2].buffer, a[3].number,
        a[4].number, a[5].number, a[6].number));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(softmax_error_obj, 7, 7, softmax_error);

static mp_obj_t head_update(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[8];
    take(a, args, "=hhb####=?I");
    return done(tc_head_update(&a[0].buffer, &a[1].buffer, &a[2].buffer, a[3].number, a[4].number,
        a[5].number, a[6].number, OPTIONAL(7)));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(head_update_obj, 8, 8, head_update);

static mp_obj_t head_step(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[8];
    take(a, args, "i=hb=i=hH=?I#");
    int32_t best = 0;
    done(tc_head_step(&a[0].buffer, &a[1].buffer, &a[2].buffer, &a[3].buffer, &a[4].buffer,
        &a[5].buffer, OPTIONAL(6), a[7].number, &best));
    return MP_OBJ_NEW_SMALL_INT(best);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(head_step_obj, 8, 8, head_step);

static mp_obj_t head_sum(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[3];
    take(a, args, "h##");
    int32_t sum = 0;
    done(tc_head_sum(&a[0].buffer, a[1].number, a[2].number, &sum));
    return mp_obj_new_int((mp_uint_t)(mp_int_t)sum);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(head_sum_obj, 3, 3, head_sum);

static mp_obj_t head_merge(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[7];
    take(a, args, "=hh#####");
    return done(tc_head_merge(&a[0].buffer, &a[1].buffer, a[2].number, a[3].number, a[4].number,
        a[5].number, a[6].number));
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
