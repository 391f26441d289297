// One window of the 8-bit convolution.

#ifndef TINYCL_CORE_PIXELS_H
#define TINYCL_CORE_PIXELS_H

#include <stddef.h>
#include <stdint.h>

#define PATCH_PIXELS 144 // 288 bytes of stack: a 3x3 window of 16 channels in one piece

typedef struct {
    const int8_t *w;
    size_t taps; // weights of one output channel
    uint32_t oc;
    int32_t *acc;
    uint32_t at;   // where in a row the patch begins
    uint32_t fill; // pixels in the patch
    int16_t patch[PATCH_PIXELS];
} tc_pixels;

// Takes the next n values of the window: pixels less the zero point, or 0 if x is NULL.
void tc_feed_pixels(tc_pixels *v, const uint8_t *x, uint32_t n, int32_t zero);

// Adds the products of the patch to the sums of all channels, and empties the patch.
void tc_multiply_patch(tc_pixels *v);

#endif
