// Convolution of 8-bit pixels, then threshold.
//
// As in bconv.c, the window of one position is gathered into a patch: pixels less the zero point,
// 0 outside the image. Two output channels share each load of a pixel.

#include "check.h"
#include "store.h"

#define PATCH 144 // 288 bytes of stack: a 3x3 window of 16 channels in one piece

// int8 weights times pixels less a zero point, -255..510, stay within int32 up to here.
#define MAX_TAPS (INT32_MAX / (128 * 510))

typedef struct {
    const int8_t *w;
    size_t taps; // weights of one output channel
    uint32_t oc;
    int32_t *acc;
    uint32_t at;   // where in a row the patch begins
    uint32_t fill; // pixels in the patch
    int16_t patch[PATCH];
} window;

static void flush(window *v) {
    const int8_t *w = v->w + v->at;
    const int16_t *x = v->patch, *end = x + v->fill;
    size_t taps = v->taps;
    int32_t *acc = v->acc;
    uint32_t c = v->oc;
    for (; c >= 4; c -= 4, w += 4 * taps, acc += 4) {
        int32_t s0 = acc[0], s1 = acc[1], s2 = acc[2], s3 = acc[3];
        const int8_t *w0 = w, *w1 = w0 + taps, *w2 = w1 + taps, *w3 = w2 + taps;
        for (const int16_t *i = x; i != end; i++) {
            int32_t pixel = *i;
            s0 += pixel * *w0++;
            s1 += pixel * *w1++;
            s2 += pixel * *w2++;
            s3 += pixel * *w3++;
        }
        acc[0] = s0, acc[1] = s1, acc[2] = s2, acc[3] = s3;
    }
    for (; c; c--, w += taps) {
        const int8_t *k = w;
        int32_t s = 0;
        for (const int16_t *i = x; i != end; i++) {
            s += *i * *k++;
        }
        *acc++ += s;
    }
    v->at += v->fill;
    v->fill = 0;
}

// The next n values of the window: pixels less the zero point, or 0 if x is NULL.
static void feed(window *v, const uint8_t *x, uint32_t n, int32_t zero) {
    while (n) {
        uint32_t room = PATCH - v->fill, take = n < room ? n : room;
        int16_t *to = v->patch + v->fill;
        n -= take;
        v->fill += take;
        if (x == NULL) {
            while (take--) {
                *to++ = 0;
            }
        } else {
            while (take--) {
                *to++ = (int16_t)(*x++ - zero);
            }
        }
        if (v->fill == PATCH) {
            flush(v);
        }
    }
}

static void position(window *v, const tc_geometry *g, const uint8_t *x, int32_t iy, int32_t ix) {
    uint32_t depth = (uint32_t)g->c, line = (uint32_t)g->kw * depth;
    int32_t left = tc_clamp(-ix, 0, g->kw), right = tc_clamp(g->w - ix, left, g->kw);
    v->at = 0;
    for (int32_t ky = 0; ky < g->kh; ky++, iy++) {
        if (iy < 0 || iy >= g->h || left == right) {
            feed(v, NULL, line, 0);
            continue;
        }
        feed(v, NULL, (uint32_t)left * depth, 0);
        feed(v, x + (size_t)(iy * g->w + ix + left) * depth, (uint32_t)(right - left) * depth,
            g->zero);
        feed(v, NULL, (uint32_t)(g->kw - right) * depth, 0);
    }
    flush(v);
}

tc_error tc_conv8(const tc_buffer *p, const tc_buffer *x, const tc_buffer *w, const tc_buffer *t,
    const tc_buffer *y, const tc_buffer *acc) {
    const tc_geometry *g;
    tc_error error = tc_read_geometry(p, &g);
    if (error) {
        return error;
    }
    uint32_t depth = (uint32_t)g->c, oc = (uint32_t)g->oc;
    uint32_t taps = (uint32_t)(g->kh * g->kw) * depth;
    if (taps > MAX_TAPS) {
        return TC_GEOMETRY;
    }
    if ((error = tc_check_array(t, oc, 4)) || (error = tc_check_array(acc, oc, 4))) {
        return error;
    }
    if (x->size < tc_times((uint32_t)(g->h * g->w), depth) || w->size < tc_times(taps, oc)
        || y->size < (size_t)(g->oh * g->ow) * tc_bit_bytes(g->oc)) {
        return TC_SIZE;
    }
    window v;
    v.w = w->data;
    v.taps = taps;
    v.oc = oc;
    v.acc = acc->data;
    v.fill = 0;
    uint8_t *out = y->data;
    for (uint32_t c = 0; c < oc; c++) {
        v.acc[c] = 0;
    }
    for (int32_t oy = 0; oy < g->oh; oy++) {
        for (int32_t ox = 0; ox < g->ow; ox++, out += tc_bit_bytes(g->oc)) {
            position(&v, g, x->data, oy * g->sh - g->top, ox * g->sw - g->left);
            tc_store(v.acc, 0, 1, t->data, oc, out);
        }
    }
    return TC_OK;
}
