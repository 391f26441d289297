// The kernels of the heads that keep class sums, in C.
// firmware/tinycl_rt/kernels/reference/lda.py is their specification: same names, same arguments,
// the same integers. See core/kernels.h.
//
// Ranges; what is outside is refused:
//
// * features: 1..4096; rows of a buffer: at most 4096; rank: at most 64
// * shifts: 0..30, `pre` and `up` 0..31; n: 0..2^23; factor of a residual within +-2^15
// * sizes of mixing factors add up to at most 2^17
// * limits: 0..32767
// * roots and the diagonal of a factor: positive; roots at least 16, or they may wrap around
//
// Rows beyond +-8191, sums beyond +-2^30 and (x * n - sum) >> pre beyond +-2^15, which the reference
// does not mean either, wrap around.

#ifndef TINYCL_LDA_KERNELS_H
#define TINYCL_LDA_KERNELS_H

#include "../core/kernels.h"

tc_error tc_lda_class_add(
    const tc_buffer *sums, int32_t row, const tc_buffer *x, int32_t features);
tc_error tc_lda_residual(const tc_buffer *sums, int32_t row, const tc_buffer *x,
    const tc_buffer *out, int32_t out_row, int32_t features, int32_t n, int32_t pre,
    int32_t factor, int32_t shift, int32_t limit);
tc_error tc_lda_dots(const tc_buffer *a, int32_t a_row, const tc_buffer *b, int32_t b_row,
    int32_t count, int32_t features, const tc_buffer *out);
tc_error tc_lda_fold(const tc_buffer *rows, const tc_buffer *energy, const tc_buffer *x,
    int32_t rank, int32_t features, int32_t *most);
tc_error tc_lda_mix(const tc_buffer *w, int32_t row, const tc_buffer *rows,
    const tc_buffer *factors, int32_t count, int32_t features, int32_t up, int32_t shift,
    int32_t limit, int32_t *most);
tc_error tc_lda_factor_row(
    const tc_buffer *factor, const tc_buffer *roots, const tc_buffer *dots, int32_t i);
tc_error tc_lda_solve(
    const tc_buffer *factor, const tc_buffer *roots, const tc_buffer *y, int32_t used);
tc_error tc_lda_solve_back(
    const tc_buffer *factor, const tc_buffer *roots, const tc_buffer *y, int32_t used);

#endif
