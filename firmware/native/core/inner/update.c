#include "../head.h"

// The weights lie in Q15 above their lowest value, so that one unsigned comparison finds those
// that have to be cut.
static inline void set(int16_t *w, uint32_t v, uint32_t end, uint32_t minus_limit) {
    if (__builtin_expect(v >= end, 0)) {
        v = (int32_t)(v + (minus_limit << 15)) < 0 ? 0 : end - 1;
    }
    TC_KEEP(v);
    v = minus_limit + (v >> 15);
    TC_KEEP(v);
    *w = (int16_t)v;
}

// Each row moves on by itself, which costs no instruction.
#define UPDATE(row, step) \
    do { \
        set(row, bias + ((uint32_t)*row << 15) - step * feature, end, minus_limit); \
        row++; \
        TC_KEEP(row); \
        TC_KEEP(x); \
    } while (0)

// One multiply-subtract in Q15. The bias makes the floor of a difference out of a difference of the
// rounded step.
void tc_update_pair(int16_t *a, int16_t *b, const int8_t *x, uint32_t n, int32_t ga, int32_t gb,
    const tc_step *s) {
    uint32_t limit = (uint32_t)s->limit, fraction = 15 - (uint32_t)s->shift;
    uint32_t half = (1u << s->shift) >> 1, end = (2 * limit + 1) << 15;
    uint32_t bias = (limit << 15) + (((1u << s->shift) - 1 - half) << fraction);
    uint32_t step_a = (uint32_t)ga << fraction, step_b = (uint32_t)gb << fraction;
    uint32_t minus_limit = 0 - limit;
    TC_KEEP(minus_limit);
    for (const int8_t *last = x + n; x != last;) {
        uint32_t feature = (uint32_t)(int32_t)*x++;
        UPDATE(a, step_a);
        UPDATE(b, step_b);
        feature = (uint32_t)(int32_t)*x++;
        UPDATE(a, step_a);
        UPDATE(b, step_b);
    }
}
