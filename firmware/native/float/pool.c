// Pooling of floats: taps outside the image are left out.

#include "floats.h"

static tc_real largest(const tc_geometry *g, const float *corner, int32_t rows, int32_t columns) {
    tc_real v = -(tc_real)__builtin_inff();
    for (; rows; rows--, corner += (size_t)g->w * (size_t)g->c) {
        const float *tap = corner;
        for (int32_t i = columns; i; i--, tap += g->c) {
            v = (tc_real)*tap > v ? (tc_real)*tap : v;
        }
    }
    return v;
}

static tc_real mean(const tc_geometry *g, const float *corner, int32_t rows, int32_t columns) {
    tc_real v = 0, n = (tc_real)(rows * columns);
    for (; rows; rows--, corner += (size_t)g->w * (size_t)g->c) {
        const float *tap = corner;
        for (int32_t i = columns; i; i--, tap += g->c) {
            v += (tc_real)*tap;
        }
    }
    return tc_quotient(v, n);
}

__attribute__((always_inline))
static inline tc_error pool(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y,
    tc_real (*cell)(const tc_geometry *g, const float *corner, int32_t rows, int32_t columns)) {
    const tc_geometry *g;
    TC_TRY(tc_read_floats(p, x, y, &g));
    if (g->oc != g->c) {
        return TC_GEOMETRY;
    }
    float *out = y->data;
    for (int32_t oy = 0; oy < g->oh; oy++) {
        int32_t top = oy * g->sh - g->top;
        int32_t y0 = tc_clamp(top, 0, g->h), y1 = tc_clamp(top + g->kh, y0, g->h);
        for (int32_t ox = 0; ox < g->ow; ox++) {
            int32_t left = ox * g->sw - g->left;
            int32_t x0 = tc_clamp(left, 0, g->w), x1 = tc_clamp(left + g->kw, x0, g->w);
            const float *corner = x->data;
            corner += (size_t)(y0 * g->w + x0) * (size_t)g->c;
            for (int32_t c = g->c; c; c--, corner++) {
                *out++ = (float)tc_activate(cell(g, corner, y1 - y0, x1 - x0), g->shift);
            }
        }
    }
    return TC_OK;
}

tc_error tc_float_max_pool(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y) {
    return pool(p, x, y, largest);
}

tc_error tc_float_mean_pool(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y) {
    return pool(p, x, y, mean);
}
