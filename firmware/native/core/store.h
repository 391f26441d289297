// Accumulators to sign bits.

#ifndef TINYCL_CORE_STORE_H
#define TINYCL_CORE_STORE_H

#include "bits.h"

// Writes bit 1 where n + scale * acc < t, whole words, and leaves zeros in acc for the next
// position. Accumulators of a binary convolution count the pairs of +-1 that differ: their dot
// product is n - 2 * acc.
__attribute__((always_inline))
static inline void tc_store(
    int32_t *acc, int32_t n, int32_t scale, const int32_t *t, uint32_t oc, uint8_t *y) {
    while (oc) {
        uint32_t take = oc < 32 ? oc : 32, bits = 0;
        oc -= take;
        for (uint32_t i = take; i; i--) {
            int32_t sum = n + scale * *acc;
            *acc++ = 0;
            bits >>= 1;
            if (sum < *t++) {
                bits |= 0x80000000;
            }
        }
        tc_store32(y, bits >> (32 - take));
        y += 4;
    }
}

#endif
