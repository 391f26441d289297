// Counts the differing bits of a patch and the weights of all channels.

#include "../bits.h"
#include "../window.h"

// One copy for all loops: the call takes less than the registers that it would cost them.
__attribute__((noinline)) static uint32_t nines(const uint32_t *x, const uint32_t *w, bool twice) {
    return tc_differ_nines(x, w, twice);
}

// Nine words of the patch, or eighteen.
static void count_nines(const tc_window *v, uint32_t from, bool twice) {
    const uint32_t *w = (const void *)(v->w + (size_t)(v->at + from) * 4);
    int32_t *end = v->acc + v->oc;
    for (int32_t *acc = v->acc; acc != end; w += v->row) {
        *acc++ += (int32_t)nines(v->patch + from, w, twice);
    }
}

// Seven words at most, so that their sum fits a byte: two at a time, which have to lie at multiples of
// four, and single ones.
static void count_few(const tc_window *v, uint32_t from, uint32_t pairs, uint32_t singles) {
    const uint8_t *row = v->w + (size_t)(v->at + from) * 4;
    int32_t *end = v->acc + v->oc;
    for (int32_t *acc = v->acc; acc != end; row += (size_t)v->row * 4) {
        const uint32_t *x = v->patch + from, *w = (const void *)row;
        uint32_t bytes = 0;
        for (uint32_t i = pairs; i; i--) {
            bytes += tc_differ2(&x, &w);
        }
        for (uint32_t i = singles; i; i--) {
            bytes += tc_ones8(*x++ ^ tc_load32((const void *)w++));
        }
        *acc++ += (int32_t)tc_sum32(bytes);
    }
}

void tc_count_patch(tc_window *v) {
    bool aligned = tc_aligned(v->w, 4);
    for (uint32_t i = 0, take; i < v->fill; i += take) {
        uint32_t left = v->fill - i;
        if (aligned && left >= 9) {
            take = left >= 18 ? 18 : 9;
            count_nines(v, i, take == 18);
        } else {
            take = left > 7 ? 4 : left;
            uint32_t pairs = aligned ? take / 2 : 0;
            count_few(v, i, pairs, take - 2 * pairs);
        }
    }
    v->at += v->fill;
    v->fill = 0;
}

void tc_count_signs(tc_window *v, int32_t n, const int32_t *t, uint8_t *y) {
    const uint32_t *x = v->patch, *w = (const void *)v->w;
    uint32_t words = v->fill;
    v->fill = 0;
    for (uint32_t oc = v->oc; oc;) {
        uint32_t take = oc < 32 ? oc : 32, bits = 0;
        oc -= take;
        if (words == 2) {
            uint32_t x0 = x[0], x1 = x[1], all = 0x02020202;
            TC_KEEP(all);
            for (uint32_t bit = 1u << (32 - take); bit; bit <<= 1) {
                uint32_t w0, w1;
                tc_load2(&w, &w0, &w1);
                uint32_t d = tc_sum8(tc_count4(x0 ^ w0) + tc_count4(x1 ^ w1));
                d = d * all >> 24;
                if (n - (int32_t)d < *t++) {
                    bits |= bit;
                }
            }
        } else {
            for (uint32_t bit = 1u << (32 - take); bit; bit <<= 1) {
                uint32_t d = nines(x, w, words == 18);
                w += words;
                if (n - 2 * (int32_t)d < *t++) {
                    bits |= bit;
                }
            }
        }
        tc_store32(y, bits >> (32 - take));
        y += 4;
    }
}

void tc_feed_words(tc_window *v, const uint8_t *x, uint32_t n) {
    if (!x && !v->pad) {
        tc_count_patch(v);
        v->at += n;
        return;
    }
    for (uint32_t *to = v->patch + v->fill; n; n--) {
        if (to == v->patch + PATCH_WORDS) {
            tc_count_patch(v);
            to = v->patch;
        }
        uint32_t word = 0;
        if (x) {
            word = tc_load32(x);
            x += 4;
        }
        *to++ = word;
        v->fill++;
    }
}
