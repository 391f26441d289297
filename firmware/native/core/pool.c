// Pixels to bits, pooling of bits, bits to features.

#include "check.h"
#include "bits.h"

tc_error tc_binarise(const tc_buffer *p, const tc_buffer *x, const tc_buffer *t,
    const tc_buffer *y) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    uint32_t depth = (uint32_t)g->c, bytes = tc_bit_bytes(g->c), n = (uint32_t)(g->h * g->w);
    TC_TRY(tc_check_array(t, depth, 4));
    TC_TRY(tc_check_image(x, g->h, g->w, depth));
    TC_TRY(tc_check_image(y, g->h, g->w, bytes));
    const uint8_t *pixel = x->data;
    uint8_t *out = y->data;
    for (; n; n--) {
        const int32_t *bound = t->data;
        for (uint32_t base = 0; base < depth; base += 32, out += 4) {
            uint32_t bits = 0;
            for (uint32_t c = base, bit = 1; c < depth && bit; c++, bit <<= 1) {
                if (*pixel++ < *bound++) {
                    bits |= bit;
                }
            }
            tc_store32(out, bits);
        }
    }
    return TC_OK;
}

tc_error tc_bpool(const tc_buffer *p, const tc_buffer *x, const tc_buffer *m, const tc_buffer *y) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    uint32_t bytes = tc_bit_bytes(g->c);
    TC_TRY(tc_check_image(x, g->h, g->w, bytes));
    TC_TRY(tc_check_array(m, bytes, 1));
    TC_TRY(tc_check_image(y, g->oh, g->ow, bytes));
    uint8_t *out = y->data;
    for (int32_t oy = 0; oy < g->oh; oy++) {
        int32_t top = oy * g->sh - g->top;
        int32_t y0 = tc_clamp(top, 0, g->h), y1 = tc_clamp(top + g->kh, y0, g->h);
        for (int32_t ox = 0; ox < g->ow; ox++) {
            int32_t left = ox * g->sw - g->left;
            int32_t x0 = tc_clamp(left, 0, g->w), x1 = tc_clamp(left + g->kw, x0, g->w);
            for (uint32_t i = 0; i < bytes; i += 4, out += 4) {
                uint32_t bits = UINT32_MAX, flip = tc_load32((const uint8_t *)m->data + i);
                for (int32_t iy = y0; iy < y1; iy++) {
                    for (int32_t ix = x0; ix < x1; ix++) {
                        size_t at = (size_t)(iy * g->w + ix) * bytes + i;
                        bits &= tc_load32((const uint8_t *)x->data + at) ^ flip;
                    }
                }
                tc_store32(out, bits ^ flip);
            }
        }
    }
    return TC_OK;
}

// Where cell i of n begins, on a side of `size`.
static uint32_t begin(uint32_t i, int32_t size, int32_t n) {
    return tc_divide(i * (uint32_t)size, (uint32_t)n);
}

tc_error tc_sum_pool(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    uint32_t bytes = tc_bit_bytes(g->c);
    TC_TRY(tc_check_image(x, g->h, g->w, bytes));
    TC_TRY(tc_check_image(y, g->oh, g->ow, (uint32_t)g->c));
    int8_t *out = y->data;
    int32_t shift = tc_clamp(g->shift, 0, 31);
    for (uint32_t gy = 0; gy < (uint32_t)g->oh; gy++) {
        uint32_t y0 = begin(gy, g->h, g->oh), y1 = begin(gy + 1, g->h, g->oh);
        for (uint32_t gx = 0; gx < (uint32_t)g->ow; gx++) {
            uint32_t x0 = begin(gx, g->w, g->ow), x1 = begin(gx + 1, g->w, g->ow);
            for (uint32_t c = 0; c < (uint32_t)g->c; c++) {
                int32_t sum = (int32_t)((y1 - y0) * (x1 - x0));
                for (uint32_t iy = y0; iy < y1; iy++) {
                    const uint8_t *bits = (const uint8_t *)x->data
                        + (size_t)(iy * (uint32_t)g->w + x0) * bytes + (c >> 3);
                    for (uint32_t ix = x0; ix < x1; ix++, bits += bytes) {
                        sum -= *bits >> (c & 7) << 1 & 2;
                    }
                }
                *out++ = (int8_t)tc_clamp(sum >> shift, -127, 127);
            }
        }
    }
    return TC_OK;
}
