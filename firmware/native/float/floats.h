// What the real-valued kernels share.

#ifndef TINYCL_FLOAT_FLOATS_H
#define TINYCL_FLOAT_FLOATS_H

#include "../core/check.h"
#include "kernels.h"

// Activations, the field `shift` of a geometry.
enum { TC_NONE, TC_RELU, TC_RELU6, TC_RELU_N1_TO_1, TC_ACTIVATIONS };

static inline tc_real tc_activate(tc_real v, int32_t kind) {
    if (kind == TC_NONE) {
        return v;
    }
    tc_real low = kind == TC_RELU_N1_TO_1 ? -1 : 0, high = kind == TC_RELU6 ? 6 : 1;
    return v < low ? low : kind != TC_RELU && v > high ? high : v;
}

typedef union {
    float value;
    uint32_t bits;
} tc_word;

// a / b for b >= 1, rounded like a division.
#if defined(__ARM_ARCH_6M__) || defined(TC_DIVIDE)
#undef TC_DIVIDE
#define TC_DIVIDE 1
float tc_divide_floats(float a, float b);
#endif

static inline tc_real tc_quotient(tc_real a, tc_real b) {
#ifdef __ARM_ARCH_6M__
    return tc_divide_floats(a, b);
#else
    return a / b;
#endif
}

// Numbers of an image of any type: h * w * c, UINT32_MAX if that is more than any board has.
static inline uint32_t tc_image(const tc_geometry *g) {
    return tc_times((uint32_t)(g->h * g->w), (uint32_t)g->c);
}

// Points to the geometry of an operator with an activation, and checks its input and output of
// floats. Every window has a tap inside the image.
tc_error tc_read_floats(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y,
    const tc_geometry **g);

#endif
