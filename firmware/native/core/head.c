// The classifier head: logits, and consolidation of rows.

#include "check.h"

#define MAX_FEATURES 65535

// The two bit widths: forward weights are (w + half) >> shift, cut to +-limit.
typedef struct {
    int32_t half, shift, limit;
} narrowing;

static int32_t dot(const int16_t *w, const int8_t *x, uint32_t n, const narrowing *q) {
    int32_t sum = 0;
    for (; n; n--) {
        int32_t v = (*w++ + q->half) >> q->shift;
        sum += tc_clamp(v, -q->limit, q->limit) * *x++;
    }
    return sum;
}

// Adds the product of a feature and one forward weight plus 2^(15 - shift), out of the upper half of
// a word. As 16-bit weights are the forward weights' range times 2^shift, what has to be cut shows
// as 0.
#define ADD_PRODUCT(sum, word, negative, feature) \
    do { \
        uint32_t u = (bias + (word)) >> shift; \
        if (__builtin_expect(u == 0, 0)) { \
            u = (negative) ? 1 : top; \
        } \
        TC_KEEP(u); \
        sum += u * (feature); \
        TC_KEEP(sum); \
    } while (0)

// Two rows at once, two weights a load; n is even.
static void dot_pair(const uint32_t *w, size_t row, const int8_t *x, uint32_t n,
    const narrowing *q, uint32_t *sums) {
    uint32_t bias = (uint32_t)(q->half + 0x8000) << 16, shift = 16 + (uint32_t)q->shift;
    uint32_t top = (1u << (16 - q->shift)) - 1, a = 0, b = 0;
    const uint32_t *other = w + row;
#pragma GCC unroll 2
    for (; n; n -= 2) {
        uint32_t wa = *w++, wb = *other++;
        uint32_t x0 = (uint32_t)(int32_t)*x++;
        ADD_PRODUCT(a, wa << 16, wa & 0x8000, x0);
        ADD_PRODUCT(b, wb << 16, wb & 0x8000, x0);
        uint32_t x1 = (uint32_t)(int32_t)*x++;
        ADD_PRODUCT(a, wa, wa >> 31, x1);
        ADD_PRODUCT(b, wb, wb >> 31, x1);
    }
    sums[0] = a;
    sums[1] = b;
}

static int32_t first_maximum(const int32_t *acc, int32_t n) {
    int32_t best = 0;
    for (int32_t j = 1; j < n; j++) {
        best = acc[j] > acc[best] ? j : best;
    }
    return best;
}

tc_error tc_head_forward(const tc_buffer *w, const tc_buffer *x, const tc_buffer *acc,
    int32_t classes, int32_t features, int32_t shift, int32_t limit, int32_t *best) {
    if (classes < 1 || classes > 4096 || features < 1 || features > MAX_FEATURES || shift < 0
        || shift > 15 || limit < 0 || limit > 32767
        || tc_times((uint32_t)features * 128, (uint32_t)limit) > INT32_MAX) {
        return TC_ARGUMENT;
    }
    uint32_t n = (uint32_t)features, rows = (uint32_t)classes;
    tc_error error;
    if ((error = tc_check_array(w, n * rows, 2)) || (error = tc_check_array(x, n, 1))
        || (error = tc_check_array(acc, rows, 4))) {
        return error;
    }
    const narrowing q = {(1 << shift) >> 1, shift, limit};
    const int16_t *weights = w->data;
    int32_t *out = acc->data;
    if (limit == (0x8000 >> shift) - 1 && shift && n % 2 == 0 && tc_aligned(weights, 4)) {
        int32_t excess = 0;
#pragma GCC unroll 4
        for (const int8_t *i = x->data, *end = i + n; i != end; i++) {
            excess += *i;
        }
        excess *= 0x8000 >> shift;
        for (; rows >= 2; rows -= 2, weights += 2 * n) {
            uint32_t sums[2];
            dot_pair((const void *)weights, n / 2, x->data, n, &q, sums);
            *out++ = (int32_t)(sums[0] - (uint32_t)excess);
            *out++ = (int32_t)(sums[1] - (uint32_t)excess);
        }
    }
    for (; rows; rows--, weights += n) {
        *out++ = dot(weights, x->data, n, &q);
    }
    *best = first_maximum(acc->data, classes);
    return TC_OK;
}

static tc_error row_of(const tc_buffer *w, int32_t row, int32_t features, int16_t **start) {
    if (row < 0 || row > 4095 || features < 1 || features > MAX_FEATURES) {
        return TC_ARGUMENT;
    }
    *start = (int16_t *)w->data + (size_t)row * (size_t)features;
    return tc_check_array(w, (uint32_t)(row + 1) * (uint32_t)features, 2);
}

tc_error tc_head_sum(const tc_buffer *w, int32_t row, int32_t features, int32_t *sum) {
    int16_t *k;
    tc_error error = row_of(w, row, features, &k);
    if (error) {
        return error;
    }
    int32_t s = 0;
    for (int32_t i = 0; i < features; i++) {
        s += k[i];
    }
    *sum = s;
    return TC_OK;
}

tc_error tc_head_merge(const tc_buffer *cw, const tc_buffer *tw, int32_t row, int32_t features,
    int32_t avg, int32_t keep, int32_t limit) {
    int16_t *c, *k;
    tc_error error;
    if ((error = row_of(cw, row, features, &c)) || (error = row_of(tw, row, features, &k))) {
        return error;
    }
    if (avg < -32768 || avg > 32767 || keep < 0 || keep > 32768 || limit < 0 || limit > 32767) {
        return TC_ARGUMENT;
    }
    for (int32_t i = 0; i < features; i++) {
        int32_t v = (c[i] * keep + (k[i] - avg) * (32768 - keep) + 16384) >> 15;
        c[i] = (int16_t)tc_clamp(v, -limit, limit);
    }
    return TC_OK;
}
