// Sums of errors by bits: the inner loop of the way back, see tail.h.

#include "shared.h"

#define PAIR(i) a##i += (bits >> (first + i) & pairs) * e
#define EIGHT(DO) DO(0); DO(1); DO(2); DO(3); DO(4); DO(5); DO(6); DO(7)
#define SPLIT(i) \
    sums[first + i] += total - 2 * lower(a##i); \
    sums[first + i + 16] += total - 2 * upper(a##i)
#define KEEP(i) acc[i] = a##i

static inline int32_t lower(uint32_t a) {
    return (int16_t)a;
}

static inline int32_t upper(uint32_t a) {
    return (int32_t)(a - (uint32_t)lower(a)) >> 16;
}

// Channels first..first + 7 and those 16 further on, of one word of bits.
__attribute__((always_inline))
static inline void sixteen(const tc_term *term, size_t at, int32_t total, uint32_t first,
    uint32_t channels, int32_t *sums) {
    uint32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0, a6 = 0, a7 = 0, pairs = 0x00010001;
    TC_KEEP(pairs);
    for (uint32_t e; (e = (uint32_t)term->e) != 0; term++) {
        uint32_t bits = term->bits[at];
        EIGHT(PAIR);
    }
    if (channels >= 32) {
        EIGHT(SPLIT);
        return;
    }
    uint32_t acc[8];
    EIGHT(KEEP);
    for (uint32_t i = first; i < first + 8 && i < channels; i++) {
        sums[i] += total - 2 * lower(acc[i - first]);
        if (i + 16 < channels) {
            sums[i + 16] += total - 2 * upper(acc[i - first]);
        }
    }
}

void tc_sum_terms(const tc_term *first, tc_term *end, size_t at, int32_t total, uint32_t channels,
    int32_t *sums) {
    if (first == end) {
        return;
    }
    end->e = 0; // ends the list
    for (;; at++, sums += 32, channels -= 32) {
        sixteen(first, at, total, 0, channels, sums);
        sixteen(first, at, total, 8, channels, sums);
        if (channels <= 32) {
            return;
        }
    }
}
