// Counting and packing bits, many at a time.

#ifndef TINYCL_CORE_BITS_H
#define TINYCL_CORE_BITS_H

#include "check.h"

// Full adder in each of the 32 bits: *sum + b + c = sum + 2 * carry; returns the carry. Where b and c
// differ, it is the bit of *sum, else theirs: six instructions even where each has two operands, if
// GCC does not mix several adders.
static inline uint32_t tc_add_bits(uint32_t *sum, uint32_t b, uint32_t c) {
    uint32_t a = *sum;
    c ^= b;
    TC_KEEP(c);
    b ^= (a ^ b) & c;
    TC_KEEP(b);
    *sum = a ^ c;
    TC_KEEP(*sum);
    return b;
}

// The next two words of *p, and of *x XOR *w. GCC does not combine loads into LDM by itself: this,
// tc_walk_to and tc_high are the forks for an architecture.
__attribute__((always_inline))
static inline void tc_load2(const uint32_t **p, uint32_t *a, uint32_t *b) {
#ifdef __thumb__
    register uint32_t first __asm__("r0"), second __asm__("r1");
    __asm__("ldmia %0!, {r0, r1}" : "+l"(*p), "=r"(first), "=r"(second) : : "memory");
    *a = first;
    *b = second;
#else
    *a = *(*p)++;
    *b = *(*p)++;
#endif
}

__attribute__((always_inline))
static inline void tc_xor2(const uint32_t **x, const uint32_t **w, uint32_t *a, uint32_t *b) {
#ifdef __thumb__
    register uint32_t x0 __asm__("r0"), x1 __asm__("r1"), w0 __asm__("r2"), w1 __asm__("r3");
    __asm__("ldmia %0!, {r0, r1}\n\tldmia %1!, {r2, r3}"
        : "+l"(*x), "+l"(*w), "=r"(x0), "=r"(x1), "=r"(w0), "=r"(w1)
        :
        : "memory");
    *a = x0 ^ w0;
    *b = x1 ^ w1;
#else
    *a = *(*x)++ ^ *(*w)++;
    *b = *(*x)++ ^ *(*w)++;
#endif
}

// A walk along two rows of words, which XORs them.
typedef struct {
    const uint32_t *x, *w;
    uint32_t d[9]; // x XOR w
    uint32_t have; // how many of them are there
} tc_walk;

// Goes on until d has n words: one or two more. Thumb-1 has registers for two words at a time,
// Thumb-2 for three.
__attribute__((always_inline))
static inline void tc_walk_to(tc_walk *k, uint32_t n) {
#ifdef __thumb2__
    if (k->have < n) {
        register uint32_t x0 __asm__("r0"), x1 __asm__("r1"), x2 __asm__("r2");
        register uint32_t w0 __asm__("r3"), w1 __asm__("r4"), w2 __asm__("r5");
        __asm__("ldmia %0!, {r0, r1, r2}\n\tldmia %1!, {r3, r4, r5}"
            : "+l"(k->x), "+l"(k->w), "=r"(x0), "=r"(x1), "=r"(x2), "=r"(w0), "=r"(w1), "=r"(w2)
            :
            : "memory");
        k->d[k->have++] = x0 ^ w0;
        k->d[k->have++] = x1 ^ w1;
        k->d[k->have++] = x2 ^ w2;
    }
#else
    if ((n - k->have) & 1) {
        k->d[k->have++] = *k->x++ ^ *k->w++;
    }
    if (k->have < n) {
        tc_xor2(&k->x, &k->w, &k->d[k->have], &k->d[k->have + 1]);
        k->have += 2;
    }
#endif
}

// Adds words n and n + 1 of the walk to *sum; returns the carry.
__attribute__((always_inline))
static inline uint32_t tc_add_words(tc_walk *k, uint32_t *sum, uint32_t n) {
    tc_walk_to(k, n + 2);
    return tc_add_bits(sum, k->d[n], k->d[n + 1]);
}

// The upper half of each field, brought to the place of the lower, which is `low`. Thumb-2 writes
// such a mask into the instruction and shifts in the next one, if GCC does not turn the two around.
static inline uint32_t tc_high(uint32_t v, uint32_t low, int shift) {
#ifdef __thumb2__
    v &= low << shift;
    TC_KEEP(v);
    return v >> shift;
#else
    return v >> shift & low;
#endif
}

// Ones in each group of 4 bits.
static inline uint32_t tc_count4(uint32_t v) {
    v -= tc_high(v, 0x55555555, 1);
    v = (v & 0x33333333) + tc_high(v, 0x33333333, 2);
    TC_KEEP(v);
    return v;
}

// Sums of neighbours: of 4-bit groups in each byte; of all bytes, at most 255.
static inline uint32_t tc_sum8(uint32_t v) {
    v = (v & 0x0f0f0f0f) + tc_high(v, 0x0f0f0f0f, 4);
    TC_KEEP(v);
    return v;
}

static inline uint32_t tc_sum32(uint32_t v) {
    uint32_t all = 0x01010101;
    TC_KEEP(all);
    return v * all >> 24;
}

// Ones in x XOR w over nine words, or eighteen if `twice`: 3x3 windows of 32 channels, or 64.
//
// Twelve carry-save adders make six words of eighteen, which say how often each bit is set: two count
// one, two count two, one counts four and one eight. Only these are counted, in groups of 4 bits. A
// group of 4 bits holds 12 at most in each of the three sums, and the bytes add up to less than 256.
__attribute__((always_inline))
static inline uint32_t tc_differ_nines(const uint32_t *x, const uint32_t *w, bool twice) {
    tc_walk k = {.x = x, .w = w};
    tc_walk_to(&k, 1);
    uint32_t one = k.d[0], last = 0, eight = 0;
    uint32_t two = tc_add_words(&k, &one, 1);
    uint32_t a = tc_add_words(&k, &one, 3);
    uint32_t b = tc_add_words(&k, &one, 5);
    uint32_t four = tc_add_bits(&two, a, b);
    uint32_t more = tc_add_words(&k, &one, 7);
    if (twice) {
        k.have = 0;
        a = tc_add_words(&k, &one, 0);
        uint32_t c = tc_add_bits(&two, more, a);
        a = tc_add_words(&k, &one, 2);
        b = tc_add_words(&k, &one, 4);
        b = tc_add_bits(&two, a, b);
        eight = tc_add_bits(&four, b, c);
        more = tc_add_words(&k, &one, 6);
        tc_walk_to(&k, 9);
        last = k.d[8];
    }
    uint32_t low = tc_sum8(tc_count4(one) + 2 * tc_count4(two));
    low += tc_sum8(tc_count4(last) + 2 * tc_count4(more));
    uint32_t high = tc_sum8(tc_count4(four) + 2 * tc_count4(eight));
    return tc_sum32(low) + 4 * tc_sum32(high);
}

// In each byte, the ones of a word, and of the next two words of *x XOR *w.
static inline uint32_t tc_ones8(uint32_t v) {
    return tc_sum8(tc_count4(v));
}

static inline uint32_t tc_differ2(const uint32_t **x, const uint32_t **w) {
    uint32_t a, b;
    tc_xor2(x, w, &a, &b);
    return tc_sum8(tc_count4(a) + tc_count4(b));
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
