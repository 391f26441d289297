// The integer kernels of tinycl in C. firmware/tinycl_rt/kernels/reference/core.py is their specification:
// same names, same arguments, the same integers.
//
// A kernel takes its buffers with their sizes, checks all of them against the geometry before it
// touches one, and returns TC_OK or the reason why it did nothing. No kernel keeps state, allocates
// memory, divides, or uses more than about 700 bytes of stack.

#ifndef TINYCL_CORE_KERNELS_H
#define TINYCL_CORE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
    TC_OK,
    TC_GEOMETRY,  // fields of p are out of range
    TC_SIZE,      // a buffer is too small
    TC_ALIGNMENT, // an array of integers is not aligned to them
    TC_ARGUMENT,  // a number is out of range
} tc_error;

typedef struct {
    void *data;
    size_t size; // bytes
} tc_buffer;

// The array p of the kernels.
typedef struct {
    int32_t h, w, c, kh, kw, sh, sw, top, left, oh, ow, oc, pad, zero, shift;
} tc_geometry;

tc_error tc_conv8(const tc_buffer *p, const tc_buffer *x, const tc_buffer *w, const tc_buffer *t,
    const tc_buffer *y, const tc_buffer *acc);
tc_error tc_binarise(const tc_buffer *p, const tc_buffer *x, const tc_buffer *t,
    const tc_buffer *y);
tc_error tc_bconv(const tc_buffer *p, const tc_buffer *x, const tc_buffer *w, const tc_buffer *t,
    const tc_buffer *y, const tc_buffer *acc);
tc_error tc_bpool(const tc_buffer *p, const tc_buffer *x, const tc_buffer *m, const tc_buffer *y);
tc_error tc_sum_pool(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y);

tc_error tc_head_forward(const tc_buffer *w, const tc_buffer *x, const tc_buffer *acc,
    int32_t classes, int32_t features, int32_t shift, int32_t limit, int32_t *best);
tc_error tc_softmax_error(const tc_buffer *acc, const tc_buffer *lut, const tc_buffer *g,
    int32_t classes, int32_t label, int32_t logit_shift, int32_t gbits);
// `rng` is NULL for rounding half up.
tc_error tc_head_update(const tc_buffer *w, const tc_buffer *g, const tc_buffer *x,
    int32_t classes, int32_t features, int32_t shift, int32_t limit, const tc_buffer *rng);
tc_error tc_head_step(const tc_buffer *p, const tc_buffer *w, const tc_buffer *x,
    const tc_buffer *acc, const tc_buffer *g, const tc_buffer *lut, const tc_buffer *rng,
    int32_t label, int32_t *best);
tc_error tc_head_sum(const tc_buffer *w, int32_t row, int32_t features, int32_t *sum);
tc_error tc_head_merge(const tc_buffer *cw, const tc_buffer *tw, int32_t row, int32_t features,
    int32_t avg, int32_t keep, int32_t limit);

#endif
