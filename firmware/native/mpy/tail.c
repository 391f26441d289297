// MicroPython's side of the trainable tail's kernels.

#include "module.h"
#include "../tail/kernels.h"

FUNCTION(bconv_train, 9, "i#..i#=.=.=i",
    tc_tail_bconv_train(B(0), N(1), B(2), B(3), B(4), N(5), B(6), B(7), B(8)));

FUNCTION(head_back, 7, "hh=i####", tc_tail_head_back(B(0), B(1), B(2), N(3), N(4), N(5), N(6)));
FUNCTION(unpool, 6, "ii##?.=b", tc_tail_unpool(B(0), B(1), N(2), N(3), OPTIONAL(4), B(5)));
FUNCTION(bconv_back, 4, "ib.=i", tc_tail_bconv_back(B(0), B(1), B(2), B(3)));
FUNCTION(requantize, 7, "i####?.=b",
    tc_tail_requantize(B(0), N(1), N(2), N(3), N(4), OPTIONAL(5), B(6)));

FUNCTION(bpool_back, 6, "i..b?.=b", tc_tail_bpool_back(B(0), B(1), B(2), B(3), OPTIONAL(4), B(5)));

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
