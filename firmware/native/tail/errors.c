// Errors on their way from the head down: all but the binary convolution.

#include "shared.h"

tc_error tc_tail_head_back(const tc_buffer *w, const tc_buffer *g, const tc_buffer *f,
    int32_t classes, int32_t features, int32_t shift, int32_t limit) {
    if (classes < 1 || classes > 4096 || features < 1 || features > 65535 || shift < 0
        || shift > 15 || limit < 0 || limit > 32767
        || tc_times((uint32_t)classes * 128, (uint32_t)limit) > INT32_MAX) {
        return TC_ARGUMENT;
    }
    uint32_t n = (uint32_t)features;
    TC_TRY(tc_check_array(w, n * (uint32_t)classes, 2));
    TC_TRY(tc_check_array(g, (uint32_t)classes, 2));
    TC_TRY(tc_check_array(f, n, 4));
    const int16_t *errors = g->data, *row = w->data;
    for (int32_t j = 0; j < classes; j++) {
        if (errors[j] < -128 || errors[j] > 128) {
            return TC_ARGUMENT;
        }
    }
    int32_t *out = f->data, half = (1 << shift) >> 1;
    uint32_t span = 2 * (uint32_t)limit;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = 0;
    }
    for (int32_t j = 0; j < classes; j++, row += n) {
        int32_t e = errors[j];
        for (uint32_t i = 0; e && i < n; i++) {
            int32_t v = (row[i] + half) >> shift;
            if (__builtin_expect((uint32_t)(v + limit) > span, 0)) {
                v = v < 0 ? -limit : limit;
            }
            out[i] += v * e;
        }
    }
    return TC_OK;
}

static bool within(int32_t shift, int32_t limit) {
    return shift >= 0 && shift <= TC_MAX_SHIFT && limit >= 0 && limit <= 127;
}

static uint32_t bit(const uint8_t *bits, uint32_t c) {
    return bits ? (uint32_t)bits[c >> 3] >> (c & 7) & 1 : 1;
}

tc_error tc_tail_unpool(const tc_buffer *p, const tc_buffer *f, int32_t shift, int32_t limit,
    const tc_buffer *inside, const tc_buffer *e) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    if (!within(shift, limit)) {
        return TC_ARGUMENT;
    }
    uint32_t bytes = tc_bit_bytes(g->c), h = (uint32_t)g->h, w = (uint32_t)g->w;
    uint32_t c = (uint32_t)g->c, rows = (uint32_t)g->oh, columns = (uint32_t)g->ow;
    TC_TRY(tc_check_array(f, tc_times(rows * columns, c), 4));
    if (e->size < tc_times(h * w, c) || (inside && inside->size < h * w * bytes)) {
        return TC_SIZE;
    }
    const int32_t *from = f->data;
    for (uint32_t gy = 0, y0 = 0; gy < rows; gy++) {
        uint32_t y1 = tc_divide((gy + 1) * h, rows);
        for (uint32_t gx = 0, x0 = 0; gx < columns; gx++, from += c) {
            uint32_t x1 = tc_divide((gx + 1) * w, columns);
            for (uint32_t iy = y0; iy < y1; iy++) {
                for (uint32_t at = iy * w + x0; at < iy * w + x1; at++) {
                    const uint8_t *bits = inside ? (uint8_t *)inside->data + at * bytes : NULL;
                    int8_t *out = (int8_t *)e->data + (size_t)at * c;
                    for (uint32_t i = 0; i < c; i++) {
                        out[i] = bit(bits, i) ? tc_round(from[i], shift, limit) : 0;
                    }
                }
            }
            x0 = x1;
        }
        y0 = y1;
    }
    return TC_OK;
}

tc_error tc_tail_requantize(const tc_buffer *d, int32_t cells, int32_t channels, int32_t shift,
    int32_t limit, const tc_buffer *inside, const tc_buffer *e) {
    if (cells < 1 || cells > 1 << 20 || channels < 1 || channels > 4096
        || !within(shift, limit)) {
        return TC_ARGUMENT;
    }
    uint32_t n = (uint32_t)cells, c = (uint32_t)channels, bytes = tc_bit_bytes(channels);
    TC_TRY(tc_check_array(d, tc_times(n, c), 4));
    if (e->size < tc_times(n, c) || (inside && inside->size < n * bytes)) {
        return TC_SIZE;
    }
    const int32_t *from = d->data;
    const uint8_t *bits = inside ? inside->data : NULL;
    int8_t *out = e->data;
    for (; n; n--, from += c, out += c, bits = bits ? bits + bytes : NULL) {
        for (uint32_t i = 0; i < c; i++) {
            out[i] = bit(bits, i) ? tc_round(from[i], shift, limit) : 0;
        }
    }
    return TC_OK;
}

tc_error tc_tail_bpool_back(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y,
    const tc_buffer *f, const tc_buffer *inside, const tc_buffer *e) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    uint32_t bytes = tc_bit_bytes(g->c), c = (uint32_t)g->c;
    uint32_t image = (uint32_t)(g->h * g->w), map = (uint32_t)(g->oh * g->ow);
    if (g->sh < g->kh || g->sw < g->kw) {
        return TC_GEOMETRY;
    }
    if (x->size < image * bytes || y->size < map * bytes || f->size < tc_times(map, c)
        || e->size < tc_times(image, c) || (inside && inside->size < image * bytes)) {
        return TC_SIZE;
    }
    int8_t *out = e->data;
    for (size_t i = 0; i < (size_t)image * c; i++) {
        out[i] = 0;
    }
    const uint8_t *maximum = y->data;
    const int8_t *from = f->data;
    for (int32_t oy = 0; oy < g->oh; oy++) {
        int32_t top = oy * g->sh - g->top;
        int32_t y0 = tc_clamp(top, 0, g->h), y1 = tc_clamp(top + g->kh, y0, g->h);
        for (int32_t ox = 0; ox < g->ow; ox++, maximum += bytes, from += c) {
            int32_t left = ox * g->sw - g->left;
            int32_t x0 = tc_clamp(left, 0, g->w), x1 = tc_clamp(left + g->kw, x0, g->w);
            for (uint32_t first = 0; first < c; first += 8) {
                size_t i = first / 8;
                uint32_t waiting = c - first < 8 ? (1u << (c - first)) - 1 : 255;
                for (int32_t iy = y0; iy < y1; iy++) {
                    for (int32_t ix = x0; ix < x1 && waiting; ix++) {
                        size_t at = (size_t)(iy * g->w + ix);
                        uint32_t hits = ((const uint8_t *)x->data)[at * bytes + i] ^ maximum[i];
                        hits = ~hits & waiting;
                        waiting &= ~hits;
                        if (inside) {
                            hits &= ((const uint8_t *)inside->data)[at * bytes + i];
                        }
                        for (uint32_t k = first; hits; k++, hits >>= 1) {
                            if (hits & 1) {
                                out[at * c + k] = from[k];
                            }
                        }
                    }
                }
            }
        }
    }
    return TC_OK;
}
