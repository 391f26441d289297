// Convolutions of floats: zeros outside the image.

#include "floats.h"

tc_error tc_read_floats(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y,
    const tc_geometry **out) {
    TC_TRY(tc_read_geometry(p, out));
    const tc_geometry *g = *out;
    if (g->shift >= TC_ACTIVATIONS || (g->oh - 1) * g->sh - g->top >= g->h
        || (g->ow - 1) * g->sw - g->left >= g->w) {
        return TC_GEOMETRY;
    }
    uint32_t places = (uint32_t)(g->oh * g->ow);
    TC_TRY(tc_check_array(x, tc_image(g), 4));
    return tc_check_array(y, tc_times(places, (uint32_t)g->oc), 4);
}

tc_error tc_float_conv(const tc_buffer *p, const tc_buffer *x, const tc_buffer *w,
    const tc_buffer *t, const tc_buffer *y) {
    const tc_geometry *g;
    TC_TRY(tc_read_floats(p, x, y, &g));
    uint32_t depth = (uint32_t)g->c, oc = (uint32_t)g->oc;
    uint32_t taps = (uint32_t)(g->kh * g->kw) * depth;
    TC_TRY(tc_check_array(w, tc_times(taps, oc), 4));
    TC_TRY(tc_check_array(t, oc, 4));
    float *out = y->data;
    for (int32_t oy = 0; oy < g->oh; oy++) {
        int32_t iy = oy * g->sh - g->top;
        int32_t ky0 = tc_clamp(-iy, 0, g->kh), ky1 = tc_clamp(g->h - iy, ky0, g->kh);
        for (int32_t ox = 0; ox < g->ow; ox++) {
            int32_t ix = ox * g->sw - g->left;
            int32_t kx0 = tc_clamp(-ix, 0, g->kw), kx1 = tc_clamp(g->w - ix, kx0, g->kw);
            uint32_t run = (uint32_t)(kx1 - kx0) * depth; // of a row: neighbours in x and in w
            const float *row = w->data, *bias = t->data;
            for (uint32_t c = oc; c; c--, row += taps) {
                tc_real s = 0;
                for (int32_t ky = ky0; ky < ky1; ky++) {
                    const float *a = x->data, *b = row + (size_t)(ky * g->kw + kx0) * depth;
                    a += (size_t)((iy + ky) * g->w + ix + kx0) * depth;
                    for (uint32_t i = run; i; i--) {
                        s += (tc_real)*a++ * (tc_real)*b++;
                    }
                }
                *out++ = (float)tc_activate(s + (tc_real)*bias++, g->shift);
            }
        }
    }
    return TC_OK;
}

tc_error tc_float_depthwise(const tc_buffer *p, const tc_buffer *x, const tc_buffer *w,
    const tc_buffer *t, const tc_buffer *y) {
    const tc_geometry *g;
    TC_TRY(tc_read_floats(p, x, y, &g));
    uint32_t depth = (uint32_t)g->c, oc = (uint32_t)g->oc, each = tc_divide(oc, depth);
    if (each * depth != oc) {
        return TC_GEOMETRY;
    }
    TC_TRY(tc_check_array(w, tc_times((uint32_t)(g->kh * g->kw), oc), 4));
    TC_TRY(tc_check_array(t, oc, 4));
    float *out = y->data;
    for (int32_t oy = 0; oy < g->oh; oy++) {
        int32_t iy = oy * g->sh - g->top;
        int32_t ky0 = tc_clamp(-iy, 0, g->kh), ky1 = tc_clamp(g->h - iy, ky0, g->kh);
        for (int32_t ox = 0; ox < g->ow; ox++) {
            int32_t ix = ox * g->sw - g->left;
            int32_t kx0 = tc_clamp(-ix, 0, g->kw), kx1 = tc_clamp(g->w - ix, kx0, g->kw);
            for (uint32_t c = 0, from = 0, left = each; c < oc; c++) {
                tc_real s = 0;
                for (int32_t ky = ky0; ky < ky1; ky++) {
                    const float *a = x->data, *b = w->data;
                    a += (size_t)((iy + ky) * g->w + ix + kx0) * depth + from;
                    b += (size_t)(ky * g->kw + kx0) * oc + c;
                    for (int32_t kx = kx0; kx < kx1; kx++, a += depth, b += oc) {
                        s += (tc_real)*a * (tc_real)*b;
                    }
                }
                *out++ = (float)tc_activate(s + (tc_real)((float *)t->data)[c], g->shift);
                if (--left == 0) {
                    left = each;
                    from++;
                }
            }
        }
    }
    return TC_OK;
}
