// Update rules: how a latent weight and its bit follow from a gradient.

#include "rule.h"

#include "../core/bits.h"

enum { SIGN, PROPORTIONAL, BOP };

bool tc_good_rule(const tc_rule *r, int32_t item) {
    int32_t most = item == 1 ? 127 : 32767, a = r->kind == BOP ? TC_MAX_SHIFT : 32767;
    return r->kind >= SIGN && r->kind <= BOP && r->shift >= 0 && r->shift <= TC_MAX_SHIFT
        && r->a >= 0 && r->a <= a && r->b >= 0 && r->b <= 32767 && r->limit >= 0
        && r->limit <= most && r->t_shift >= 0 && r->t_shift <= TC_MAX_SHIFT;
}

static inline int32_t cut(int32_t v, int32_t limit) {
    if (__builtin_expect((uint32_t)v + (uint32_t)limit > 2 * (uint32_t)limit, 0)) {
        return v < 0 ? -limit : limit;
    }
    return v;
}

// All channels of a tap by one rule. Bits are shifted in from above, so that the first one of a word
// ends up lowest.
__attribute__((always_inline))
static inline uint32_t learn(const tc_rule *r, int32_t kind, uint32_t noise, const int32_t *gradient,
    int8_t *narrow, int16_t *wide, uint32_t *w, uint32_t channels) {
    int32_t shift = r->shift, a = r->a, b = r->b, limit = r->limit;
    int32_t random = kind == BOP ? a : shift, down = 32 - random;
    uint32_t flips = 0, weyl = TC_WEYL;
    if (random == 0) { // a shift by 32 has no meaning
        noise = weyl = 0;
        down = 0;
    }
    for (; channels; w++) {
        uint32_t take = channels < 32 ? channels : 32, before = *w, bits = 0;
        channels -= take;
        for (uint32_t old = before, i = take; i; i--, old >>= 1) {
            int32_t g = *gradient++, v = narrow ? *narrow : *wide;
            int32_t drawn = (int32_t)(noise >> down);
            noise += weyl;
            bits >>= 1;
            if (kind == SIGN) {
                v = cut(v - (g > 0 ? a : g < 0 ? -a : 0), limit);
            } else if (kind == PROPORTIONAL) {
                v = cut(v - ((g + drawn) >> shift), limit);
            } else {
                v = cut(v + ((cut(g >> shift, limit) - v + drawn) >> a), limit);
            }
            if (kind == BOP) {
                bits |= (v > b ? 1 : v < -b ? 0 : old & 1) << 31;
            } else {
                bits |= (uint32_t)v & 0x80000000;
            }
            if (narrow) {
                *narrow++ = (int8_t)v;
            } else {
                *wide++ = (int16_t)v;
            }
        }
        bits = bits >> (32 - take) ^ before;
        if (take < 32) {
            bits &= (1u << take) - 1;
        }
        if (bits) {
            *w = before ^ bits;
            flips += tc_sum32(tc_ones8(bits));
        }
    }
    return flips;
}

uint32_t tc_learn(const tc_rule *r, uint32_t noise, const int32_t *gradient, void *latent,
    int32_t item, uint32_t *w, uint32_t channels) {
    int8_t *narrow = item == 1 ? latent : NULL;
    int16_t *wide = latent;
    if (r->kind == SIGN) {
        return learn(r, SIGN, noise, gradient, narrow, wide, w, channels);
    }
    if (r->kind == BOP) {
        return learn(r, BOP, noise, gradient, narrow, wide, w, channels);
    }
    if (narrow) { // the default, without a choice in its loop
        return learn(r, PROPORTIONAL, noise, gradient, latent, NULL, w, channels);
    }
    return learn(r, PROPORTIONAL, noise, gradient, NULL, latent, w, channels);
}
