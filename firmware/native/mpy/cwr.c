// MicroPython's side of the kernels with which the head cwr learns: tinycl_cwr.

#include "module.h"

FUNCTION(softmax_error, 7, "=iH=h####",
    tc_softmax_error(B(0), B(1), B(2), N(3), N(4), N(5), N(6)));

FUNCTION(head_update, 8, "=hhb####=?I",
    tc_head_update(B(0), B(1), B(2), N(3), N(4), N(5), N(6), OPTIONAL(7)));

NUMBER(head_step, 8, "i=hb=i=hH=?I#",
    tc_head_step(B(0), B(1), B(2), B(3), B(4), B(5), OPTIONAL(6), N(7), &found));

TAKING(head_sum, 3, "h##",
    int32_t sum = 0; done(tc_head_sum(B(0), N(1), N(2), &sum));
    return mp_obj_new_int((mp_uint_t)(mp_int_t)sum););

FUNCTION(head_merge, 7, "=hh#####", tc_head_merge(B(0), B(1), N(2), N(3), N(4), N(5), N(6)));

#define KERNELS(KERNEL) \
    KERNEL(MP_QSTR_softmax_error, softmax_error_obj) \
    KERNEL(MP_QSTR_head_update, head_update_obj) \
    KERNEL(MP_QSTR_head_step, head_step_obj) \
    KERNEL(MP_QSTR_head_sum, head_sum_obj) \
    KERNEL(MP_QSTR_head_merge, head_merge_obj)
MODULE(tinycl_cwr, MP_QSTR_NAME, MP_QSTR_native, KERNELS)
