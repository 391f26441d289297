// One step of gradient descent: softmax error, weight update.

#include "check.h"

tc_error tc_softmax_error(const tc_buffer *acc, const tc_buffer *lut, const tc_buffer *g,
    int32_t classes, int32_t label, int32_t logit_shift, int32_t gbits) {
    if (classes < 1 || classes > 4096 || logit_shift < 0 || logit_shift > 31 || gbits < 1
        || gbits > 16) {
        return TC_ARGUMENT;
    }
    tc_error error;
    if ((error = tc_check_array(acc, (uint32_t)classes, 4))
        || (error = tc_check_array(g, (uint32_t)classes, 2))
        || (error = tc_check_array(lut, 1, 2))) {
        return error;
    }
    int32_t *a = acc->data;
    int16_t *out = g->data;
    const uint16_t *table = lut->data;
    size_t entries = lut->size / 2;
    int32_t top = a[0];
    for (int32_t j = 1; j < classes; j++) {
        top = a[j] > top ? a[j] : top;
    }
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

typedef struct {
    int32_t shift, limit;
    uint32_t *rng; // NULL: round half up
} step;

static uint32_t draw(uint32_t *rng) {
    uint32_t s = *rng;
    s ^= s << 13;
    s ^= s >> 17;
    s ^= s << 5;
    *rng = s;
    return s;
}

// Any error, shift and rounding.
static void update(int16_t *w, const int8_t *x, uint32_t n, int32_t g, const step *s) {
    int32_t half = s->shift > 0 ? (1 << s->shift) >> 1 : 0;
    int32_t up = tc_clamp(-s->shift, 0, 17);
    for (; n; n--, w++) {
        int32_t delta = g * *x++;
        if (s->shift > 0) {
            if (s->rng) {
                half = (int32_t)(draw(s->rng) & ((1u << s->shift) - 1));
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

// What update_q15 needs to know of a row.
typedef struct {
    uint32_t bias, scaled, end, limit;
} q15;

static inline void nudge(int16_t *w, int8_t x, const q15 *q) {
    uint32_t v = q->bias + ((uint32_t)*w << 15) - q->scaled * (uint32_t)(int32_t)x;
    if (__builtin_expect(v >= q->end, 0)) {
        v = v >> 30 == 3 ? 0 : q->end - 1;
    }
    uint32_t result = (v >> 15) - q->limit;
    TC_KEEP(result);
    *w = (int16_t)result;
}

// Half up, 0 <= shift <= 15, steps of at most 2^14: one multiply-subtract in Q15. The bias is the
// limit, which makes one unsigned comparison of two, and what makes a difference's floor out of a
// rounded subtrahend.
static void update_q15(int16_t *w, const int8_t *x, uint32_t n, int32_t g, const step *s) {
    uint32_t limit = (uint32_t)s->limit, fraction = 15 - (uint32_t)s->shift;
    uint32_t half = (1u << s->shift) >> 1;
    const q15 q = {
        (limit << 15) + (((1u << s->shift) - 1 - half) << fraction),
        (uint32_t)g << fraction,
        (2 * limit + 1) << 15,
        limit,
    };
    for (; n >= 4; n -= 4, w += 4, x += 4) {
        nudge(w, x[0], &q);
        nudge(w + 1, x[1], &q);
        nudge(w + 2, x[2], &q);
        nudge(w + 3, x[3], &q);
    }
    for (; n; n--) {
        nudge(w++, *x++, &q);
    }
}

tc_error tc_head_update(const tc_buffer *w, const tc_buffer *g, const tc_buffer *x,
    int32_t classes, int32_t features, int32_t shift, int32_t limit, const tc_buffer *rng) {
    if (classes < 1 || classes > 4096 || features < 1 || features > 65535 || shift < -31
        || shift > 30 || limit < 0 || limit > 32767) {
        return TC_ARGUMENT;
    }
    uint32_t n = (uint32_t)features;
    tc_error error;
    if ((error = tc_check_array(w, n * (uint32_t)classes, 2)) || (error = tc_check_array(x, n, 1))
        || (error = tc_check_array(g, (uint32_t)classes, 2))
        || (rng && (error = tc_check_array(rng, 1, 4)))) {
        return error;
    }
    const step s = {shift, limit, rng ? rng->data : NULL};
    int16_t *row = w->data;
    const int16_t *errors = g->data;
    for (; classes; classes--, row += n) {
        int32_t e = *errors++;
        if (e == 0) {
            continue;
        }
        bool small = shift >= 0 && shift <= 15 && e <= 128 << shift && -e <= 128 << shift;
        if (small && !(s.rng && shift > 0)) {
            update_q15(row, x->data, n, e, &s);
        } else {
            update(row, x->data, n, e, &s);
        }
    }
    return TC_OK;
}
