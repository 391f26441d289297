// Counts the differing bits of a patch and the weights of all channels.

#include "../bits.h"
#include "../window.h"

// Nine words, or 18: no byte of their sums overflows.
static void count9(const tc_window *v, uint32_t from, uint32_t n) {
    const uint32_t *first = v->patch + from;
    const uint32_t *w = (const void *)(v->w + (size_t)(v->at + from) * 4);
    size_t skip = v->row - n;
    int32_t *end = v->acc + v->oc;
    tc_masks m = tc_make_masks();
    for (int32_t *acc = v->acc; acc != end; w += skip) {
        const uint32_t *x = first, *last = first + n;
        (void)last;
        uint32_t bytes = 0;
#ifdef __ARM_ARCH_6M__ // each jump counts where an instruction has two operands
        if (n > 9) {
            bytes = tc_differ9(&x, &w, m);
        }
        bytes += tc_differ9(&x, &w, m);
#else
        do {
            bytes += tc_differ9(&x, &w, m);
        } while (x != last);
#endif
        *acc++ += (int32_t)tc_sum32(bytes);
    }
}

static void count2(const tc_window *v, uint32_t from) {
    const uint32_t *x = v->patch + from;
    const uint32_t *w = (const void *)(v->w + (size_t)(v->at + from) * 4);
    size_t row = v->row;
    int32_t *end = v->acc + v->oc;
    tc_masks m = tc_make_masks();
    for (int32_t *acc = v->acc; acc != end; acc++, w += row) {
        // The sum of all bytes is one.
        *acc += (int32_t)(tc_differ2(x, w, m) * 0x01010101 >> 24);
    }
}

// One word at a time, also of weights that do not lie at a multiple of four.
static void count1(const tc_window *v, uint32_t from, uint32_t to) {
    const uint8_t *w = v->w + (size_t)v->at * 4;
    tc_masks m = tc_make_masks();
    for (uint32_t c = 0; c < v->oc; c++, w += (size_t)v->row * 4) {
        for (uint32_t i = from; i < to; i++) {
            v->acc[c] += (int32_t)tc_sum32(tc_differ1(v->patch[i], tc_load32(w + i * 4), m));
        }
    }
}

void tc_count_patch(tc_window *v) {
    uint32_t i = 0, n = v->fill;
    if (tc_aligned(v->w, 4)) {
        while (n - i >= 9) {
            uint32_t take = n - i >= 18 ? 18 : 9;
            count9(v, i, take);
            i += take;
        }
        for (; n - i >= 2; i += 2) {
            count2(v, i);
        }
    }
    if (i < n) {
        count1(v, i, n);
    }
    v->at += n;
    v->fill = 0;
}

void tc_feed_words(tc_window *v, const uint8_t *x, uint32_t n) {
    uint32_t *to = v->patch + v->fill;
    for (; n; n--) {
        uint32_t word = 0;
        if (x) {
            word = tc_load32(x);
            x += 4;
        }
        *to++ = word;
        if (to == v->patch + PATCH_WORDS) {
            v->fill = PATCH_WORDS;
            tc_count_patch(v);
            to = v->patch;
        }
    }
    v->fill = (uint32_t)(to - v->patch);
}
