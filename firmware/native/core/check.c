#include "check.h"

static bool within(int32_t v, int32_t low, int32_t high) {
    return low <= v && v <= high;
}

static tc_error read(const tc_buffer *p, const tc_geometry **out) {
    tc_error error = tc_check_array(p, sizeof(tc_geometry) / 4, 4);
    if (error) {
        return error;
    }
    const tc_geometry *g = p->data;
    bool good = within(g->h, 1, 1024) && within(g->w, 1, 1024) && within(g->c, 1, 4096)
        && within(g->oh, 1, 1024) && within(g->ow, 1, 1024) && within(g->oc, 1, 4096)
        && within(g->kh, 1, 255) && within(g->kw, 1, 255)
        && within(g->sh, 1, 255) && within(g->sw, 1, 255)
        && within(g->pad, 0, 2) && within(g->zero, -255, 255) && within(g->shift, 0, 255);
    *out = g;
    return good ? TC_OK : TC_GEOMETRY;
}

tc_error tc_read_geometry(const tc_buffer *p, const tc_geometry **out) {
    tc_error error = read(p, out);
    if (error) {
        return error;
    }
    const tc_geometry *g = *out;
    bool good = within(g->top, 0, g->kh - 1) && within(g->left, 0, g->kw - 1);
    return good ? TC_OK : TC_GEOMETRY;
}

tc_error tc_read_frame(const tc_buffer *p, const tc_geometry **out) {
    tc_error error = read(p, out);
    if (error) {
        return error;
    }
    const tc_geometry *g = *out;
    bool good = within(g->top, 0, g->oh - g->h) && within(g->left, 0, g->ow - g->w);
    return good ? TC_OK : TC_GEOMETRY;
}

tc_error tc_check_array(const tc_buffer *buffer, uint32_t count, uint32_t item) {
    if (buffer->size < tc_times(count, item)) {
        return TC_SIZE;
    }
    return tc_aligned(buffer->data, item) ? TC_OK : TC_ALIGNMENT;
}

uint32_t tc_times(uint32_t a, uint32_t b) {
    uint32_t high = (a >> 16) * b + (((a & 0xffff) * b) >> 16);
    return high > 0xffff ? UINT32_MAX : a * b;
}

#ifdef __ARM_ARCH_6M__ // it has no division instruction, a module no library

uint32_t tc_divide(uint32_t n, uint32_t d) {
    uint32_t q = 0, rest = 0;
    for (int bit = 31; bit >= 0; bit--) {
        bool carry = rest >> 31;
        rest = rest << 1 | (n >> bit & 1);
        q <<= 1;
        if (carry || rest >= d) {
            rest -= d;
            q |= 1;
        }
    }
    return q;
}

#endif
