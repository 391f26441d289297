// Binary convolution with real-valued outputs.

#include "floats.h"
#include "../core/window.h"

#define MAX_PLACE (1 << 24) // floats up to here are whole numbers of their own

// With pad 2 the table holds, behind scales and offsets, where the corrections of each row and each
// column are. Checks that all lie inside it.
static tc_error check_table(const tc_geometry *g, const tc_buffer *t) {
    uint32_t oc = (uint32_t)g->oc, places = (uint32_t)(g->oh + g->ow);
    tc_error error = tc_check_array(t, 2 * oc + (g->pad == 2 ? places : 0), 4);
    if (error || g->pad != 2) {
        return error;
    }
    const float *starts = (const float *)t->data + 2 * oc;
    uint32_t row = 0, column = 0;
    for (uint32_t i = 0; i < places; i++) {
        if (!(starts[i] >= 0 && starts[i] < MAX_PLACE)) {
            return TC_GEOMETRY;
        }
        uint32_t *most = i < (uint32_t)g->oh ? &row : &column, start = (uint32_t)starts[i];
        if ((float)start != starts[i]) {
            return TC_GEOMETRY;
        }
        *most = start > *most ? start : *most;
    }
    return row + column + oc <= t->size / 4 ? TC_OK : TC_SIZE;
}

// Scales and offsets what the window counted; leaves zeros in acc for the next one.
static void store(const tc_window *v, int32_t taps, int32_t low, int32_t high, const float *t,
    const float *more, float *y) {
    const float *scale = t, *offset = t + v->oc;
    int32_t *acc = v->acc;
    for (uint32_t c = v->oc; c; c--, acc++) {
        int32_t ones = tc_clamp(taps - 2 * *acc, low, high);
        *acc = 0;
        // Each operation is rounded to a float.
        float sum = (float)((tc_real)(taps - ones) * (tc_real)*scale++);
        sum = (float)((tc_real)sum + (tc_real)*offset++);
        *y++ = more ? (float)((tc_real)sum + (tc_real)*more++) : sum;
    }
}

tc_error tc_float_bconv(const tc_buffer *p, const tc_buffer *x, const tc_buffer *w,
    const tc_buffer *t, const tc_buffer *y, const tc_buffer *acc) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    if (g->pad == 0 || g->shift >= TC_ACTIVATIONS) {
        return TC_GEOMETRY;
    }
    tc_window v;
    uint32_t places = (uint32_t)(g->oh * g->ow);
    TC_TRY(check_table(g, t));
    TC_TRY(tc_open_window(&v, g, x, w, acc));
    TC_TRY(tc_check_array(y, tc_times(places, (uint32_t)g->oc), 4));
    int32_t high = g->shift == TC_RELU6 ? 6 : g->shift == TC_RELU_N1_TO_1 ? 1 : INT32_MAX;
    int32_t low = g->shift == TC_RELU_N1_TO_1 ? -1 : g->shift == TC_NONE ? INT32_MIN : 0;
    const float *table = t->data, *rows = table + 2 * v.oc, *columns = rows + g->oh;
    float *out = y->data;
    for (int32_t oy = 0; oy < g->oh; oy++) {
        for (int32_t ox = 0; ox < g->ow; ox++, out += v.oc) {
            int32_t iy = oy * g->sh - g->top, ix = ox * g->sw - g->left;
            int32_t taps = g->c * tc_gather_window(&v, g, x->data, iy, ix);
            tc_count_patch(&v);
            uint32_t at = g->pad == 2 ? (uint32_t)rows[oy] + (uint32_t)columns[ox] : 0;
            store(&v, taps, low, high, table, at ? table + at : NULL, out);
        }
    }
    return TC_OK;
}
