// Learning of the classifier head: a step of gradient descent, and consolidation of rows.

#include "head.h"

tc_error tc_softmax_error(const tc_buffer *acc, const tc_buffer *lut, const tc_buffer *g,
    int32_t classes, int32_t label, int32_t logit_shift, int32_t gbits) {
    if (classes < 1 || classes > 4096 || logit_shift < 0 || logit_shift > 31 || gbits < 1
        || gbits > 16) {
        return TC_ARGUMENT;
    }
    TC_TRY(tc_check_array(acc, (uint32_t)classes, 4));
    TC_TRY(tc_check_array(g, (uint32_t)classes, 2));
    TC_TRY(tc_check_array(lut, 1, 2));
    int32_t *a = acc->data;
    int16_t *out = g->data;
    const uint16_t *table = lut->data;
    size_t entries = lut->size / 2;
    int32_t top = a[tc_first_maximum(a, classes)];
    uint32_t total = 0;
    for (int32_t j = 0; j < classes; j++) {
        uint32_t d = ((uint32_t)top - (uint32_t)a[j]) >> logit_shift;
        uint32_t e = d < entries ? table[d] : 0;
        a[j] = (int32_t)e;
        total += e;
    }
    if (total == 0) {
        return TC_ARGUMENT;
    }
    int32_t shift = 16 - gbits, half = (1 << shift) >> 1, limit = (1 << (gbits - 1)) - 1;
    for (int32_t j = 0; j < classes; j++) {
        int32_t p = (int32_t)tc_divide((uint32_t)a[j] << 15, total);
        int32_t v = j == label ? p - 32768 : p;
        out[j] = (int16_t)tc_clamp((v + half) >> shift, -limit, limit);
    }
    return TC_OK;
}

// Any error, shift and rounding.
static void update(int16_t *w, const int8_t *x, uint32_t n, int32_t g, const tc_step *s) {
    int32_t half = s->shift > 0 ? (1 << s->shift) >> 1 : 0;
    int32_t up = tc_clamp(-s->shift, 0, 17);
    for (; n; n--, w++) {
        int32_t delta = g * *x++;
        if (s->shift > 0) {
            if (s->rng) {
                half = (int32_t)(tc_draw(s->rng) & ((1u << s->shift) - 1));
            }
            delta = (delta + half) >> s->shift;
        } else {
            // Beyond 2^17 every weight ends at its limit.
            int32_t bound = 1 << (17 - up);
            delta = tc_clamp(delta, -bound, bound) * (1 << up);
        }
        *w = (int16_t)tc_clamp(*w - delta, -s->limit, s->limit);
    }
}

tc_error tc_head_update(const tc_buffer *w, const tc_buffer *g, const tc_buffer *x,
    int32_t classes, int32_t features, int32_t shift, int32_t limit, const tc_buffer *rng) {
    if (classes < 1 || classes > 4096 || features < 1 || features > 65535 || shift < -31
        || shift > 30 || limit < 0 || limit > 32767) {
        return TC_ARGUMENT;
    }
    uint32_t n = (uint32_t)features;
    TC_TRY(tc_check_array(w, n * (uint32_t)classes, 2));
    TC_TRY(tc_check_array(x, n, 1));
    TC_TRY(tc_check_array(g, (uint32_t)classes, 2));
    if (rng) {
        TC_TRY(tc_check_array(rng, 1, 4));
    }
    const tc_step s = {shift, limit, rng ? rng->data : NULL};
    // Errors below which two rows can go together, in any order.
    int32_t bound = shift < 0 || shift > 15 || (rng && shift) ? 0 : 128 << shift;
    const int16_t *errors = g->data;
    int16_t *row = w->data, *waiting = NULL;
    int32_t waiting_error = 0;
    for (; classes; classes--, row += n, errors++) {
        if (*errors == 0) {
            continue;
        }
        if (*errors > bound || -*errors > bound) {
            update(row, x->data, n, *errors, &s);
        } else if (waiting) {
            uint32_t most = n & ~1u;
            tc_update_pair(waiting, row, x->data, most, waiting_error, *errors, &s);
            if (most != n) {
                const int8_t *rest = (const int8_t *)x->data + most;
                update(waiting + most, rest, 1, waiting_error, &s);
                update(row + most, rest, 1, *errors, &s);
            }
            waiting = NULL;
        } else {
            waiting = row;
            waiting_error = *errors;
        }
    }
    if (waiting) {
        update(waiting, x->data, n, waiting_error, &s);
    }
    return TC_OK;
}

// The array p of head_step.
typedef struct {
    int32_t classes, features, shift, limit, logit_shift, gbits, step_shift, step_limit;
} head_geometry;

tc_error tc_head_step(const tc_buffer *p, const tc_buffer *w, const tc_buffer *x,
    const tc_buffer *acc, const tc_buffer *g, const tc_buffer *lut, const tc_buffer *rng,
    int32_t label, int32_t *best) {
    TC_TRY(tc_check_array(p, sizeof(head_geometry) / 4, 4));
    const head_geometry *h = p->data;
    TC_TRY(tc_head_forward( w, x, acc, h->classes, h->features, h->shift, h->limit, best));
    TC_TRY(tc_softmax_error( acc, lut, g, h->classes, label, h->logit_shift, h->gbits));
    return tc_head_update(
        w, g, x, h->classes, h->features, h->step_shift, h->step_limit, rng);
}

static tc_error row_of(const tc_buffer *w, int32_t row, int32_t features, int16_t **start) {
    if (row < 0 || row > 4095 || features < 1 || features > TC_MAX_FEATURES) {
        return TC_ARGUMENT;
    }
    *start = (int16_t *)w->data + (size_t)row * (size_t)features;
    return tc_check_array(w, (uint32_t)(row + 1) * (uint32_t)features, 2);
}

tc_error tc_head_sum(const tc_buffer *w, int32_t row, int32_t features, int32_t *sum) {
    int16_t *k;
    TC_TRY(row_of(w, row, features, &k));
    int32_t s = 0;
    for (int32_t i = 0; i < features; i++) {
        s += k[i];
    }
    *sum = s;
    return TC_OK;
}

tc_error tc_head_merge(const tc_buffer *cw, const tc_buffer *tw, int32_t row, int32_t features,
    int32_t avg, int32_t keep, int32_t limit) {
    int16_t *c, *k;
    TC_TRY(row_of(cw, row, features, &c));
    TC_TRY(row_of(tw, row, features, &k));
    if (avg < -32768 || avg > 32767 || keep < 0 || keep > 32768 || limit < 0 || limit > 32767) {
        return TC_ARGUMENT;
    }
    for (int32_t i = 0; i < features; i++) {
        int32_t v = (c[i] * keep + (k[i] - avg) * (32768 - keep) + 16384) >> 15;
        c[i] = (int16_t)tc_clamp(v, -limit, limit);
    }
    return TC_OK;
}
