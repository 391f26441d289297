// What all kernels check, and a little arithmetic.

#ifndef TINYCL_CORE_CHECK_H
#define TINYCL_CORE_CHECK_H

#include <stdbool.h>

#include "kernels.h"

// Leaves the function with the error of a check that fails.
#define TC_TRY(check) \
    do { \
        tc_error failed = (check); \
        if (failed) { \
            return failed; \
        } \
    } while (0)

// Points `g` to the geometry in `p`, if the fields are within what the model loader lets through.
tc_error tc_read_geometry(const tc_buffer *p, const tc_geometry **g);

// The same without the bounds of `top` and `left` by the window.
tc_error tc_read_fields(const tc_buffer *p, const tc_geometry **g);

// TC_OK, or what is wrong with a buffer that is to hold `count` items of `item` bytes (1, 2, 4).
tc_error tc_check_array(const tc_buffer *buffer, uint32_t count, uint32_t item);

// Whether a buffer is too small for rows x columns cells of `each` bytes, below 2^16.
tc_error tc_check_image(const tc_buffer *buffer, int32_t rows, int32_t columns, uint32_t each);

// a * b for b < 2^16; UINT32_MAX, more than any board has bytes, if that is too large.
uint32_t tc_times(uint32_t a, uint32_t b);

#ifdef __ARM_ARCH_6M__
uint32_t tc_divide(uint32_t n, uint32_t d);
#else
static inline uint32_t tc_divide(uint32_t n, uint32_t d) {
    return n / d;
}
#endif

// The compiler is to have this value in a register here, however it would rearrange the arithmetic.
#define TC_KEEP(value) __asm__("" : "+r"(value))

static inline bool tc_aligned(const void *data, uint32_t item) {
    return ((uintptr_t)data & (item - 1)) == 0;
}

// Bytes of `channels` packed bits: whole 32-bit words.
static inline uint32_t tc_bit_bytes(int32_t channels) {
    return ((uint32_t)channels + 31) / 32 * 4;
}

// The next word of xorshift32.
static inline uint32_t tc_draw(uint32_t *rng) {
    uint32_t s = *rng;
    s ^= s << 13;
    s ^= s >> 17;
    s ^= s << 5;
    *rng = s;
    return s;
}

static inline int32_t tc_clamp(int32_t v, int32_t low, int32_t high) {
    return v < low ? low : v > high ? high : v;
}

#endif
