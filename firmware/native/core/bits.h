// Counting and packing bits, many at a time.

#ifndef TINYCL_CORE_BITS_H
#define TINYCL_CORE_BITS_H

#include <stdint.h>

// Full adder in each of the 32 bits: *sum + b + c = sum + 2 * carry; returns the carry.
static inline uint32_t tc_add_bits(uint32_t *sum, uint32_t b, uint32_t c) {
    uint32_t a = *sum, u = a ^ b;
    *sum = u ^ c;
    return (a & b) | (u & c);
}

// Masks for the sums below. Where an instruction can shift what it masks (Thumb-2) they are to stay
// in registers, not to be written out as constants each time.
typedef struct {
    uint32_t m1, m2, m4;
} tc_masks;

static inline tc_masks tc_make_masks(void) {
    tc_masks m = {0x55555555, 0x33333333, 0x0f0f0f0f};
#ifdef __thumb2__
    __asm__("" : "+r"(m.m1), "+r"(m.m2), "+r"(m.m4));
#endif
    return m;
}

// Three words of *x XOR *w; both move on. GCC does not combine loads into LDM by itself: this is
// the one place with a fork for an architecture, worth 12 % of a convolution's instructions.
static inline void tc_xor3(const uint32_t **x, const uint32_t **w, uint32_t *d) {
#ifdef __thumb__
    const uint32_t *px = *x, *pw = *w;
    register uint32_t x0 __asm__("r0"), x1 __asm__("r1"), x2 __asm__("r2");
    register uint32_t w0 __asm__("r3"), w1 __asm__("r4"), w2 __asm__("r5");
    __asm__("ldmia %0!, {r0, r1, r2}\n\tldmia %1!, {r3, r4, r5}"
        : "+l"(px), "+l"(pw), "=r"(x0), "=r"(x1), "=r"(x2), "=r"(w0), "=r"(w1), "=r"(w2)
        :
        : "memory");
    *x = px;
    *w = pw;
    d[0] = x0 ^ w0;
    d[1] = x1 ^ w1;
    d[2] = x2 ^ w2;
#else
    for (int i = 0; i < 3; i++) {
        d[i] = *(*x)++ ^ *(*w)++;
    }
#endif
}

// Ones in each group of 4 bits.
static inline uint32_t tc_count4(uint32_t v, tc_masks m) {
    v -= v >> 1 & m.m1;
    return (v & m.m2) + (v >> 2 & m.m2);
}

// Sums of neighbours: of 4-bit groups in each byte, of all bytes.
static inline uint32_t tc_sum8(uint32_t v, tc_masks m) {
    return (v & m.m4) + (v >> 4 & m.m4);
}

static inline uint32_t tc_sum32(uint32_t v) {
    v = (v & 0x00ff00ff) + (v >> 8 & 0x00ff00ff);
    return (v + (v >> 16)) & 0xffff;
}

// Ones in x XOR w over nine words, added up in each byte: 72 at most. Both pointers move on.
//
// Five carry-save adders leave ones, twice twos and fours: 25 operations instead of counting
// nine words. Nine words are a 3x3 window of 32 channels, so larger 3x3 windows are a multiple.
__attribute__((always_inline))
static inline uint32_t tc_differ9(const uint32_t **x, const uint32_t **w, tc_masks m) {
    uint32_t d[3];
    tc_xor3(x, w, d);
    uint32_t one = d[0], two = tc_add_bits(&one, d[1], d[2]), last;
    tc_xor3(x, w, d);
    uint32_t b = tc_add_bits(&one, d[0], d[1]);
    last = d[2];
    tc_xor3(x, w, d);
    uint32_t c = tc_add_bits(&one, last, d[0]);
    uint32_t four = tc_add_bits(&two, b, c);
    uint32_t more = tc_add_bits(&one, d[1], d[2]);
    uint32_t low = tc_count4(one, m) + 2 * tc_count4(two, m);
    uint32_t high = tc_count4(more, m) + 2 * tc_count4(four, m);
    return tc_sum8(low, m) + 2 * tc_sum8(high, m);
}

// The same over two words, and one.
static inline uint32_t tc_differ2(const uint32_t *x, const uint32_t *w, tc_masks m) {
    return tc_sum8(tc_count4(x[0] ^ w[0], m) + tc_count4(x[1] ^ w[1], m), m);
}

static inline uint32_t tc_differ1(uint32_t x, uint32_t w, tc_masks m) {
    return tc_sum8(tc_count4(x ^ w, m), m);
}

static inline uint32_t tc_load32(const uint8_t *p) {
#ifdef __ARM_ARCH_6M__ // others load from any address by themselves
    if (((uintptr_t)p & 3) == 0) {
        return *(const uint32_t *)(const void *)p;
    }
#endif
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void tc_store32(uint8_t *p, uint32_t v) {
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

#endif
