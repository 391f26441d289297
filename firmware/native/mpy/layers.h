// MicroPython's side of the kernels with which a model predicts.

#ifndef TINYCL_MPY_LAYERS_H
#define TINYCL_MPY_LAYERS_H

#include "module.h"

static mp_obj_t conv8(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[6];
    take(a, args, "i.bi=.=i");
    return done(tc_conv8(&a[0].buffer, &a[1].buffer, &a[2].buffer, &a[3].buffer, &a[4].buffer,
        &a[5].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(conv8_obj, 6, 6, conv8);

static mp_obj_t binarise(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[4];
    take(a, args, "i.i=.");
    return done(tc_binarise(&a[0].buffer, &a[1].buffer, &a[2].buffer, &a[3].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(binarise_obj, 4, 4, binarise);

static mp_obj_t bconv(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[6];
    take(a, args, "i..i=.=i");
    return done(tc_bconv(&a[0].buffer, &a[1].buffer, &a[2].buffer, &a[3].buffer, &a[4].buffer,
        &a[5].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(bconv_obj, 6, 6, bconv);

static mp_obj_t bpool(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[4];
    take(a, args, "i..=.");
    return done(tc_bpool(&a[0].buffer, &a[1].buffer, &a[2].buffer, &a[3].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(bpool_obj, 4, 4, bpool);

static mp_obj_t sum_pool(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[3];
    take(a, args, "i.=.");
    return done(tc_sum_pool(&a[0].buffer, &a[1].buffer, &a[2].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(sum_pool_obj, 3, 3, sum_pool);

static mp_obj_t head_forward(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[7];
    take(a, args, "hb=i####");
    int32_t best = 0;
    done(tc_head_forward(&a[0].buffer, &a[1].buffer, &a[2].buffer, a[3].number, a[4].number,
        a[5].number, a[6].number, &best));
    return MP_OBJ_NEW_SMALL_INT(best);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(head_forward_obj, 7, 7, head_forward);

#endif
