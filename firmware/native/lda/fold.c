// Rotations that take a row into a sketch.

#include "shared.h"

#define ONE (1 << 14)
#define MOST 8191

typedef struct {
    uint32_t row, rest, next; // dots of the row and of the rest with themselves, of rest and next row
    int32_t most;
} outcome;

uint32_t tc_root(uint32_t n) {
    uint32_t r = 0;
    for (uint32_t bit = 1 << 28; bit; bit >>= 2) {
        uint32_t try = r + bit;
        r >>= 1;
        if (n >= try) {
            n -= try;
            r += bit;
        }
    }
    return r;
}

// Cosine, and sine.
static int32_t angle(int32_t a, int32_t b, int32_t *sine) {
    while (a >= ONE || a <= -ONE || b >= ONE || b <= -ONE) {
        a >>= 1;
        b >>= 1;
    }
    uint32_t p = (uint32_t)(a < 0 ? -a : a), q = (uint32_t)(b < 0 ? -b : b);
    while (p && q && p < ONE >> 1 && q < ONE >> 1) {
        p <<= 1;
        q <<= 1;
    }
    uint32_t h = tc_root(p * p + q * q);
    *sine = 0;
    if (!h) {
        return ONE;
    }
    uint32_t size = tc_root(tc_divide((h + p) << 14, h) << 13);
    uint32_t low = tc_divide(tc_divide(q << 14, h) << 13, size);
    uint32_t rest = ((uint32_t)ONE << 14) - low * low, high = tc_root(rest);
    high += rest - high * high > high;
    *sine = (int32_t)(a >= 0 ? low : high);
    if (b < 0) {
        *sine = -*sine;
    }
    return (int32_t)(a >= 0 ? high : low);
}

// Cuts a block of rows to what they may hold, and sums it up again.
__attribute__((noinline))
static void cut(int16_t *row, int16_t *x, const int16_t *next, uint32_t n, outcome *o) {
    uint32_t p = 128, q = 128, d = 128;
    for (; n; n--) {
        int32_t e = tc_clamp(*row, -MOST, MOST), v = tc_clamp(*x, -MOST, MOST);
        *row++ = (int16_t)e;
        *x++ = (int16_t)v;
        p += (uint32_t)(e * e);
        q += (uint32_t)(v * v);
        d += (uint32_t)(v * *next++);
        e = e < 0 ? -e : e;
        o->most = e > o->most ? e : o->most;
    }
    o->row = p;
    o->rest = q;
    o->next = d;
}

// One rotation. Squares of 16 entries within +-2^14 add up to an unsigned word, and tell whether one
// of them may be too large.
__attribute__((noinline)) // registers of its own
static void rotate(int16_t *row, int16_t *x, const int16_t *next, uint32_t n, int32_t c, int32_t s,
    outcome *o) {
    uint32_t half = 1 << 13, row_sum = 0, rest_sum = 0, next_sum = 0;
    TC_KEEP(half);
    while (n) {
        uint32_t p = 128, q = 128, d = 128, take = n < TC_BLOCK ? n : TC_BLOCK;
#define KEEP_ALL TC_KEEP(row); TC_KEEP(x); TC_KEEP(next); TC_KEEP(p); TC_KEEP(q); TC_KEEP(d)
#define ROTATE \
    do { \
        int32_t r = *row; \
        int32_t v = *x; \
        uint32_t e = (uint32_t)(c * r) + half; \
        TC_KEEP(e); \
        e = (uint32_t)((int32_t)(e + (uint32_t)(s * v)) >> 14); \
        v = (int32_t)((uint32_t)(c * v) + half - (uint32_t)(s * r)) >> 14; \
        *row++ = (int16_t)e; \
        *x++ = (int16_t)v; \
        p += e * e; \
        q += (uint32_t)v * (uint32_t)v; \
        d += (uint32_t)v * tc_word(*next++); \
        KEEP_ALL; \
    } while (0)
        if (take == TC_BLOCK) {
            for (const int16_t *end = next + TC_BLOCK; next != end;) {
                TC_FOUR(ROTATE);
                TC_FOUR(ROTATE);
            }
        } else {
            for (uint32_t i = take; i; i--) {
                ROTATE;
            }
        }
        if (p > (uint32_t)(o->most * o->most) || q > (MOST + 1) * (MOST + 1)) {
            cut(row - take, x - take, next - take, take, o);
            p = o->row, q = o->rest, d = o->next;
        }
        row_sum += tc_part(p);
        rest_sum += tc_part(q);
        next_sum += tc_part(d);
        n -= take;
    }
    o->row = row_sum, o->rest = rest_sum, o->next = next_sum;
}

tc_error tc_lda_fold(const tc_buffer *rows, const tc_buffer *energy, const tc_buffer *x,
    int32_t rank, int32_t features, int32_t *most) {
    if (rank > 64) {
        return TC_ARGUMENT;
    }
    TC_TRY(tc_check_rows(rows, 0, rank, features, 2));
    TC_TRY(tc_check_array(x, (uint32_t)features, 2));
    TC_TRY(tc_check_array(energy, (uint32_t)rank + 1, 4));
    uint32_t n = (uint32_t)features;
    int32_t *own = energy->data;
    int16_t *row = rows->data, *v = x->data;
    outcome o;
    o.rest = tc_dot(v, v, n);
    o.most = 0;
    own[rank] = (int32_t)o.rest;
    bool known = false; // o.next
    for (; rank && o.rest; rank--, own++, row += n) {
        if (!*own) {
            *own = (int32_t)o.rest;
            for (; n; n--) {
                int32_t e = *row++ = *v++;
                e = e < 0 ? -e : e;
                o.most = e > o.most ? e : o.most;
            }
            break;
        }
        if (!known) {
            o.next = tc_dot(row, v, n);
        }
        int32_t s, a = (int32_t)(((int64_t)*own - (int32_t)o.rest) >> 1);
        int32_t c = angle(a, (int32_t)o.next, &s);
        known = s != 0;
        if (known) {
            rotate(row, v, rank > 1 ? row + n : row, n, c, s, &o);
            *own = (int32_t)o.row;
        }
    }
    *most = o.most;
    return TC_OK;
}
