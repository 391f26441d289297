// Dots of rows, and sums of rows times factors.

#include "shared.h"

__attribute__((noinline)) // large, and twice
uint32_t tc_dot(const int16_t *a, const int16_t *b, uint32_t n) {
#define PRODUCT part += (uint32_t)(*a++ * *b++)
    uint32_t total = 0;
    for (; n >= TC_BLOCK; n -= TC_BLOCK) {
        uint32_t part = 128;
        TC_SIXTEEN(PRODUCT);
        total += tc_part(part);
    }
    uint32_t part = 128;
    for (; n; n--) {
        PRODUCT;
    }
    return total + tc_part(part);
}

// Dots of one row with a row and with the one behind it, which share its loads.
static void dot_two(const int16_t *a, const int16_t *b, uint32_t n, uint32_t *to) {
    const int16_t *c = b + n;
    uint32_t first = 0, second = 0;
#define PRODUCTS \
    do { \
        int32_t v = *a++; \
        p += (uint32_t)(v * *b++); \
        q += (uint32_t)(v * *c++); \
    } while (0)
    while (n) {
        uint32_t p = 128, q = 128, take = n < TC_BLOCK ? n : TC_BLOCK;
        if (take == TC_BLOCK) {
            TC_SIXTEEN(PRODUCTS);
        } else {
            for (uint32_t i = take; i; i--) {
                PRODUCTS;
            }
        }
        first += tc_part(p);
        second += tc_part(q);
        n -= take;
    }
    to[0] = first;
    to[1] = second;
}

tc_error tc_lda_dots(const tc_buffer *a, int32_t a_row, const tc_buffer *b, int32_t b_row,
    int32_t count, int32_t features, const tc_buffer *out) {
    TC_TRY(tc_check_rows(a, a_row, 1, features, 2));
    TC_TRY(tc_check_rows(b, b_row, count, features, 2));
    TC_TRY(tc_check_array(out, (uint32_t)count, 4));
    const int16_t *one = (const int16_t *)a->data + a_row * features;
    const int16_t *other = (const int16_t *)b->data + b_row * features;
    uint32_t *to = out->data, n = (uint32_t)features;
    for (; count > 1; count -= 2, other += 2 * n, to += 2) {
        dot_two(one, other, n, to);
    }
    if (count) {
        *to = tc_dot(one, other, n);
    }
    return TC_OK;
}

typedef struct {
    const int32_t *factors;
    int32_t count, features, shift, limit, most;
    uint32_t up, half;
} mixture;

__attribute__((noinline)) // small, and four times
static void set(mixture *m, int16_t *w, uint32_t sum) {
    int32_t v = tc_clamp((int32_t)sum >> m->shift, -m->limit, m->limit);
    *w = (int16_t)v;
    v = v < 0 ? -v : v;
    m->most = v > m->most ? v : m->most;
}

static inline uint32_t start(const mixture *m, int16_t w) {
    return (tc_word(w) << m->up) + m->half;
}

// Four columns at a time.
static void mix4(mixture *m, int16_t *w, const int16_t *rows) {
    uint32_t a = start(m, w[0]), b = start(m, w[1]), c = start(m, w[2]), d = start(m, w[3]);
    const int32_t *last = m->factors + m->count;
    for (const int32_t *factor = m->factors; factor != last; rows += m->features) {
        uint32_t f = (uint32_t)*factor++;
        a -= f * tc_word(rows[0]);
        b -= f * tc_word(rows[1]);
        c -= f * tc_word(rows[2]);
        d -= f * tc_word(rows[3]);
    }
    set(m, w, a), set(m, w + 1, b), set(m, w + 2, c), set(m, w + 3, d);
}

static void mix1(mixture *m, int16_t *w, const int16_t *rows) {
    uint32_t a = start(m, *w);
    for (int32_t k = 0; k < m->count; k++, rows += m->features) {
        a -= (uint32_t)m->factors[k] * tc_word(*rows);
    }
    set(m, w, a);
}

tc_error tc_lda_mix(const tc_buffer *w, int32_t row, const tc_buffer *rows,
    const tc_buffer *factors, int32_t count, int32_t features, int32_t up, int32_t shift,
    int32_t limit, int32_t *most) {
    if (up < 0 || up > 31 || shift < 0 || shift > 30 || limit < 0 || limit > 32767) {
        return TC_ARGUMENT;
    }
    TC_TRY(tc_check_rows(w, row, 1, features, 2));
    TC_TRY(tc_check_rows(rows, 0, count, features, 2));
    TC_TRY(tc_check_array(factors, (uint32_t)count, 4));
    mixture m = {factors->data, count, features, shift, limit, 0, (uint32_t)up, (1u << shift) >> 1};
    uint32_t left = 1 << 17;
    for (int32_t k = 0; k < count; k++) {
        int32_t f = m.factors[k];
        uint32_t size = f < 0 ? 0 - (uint32_t)f : (uint32_t)f;
        if (size > left) {
            return TC_ARGUMENT;
        }
        left -= size;
    }
    int16_t *to = (int16_t *)w->data + row * features;
    const int16_t *from = rows->data;
    for (; features >= 4; features -= 4, to += 4, from += 4) {
        mix4(&m, to, from);
    }
    for (; features; features--) {
        mix1(&m, to++, from++);
    }
    *most = m.most;
    return TC_OK;
}
