// Logits of the classifier head.
//
// There are two bit widths: a forward weight is (w + half) >> shift, cut to +-limit.

#include "head.h"

static int32_t dot(const int16_t *w, const int8_t *x, uint32_t n, int32_t shift, int32_t limit) {
    int32_t sum = 0, half = (1 << shift) >> 1;
    for (; n; n--) {
        sum += tc_clamp((*w++ + half) >> shift, -limit, limit) * *x++;
    }
    return sum;
}

int32_t tc_first_maximum(const int32_t *acc, int32_t n) {
    int32_t best = 0;
    for (int32_t j = 1; j < n; j++) {
        best = acc[j] > acc[best] ? j : best;
    }
    return best;
}

tc_error tc_head_forward(const tc_buffer *w, const tc_buffer *x, const tc_buffer *acc,
    int32_t classes, int32_t features, int32_t shift, int32_t limit, int32_t *best) {
    if (classes < 1 || classes > 4096 || features < 1 || features > TC_MAX_FEATURES || shift < 0
        || shift > 15 || limit < 0 || limit > 32767
        || tc_times((uint32_t)features * 128, (uint32_t)limit) > INT32_MAX) {
        return TC_ARGUMENT;
    }
    uint32_t n = (uint32_t)features, rows = (uint32_t)classes;
    TC_TRY(tc_check_array(w, n * rows, 2));
    TC_TRY(tc_check_array(x, n, 1));
    TC_TRY(tc_check_array(acc, rows, 4));
    const int16_t *weights = w->data;
    int32_t *out = acc->data;
    if (limit == (0x8000 >> shift) - 1 && shift && n % 2 == 0 && tc_aligned(weights, 4)) {
        int32_t excess = tc_sum_features(x->data, n) * (0x8000 >> shift);
        for (; rows >= 2; rows -= 2, weights += 2 * n) {
            uint32_t sums[2];
            tc_dot_pair(weights, x->data, n, (uint32_t)shift, sums);
            *out++ = (int32_t)(sums[0] - (uint32_t)excess);
            *out++ = (int32_t)(sums[1] - (uint32_t)excess);
        }
    }
    for (; rows; rows--, weights += n) {
        *out++ = dot(weights, x->data, n, shift, limit);
    }
    *best = tc_first_maximum(acc->data, classes);
    return TC_OK;
}
