// Errors through a binary convolution: d = e . w^T.

#include "shared.h"

// The terms of one output position to all taps of its window, at (iy, ix), that lie in the image.
static void scatter(const tc_term *first, tc_term *end, const tc_geometry *g, int32_t iy,
    int32_t ix, int32_t *d) {
    size_t words = tc_bit_bytes(g->c) / 4;
    int32_t total = 0;
    for (const tc_term *i = first; i != end; i++) {
        total += i->e;
    }
    for (int32_t ky = 0; ky < g->kh; ky++) {
        for (int32_t kx = 0; kx < g->kw; kx++) {
            int32_t y = iy + ky, x = ix + kx;
            if (y >= 0 && y < g->h && x >= 0 && x < g->w) {
                tc_sum_terms(first, end, (size_t)(ky * g->kw + kx) * words, total,
                    (uint32_t)g->c, d + (size_t)(y * g->w + x) * (size_t)g->c);
            }
        }
    }
}

tc_error tc_tail_bconv_back(const tc_buffer *p, const tc_buffer *e, const tc_buffer *w,
    const tc_buffer *d) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    if (!tc_summable(g->kh * g->kw, g->oc)) {
        return TC_GEOMETRY;
    }
    uint32_t size = tc_times((uint32_t)(g->h * g->w), (uint32_t)g->c);
    uint32_t row = (uint32_t)(g->kh * g->kw) * (tc_bit_bytes(g->c) / 4);
    TC_TRY(tc_check_array(w, tc_times(row, (uint32_t)g->oc), 4));
    TC_TRY(tc_check_array(d, size, 4));
    if (e->size < tc_times((uint32_t)(g->oh * g->ow), (uint32_t)g->oc)) {
        return TC_SIZE;
    }
    const int8_t *from = e->data;
    int32_t *out = d->data;
    for (uint32_t i = 0; i < size; i++) {
        out[i] = 0;
    }
    tc_term terms[TC_TERMS + 1];
    for (int32_t oy = 0; oy < g->oh; oy++) {
        for (int32_t ox = 0; ox < g->ow; ox++) {
            int32_t iy = oy * g->sh - g->top, ix = ox * g->sw - g->left;
            const uint32_t *bits = w->data;
            tc_term *end = terms;
            for (int32_t c = g->oc; c; c--, bits += row) {
                int32_t v = *from++;
                if (v) {
                    *end++ = (tc_term) {bits, v};
                    if (end == terms + TC_TERMS) {
                        scatter(terms, end, g, iy, ix, out);
                        end = terms;
                    }
                }
            }
            scatter(terms, end, g, iy, ix, out);
        }
    }
    return TC_OK;
}
