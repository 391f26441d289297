// MicroPython's side of the kernels with which a model predicts.

#ifndef TINYCL_MPY_LAYERS_H
#define TINYCL_MPY_LAYERS_H

#include "module.h"

FUNCTION(conv8, 6, "i.bi=.=i", tc_conv8(B(0), B(1), B(2), B(3), B(4), B(5)));
FUNCTION(binarise, 4, "i.i=.", tc_binarise(B(0), B(1), B(2), B(3)));
FUNCTION(bconv, 6, "i..i=.=i", tc_bconv(B(0), B(1), B(2), B(3), B(4), B(5)));
FUNCTION(bpool, 4, "i..=.", tc_bpool(B(0), B(1), B(2), B(3)));
FUNCTION(sum_pool, 3, "i.=.", tc_sum_pool(B(0), B(1), B(2)));
NUMBER(head_forward, 7, "hb=i####",
    tc_head_forward(B(0), B(1), B(2), N(3), N(4), N(5), N(6), &found));

#endif
