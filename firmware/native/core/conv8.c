// Convolution of 8-bit pixels, then threshold.
//
// As in bconv.c, windows are gathered into a patch: pixels less the zero point, 0 outside the image.
// Two neighbours share it, if they fit.

#include "check.h"
#include "pixels.h"

// int8 weights times pixels less a zero point, -255..510, stay within int32 up to here.
#define MAX_TAPS (INT32_MAX / (128 * 510))

static void position(tc_pixels *v, const tc_geometry *g, const uint8_t *x, int32_t iy, int32_t ix) {
    uint32_t depth = (uint32_t)g->c;
    int32_t left = tc_clamp(-ix, 0, g->kw), right = tc_clamp(g->w - ix, left, g->kw);
    v->at = v->fill = 0;
    for (int32_t y = iy; y < iy + g->kh; y++) {
        bool inside = y >= 0 && y < g->h;
        if (left) {
            tc_feed_pixels(v, NULL, (uint32_t)left * depth, 0);
        }
        tc_feed_pixels(v, inside ? x + (size_t)(y * g->w + ix + left) * depth : NULL,
            (uint32_t)(right - left) * depth, g->zero);
        if (right < g->kw) {
            tc_feed_pixels(v, NULL, (uint32_t)(g->kw - right) * depth, 0);
        }
    }
}

tc_error tc_conv8(const tc_buffer *p, const tc_buffer *x, const tc_buffer *w, const tc_buffer *t,
    const tc_buffer *y, const tc_buffer *acc) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    uint32_t depth = (uint32_t)g->c, oc = (uint32_t)g->oc;
    uint32_t taps = (uint32_t)(g->kh * g->kw) * depth;
    if (taps > MAX_TAPS) {
        return TC_GEOMETRY;
    }
    TC_TRY(tc_check_array(t, oc, 4));
    TC_TRY(tc_check_array(acc, oc, 4));
    TC_TRY(tc_check_array(w, tc_times(taps, oc), 1));
    TC_TRY(tc_check_image(x, g->h, g->w, depth));
    TC_TRY(tc_check_image(y, g->oh, g->ow, tc_bit_bytes(g->oc)));
    tc_pixels v;
    v.w = w->data;
    v.taps = taps;
    v.oc = oc;
    v.acc = acc->data;
    v.t = t->data;
    v.y = y->data;
    v.room = taps <= TWO_POSITIONS && g->zero >= 0 ? TWO_POSITIONS : ONE_POSITION;
    for (uint32_t c = 0; c < oc; c++) {
        v.acc[c] = 0;
    }
    for (int32_t oy = 0; oy < g->oh; oy++) {
        int32_t iy = oy * g->sh - g->top;
        for (int32_t ox = 0; ox < g->ow; ox++) {
            v.other = v.y;
            v.second = false;
            position(&v, g, x->data, iy, ox * g->sw - g->left);
            if (v.room == TWO_POSITIONS && ox + 1 < g->ow) {
                ox++;
                v.other += tc_bit_bytes(g->oc);
                v.second = true;
                position(&v, g, x->data, iy, ox * g->sw - g->left);
            }
            tc_multiply_patch(&v, 0);
            v.y = v.other + tc_bit_bytes(g->oc);
        }
    }
    return TC_OK;
}
