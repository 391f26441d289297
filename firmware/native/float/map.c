// Operators on each float alone, or on the channels of one position.

#include "../core/bits.h"
#include "floats.h"

tc_error tc_float_sign(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    TC_TRY(tc_check_array(x, tc_image(g), 4));
    uint32_t n = (uint32_t)(g->h * g->w), depth = (uint32_t)g->c;
    if (y->size < n * tc_bit_bytes(g->c)) {
        return TC_SIZE;
    }
    const tc_word *from = x->data;
    uint8_t *out = y->data;
    for (; n; n--) {
        for (uint32_t base = 0; base < depth; base += 32, out += 4) {
            uint32_t signs = 0;
            for (uint32_t c = base, bit = 1; c < depth && bit; c++, bit <<= 1, from++) {
                // Below zero: neither -0, nor no number.
                if (from->bits > 0x80000000 && from->bits <= 0xff800000) {
                    signs |= bit;
                }
            }
            tc_store32(out, signs);
        }
    }
    return TC_OK;
}

tc_error tc_float_unsign(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    TC_TRY(tc_check_array(y, tc_image(g), 4));
    uint32_t n = (uint32_t)(g->h * g->w), bytes = tc_bit_bytes(g->c);
    if (x->size < n * bytes) {
        return TC_SIZE;
    }
    const uint8_t *from = x->data;
    tc_word *out = y->data;
    for (; n; n--, from += bytes) {
        for (uint32_t c = 0; c < (uint32_t)g->c; c++, out++) {
            out->bits = 0x3f800000 | (uint32_t)(from[c >> 3] >> (c & 7) & 1) << 31;
        }
    }
    return TC_OK;
}

tc_error tc_float_pixels(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    TC_TRY(tc_check_array(y, tc_image(g), 4));
    uint32_t n = tc_image(g);
    if (x->size < n) {
        return TC_SIZE;
    }
    const uint8_t *from = x->data;
    for (float *out = y->data; n; n--) {
        *out++ = (float)*from++;
    }
    return TC_OK;
}

static tc_real apply(int32_t function, tc_real a, tc_real b) {
    return function == 0 ? a + b : function == 1 ? a - b : a * b;
}

// y = function(x, z); z has as many floats as x, or starts anew after `period`.
static tc_error elementwise(const tc_buffer *p, const tc_buffer *x, const tc_buffer *z,
    uint32_t period, const tc_buffer *y) {
    const tc_geometry *g = p->data;
    uint32_t n = tc_image(g);
    if (g->shift >= TC_ACTIVATIONS) {
        return TC_GEOMETRY;
    }
    TC_TRY(tc_check_array(x, n, 4));
    TC_TRY(tc_check_array(z, period, 4));
    TC_TRY(tc_check_array(y, n, 4));
    const float *a = x->data, *first = z->data, *b = first, *end = first + period;
    for (float *out = y->data; n; n--) {
        tc_real v = apply(g->pad, (tc_real)*a++, (tc_real)*b++);
        *out++ = (float)tc_activate(v, g->shift);
        b = b == end ? first : b;
    }
    return TC_OK;
}

tc_error tc_float_combine(const tc_buffer *p, const tc_buffer *x, const tc_buffer *z,
    const tc_buffer *y) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    return elementwise(p, x, z, tc_image(g), y);
}

tc_error tc_float_scale(const tc_buffer *p, const tc_buffer *x, const tc_buffer *t,
    const tc_buffer *y) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    return elementwise(p, x, t, t->size == 4 ? 1 : (uint32_t)g->c, y);
}

tc_error tc_float_pad(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y) {
    const tc_geometry *g;
    TC_TRY(tc_read_fields(p, &g));
    TC_TRY(tc_check_array(x, tc_image(g), 4));
    if (g->top > g->oh - g->h || g->left > g->ow - g->w) {
        return TC_GEOMETRY;
    }
    uint32_t places = tc_times((uint32_t)(g->oh * g->ow), (uint32_t)g->c);
    TC_TRY(tc_check_array(y, places, 4));
    uint32_t *out = y->data;
    for (uint32_t i = 0; i < places; i++) {
        out[i] = 0;
    }
    const uint32_t *from = x->data;
    for (int32_t iy = 0; iy < g->h; iy++) {
        uint32_t *to = out + (size_t)((iy + g->top) * g->ow + g->left) * (size_t)g->c;
        for (int32_t i = g->w * g->c; i; i--) {
            *to++ = *from++;
        }
    }
    return TC_OK;
}

// exp(v) of v <= 0: 2^k times a polynomial of what is left; see kernels_float_ref.
static tc_real exponential(tc_real v) {
    if (!(v >= -86)) {
        return v < -86 ? 0 : v;
    }
    const tc_real log2_e = 12102203 / (tc_real)(1 << 23), half = 1 / (tc_real)2;
    const tc_real high = 355 / (tc_real)512, low = 14581891 / (tc_real)(1ull << 36);
    int32_t k = (int32_t)(v * log2_e - half);
    tc_real r = v - (tc_real)k * high + (tc_real)k * low;
    tc_real e = 13658330 / (tc_real)(1ull << 36);
    e = e * r + 12010465 / (tc_real)(1ull << 33);
    e = e * r + 8948023 / (tc_real)(1 << 30);
    e = e * r + 11184537 / (tc_real)(1 << 28);
    e = e * r + 11184810 / (tc_real)(1 << 26);
    e = e * r + half;
    e = e * r + 1;
    e = e * r + 1;
    tc_word power = {.bits = (uint32_t)(127 + k) << 23};
    return e * (tc_real)power.value;
}

tc_error tc_float_softmax(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    TC_TRY(tc_check_array(x, tc_image(g), 4));
    TC_TRY(tc_check_array(y, tc_image(g), 4));
    const float *from = x->data;
    float *out = y->data;
    for (int32_t n = g->h * g->w; n; n--, from += g->c, out += g->c) {
        float top = from[0];
        for (int32_t c = 1; c < g->c; c++) {
            top = from[c] > top ? from[c] : top;
        }
        tc_real total = 0;
        for (int32_t c = 0; c < g->c; c++) {
            out[c] = (float)exponential((tc_real)from[c] - (tc_real)top);
            total += (tc_real)out[c];
        }
        for (int32_t c = 0; c < g->c; c++) {
            out[c] = (float)tc_quotient((tc_real)out[c], total);
        }
    }
    return TC_OK;
}
