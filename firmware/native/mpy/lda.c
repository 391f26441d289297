// MicroPython's side of the kernels of class sums.

#include "module.h"
#include "../lda/kernels.h"

FUNCTION(class_add, 4, "=i#b#", tc_lda_class_add(B(0), N(1), B(2), N(3)));

FUNCTION(residual, 11, "i#b=h#######",
    tc_lda_residual(B(0), N(1), B(2), B(3), N(4), N(5), N(6), N(7), N(8), N(9), N(10)));

FUNCTION(dots, 7, "h#h###=i", tc_lda_dots(B(0), N(1), B(2), N(3), N(4), N(5), B(6)));
NUMBER(fold, 5, "=h=i=h##", tc_lda_fold(B(0), B(1), B(2), N(3), N(4), &found));

NUMBER(mix, 9, "=h#hi#####",
    tc_lda_mix(B(0), N(1), B(2), B(3), N(4), N(5), N(6), N(7), N(8), &found));

FUNCTION(factor_row, 4, "=hii#", tc_lda_factor_row(B(0), B(1), B(2), N(3)));
FUNCTION(solve, 4, "hi=i#", tc_lda_solve(B(0), B(1), B(2), N(3)));
FUNCTION(solve_back, 4, "hi=i#", tc_lda_solve_back(B(0), B(1), B(2), N(3)));

#define KERNELS(KERNEL) \
    KERNEL(MP_QSTR_class_add, class_add_obj) \
    KERNEL(MP_QSTR_residual, residual_obj) \
    KERNEL(MP_QSTR_dots, dots_obj) \
    KERNEL(MP_QSTR_fold, fold_obj) \
    KERNEL(MP_QSTR_mix, mix_obj) \
    KERNEL(MP_QSTR_factor_row, factor_row_obj) \
    KERNEL(MP_QSTR_solve, solve_obj) \
    KERNEL(MP_QSTR_solve_back, solve_back_obj)
MODULE(tinycl_lda, MP_QSTR_NAME, MP_QSTR_native, KERNELS)
