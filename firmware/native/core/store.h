// Accumulators to sign bits.

#ifndef TINYCL_CORE_STORE_H
#define TINYCL_CORE_STORE_H

#include <stdint.h>

// Writes bit 1 where n + scale * acc < t, whole words, and leaves zeros in acc for the next
// position. Accumulators of a binary convolution count the pairs of +-1 that differ: their dot
// product is n - 2 * acc.
void tc_store(
    int32_t *acc, int32_t n, int32_t scale, const int32_t *t, uint32_t oc, uint8_t *y);

#endif
