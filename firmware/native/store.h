// Accumulators to sign bits.

#ifndef TINYCL_STORE_H
#define TINYCL_STORE_H

#include "bits.h"

// Writes bit 1 where acc < t, whole words.
static inline void tc_store(const int32_t *acc, const int32_t *t, uint32_t oc, uint8_t *y) {
    for (uint32_t base = 0; base < oc; base += 32, y += 4) {
        uint32_t bits = 0;
        for (uint32_t c = base, bit = 1; c < oc && bit; c++, bit <<= 1) {
            if (acc[c] < t[c]) {
                bits |= bit;
            }
        }
        tc_store32(y, bits);
    }
}

// The same for dot products of n pairs of +-1, of which acc pairs differ.
static inline void tc_store_dot(
    const int32_t *acc, int32_t n, const int32_t *t, uint32_t oc, uint8_t *y) {
    for (uint32_t base = 0; base < oc; base += 32, y += 4) {
        uint32_t bits = 0;
        for (uint32_t c = base, bit = 1; c < oc && bit; c++, bit <<= 1) {
            if (n - 2 * acc[c] < t[c]) {
                bits |= bit;
            }
        }
        tc_store32(y, bits);
    }
}

#endif
