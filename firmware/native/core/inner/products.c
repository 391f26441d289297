// Products of a patch of pixels and the weights of all channels, of two positions at a time.

#include "../bits.h"
#include "../pixels.h"

// The pixels of both positions lie in one word. Where a product may have 64 bits, one multiplication
// serves both, and their sums lie as far apart: a weight times a pixel is at most 128 * 255, so that
// 80 of them stay below 2^22; so do 64 of a single position, whose pixels may be 510. Elsewhere the
// word has two halves.
#ifdef TC_WIDE

typedef int64_t sums;

static inline sums add_products(sums s, uint32_t pixels, int32_t w) {
    return s + (int64_t)(int32_t)pixels * w;
}

static inline int32_t first_sum(sums s) {
    return (int32_t)((uint32_t)s << (32 - TC_SECOND)) >> (32 - TC_SECOND);
}

static inline int32_t second_sum(sums s) {
    return (int32_t)((s + (1 << (TC_SECOND - 1))) >> TC_SECOND);
}

#else

typedef struct {
    int32_t first, second;
} sums;

static inline sums add_products(sums s, uint32_t pixels, int32_t w) {
    s.first += (int16_t)pixels * w;
    s.second += ((int32_t)pixels >> TC_SECOND) * w;
    return s;
}

static inline int32_t first_sum(sums s) {
    return s.first;
}

static inline int32_t second_sum(sums s) {
    return s.second;
}

#endif

void tc_multiply_patch(tc_pixels *v, uint32_t keep) {
    const int8_t *w = v->w + v->at;
    const int32_t *t = v->t;
    int32_t *acc = v->acc;
    uint8_t *y = v->y, *other = v->other;
    for (uint32_t oc = v->oc; oc;) {
        uint32_t take = oc < 32 ? oc : 32, bits = 0, others = 0;
        oc -= take;
        for (uint32_t bit = 1u << (32 - take); bit; bit <<= 2) {
            // Two channels share a load. An odd one is its own partner, whose bit is none.
            size_t step = bit << 1 ? 1 : 0;
            const int8_t *w0 = w, *w1 = w + step * v->taps;
            sums s0 = {0}, s1 = {0};
            for (const uint32_t *x = v->patch, *end = x + v->fill; x != end;) {
                uint32_t pixels = *x++;
                s0 = add_products(s0, pixels, *w0++);
                s1 = add_products(s1, pixels, *w1++);
            }
            int32_t a = acc[0] + first_sum(s0), b = acc[step] + first_sum(s1);
            acc[0] = a & (int32_t)keep;
            acc[step] = b & (int32_t)keep;
            int32_t ta = t[0], tb = t[step];
            if (a < ta) {
                bits |= bit;
            }
            if (b < tb) {
                bits |= bit << 1;
            }
            if (second_sum(s0) < ta) {
                others |= bit;
            }
            if (second_sum(s1) < tb) {
                others |= bit << 1;
            }
            acc += step + 1;
            t += step + 1;
            w += (step + 1) * v->taps;
        }
        tc_store32(other, others >> (32 - take));
        tc_store32(y, bits >> (32 - take));
        other += 4;
        y += 4;
    }
    v->at += v->fill;
    v->fill = 0;
}

void tc_feed_pixels(tc_pixels *v, const uint8_t *x, uint32_t n, int32_t zero) {
    uint32_t *to = v->patch + v->fill, *end = v->patch + v->room;
    bool second = v->second;
    for (; n; n--) {
        if (to == end) {
            v->fill = v->room;
            tc_multiply_patch(v, UINT32_MAX);
            to = v->patch;
        }
        uint32_t pixel = x ? (uint32_t)(*x++ - zero) : 0;
        *to = second ? *to + (pixel << TC_SECOND) : pixel & TC_FIRST;
        to++;
    }
    v->fill = (uint32_t)(to - v->patch);
}
