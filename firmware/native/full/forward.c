// Binary convolution with l1 batch norm, one output channel after another, so that only one
// channel's sums are in memory.

#include "../core/bits.h"
#include "shared.h"

// Differing bits of n words.
static int32_t differ(const uint8_t *x, const uint8_t *w, uint32_t n) {
    uint32_t sum = 0;
    if (tc_aligned(x, 4) && tc_aligned(w, 4)) {
        const uint32_t *a = (const void *)x, *b = (const void *)w;
        for (uint32_t take; n >= 9; n -= take, a += take, b += take) {
            take = n >= 18 ? 18 : 9;
            sum += tc_differ_nines(a, b, take == 18);
        }
        for (; n >= 2; n -= 2) {
            sum += tc_sum32(tc_differ2(&a, &b));
        }
        x = (const void *)a;
        w = (const void *)b;
    }
    for (; n; n--, x += 4, w += 4) {
        sum += tc_sum32(tc_ones8(tc_load32(x) ^ tc_load32(w)));
    }
    return (int32_t)sum;
}

// Ones in n words.
static int32_t ones(const uint8_t *w, uint32_t n) {
    uint32_t sum = 0;
    for (; n; n--, w += 4) {
        sum += tc_sum32(tc_ones8(tc_load32(w)));
    }
    return (int32_t)sum;
}

// The sum of one window.
static int32_t sum_of(
    const tc_geometry *g, const uint8_t *x, const uint8_t *w, int32_t iy, int32_t ix) {
    uint32_t words = tc_bit_bytes(g->c) / 4;
    int32_t left = tc_clamp(-ix, 0, g->kw), right = tc_clamp(g->w - ix, left, g->kw);
    uint32_t before = (uint32_t)left * words, within = (uint32_t)(right - left) * words;
    uint32_t behind = (uint32_t)(g->kw - right) * words;
    int32_t count = 0, taps = 0;
    for (int32_t ky = 0; ky < g->kh; ky++, iy++, w += (before + within + behind) * 4) {
        if (iy < 0 || iy >= g->h || left == right) {
            count += g->pad ? ones(w, before + within + behind) : 0;
            continue;
        }
        taps += right - left;
        const uint8_t *from = x + (size_t)(iy * g->w + ix + left) * words * 4;
        count += differ(from, w + before * 4, within);
        if (g->pad) {
            count += ones(w, before) + ones(w + (before + within) * 4, behind);
        }
    }
    return (g->pad ? g->kh * g->kw : taps) * g->c - 2 * count;
}

// All sums of one channel; returns their total. Bits set behind the last channel, which nobody may
// set, could make them larger than `terms`.
static int32_t sums(const tc_geometry *g, int32_t n, const uint8_t *x, const uint8_t *w,
    int32_t terms, int16_t *acc) {
    size_t image = (size_t)(g->h * g->w) * tc_bit_bytes(g->c);
    int32_t total = 0;
    for (; n; n--, x += image) {
        for (int32_t oy = 0; oy < g->oh; oy++) {
            for (int32_t ox = 0; ox < g->ow; ox++) {
                int32_t v = sum_of(g, x, w, oy * g->sh - g->top, ox * g->sw - g->left);
                v = tc_clamp(v, -terms, terms);
                *acc++ = (int16_t)v;
                total += v;
            }
        }
    }
    return total;
}

tc_error tc_full_norm_forward(const tc_buffer *p, int32_t n, const tc_buffer *x, const tc_buffer *w,
    const tc_buffer *norm, const tc_buffer *t, const tc_buffer *psi, const tc_buffer *y,
    const tc_buffer *inside, const tc_buffer *above, const tc_buffer *acc, int32_t *base) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    uint32_t cells = tc_cells(g, n), taps = (uint32_t)(g->kh * g->kw);
    uint32_t terms = tc_times(taps, (uint32_t)g->c), oc = (uint32_t)g->oc;
    if (cells == 0 || terms > 32767 || tc_times(cells, terms) >= 1 << 27 || g->pad == 2) {
        return TC_ARGUMENT;
    }
    uint32_t image = (uint32_t)(g->h * g->w) * tc_bit_bytes(g->c), bytes = tc_bit_bytes(g->oc);
    uint32_t row = taps * tc_bit_bytes(g->c), out = tc_times(cells, bytes);
    if (x->size < tc_times(image, (uint32_t)n) || w->size < tc_times(row, oc) || y->size < out
        || inside->size < out || above->size < out) {
        return TC_SIZE;
    }
    TC_TRY(tc_check_array(norm, 3 * oc, 4));
    TC_TRY(tc_check_array(t, oc, 4));
    TC_TRY(tc_check_array(psi, oc, 4));
    TC_TRY(tc_check_array(acc, cells, 2));
    int32_t *beta = norm->data, *mean = beta + oc, *width = mean + oc;
    int32_t *bounds = t->data, *spreads = psi->data;
    for (uint32_t c = 0; c < oc; c++) {
        if (beta[c] < -127 || beta[c] > 127 || mean[c] < -(1 << 27) || mean[c] > 1 << 27
            || width[c] < 0 || width[c] > 1 << 27) {
            return TC_ARGUMENT;
        }
    }
    uint8_t *signs = y->data, *windows = inside->data, *sides = above->data;
    for (size_t i = 0; i < out; i++) {
        signs[i] = windows[i] = sides[i] = 0;
    }
    uint32_t whole = 0;
    int16_t *sum = acc->data;
    for (uint32_t c = 0; c < oc; c++) {
        const uint8_t *weights = (const uint8_t *)w->data + (size_t)c * row;
        int32_t total = sums(g, n, x->data, weights, (int32_t)terms, sum);
        int32_t mu = tc_mean(total, (int32_t)terms, cells);
        uint32_t distance = 0;
        for (uint32_t i = 0; i < cells; i++) {
            int32_t d = (int32_t)((uint32_t)sum[i] << TC_FRACTION) - mu;
            distance += (uint32_t)(d < 0 ? -d : d);
        }
        int32_t spread = (int32_t)tc_divide(distance, cells);
        spread = spread < 1 << TC_FRACTION ? 1 << TC_FRACTION : spread;
        spreads[c] = spread;
        whole += (uint32_t)spread;
        int32_t shifted = beta[c] * spread, edge = spread << TC_NORM;
        uint8_t bit = (uint8_t)(1 << (c & 7));
        size_t at = c >> 3;
        for (uint32_t i = 0; i < cells; i++, at += bytes) {
            int32_t d = (int32_t)((uint32_t)sum[i] << TC_FRACTION) - mu;
            int32_t z = d * (1 << TC_NORM) + shifted;
            sides[at] |= d < 0 ? bit : 0;
            signs[at] |= z < 0 ? bit : 0;
            windows[at] |= z >= -edge && z <= edge ? bit : 0;
        }
        mean[c] += (mu * (1 << TC_GUARD) - mean[c]) >> TC_FORGET;
        width[c] += (spread * (1 << TC_GUARD) - width[c]) >> TC_FORGET;
        int32_t v = (mean[c] >> TC_GUARD) - ((beta[c] * (width[c] >> TC_GUARD)) >> TC_NORM);
        bounds[c] = (v + (1 << TC_FRACTION) - 1) >> TC_FRACTION;
    }
    *base = (int32_t)tc_divide(whole, oc);
    return TC_OK;
}
