// Binary convolution, then threshold.

#include "store.h"
#include "window.h"

// With pad 2, thresholds depend on the position: the table begins with where those of each row and
// each column are. Checks that all lie inside it.
static tc_error check_table(const tc_geometry *g, const tc_buffer *t) {
    uint32_t oc = (uint32_t)g->oc, rows = (uint32_t)g->oh, columns = (uint32_t)g->ow;
    tc_error error = tc_check_array(t, g->pad == 2 && oc < rows + columns ? rows + columns : oc, 4);
    if (error || g->pad != 2) {
        return error;
    }
    const int32_t *starts = t->data;
    size_t row = 0, column = 0;
    for (uint32_t i = 0; i < rows + columns; i++) {
        if (starts[i] < 0) {
            return TC_GEOMETRY;
        }
        size_t *most = i < rows ? &row : &column, start = (size_t)starts[i];
        *most = start > *most ? start : *most;
    }
    size_t entries = t->size / 4; // two starts below 2^31 do not overflow
    return entries >= oc && row + column <= entries - oc ? TC_OK : TC_SIZE;
}

tc_error tc_bconv(const tc_buffer *p, const tc_buffer *x, const tc_buffer *w, const tc_buffer *t,
    const tc_buffer *y, const tc_buffer *acc) {
    const tc_geometry *g;
    tc_error error = tc_read_geometry(p, &g);
    if (error) {
        return error;
    }
    tc_window v;
    if ((error = check_table(g, t)) || (error = tc_open_window(&v, g, x, w, acc))) {
        return error;
    }
    if (y->size < (size_t)(g->oh * g->ow) * tc_bit_bytes(g->oc)) {
        return TC_SIZE;
    }
    uint8_t *out = y->data;
    for (int32_t oy = 0; oy < g->oh; oy++) {
        for (int32_t ox = 0; ox < g->ow; ox++, out += tc_bit_bytes(g->oc)) {
            int32_t iy = oy * g->sh - g->top, ix = ox * g->sw - g->left;
            int32_t taps = tc_count_window(&v, g, x->data, iy, ix);
            const int32_t *bounds = t->data;
            if (g->pad == 2) {
                bounds += bounds[oy] + bounds[g->oh + ox];
            }
            tc_store(v.acc, taps * g->c, -2, bounds, v.oc, out);
        }
    }
    return TC_OK;
}
