// One window of a binary convolution: what both, with thresholds and with scales, begin with.

#ifndef TINYCL_CORE_WINDOW_H
#define TINYCL_CORE_WINDOW_H

#include "check.h"

#define PATCH_WORDS 72 // 288 bytes of stack: a 3x3 window of 256 channels in one piece

typedef struct {
    const uint8_t *w;
    uint32_t row;  // words of one output channel's weights
    uint32_t oc;
    int32_t *acc;
    uint32_t at;   // where in a row the patch begins
    uint32_t fill; // words in the patch
    bool pad;      // whether taps outside the image count
    uint32_t patch[PATCH_WORDS];
} tc_window;

// Takes the next n words of the window: from the image, or those outside if x is NULL, +1 everywhere.
void tc_feed_words(tc_window *v, const uint8_t *x, uint32_t n);

// Adds the differing bits of the patch to the counters of all channels, and empties the patch.
void tc_count_patch(tc_window *v);

// Whether whole windows have 2, 9 or 18 aligned words, and do not need the counters.
static inline bool tc_has_signs(const tc_window *v) {
    return (v->row == 2 || v->row == 9 || v->row == 18) && tc_aligned(v->w, 4);
}

// Counts such a window in the patch, packs a bit 1 where n - 2 * count < t, and empties the patch.
void tc_count_signs(tc_window *v, int32_t n, const int32_t *t, uint8_t *y);

// Checks the thresholds. With pad 2 they depend on the position: the table begins with where those of
// each row and each column are, which all have to lie inside it.
tc_error tc_check_table(const tc_geometry *g, const tc_buffer *t);

// Checks image, weights and counters against the geometry; gets ready for the first window.
tc_error tc_open_window(tc_window *v, const tc_geometry *g, const tc_buffer *x, const tc_buffer *w,
    const tc_buffer *acc);

// Fills the patch with the window at (iy, ix); what does not fit is counted already. Returns the number
// of taps that count.
int32_t tc_gather_window(
    tc_window *v, const tc_geometry *g, const uint8_t *x, int32_t iy, int32_t ix);

#endif
