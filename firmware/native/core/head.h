// What the kernels of the classifier head share.

#ifndef TINYCL_CORE_HEAD_H
#define TINYCL_CORE_HEAD_H

#include "check.h"

#define TC_MAX_FEATURES 65535

// Where the largest of n numbers is, the first of equals.
int32_t tc_first_maximum(const int32_t *acc, int32_t n);

// Sum of an even number of features.
int32_t tc_sum_features(const int8_t *x, uint32_t n);

// Sums of products with two rows of weights, aligned to 4 bytes, of an even number of features. Each
// weight counts 2^(15 - shift) more than the forward weight, whose range is that of w >> shift.
void tc_dot_pair(const int16_t *w, const int8_t *x, uint32_t n, uint32_t shift, uint32_t *sums);

typedef struct {
    int32_t shift, limit;
    uint32_t *rng; // NULL: round half up
} tc_step;

// Updates two rows by their errors, rounding half up, for 0 <= shift <= 15 and steps of at most
// 2^14; n is even.
void tc_update_pair(int16_t *a, int16_t *b, const int8_t *x, uint32_t n, int32_t ga, int32_t gb,
    const tc_step *s);

#endif
