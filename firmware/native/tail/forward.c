// Binary convolution that keeps what the way back needs.

#include "../core/bits.h"
#include "shared.h"
#include "../core/window.h"

// As tc_store; further a bit 1 where the accumulator is within `half` of its threshold. The
// difference may pass 2^31, but not come back so far that it were within again.
__attribute__((always_inline))
static inline void store(int32_t *acc, int32_t n, const int32_t *t, uint32_t half, uint32_t oc,
    uint8_t *y, uint8_t *inside) {
    while (oc) {
        uint32_t take = oc < 32 ? oc : 32, bits = 0, window = 0;
        oc -= take;
        for (uint32_t i = take; i; i--) {
            int32_t sum = n - 2 * *acc;
            *acc++ = 0;
            bits >>= 1;
            window >>= 1;
            if (sum < *t) {
                bits |= 0x80000000;
            }
            if ((uint32_t)sum - (uint32_t)*t++ + half <= 2 * half) {
                window |= 0x80000000;
            }
        }
        tc_store32(y, bits >> (32 - take));
        tc_store32(inside, window >> (32 - take));
        y += 4;
        inside += 4;
    }
}

tc_error tc_tail_bconv_train(const tc_buffer *p, int32_t n, const tc_buffer *x, const tc_buffer *w,
    const tc_buffer *t, int32_t half, const tc_buffer *y, const tc_buffer *inside,
    const tc_buffer *acc) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    if (!tc_summable(g->oh * g->ow, n) || half < 0 || half > 1 << 28) {
        return TC_ARGUMENT;
    }
    uint32_t images = (uint32_t)n, image = (uint32_t)(g->h * g->w) * tc_bit_bytes(g->c);
    uint32_t out = (uint32_t)(g->oh * g->ow) * tc_bit_bytes(g->oc) * images;
    if (x->size < tc_times(image, images) || y->size < out || inside->size < out) {
        return TC_SIZE;
    }
    tc_window v;
    TC_TRY(tc_check_table(g, t));
    TC_TRY(tc_open_window(&v, g, x, w, acc));
    const uint8_t *from = x->data;
    uint8_t *signs = y->data, *windows = inside->data;
    for (; images; images--, from += image) {
        for (int32_t oy = 0; oy < g->oh; oy++) {
            for (int32_t ox = 0; ox < g->ow; ox++) {
                int32_t iy = oy * g->sh - g->top, ix = ox * g->sw - g->left;
                int32_t taps = tc_gather_window(&v, g, from, iy, ix);
                tc_count_patch(&v);
                const int32_t *bounds = t->data;
                if (g->pad == 2) {
                    bounds += bounds[oy] + bounds[g->oh + ox];
                }
                store(v.acc, taps * g->c, bounds, (uint32_t)half, v.oc, signs, windows);
                signs += tc_bit_bytes(g->oc);
                windows += tc_bit_bytes(g->oc);
            }
        }
    }
    return TC_OK;
}
