// Binary convolution, then threshold.

#include "store.h"
#include "window.h"

tc_error tc_bconv(const tc_buffer *p, const tc_buffer *x, const tc_buffer *w, const tc_buffer *t,
    const tc_buffer *y, const tc_buffer *acc) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    tc_window v;
    TC_TRY(tc_check_table(g, t));
    TC_TRY(tc_open_window(&v, g, x, w, acc));
    TC_TRY(tc_check_image(y, g->oh, g->ow, tc_bit_bytes(g->oc)));
    uint8_t *out = y->data;
    bool signs = tc_has_signs(&v);
    for (int32_t oy = 0; oy < g->oh; oy++) {
        for (int32_t ox = 0; ox < g->ow; ox++, out += tc_bit_bytes(g->oc)) {
            int32_t iy = oy * g->sh - g->top, ix = ox * g->sw - g->left;
            int32_t n = g->c * tc_gather_window(&v, g, x->data, iy, ix);
            const int32_t *bounds = t->data;
            if (g->pad == 2) {
                bounds += bounds[oy] + bounds[g->oh + ox];
            }
            if (signs && v.fill == v.row) {
                tc_count_signs(&v, n, bounds, out);
            } else {
                tc_count_patch(&v);
                tc_store(v.acc, n, -2, bounds, v.oc, out);
            }
        }
    }
    return TC_OK;
}
