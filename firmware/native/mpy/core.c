// MicroPython's side of the integer kernels with which a model predicts: tinycl_core.

#include "module.h"

FUNCTION(conv8, 6, "i.bi=.=i", tc_conv8(B(0), B(1), B(2), B(3), B(4), B(5)));
FUNCTION(binarise, 4, "i.i=.", tc_binarise(B(0), B(1), B(2), B(3)));
FUNCTION(bconv, 6, "i..i=.=i", tc_bconv(B(0), B(1), B(2), B(3), B(4), B(5)));
FUNCTION(bpool, 4, "i..=.", tc_bpool(B(0), B(1), B(2), B(3)));
FUNCTION(sum_pool, 3, "i.=.", tc_sum_pool(B(0), B(1), B(2)));
NUMBER(head_forward, 7, "hb=i####",
    tc_head_forward(B(0), B(1), B(2), N(3), N(4), N(5), N(6), &found));

#define KERNELS(KERNEL) \
    KERNEL(MP_QSTR_conv8, conv8_obj) \
    KERNEL(MP_QSTR_binarise, binarise_obj) \
    KERNEL(MP_QSTR_bconv, bconv_obj) \
    KERNEL(MP_QSTR_bpool, bpool_obj) \
    KERNEL(MP_QSTR_sum_pool, sum_pool_obj) \
    KERNEL(MP_QSTR_head_forward, head_forward_obj)
MODULE(tinycl_core, MP_QSTR_NAME, MP_QSTR_native, KERNELS)
