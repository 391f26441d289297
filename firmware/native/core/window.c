// Windows of binary convolutions, gathered from the image.
//
// The window of one output position is gathered into a patch, which all output channels then read:
// interior and padded positions take the same path. A window that is larger than the patch, or has
// taps that do not count, goes through in pieces.

#include "window.h"

#include "bits.h"

tc_error tc_check_table(const tc_geometry *g, const tc_buffer *t) {
    uint32_t oc = (uint32_t)g->oc, rows = (uint32_t)g->oh, columns = (uint32_t)g->ow;
    tc_error error = tc_check_array(t, g->pad == 2 && oc < rows + columns ? rows + columns : oc, 4);
    if (error || g->pad != 2) {
        return error;
    }
    const int32_t *starts = t->data;
    size_t most[2] = {0, 0}; // of rows, of columns
    for (uint32_t i = 0; i < rows + columns; i++) {
        if (starts[i] < 0) {
            return TC_GEOMETRY;
        }
        size_t *last = most + (i >= rows);
        if ((size_t)starts[i] > *last) {
            *last = (size_t)starts[i];
        }
    }
    size_t entries = t->size / 4; // two starts below 2^31 do not overflow
    return entries >= oc && most[0] + most[1] <= entries - oc ? TC_OK : TC_SIZE;
}

tc_error tc_open_window(tc_window *v, const tc_geometry *g, const tc_buffer *x, const tc_buffer *w,
    const tc_buffer *acc) {
    uint32_t depth = tc_bit_bytes(g->c), oc = (uint32_t)g->oc;
    uint32_t row = (uint32_t)(g->kh * g->kw) * depth;
    TC_TRY(tc_check_array(acc, oc, 4));
    TC_TRY(tc_check_image(x, g->h, g->w, depth));
    TC_TRY(tc_check_array(w, tc_times(row, oc), 1));
    v->w = w->data;
    v->row = row / 4;
    v->oc = oc;
    v->acc = acc->data;
    v->fill = 0;
    v->pad = g->pad != 0;
    for (uint32_t c = 0; c < oc; c++) {
        v->acc[c] = 0;
    }
    return TC_OK;
}

int32_t tc_gather_window(
    tc_window *v, const tc_geometry *g, const uint8_t *x, int32_t iy, int32_t ix) {
    uint32_t words = tc_bit_bytes(g->c) / 4;
    int32_t left = tc_clamp(-ix, 0, g->kw), right = tc_clamp(g->w - ix, left, g->kw);
    int32_t rows = 0;
    v->at = 0;
    for (int32_t y = iy; y < iy + g->kh; y++) {
        const uint8_t *from = NULL;
        if (y >= 0 && y < g->h) {
            from = x + (size_t)(y * g->w + ix + left) * words * 4;
            rows++;
        }
        if (left) {
            tc_feed_words(v, NULL, (uint32_t)left * words);
        }
        tc_feed_words(v, from, (uint32_t)(right - left) * words);
        if (right < g->kw) {
            tc_feed_words(v, NULL, (uint32_t)(g->kw - right) * words);
        }
    }
    return v->pad ? g->kh * g->kw : rows * (right - left);
}
