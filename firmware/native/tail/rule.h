// One step of an update rule.

#ifndef TINYCL_TAIL_RULE_H
#define TINYCL_TAIL_RULE_H

#include "shared.h"

#define TC_WEYL 0x9e3779b1

// The array `rule` of bconv_update.
typedef struct {
    int32_t kind, shift, a, b, limit, t_shift;
} tc_rule;

bool tc_good_rule(const tc_rule *r, int32_t item);

// Moves the latent weights of one tap, `channels` of `item` bytes each, by their gradients, and
// rewrites their bits. Returns how many of these changed.
uint32_t tc_learn(const tc_rule *r, uint32_t noise, const int32_t *gradient, void *latent,
    int32_t item, uint32_t *w, uint32_t channels);

#endif
