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

NUMBER(norm_forward, 11, "i#..=i=i=i=.=.=.=h",
    tc_full_norm_forward(B(0), N(1), B(2), B(3), B(4), B(5), B(6), B(7), B(8), B(9), B(10),
        &found));

NUMBER(norm_back, 9, "i#=b.i=i###",
    tc_full_norm_back(B(0), N(1), B(2), B(3), B(4), B(5), N(6), N(7), N(8), &found));

#define KERNELS(KERNEL) \
    KERNEL(MP_QSTR_init_weights, init_weights_obj) \
    KERNEL(MP_QSTR_norm_forward, norm_forward_obj) \
    KERNEL(MP_QSTR_norm_back, norm_back_obj)
MODULE(tinycl_full, MP_QSTR_NAME, MP_QSTR_native, KERNELS)
