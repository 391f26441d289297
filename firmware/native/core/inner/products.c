// Products of a patch of pixels and the weights of all channels; four channels share a pixel's load.

#include "../pixels.h"

void tc_multiply_patch(tc_pixels *v) {
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

void tc_feed_pixels(tc_pixels *v, const uint8_t *x, uint32_t n, int32_t zero) {
    int16_t *to = v->patch + v->fill;
    for (; n; n--) {
        *to++ = (int16_t)(x ? *x++ - zero : 0);
        if (to == v->patch + PATCH_PIXELS) {
            v->fill = PATCH_PIXELS;
            tc_multiply_patch(v);
            to = v->patch;
        }
    }
    v->fill = (uint32_t)(to - v->patch);
}
