// The kernels of the trainable tail in C. firmware/tinycl_rt/kernels/reference/tail.py is their
// specification: same names, same arguments, the same integers. See core/kernels.h.
//
// Ranges, beside those of a geometry; what is outside is refused:
//
// * thresholds, `f` and `d` of unpool and requantize: any int32; errors `e`: any int8
// * images `n`: 1..65535, `n * oh * ow` and `kh * kw * oc` at most 2^17: sums of errors stay below
//   2^24, where the numpy kernels are exact too
// * `half`: 0..2^28; shifts: 0..24 (of head_back 0..15); limits: 0..127, of a latent weight 0..127
//   or 0..32767, of a head's weight 0..32767
// * errors `g` of head_back: of 8 bits, and `128 * classes * limit` below 2^31
// * windows of bpool_back do not overlap
// * packed bits of bconv_back and bconv_update lie at multiples of four

#ifndef TINYCL_TAIL_KERNELS_H
#define TINYCL_TAIL_KERNELS_H

#include "../core/kernels.h"

tc_error tc_tail_bconv_train(const tc_buffer *p, int32_t n, const tc_buffer *x, const tc_buffer *w,
    const tc_buffer *t, int32_t half, const tc_buffer *y, const tc_buffer *inside,
    const tc_buffer *acc);
tc_error tc_tail_head_back(const tc_buffer *w, const tc_buffer *g, const tc_buffer *f,
    int32_t classes, int32_t features, int32_t shift, int32_t limit);
// `inside` is NULL, here and below, where every error passes.
tc_error tc_tail_unpool(const tc_buffer *p, const tc_buffer *f, int32_t shift, int32_t limit,
    const tc_buffer *inside, const tc_buffer *e);
tc_error tc_tail_bconv_back(const tc_buffer *p, const tc_buffer *e, const tc_buffer *w,
    const tc_buffer *d);
tc_error tc_tail_requantize(const tc_buffer *d, int32_t cells, int32_t channels, int32_t shift,
    int32_t limit, const tc_buffer *inside, const tc_buffer *e);
tc_error tc_tail_bpool_back(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y,
    const tc_buffer *f, const tc_buffer *inside, const tc_buffer *e);
// `latent` has items of `item` bytes, 1 or 2.
tc_error tc_tail_bconv_update(const tc_buffer *p, int32_t n, const tc_buffer *x, const tc_buffer *e,
    const tc_buffer *latent, int32_t item, const tc_buffer *w, const tc_buffer *t,
    const tc_buffer *row, const tc_buffer *rule, const tc_buffer *rng, int32_t *flips);

#endif
