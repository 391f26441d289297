#include "../head.h"

int32_t tc_sum_features(const int8_t *x, uint32_t n) {
    int32_t sum = 0;
    for (const int8_t *end = x + n; x != end;) {
        sum += *x++;
        TC_KEEP(x);
        sum += *x++;
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

// Two weights a load. The second row begins where the first ends.
void tc_dot_pair(const int16_t *row, const int8_t *x, uint32_t n, uint32_t shift, uint32_t *sums) {
    uint32_t bias = (((1u << shift) >> 1) + 0x8000) << 16;
    uint32_t top = (1u << (16 - shift)) - 1, a = 0, b = 0;
    const uint32_t *w = (const void *)row, *other = (const void *)(row + n), *end = other;
    shift += 16;
    while (w != end) {
        uint32_t wa = *w++, wb = *other++;
        uint32_t x0 = (uint32_t)(int32_t)*x++;
        TC_KEEP(x);
        ADD_PRODUCT(a, wa << 16, wa & 0x8000, x0);
        ADD_PRODUCT(b, wb << 16, wb & 0x8000, x0);
        uint32_t x1 = (uint32_t)(int32_t)*x++;
        TC_KEEP(x);
        ADD_PRODUCT(a, wa, wa >> 31, x1);
        ADD_PRODUCT(b, wb, wb >> 31, x1);
    }
    sums[0] = a;
    sums[1] = b;
}
