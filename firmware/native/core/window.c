// Windows of binary convolutions: XOR and count.
//
// The window of one output position is gathered into a patch, which all output channels then read:
// interior and padded positions take the same path. A window that is larger than the patch, or has
// taps that do not count, goes through in pieces.

#include "window.h"

#include "bits.h"

tc_error tc_check_table(const tc_geometry *g, const tc_buffer *t) {
    uint32_t oc = (uint32_t)g->oc, rows = (uint32_t)g->oh, columns = (uint32_t)g->ow;
    tc_error error = tc_check_array(t, g->pad == 2 && oc < rows + columns ? rows + columns : oc, 4);
    if (error || g->pad != 2) {
        return error;
    }
    const int32_t *starts = t->data;
    size_t row = 0, column = 0;
    for (uint32_t i = 0; i < rows + columns; i++) {
        if (starts[i] < 0) {
            return TC_GEOMETRY;
        }
        size_t *most = i < rows ? &row : &column, start = (size_t)starts[i];
        *most = start > *most ? start : *most;
    }
    size_t entries = t->size / 4; // two starts below 2^31 do not overflow
    return entries >= oc && row + column <= entries - oc ? TC_OK : TC_SIZE;
}

tc_error tc_open_window(tc_window *v, const tc_geometry *g, const tc_buffer *x, const tc_buffer *w,
    const tc_buffer *acc) {
    uint32_t depth = tc_bit_bytes(g->c), oc = (uint32_t)g->oc;
    uint32_t row = (uint32_t)(g->kh * g->kw) * depth;
    tc_error error = tc_check_array(acc, oc, 4);
    if (error) {
        return error;
    }
    if (x->size < (size_t)(g->h * g->w) * depth || w->size < tc_times(row, oc)) {
        return TC_SIZE;
    }
    v->w = w->data;
    v->row = row / 4;
    v->oc = oc;
    v->acc = acc->data;
    v->fill = 0;
    for (uint32_t c = 0; c < oc; c++) {
        v->acc[c] = 0;
    }
    return TC_OK;
}

// Adds the differing bits of n words of the patch, one of the sizes below, to all channels' counts.
__attribute__((always_inline))
static inline void count(const tc_window *v, uint32_t from, uint32_t n) {
    const uint32_t *x = v->patch + from;
    const uint32_t *w = (const void *)(v->w + (size_t)(v->at + from) * 4);
    size_t row = v->row;
    int32_t *end = v->acc + v->oc;
    tc_masks m = tc_make_masks();
    for (int32_t *acc = v->acc; acc != end; acc++, w += row) {
        uint32_t bytes;
        if (n == 1) {
            bytes = tc_differ1(*x, *w, m);
        } else if (n == 2) {
            bytes = tc_differ2(x, w, m);
        } else if (n == 3) {
            bytes = tc_differ3(x, w, m);
        } else {
            bytes = tc_differ9(x, w, m);
            if (n == 18) {
                bytes += tc_differ9(x + 9, w + 9, m);
            }
        }
        // Up to three words the sum of all bytes is one.
        *acc += (int32_t)(n < 4 ? bytes * 0x01010101 >> 24 : tc_sum32(bytes));
    }
}

// The same one word at a time, for weights that do not lie at a multiple of four.
static void count_slowly(const tc_window *v) {
    const uint8_t *w = v->w + (size_t)v->at * 4;
    tc_masks m = tc_make_masks();
    for (uint32_t c = 0; c < v->oc; c++, w += (size_t)v->row * 4) {
        for (uint32_t i = 0; i < v->fill; i++) {
            v->acc[c] += (int32_t)tc_sum32(tc_differ1(v->patch[i], tc_load32(w + i * 4), m));
        }
    }
}

// Counts the patch and empties it.
static void flush(tc_window *v) {
    uint32_t i = 0, n = v->fill;
    if (!tc_aligned(v->w, 4)) {
        count_slowly(v);
        i = n;
    }
    for (; n - i >= 18; i += 18) {
        count(v, i, 18);
    }
    if (n - i >= 9) {
        count(v, i, 9);
        i += 9;
    }
    for (; n - i >= 3; i += 3) {
        count(v, i, 3);
    }
    if (n - i == 2) {
        count(v, i, 2);
    } else if (n - i) {
        count(v, i, 1);
    }
    v->at += n;
    v->fill = 0;
}

// The next n words of the window: from the image, or +1 everywhere if x is NULL.
static void feed(tc_window *v, const uint8_t *x, uint32_t n) {
    while (n) {
        uint32_t room = PATCH_WORDS - v->fill, take = n < room ? n : room;
        uint32_t *to = v->patch + v->fill;
        n -= take;
        v->fill += take;
        if (x == NULL) {
            while (take--) {
                *to++ = 0;
            }
        } else if (tc_aligned(x, 4)) {
            const uint32_t *from = (const void *)x;
            x += (size_t)take * 4;
            while (take--) {
                *to++ = *from++;
            }
        } else {
            for (; take; take--, x += 4) {
                *to++ = tc_load32(x);
            }
        }
        if (v->fill == PATCH_WORDS) {
            flush(v);
        }
    }
}

// The next n words of the window lie outside the image.
static void outside(tc_window *v, uint32_t n, int32_t count) {
    if (count) {
        feed(v, NULL, n);
    } else if (n) {
        flush(v);
        v->at += n;
    }
}

int32_t tc_count_window(
    tc_window *v, const tc_geometry *g, const uint8_t *x, int32_t iy, int32_t ix) {
    uint32_t words = tc_bit_bytes(g->c) / 4;
    int32_t left = tc_clamp(-ix, 0, g->kw), right = tc_clamp(g->w - ix, left, g->kw);
    int32_t taps = 0;
    v->at = 0;
    for (int32_t ky = 0; ky < g->kh; ky++, iy++) {
        if (iy < 0 || iy >= g->h || left == right) {
            outside(v, (uint32_t)g->kw * words, g->pad);
            continue;
        }
        taps += right - left;
        outside(v, (uint32_t)left * words, g->pad);
        feed(v, x + (size_t)(iy * g->w + ix + left) * words * 4, (uint32_t)(right - left) * words);
        outside(v, (uint32_t)(g->kw - right) * words, g->pad);
    }
    flush(v);
    return g->pad ? g->kh * g->kw : taps;
}
