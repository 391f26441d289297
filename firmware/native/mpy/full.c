// MicroPython's side of the kernels of full depth.

#include "module.h"
#include "../full/kernels.h"

static mp_obj_t init_weights(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[5];
    bool wide = is_wide(args[2]);
    take(a, args, wide ? "i=.=h#=I" : "i=.=b#=I");
    return done(tc_full_init_weights(&a[0].buffer, &a[1].buffer, &a[2].buffer, wide ? 2 : 1,
        a[3].number, &a[4].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(init_weights_obj, 5, 5, init_weights);

static mp_obj_t norm_forward(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[11];
    take(a, args, "i#..=i=i=i=.=.=.=h");
    int32_t base = 0;
    done(tc_full_norm_forward(&a[0].buffer, a[1].number, &a[2].buffer, &a[3].buffer, &a[4].buffer,
        &a[5].buffer, &a[6].buffer, &a[7].buffer, &a[8].buffer, &a[9].buffer, &a[10].buffer,
        &base));
    return MP_OBJ_NEW_SMALL_INT(base);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(norm_forward_obj, 11, 11, norm_forward);

static mp_obj_t norm_back(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[9];
    take(a, args, "i#=b.i=i###");
    int32_t peak = 0;
    done(tc_full_norm_back(&a[0].buffer, a[1].number, &a[2].buffer, &a[3].buffer, &a[4].buffer,
        &a[5].buffer, a[6].number, a[7].number, a[8].number, &peak));
    return MP_OBJ_NEW_SMALL_INT(peak);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(norm_back_obj, 9, 9, norm_back);

#define KERNELS(KERNEL) \
    KERNEL(MP_QSTR_init_weights, init_weights_obj) \
    KERNEL(MP_QSTR_norm_forward, norm_forward_obj) \
    KERNEL(MP_QSTR_norm_back, norm_back_obj)
MODULE(tinycl_full, MP_QSTR_NAME, MP_QSTR_native, KERNELS)
