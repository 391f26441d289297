// Pixels to bits, pooling of bits, bits to features.

#include "check.h"
#include "store.h"

tc_error tc_binarise(const tc_buffer *p, const tc_buffer *x, const tc_buffer *t,
    const tc_buffer *y) {
    const tc_geometry *g;
    tc_error error = tc_read_geometry(p, &g);
    if (error) {
        return error;
    }
    uint32_t depth = (uint32_t)g->c, bytes = tc_bit_bytes(g->c), n = (uint32_t)(g->h * g->w);
    if ((error = tc_check_array(t, depth, 4))) {
        return error;
    }
    if (x->size < tc_times(n, depth) || y->size < tc_times(n, bytes)) {
        return TC_SIZE;
    }
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
    tc_error error = tc_read_geometry(p, &g);
    if (error) {
        return error;
    }
    uint32_t bytes = tc_bit_bytes(g->c);
    if (x->size < (size_t)(g->h * g->w) * bytes || m->size < bytes
        || y->size < (size_t)(g->oh * g->ow) * bytes) {
        return TC_SIZE;
    }
    const uint8_t *image = x->data, *mask = m->data;
    uint8_t *out = y->data;
    size_t line = (size_t)g->w * bytes;
    for (int32_t oy = 0; oy < g->oh; oy++) {
        int32_t top = oy * g->sh - g->top;
        int32_t y0 = tc_clamp(top, 0, g->h), y1 = tc_clamp(top + g->kh, y0, g->h);
        for (int32_t ox = 0; ox < g->ow; ox++) {
            int32_t left = ox * g->sw - g->left;
            int32_t x0 = tc_clamp(left, 0, g->w), x1 = tc_clamp(left + g->kw, x0, g->w);
            const uint8_t *corner = image + (size_t)(y0 * g->w + x0) * bytes;
            for (uint32_t i = 0; i < bytes; i++) {
                uint32_t bits = 255, flip = mask[i];
                const uint8_t *from = corner + i;
                for (int32_t iy = y0; iy < y1; iy++, from += line) {
                    const uint8_t *tap = from;
                    for (int32_t ix = x0; ix < x1; ix++, tap += bytes) {
                        bits &= *tap ^ flip;
                    }
                }
                *out++ = (uint8_t)(bits ^ flip);
            }
        }
    }
    return TC_OK;
}

// Sums one cell of the grid, all channels.
static void cell(const tc_geometry *g, const uint8_t *corner, uint32_t rows, uint32_t columns,
    int8_t *y) {
    uint32_t bytes = tc_bit_bytes(g->c);
    for (uint32_t c = 0; c < (uint32_t)g->c; c++) {
        const uint8_t *line = corner + (c >> 3);
        uint32_t ones = 0;
        for (uint32_t iy = 0; iy < rows; iy++, line += (size_t)g->w * bytes) {
            const uint8_t *x = line;
            for (uint32_t ix = 0; ix < columns; ix++, x += bytes) {
                ones += (uint32_t)*x >> (c & 7) & 1;
            }
        }
        int32_t sum = (int32_t)(rows * columns) - 2 * (int32_t)ones;
        y[c] = (int8_t)tc_clamp(sum >> tc_clamp(g->shift, 0, 31), -127, 127);
    }
}

tc_error tc_sum_pool(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y) {
    const tc_geometry *g;
    tc_error error = tc_read_geometry(p, &g);
    if (error) {
        return error;
    }
    uint32_t bytes = tc_bit_bytes(g->c), h = (uint32_t)g->h, w = (uint32_t)g->w;
    uint32_t rows = (uint32_t)g->oh, columns = (uint32_t)g->ow;
    if (x->size < h * w * bytes || y->size < tc_times(rows * columns, (uint32_t)g->c)) {
        return TC_SIZE;
    }
    int8_t *out = y->data;
    for (uint32_t gy = 0, y0 = 0; gy < rows; gy++) {
        uint32_t y1 = tc_divide((gy + 1) * h, rows);
        for (uint32_t gx = 0, x0 = 0; gx < columns; gx++, out += g->c) {
            uint32_t x1 = tc_divide((gx + 1) * w, columns);
            cell(g, (const uint8_t *)x->data + (y0 * w + x0) * bytes, y1 - y0, x1 - x0, out);
            x0 = x1;
        }
        y0 = y1;
    }
    return TC_OK;
}
