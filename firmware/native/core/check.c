#include "check.h"

// Least and most of each field, but of top and left.
static const struct {
    int16_t least, most;
} FIELDS[] = {
    {1, 1024}, {1, 1024}, {1, 4096}, // h, w, c
    {1, 255}, {1, 255}, {1, 255}, {1, 255}, // kh, kw, sh, sw
    {0, 1023}, {0, 1023}, // top, left
    {1, 1024}, {1, 1024}, {1, 4096}, // oh, ow, oc
    {0, 2}, {-255, 255}, {0, 255}, // pad, zero, shift
};

tc_error tc_read_fields(const tc_buffer *p, const tc_geometry **g) {
    const int32_t *field = p->data;
    tc_error error = tc_check_array(p, sizeof(tc_geometry) / 4, 4);
    for (uint32_t i = 0; !error && i < sizeof(tc_geometry) / 4; i++) {
        if (field[i] < FIELDS[i].least || field[i] > FIELDS[i].most) {
            error = TC_GEOMETRY;
        }
    }
    *g = p->data;
    return error;
}

tc_error tc_read_geometry(const tc_buffer *p, const tc_geometry **out) {
    tc_error error = tc_read_fields(p, out);
    const tc_geometry *g = *out;
    return error ? error : g->top < g->kh && g->left < g->kw ? TC_OK : TC_GEOMETRY;
}

tc_error tc_check_array(const tc_buffer *buffer, uint32_t count, uint32_t item) {
    if (buffer->size < tc_times(count, item)) {
        return TC_SIZE;
    }
    return tc_aligned(buffer->data, item) ? TC_OK : TC_ALIGNMENT;
}

tc_error tc_check_image(const tc_buffer *buffer, int32_t rows, int32_t columns, uint32_t each) {
    return buffer->size < tc_times((uint32_t)(rows * columns), each) ? TC_SIZE : TC_OK;
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
