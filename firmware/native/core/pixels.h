// Windows of the 8-bit convolution, of two positions at a time.

#ifndef TINYCL_CORE_PIXELS_H
#define TINYCL_CORE_PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// 320 bytes of stack: 5x5 windows of 3 channels in one piece. Of a larger window, or of pixels beyond
// 255, a patch holds fewer, of one position.
#define TWO_POSITIONS 80
#define ONE_POSITION 64

// Where the second position's pixels lie in a word, and what the first one's pixels keep of it. See
// inner/products.c.
#if defined(__thumb2__) || defined(__wasm__) || UINTPTR_MAX > UINT32_MAX
#define TC_WIDE
#define TC_SECOND 23
#define TC_FIRST UINT32_MAX
#else
#define TC_SECOND 16
#define TC_FIRST 0xffff
#endif

typedef struct {
    const int8_t *w;
    size_t taps; // weights of one output channel
    uint32_t oc;
    int32_t *acc;
    const int32_t *t;
    uint8_t *y, *other; // where the bits of both positions go
    bool second;        // which position comes in
    uint32_t room;      // for pixels in the patch
    uint32_t at;        // where in a row the patch begins
    uint32_t fill;      // pixels in the patch
    uint32_t patch[TWO_POSITIONS];
} tc_pixels;

// Takes the next n values of a window: pixels less the zero point, or 0 if x is NULL. What does not
// fit, of a first position, goes into the sums.
void tc_feed_pixels(tc_pixels *v, const uint8_t *x, uint32_t n, int32_t zero);

// Adds the products of the patch to the sums of all channels, packs a bit 1 where one is below its
// threshold, for the first position and for the second, and empties the patch. `keep` is
// UINT32_MAX if more of the window will come, else 0, which leaves zeros in the sums.
void tc_multiply_patch(tc_pixels *v, uint32_t keep);

#endif
