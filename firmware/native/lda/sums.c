// Class sums, and what a sample or a mean differs from them.

#include "shared.h"

tc_error tc_check_rows(
    const tc_buffer *buffer, int32_t first, int32_t count, int32_t features, uint32_t item) {
    if (first < 0 || count < 0 || first > TC_MAX_ROWS || count > TC_MAX_ROWS - first
        || features < 1 || features > 4096) {
        return TC_ARGUMENT;
    }
    return tc_check_array(buffer, (uint32_t)(first + count) * (uint32_t)features, item);
}

tc_error tc_lda_class_add(
    const tc_buffer *sums, int32_t row, const tc_buffer *x, int32_t features) {
    TC_TRY(tc_check_rows(sums, row, 1, features, 4));
    TC_TRY(tc_check_array(x, (uint32_t)features, 1));
    uint32_t *to = (uint32_t *)sums->data + row * features;
    const int8_t *from = x->data;
    int32_t n = features;
#define ADD *to++ += tc_word(*from++)
    for (; n >= 4; n -= 4) {
        TC_FOUR(ADD);
    }
    for (; n; n--) {
        ADD;
    }
    return TC_OK;
}

tc_error tc_lda_residual(const tc_buffer *sums, int32_t row, const tc_buffer *x,
    const tc_buffer *out, int32_t out_row, int32_t features, int32_t n, int32_t pre,
    int32_t factor, int32_t shift, int32_t limit) {
    if (n < 0 || n > 1 << 23 || pre < 0 || pre > 31 || factor < -32768 || factor > 32768
        || shift < 0 || shift > 30 || limit < 0 || limit > 32767) {
        return TC_ARGUMENT;
    }
    TC_TRY(tc_check_rows(sums, row, 1, features, 4));
    TC_TRY(tc_check_rows(out, out_row, 1, features, 2));
    TC_TRY(tc_check_array(x, (uint32_t)features, 1));
    const uint32_t *sum = (const uint32_t *)sums->data + row * features;
    int16_t *to = (int16_t *)out->data + out_row * features;
    uint32_t half = (1u << shift) >> 1;
    const int8_t *last = (const int8_t *)x->data + features;
    for (const int8_t *from = x->data; from != last;) {
        int32_t v = (int32_t)((uint32_t)(n * *from++) - *sum++) >> pre;
        v = (int32_t)((uint32_t)v * (uint32_t)factor + half) >> shift;
        *to++ = (int16_t)tc_clamp(v, -limit, limit);
    }
    return TC_OK;
}
