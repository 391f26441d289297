// The way back through l1 batch norm; random weights to begin with.

#include "shared.h"

tc_error tc_full_norm_back(const tc_buffer *p, int32_t n, const tc_buffer *e,
    const tc_buffer *above, const tc_buffer *psi, const tc_buffer *norm, int32_t base,
    int32_t step, int32_t limit, int32_t *peak) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    uint32_t cells = tc_cells(g, n), oc = (uint32_t)g->oc, bytes = tc_bit_bytes(g->oc);
    if (cells == 0 || base < 0 || base >= 1 << 20 || step < 0 || step > 127 || limit < 0
        || limit > 127) {
        return TC_ARGUMENT;
    }
    if (e->size < tc_times(cells, oc) || above->size < tc_times(cells, bytes)) {
        return TC_SIZE;
    }
    TC_TRY(tc_check_array(psi, oc, 4));
    TC_TRY(tc_check_array(norm, oc, 4));
    const int32_t *spreads = psi->data;
    int32_t *beta = norm->data, most = 0;
    for (uint32_t c = 0; c < oc; c++) {
        if (spreads[c] < 1 << TC_FRACTION || beta[c] < -127 || beta[c] > 127) {
            return TC_ARGUMENT;
        }
    }
    int32_t shift = TC_RATIO + TC_FRACTION, half = 1 << (shift - 1);
    for (uint32_t c = 0; c < oc; c++) {
        int8_t *errors = (int8_t *)e->data + c;
        const uint8_t *sides = (const uint8_t *)above->data + (c >> 3);
        uint32_t bit = c & 7;
        int32_t total = 0, tilt = 0;
        for (uint32_t i = 0; i < cells; i++) {
            int32_t v = errors[(size_t)i * oc], size = v < 0 ? -v : v;
            most = size > most ? size : most;
            total += v;
            tilt += sides[(size_t)i * bytes] >> bit & 1 ? -v : v;
        }
        int32_t mean = tc_mean(total, 128, cells), lean = tc_mean(tilt, 128, cells);
        int32_t rate = (int32_t)tc_divide((uint32_t)base << TC_RATIO, (uint32_t)spreads[c]);
        rate = rate > 16 << TC_RATIO ? 16 << TC_RATIO : rate;
        for (uint32_t i = 0; i < cells; i++) {
            int32_t v = errors[(size_t)i * oc] * (1 << TC_FRACTION) - mean;
            v += sides[(size_t)i * bytes] >> bit & 1 ? lean : -lean;
            v = (v * rate + half) >> shift;
            errors[(size_t)i * oc] = (int8_t)tc_clamp(v, -limit, limit);
        }
        if (total) {
            beta[c] = tc_clamp(beta[c] + (total > 0 ? -step : step), -127, 127);
        }
    }
    *peak = most;
    return TC_OK;
}

tc_error tc_full_init_weights(const tc_buffer *p, const tc_buffer *w, const tc_buffer *latent, int32_t item,
    int32_t margin, const tc_buffer *rng) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    uint32_t taps = (uint32_t)(g->kh * g->kw), c = (uint32_t)g->c, bytes = tc_bit_bytes(g->c);
    uint32_t rows = tc_times(taps, (uint32_t)g->oc);
    if (tc_times(taps, c) > 32767 || margin < 0 || margin > (item == 1 ? 127 : 32767)) {
        return TC_ARGUMENT;
    }
    if (w->size < tc_times(rows, bytes)) {
        return TC_SIZE;
    }
    TC_TRY(tc_check_array(latent, tc_times(rows, c), (uint32_t)item));
    TC_TRY(tc_check_array(rng, 1, 4));
    uint8_t *bits = w->data;
    uint32_t span = 2 * (uint32_t)margin + 1;
    size_t k = 0;
    for (; rows; rows--, bits += bytes) {
        for (uint32_t i = 0; i < bytes; i++) {
            bits[i] = 0;
        }
        for (uint32_t i = 0; i < c; i++, k++) {
            uint32_t s = tc_draw(rng->data);
            // The upper word of s * span.
            int32_t v = (int32_t)(((s >> 16) * span + ((s & 0xffff) * span >> 16)) >> 16) - margin;
            if (item == 1) {
                ((int8_t *)latent->data)[k] = (int8_t)v;
            } else {
                ((int16_t *)latent->data)[k] = (int16_t)v;
            }
            bits[i >> 3] |= (uint8_t)((v < 0) << (i & 7));
        }
    }
    return TC_OK;
}
