// What the kernels of class sums share.

#ifndef TINYCL_LDA_SHARED_H
#define TINYCL_LDA_SHARED_H

#include "../core/check.h"
#include "kernels.h"

#define TC_MAX_ROWS 4096
#define TC_BLOCK 16 // entries whose products are rounded together

#define TC_TWICE(DO) DO; DO
#define TC_FOUR(DO) TC_TWICE(DO); TC_TWICE(DO)
#define TC_SIXTEEN(DO) TC_FOUR(DO); TC_FOUR(DO); TC_FOUR(DO); TC_FOUR(DO)

// Whether `buffer` has `count` rows of features, of items of 2 or 4 bytes, from row `first` on.
tc_error tc_check_rows(
    const tc_buffer *buffer, int32_t first, int32_t count, int32_t features, uint32_t item);

// A number to reckon with modulo 2^32.
static inline uint32_t tc_word(int32_t v) {
    return (uint32_t)v;
}

static inline uint32_t tc_part(uint32_t products) {
    return (uint32_t)((int32_t)products >> 8);
}

uint32_t tc_dot(const int16_t *a, const int16_t *b, uint32_t n);

// Of a number below 2^30, rounded down.
uint32_t tc_root(uint32_t n);

#endif
