// MicroPython's side of the trainable tail's kernels.

#include "module.h"
#include "../tail/kernels.h"

static mp_obj_t bconv_train(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[9];
    take(a, args, "i#..i#=.=.=i");
    return done(tc_tail_bconv_train(&a[0].buffer, a[1].number, &a[2].buffer, &a[3].buffer,
        &a[4].buffer, a[5].number, &a[6].buffer, &a[7].buffer, &a[8].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(bconv_train_obj, 9, 9, bconv_train);

static mp_obj_t head_back(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[7];
    take(a, args, "hh=i####");
    return done(tc_tail_head_back(&a[0].buffer, &a[1].buffer, &a[2].buffer, a[3].number,
        a[4].number, a[5].number, a[6].number));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(head_back_obj, 7, 7, head_back);

static mp_obj_t unpool(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[6];
    take(a, args, "ii##?.=b");
    return done(tc_tail_unpool(&a[0].buffer, &a[1].buffer, a[2].number, a[3].number, OPTIONAL(4),
        &a[5].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(unpool_obj, 6, 6, unpool);

static mp_obj_t bconv_back(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[4];
    take(a, args, "ib.=i");
    return done(tc_tail_bconv_back(&a[0].buffer, &a[1].buffer, &a[2].buffer, &a[3].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(bconv_back_obj, 4, 4, bconv_back);

static mp_obj_t requantize(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[7];
    take(a, args, "i####?.=b");
    return done(tc_tail_requantize(&a[0].buffer, a[1].number, a[2].number, a[3].number,
        a[4].number, OPTIONAL(5), &a[6].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(requantize_obj, 7, 7, requantize);

static mp_obj_t bpool_back(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[6];
    take(a, args, "i..b?.=b");
    return done(tc_tail_bpool_back(&a[0].buffer, &a[1].buffer, &a[2].buffer, &a[3].buffer,
        OPTIONAL(4), &a[5].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(bpool_back_obj, 6, 6, bpool_back);

static mp_obj_t bconv_update(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[10];
    bool wide = is_wide(args[4]);
    take(a, args, wide ? "i#.b=h=.=i=ii=I" : "i#.b=b=.=i=ii=I");
    int32_t flips = 0;
    done(tc_tail_bconv_update(&a[0].buffer, a[1].number, &a[2].buffer, &a[3].buffer, &a[4].buffer,
        wide ? 2 : 1, &a[5].buffer, &a[6].buffer, &a[7].buffer, &a[8].buffer, &a[9].buffer,
        &flips));
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
