// MicroPython's side of the kernels of class sums.

#include "module.h"
#include "../lda/kernels.h"

static mp_obj_t class_add(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[4];
    take(a, args, "=i#b#");
    return done(tc_lda_class_add(&a[0].buffer, a[1].number, &a[2].buffer, a[3].number));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(class_add_obj, 4, 4, class_add);

static mp_obj_t residual(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[11];
    take(a, args, "i#b=h#######");
    return done(tc_lda_residual(&a[0].buffer, a[1].number, &a[2].buffer, &a[3].buffer, a[4].number,
        a[5].number, a[6].number, a[7].number, a[8].number, a[9].number, a[10].number));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(residual_obj, 11, 11, residual);

static mp_obj_t dots(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[7];
    take(a, args, "h#h###=i");
    return done(tc_lda_dots(&a[0].buffer, a[1].number, &a[2].buffer, a[3].number, a[4].number,
        a[5].number, &a[6].buffer));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(dots_obj, 7, 7, dots);

static mp_obj_t fold(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[5];
    take(a, args, "=h=i=h##");
    int32_t most = 0;
    done(tc_lda_fold(
        &a[0].buffer, &a[1].buffer, &a[2].buffer, a[3].number, a[4].number, &most));
    return MP_OBJ_NEW_SMALL_INT(most);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(fold_obj, 5, 5, fold);

static mp_obj_t mix(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[9];
    take(a, args, "=h#hi#####");
    int32_t most = 0;
    done(tc_lda_mix(&a[0].buffer, a[1].number, &a[2].buffer, &a[3].buffer, a[4].number,
        a[5].number, a[6].number, a[7].number, a[8].number, &most));
    return MP_OBJ_NEW_SMALL_INT(most);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(mix_obj, 9, 9, mix);

static mp_obj_t factor_row(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[4];
    take(a, args, "=hii#");
    return done(tc_lda_factor_row(&a[0].buffer, &a[1].buffer, &a[2].buffer, a[3].number));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(factor_row_obj, 4, 4, factor_row);

static mp_obj_t solve(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[4];
    take(a, args, "hi=i#");
    return done(tc_lda_solve(&a[0].buffer, &a[1].buffer, &a[2].buffer, a[3].number));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(solve_obj, 4, 4, solve);

static mp_obj_t solve_back(size_t n, const mp_obj_t *args) {
    (void)n;
    argument a[4];
    take(a, args, "hi=i#");
    return done(tc_lda_solve_back(&a[0].buffer, &a[1].buffer, &a[2].buffer, a[3].number));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(solve_back_obj, 4, 4, solve_back);

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
