// What the kernels of the trainable tail share.

#ifndef TINYCL_TAIL_SHARED_H
#define TINYCL_TAIL_SHARED_H

#include "../core/check.h"
#include "kernels.h"

#define TC_MAX_SHIFT 24
#define TC_MAX_SUM (1 << 17) // errors in one sum

// Whether a, which is not negative, times b is within TC_MAX_SUM.
static inline bool tc_summable(int32_t a, int32_t b) {
    return b > 0 && tc_times((uint32_t)a, (uint32_t)b & 0xffff) <= TC_MAX_SUM && b <= 0xffff;
}

// An error in fewer bits: (v + half) >> shift, which cannot overflow like this, cut to +-limit.
static inline int8_t tc_round(int32_t v, int32_t shift, int32_t limit) {
    if (shift) {
        v = (v >> shift) + (v >> (shift - 1) & 1);
    }
    return (int8_t)tc_clamp(v, -limit, limit);
}

// Sums of errors, each added or subtracted as a bit says.
//
// A term is an error and where the bits of its first channel are. Per channel,
//
//     sum(+-e) = sum(e) - 2 * sum(e where the bit is 1)
//
// and the second sum is made for two channels, 16 apart, by one multiplication:
// (bits >> i & 0x00010001) * e is e or 0 in each half of a word. What a negative lower half
// borrows from the upper one is given back at the end. 255 terms cannot overflow a half.
#define TC_TERMS 44

typedef struct {
    const uint32_t *bits;
    int32_t e; // not 0
} tc_term;

// Adds `total` and takes off twice the errors whose bits, `at` words on, are 1; in all channels.
// There is room for one more term at `end`.
void tc_sum_terms(const tc_term *first, tc_term *end, size_t at, int32_t total, uint32_t channels,
    int32_t *sums);

#endif
