// The backward pass of a convolution in float32, to compare with; not part of the product.
//
// Same loops as firmware/native/tail_*.c: errors that are 0 are skipped, taps outside the image
// left out (weights: +1 there), inner loops over channels unrolled by eight. `signs` is a template
// argument: with it the second operand is +-1 and only its sign is looked at.

#include "py/dynruntime.h"

typedef struct {
    int32_t h, w, c, kh, kw, sh, sw, top, left, oh, ow, oc;
} geometry;

// sums[0..n) += v * x[0..n)
__attribute__((always_inline))
static inline void add(float *sums, const float *x, float v, int32_t n, int signs) {
#pragma GCC unroll 8
    for (int32_t i = 0; i < n; i++) {
        if (signs) {
            union { float f; uint32_t u; } s = {x[i]}, e = {v};
            e.u ^= s.u & 0x80000000;
            sums[i] += e.f;
        } else {
            sums[i] += v * x[i];
        }
    }
}

// d = e . w^T of one image; w: output channel, row, column, input channel.
__attribute__((always_inline))
static inline void back(const geometry *g, const float *e, const float *w, float *d, int signs) {
    int32_t row = g->kh * g->kw * g->c;
    for (int32_t i = 0; i < g->h * g->w * g->c; i++) {
        d[i] = 0;
    }
    for (int32_t oy = 0; oy < g->oh; oy++) {
        for (int32_t ox = 0; ox < g->ow; ox++, e += g->oc) {
            for (int32_t ky = 0; ky < g->kh; ky++) {
                for (int32_t kx = 0; kx < g->kw; kx++) {
                    int32_t iy = oy * g->sh - g->top + ky, ix = ox * g->sw - g->left + kx;
                    if (iy < 0 || iy >= g->h || ix < 0 || ix >= g->w) {
                        continue;
                    }
                    float *to = d + (iy * g->w + ix) * g->c;
                    const float *from = w + (ky * g->kw + kx) * g->c;
                    for (int32_t c = 0; c < g->oc; c++, from += row) {
                        union { float f; uint32_t u; } v = {e[c]};
                        if (v.u << 1) {
                            add(to, from, v.f, g->c, signs);
                        }
                    }
                }
            }
        }
    }
}

// w -= rate * x^T e of n images; `row` holds the gradient of one tap of one output channel.
__attribute__((always_inline))
static inline void update(const geometry *g, int32_t n, const float *x, const float *e, float *w,
    float *row, float rate, int signs) {
    for (int32_t c = 0; c < g->oc; c++) {
        for (int32_t ky = 0; ky < g->kh; ky++) {
            for (int32_t kx = 0; kx < g->kw; kx++) {
                for (int32_t i = 0; i < g->c; i++) {
                    row[i] = 0;
                }
                const float *errors = e + c, *image = x;
                for (int32_t b = 0; b < n; b++, image += g->h * g->w * g->c) {
                    for (int32_t oy = 0; oy < g->oh; oy++) {
                        int32_t iy = oy * g->sh - g->top + ky;
                        for (int32_t ox = 0; ox < g->ow; ox++, errors += g->oc) {
                            int32_t ix = ox * g->sw - g->left + kx;
                            union { float f; uint32_t u; } v = {*errors};
                            if (v.u << 1 && iy >= 0 && iy < g->h && ix >= 0 && ix < g->w) {
                                add(row, image + (iy * g->w + ix) * g->c, v.f, g->c, signs);
                            }
                        }
                    }
                }
                for (int32_t i = 0; i < g->c; i++) {
                    *w++ -= rate * row[i];
                }
            }
        }
    }
}

static void *data(mp_obj_t object) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(object, &info, MP_BUFFER_READ);
    return info.buf;
}

// p, e, w, d, signs
static mp_obj_t float_back(size_t n, const mp_obj_t *args) {
    (void)n;
    const geometry *g = data(args[0]);
    if (mp_obj_get_int(args[4])) {
        back(g, data(args[1]), data(args[2]), data(args[3]), 1);
    } else {
        back(g, data(args[1]), data(args[2]), data(args[3]), 0);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(back_obj, 5, 5, float_back);

// p, images, x, e, w, row, signs
static mp_obj_t float_update(size_t n, const mp_obj_t *args) {
    (void)n;
    const geometry *g = data(args[0]);
    int32_t images = (int32_t)mp_obj_get_int(args[1]);
    const float *x = data(args[2]), *e = data(args[3]);
    if (mp_obj_get_int(args[6])) {
        update(g, images, x, e, data(args[4]), data(args[5]), 0.001953125f, 1);
    } else {
        update(g, images, x, e, data(args[4]), data(args[5]), 0.001953125f, 0);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(update_obj, 7, 7, float_update);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    (void)n_args, (void)n_kw, (void)args;
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_back, MP_OBJ_FROM_PTR(&back_obj));
    mp_store_global(MP_QSTR_update, MP_OBJ_FROM_PTR(&update_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
