// MicroPython's side of the kernels with which a model predicts: tinycl_predict, in place of
// tinycl_core on a board that never learns. Firmware has the whole.

#include "layers.h"

#define KERNELS(KERNEL) \
    KERNEL(MP_QSTR_conv8, conv8_obj) \
    KERNEL(MP_QSTR_binarise, binarise_obj) \
    KERNEL(MP_QSTR_bconv, bconv_obj) \
    KERNEL(MP_QSTR_bpool, bpool_obj) \
    KERNEL(MP_QSTR_sum_pool, sum_pool_obj) \
    KERNEL(MP_QSTR_head_forward, head_forward_obj)

#ifdef MICROPY_ENABLE_DYNRUNTIME
MODULE(tinycl_predict, MP_QSTR_NAME, MP_QSTR_native, KERNELS)
#endif
