// The gradient of a binary convolution's weights, one output channel at a time, and a step by it.

#include "shared.h"
#include "rule.h"

// Adds up what one tap has seen at the output positions of all images: the errors of one channel
// with the signs of the inputs. Inputs outside the image are +1 or, without padding, nothing; with
// padding `sums` begin with the errors of all positions.
__attribute__((noinline)) // registers of its own
static void tap(const tc_geometry *g, int32_t n, const uint32_t *x, const int8_t *e, int32_t ky,
    int32_t kx, int32_t *sums) {
    uint32_t words = tc_bit_bytes(g->c) / 4;
    int32_t oc = g->oc, total = 0, first = 0, last = 0;
    // Output columns at which the tap lies in the image.
    for (int32_t ox = 0, ix = kx - g->left; ox < g->ow && ix < g->w; ix += g->sw) {
        ox++;
        first = ix < 0 ? ox : first;
        last = ox;
    }
    const uint32_t *left = x + (size_t)(first * g->sw + kx - g->left) * words;
    size_t step = (size_t)g->sw * words;
    tc_term terms[TC_TERMS + 1], *end = terms;
    for (int32_t iy = ky - g->top, oy = 0; first < last;) {
        if (iy >= 0 && iy < g->h) {
            const uint32_t *bits = left + (size_t)(iy * g->w) * words;
            const int8_t *from = e + (size_t)(oy * g->ow + first) * (size_t)oc;
            for (int32_t i = last - first; i; i--, bits += step, from += oc) {
                int32_t v = *from;
                if (v) {
                    *end++ = (tc_term) {bits, v};
                    total += v;
                    if (end == terms + TC_TERMS) {
                        tc_sum_terms(terms, end, 0, g->pad ? 0 : total, (uint32_t)g->c, sums);
                        end = terms;
                        total = 0;
                    }
                }
            }
        }
        iy += g->sh;
        if (++oy == g->oh) {
            if (--n == 0) {
                break;
            }
            oy = 0;
            iy = ky - g->top;
            left += (size_t)(g->h * g->w) * words;
            e += (size_t)(g->oh * g->ow) * (size_t)oc;
        }
    }
    tc_sum_terms(terms, end, 0, g->pad ? 0 : total, (uint32_t)g->c, sums);
}

static void learn_thresholds(const tc_geometry *g, const tc_buffer *t, int32_t c, int32_t step) {
    int32_t *table = t->data, limit = 1 << 30, far = limit + (1 << 26); // a step beyond the limit
    size_t sets = t->size / 4, oc = (size_t)g->oc, first = 0;
    if (g->pad == 2) {
        first = (size_t)(g->oh + g->ow);
    }
    for (; first + oc <= sets; first += oc) {
        int32_t *at = table + first + c;
        *at = tc_clamp(tc_clamp(*at, -far, far) + step, -limit, limit);
    }
}

static tc_error check(const tc_geometry *g, int32_t n, const tc_buffer *x, const tc_buffer *e,
    const tc_buffer *latent, int32_t item, const tc_buffer *w, const tc_buffer *t,
    const tc_buffer *row) {
    if (!tc_summable(g->oh * g->ow, n) || (item != 1 && item != 2)) {
        return TC_ARGUMENT;
    }
    uint32_t words = tc_bit_bytes(g->c) / 4, taps = (uint32_t)(g->kh * g->kw);
    uint32_t image = (uint32_t)(g->h * g->w) * words, oc = (uint32_t)g->oc, images = (uint32_t)n;
    uint32_t per = taps * (uint32_t)g->c;
    uint32_t places = g->pad == 2 ? (uint32_t)(g->oh + g->ow) : 0;
    TC_TRY(tc_check_array(x, tc_times(image, images), 4));
    TC_TRY(tc_check_array(latent, tc_times(per, oc), (uint32_t)item));
    TC_TRY(tc_check_array(w, tc_times(taps * words, oc), 4));
    TC_TRY(tc_check_array(t, places + oc, 4));
    TC_TRY(tc_check_array(row, per, 4));
    return e->size < tc_times((uint32_t)(g->oh * g->ow) * images, oc) ? TC_SIZE : TC_OK;
}

tc_error tc_tail_bconv_update(const tc_buffer *p, int32_t n, const tc_buffer *x, const tc_buffer *e,
    const tc_buffer *latent, int32_t item, const tc_buffer *w, const tc_buffer *t,
    const tc_buffer *row, const tc_buffer *rule, const tc_buffer *rng, int32_t *flips) {
    const tc_geometry *g;
    TC_TRY(tc_read_geometry(p, &g));
    TC_TRY(check(g, n, x, e, latent, item, w, t, row));
    TC_TRY(tc_check_array(rule, sizeof(tc_rule) / 4, 4));
    TC_TRY(tc_check_array(rng, 1, 4));
    const tc_rule *r = rule->data;
    if (!tc_good_rule(r, item)) {
        return TC_ARGUMENT;
    }
    uint32_t noise = tc_draw(rng->data), channels = (uint32_t)g->c, changed = 0;
    size_t words = tc_bit_bytes(g->c) / 4, positions = (size_t)(n * g->oh * g->ow);
    uint8_t *weights = latent->data;
    uint32_t *signs = w->data;
    for (int32_t c = 0; c < g->oc; c++) {
        const int8_t *errors = (const int8_t *)e->data + c;
        int32_t total = 0;
        for (size_t i = 0; i < positions; i++) {
            total += errors[i * (size_t)g->oc];
        }
        int32_t start = g->pad ? total : 0;
        for (int32_t ky = 0; ky < g->kh; ky++) {
            for (int32_t kx = 0; kx < g->kw; kx++) {
                int32_t *gradient = row->data;
                for (uint32_t i = 0; i < channels; i++) {
                    gradient[i] = start;
                }
                tap(g, n, x->data, errors, ky, kx, gradient);
                changed += tc_learn(r, noise, gradient, weights, item, signs, channels);
                noise += channels * TC_WEYL;
                weights += channels * (uint32_t)item;
                signs += words;
            }
        }
        if (r->t_shift) {
            uint32_t drawn = noise >> (32 - r->t_shift);
            learn_thresholds(g, t, c, (total + (int32_t)drawn) >> r->t_shift);
        }
    }
    *flips = (int32_t)changed;
    return TC_OK;
}
