// Feeds all kernels with damaged geometries and buffers of wrong sizes, under sanitizers.
//
//   fuzz [RUNS [SEED]]      makes RUNS calls; prints how many the kernels accepted
//
// Built with -DLIBFUZZER -fsanitize=fuzzer (clang), the same calls are driven by libFuzzer. Buffers
// are allocated to the byte, at odd addresses too, so any access outside one ends the run.

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "float/kernels.h"
#include "full/kernels.h"
#include "lda/kernels.h"
#include "sound/kernels.h"
#include "tail/kernels.h"

// Numbers out of the fuzzer's bytes while they last, out of xorshift afterwards.
typedef struct {
    const uint8_t *data;
    size_t size;
    uint32_t state;
} source;

static uint32_t next(source *s) {
    if (s->size >= 4) {
        uint32_t v;
        memcpy(&v, s->data, 4);
        s->data += 4;
        s->size -= 4;
        return v;
    }
    s->state ^= s->state << 13;
    s->state ^= s->state >> 17;
    s->state ^= s->state << 5;
    return s->state;
}

static uint32_t below(source *s, uint32_t n) {
    return next(s) % n;
}

static int32_t between(source *s, int32_t low, int32_t high) {
    return low + (int32_t)below(s, (uint32_t)(high - low) + 1);
}

// A number that may be damaged: now and then anything at all, or next to a limit.
static int32_t field(source *s, int32_t low, int32_t high) {
    static const int32_t odd[] = {
        0, -1, 1, 255, 256, 1024, 1025, 4096, 4097, 65535, 65536, INT32_MAX, INT32_MIN, -32768};
    switch (below(s, 64)) {
        case 0:
            return odd[below(s, sizeof odd / sizeof *odd)];
        case 1:
            return (int32_t)next(s);
        default:
            return between(s, low, high);
    }
}

// The buffers of one call; `release` frees them.
static struct {
    void *block;
    tc_buffer buffer;
} made[24];
static size_t used;

// A buffer of `size` bytes, now and then some less, at an odd address, or of another size.
static tc_buffer *make(source *s, uint32_t size) {
    size = size > 1 << 16 ? 1 << 16 : size; // what a damaged geometry asks for is not there
    uint32_t odd = below(s, 32) ? 0 : 1 + below(s, 3), kind = below(s, 24);
    if (kind == 0 && size) {
        size -= 1 + below(s, size < 8 ? size : 8);
    } else if (kind == 1) {
        size = below(s, 64);
    }
    void *block = malloc((size_t)size + odd);
    if (block == NULL || used == sizeof made / sizeof *made) {
        abort();
    }
    uint8_t *data = (uint8_t *)block + odd;
    uint32_t style = below(s, 4);
    for (uint32_t i = 0; i < size; i++) {
        data[i] = style == 0 ? 0 : style == 1 ? 0xff : style == 2 ? 0x80 : (uint8_t)next(s);
    }
    made[used].block = block;
    made[used].buffer = (tc_buffer) {data, size};
    return &made[used++].buffer;
}

static void release(void) {
    while (used) {
        free(made[--used].block);
    }
}

// A buffer that holds these bytes, unless its size is wrong.
static tc_buffer *holding(source *s, const void *bytes, uint32_t size) {
    tc_buffer *buffer = make(s, size);
    if (buffer->size == size) {
        memcpy(buffer->data, bytes, size);
    }
    return buffer;
}

// Numbers from low to high, or damaged, into `n` words of a buffer as far as it has them.
static void fill(source *s, const tc_buffer *buffer, uint32_t n, int32_t low, int32_t high) {
    for (uint32_t i = 0; i < n && 4 * i + 4 <= buffer->size; i++) {
        int32_t value = field(s, low, high);
        memcpy((uint8_t *)buffer->data + 4 * i, &value, 4);
    }
}

static tc_geometry geometry(source *s) {
    int32_t kh = between(s, 1, 4), kw = between(s, 1, 4);
    tc_geometry g = {
        field(s, 1, 6), field(s, 1, 6), field(s, 1, below(s, 8) ? 70 : 600),
        field(s, kh, kh), field(s, kw, kw), field(s, 1, 3), field(s, 1, 3),
        field(s, 0, kh - 1), field(s, 0, kw - 1), field(s, 1, 6), field(s, 1, 6),
        field(s, 1, 40), field(s, 0, 2), field(s, -255, 255), field(s, 0, 15)};
    return g;
}

static uint32_t product(int32_t a, int32_t b) {
    return a < 0 || b < 0 ? 0 : tc_times((uint32_t)a, (uint32_t)b & 0xffff);
}

static uint32_t product3(int32_t a, int32_t b, int32_t c) {
    return product((int32_t)product(a, b), c);
}

static tc_error layer(source *s, uint32_t kernel) {
    tc_geometry g = geometry(s);
    if (kernel == 2 || kernel == 4) {
        g.oc = below(s, 32) ? g.c : g.oc;
    }
    if (kernel == 2) {
        g.oh = g.h, g.ow = g.w;
    }
    int32_t bits = (int32_t)tc_bit_bytes(g.c), out = (int32_t)tc_bit_bytes(g.oc);
    int32_t image = (int32_t)product(g.h, g.w), map = (int32_t)product(g.oh, g.ow);
    int32_t window = (int32_t)product(g.kh, g.kw);
    bool pixels = kernel == 0 || kernel == 2;
    uint32_t table = product(kernel == 2 ? g.c : g.oc, 4);
    uint32_t starts = 0;
    if (kernel == 1 && g.pad == 2 && g.oh > 0 && g.ow > 0 && g.oh < 100 && g.ow < 100) {
        starts = (uint32_t)(g.oh + g.ow);
        table += 4 * (starts + below(s, 100));
    }
    tc_buffer *p = holding(s, &g, sizeof g);
    tc_buffer *x = make(s, product(image, pixels ? g.c : bits));
    tc_buffer *w = make(s, product3(window, kernel == 0 ? g.c : bits, g.oc));
    tc_buffer *m = make(s, (uint32_t)bits), *t = make(s, table);
    tc_buffer *y = make(s, product(map, kernel == 4 ? g.c : kernel < 2 ? out : bits));
    tc_buffer *acc = make(s, product(g.oc, 4));
    fill(s, t, starts, 0, (int32_t)starts);
    switch (kernel) {
        case 0:
            return tc_conv8(p, x, w, t, y, acc);
        case 1:
            return tc_bconv(p, x, w, t, y, acc);
        case 2:
            return tc_binarise(p, x, t, y);
        case 3:
            return tc_bpool(p, x, m, y);
        default:
            return tc_sum_pool(p, x, y);
    }
}

static tc_error head(source *s, uint32_t kernel) {
    int32_t classes = field(s, 1, 12), features = field(s, 1, 40), row = field(s, 0, 11), sum;
    int32_t limit = field(s, 0, 1) ? (1 << between(s, 3, 15)) - 1 : field(s, 0, 32767);
    uint32_t cells = product(classes, features);
    tc_buffer *w = make(s, product((int32_t)(cells & 0xffffff), 2));
    tc_buffer *v = make(s, (uint32_t)w->size);
    tc_buffer *x = make(s, product(features, 1)), *acc = make(s, product(classes, 4));
    tc_buffer *g = make(s, product(classes, 2)), *lut = make(s, 512), *rng = make(s, 4);
    switch (kernel) {
        case 0: {
            int32_t shift = field(s, 0, 12);
            limit = below(s, 2) && 0 < shift && shift < 16 ? (0x8000 >> shift) - 1 : limit;
            return tc_head_forward(w, x, acc, classes, features, shift, limit, &sum);
        }
        case 1:
            return tc_softmax_error(acc, lut, g, classes, field(s, -1, 12), field(s, 0, 20),
                field(s, 1, 16));
        case 2:
            return tc_head_update(w, g, x, classes, features, field(s, -20, 30), limit,
                below(s, 3) ? NULL : rng);
        case 3: {
            int32_t numbers[] = {classes, features, field(s, 0, 12), limit, field(s, 0, 20),
                field(s, 1, 16), field(s, -20, 30), field(s, 0, 32767)};
            tc_buffer *p = holding(s, numbers, sizeof numbers);
            return tc_head_step(p, w, x, acc, g, lut, below(s, 3) ? NULL : rng, field(s, -1, 12),
                &sum);
        }
        case 4:
            return tc_head_sum(w, row, features, &sum);
        default:
            return tc_head_merge(w, v, row, features, field(s, -32768, 32767),
                field(s, 0, 32768), limit);
    }
}

static tc_error real(source *s, uint32_t kernel) {
    static tc_error (*const weighted[])(const tc_buffer *p, const tc_buffer *x,
        const tc_buffer *w, const tc_buffer *t, const tc_buffer *y) = {
        tc_float_conv, tc_float_depthwise};
    static tc_error (*const paired[])(const tc_buffer *p, const tc_buffer *x, const tc_buffer *z,
        const tc_buffer *y) = {tc_float_combine, tc_float_scale};
    static tc_error (*const plain[])(const tc_buffer *p, const tc_buffer *x,
        const tc_buffer *y) = {
        tc_float_max_pool, tc_float_mean_pool, tc_float_sign, tc_float_unsign, tc_float_pixels,
        tc_float_softmax, tc_float_pad};
    tc_geometry g = geometry(s);
    g.shift = field(s, 0, 3);
    g.c = below(s, 4) ? field(s, 1, 9) : g.c;
    if (kernel == 2) {
        g.oc = below(s, 8) ? (int32_t)product(g.c, between(s, 1, 3)) : g.oc;
    } else if (kernel == 11) {
        g.top = field(s, 0, 2), g.left = field(s, 0, 2);
        g.oh = field(s, 1, 9), g.ow = field(s, 1, 9);
    } else if (kernel > 2) {
        g.oc = below(s, 32) ? g.c : g.oc;
    }
    int32_t image = (int32_t)product(g.h, g.w), map = (int32_t)product(g.oh, g.ow);
    int32_t window = (int32_t)product(g.kh, g.kw), bits = (int32_t)tc_bit_bytes(g.c);
    uint32_t places = kernel == 0 && g.pad == 2 ? product(g.oh, 4) + product(g.ow, 4) : 0;
    uint32_t in = kernel == 0 || kernel == 8 ? product(image, bits) : 4 * product(image, g.c);
    uint32_t weights = kernel == 0 ? product3(window, bits, g.oc)
        : kernel == 1 ? 4 * product3(window, g.c, g.oc) : 4 * product(window, g.oc);
    tc_buffer *p = holding(s, &g, sizeof g), *x = make(s, in), *w = make(s, weights);
    tc_buffer *z = make(s, below(s, 3) ? 4 * product(image, g.c) : product(g.c, 4));
    tc_buffer *t = make(s, 8 * product(g.oc, 1) + places + (places ? product(g.oc, 8) : 0));
    tc_buffer *y = make(s, kernel > 4 && kernel < 11 && kernel != 5 && kernel != 6
        ? 4 * product(image, g.c) : 4 * product(map, g.oc));
    tc_buffer *acc = make(s, product(g.oc, 4));
    for (uint32_t i = 0; i < places / 4 && tc_aligned(t->data, 4); i++) {
        size_t at = (size_t)product(g.oc, 2) + i;
        if (4 * at + 4 <= t->size) {
            ((float *)t->data)[at] = (float)(i ? field(s, 0, 40) : field(s, 0, 90));
        }
    }
    if (kernel == 0) {
        return tc_float_bconv(p, x, w, t, y, acc);
    }
    if (kernel < 3) {
        return weighted[kernel - 1](p, x, w, t, y);
    }
    if (kernel < 5) {
        return paired[kernel - 3](p, x, z, y);
    }
    return plain[kernel - 5](p, x, y);
}

static tc_error tail(source *s, uint32_t kernel) {
    tc_geometry g = geometry(s);
    int32_t n = below(s, 8) ? between(s, 1, 3) : field(s, 0, 300);
    int32_t shift = field(s, 0, 24), limit = field(s, 0, 127), item = field(s, 1, 2), flips;
    if (kernel == 5 && below(s, 16)) {
        g.sh = g.kh, g.sw = g.kw;
    }
    int32_t classes = field(s, 1, 12), features = field(s, 1, 40);
    int32_t bits = (int32_t)tc_bit_bytes(g.c), image = (int32_t)product(g.h, g.w);
    int32_t map = (int32_t)product(g.oh, g.ow), taps = (int32_t)product(g.kh, g.kw);
    int32_t outputs = (int32_t)product(map, kernel == 2 || kernel == 5 ? g.c : g.oc);
    int32_t out = (int32_t)product(map, (int32_t)tc_bit_bytes(g.oc));
    int32_t images = kernel == 0 || kernel == 6 ? n : 1, inputs = (int32_t)product(image, g.c);
    uint32_t starts = g.pad == 2 && g.oh > 0 && g.ow > 0 && g.oh < 100 && g.ow < 100
        ? (uint32_t)(g.oh + g.ow) : 0;
    tc_buffer *p = holding(s, &g, sizeof g), *x = make(s, product3(image, bits, images));
    tc_buffer *w = make(s, product3(taps, bits, g.oc));
    tc_buffer *t = make(s, product(g.oc, 4) + (starts ? 4 * (starts + below(s, 60)) : 0));
    tc_buffer *y = make(s, kernel == 5 ? product(map, bits) : product(out, images));
    tc_buffer *inside = make(s, kernel == 0 ? product(out, images) : product(image, bits));
    tc_buffer *e = make(s, product(outputs, images)), *d = make(s, 4 * (uint32_t)inputs);
    tc_buffer *f = make(s, 4 * (uint32_t)outputs), *to = make(s, (uint32_t)inputs);
    tc_buffer *acc = make(s, product(g.oc, 4)), *row = make(s, 4 * product(taps, g.c));
    tc_buffer *latent = make(s, product((int32_t)product3(taps, g.c, g.oc), item));
    int32_t numbers[] = {field(s, 0, 2), field(s, 0, 24), field(s, 0, 15), field(s, 0, 99),
        item == 1 ? 127 : field(s, 0, 32767), field(s, 0, 24)};
    tc_buffer *rule = holding(s, numbers, sizeof numbers), *rng = make(s, 4);
    tc_buffer *hw = make(s, 2 * product(classes, features));
    tc_buffer *hg = make(s, product(classes, 2)), *hf = make(s, product(features, 4));
    const tc_buffer *window = below(s, 3) ? inside : NULL;
    fill(s, t, starts, 0, (int32_t)starts);
    for (uint32_t i = 0; i + 2 <= hg->size && below(s, 8); i += 2) {
        int16_t small = (int16_t)between(s, -128, 128);
        memcpy((uint8_t *)hg->data + i, &small, 2);
    }
    switch (kernel) {
        case 0:
            return tc_tail_bconv_train(p, n, x, w, t, field(s, 0, 99), y, inside, acc);
        case 1:
            return tc_tail_head_back(hw, hg, hf, classes, features, field(s, 0, 15), limit);
        case 2:
            return tc_tail_unpool(p, f, shift, limit, window, to);
        case 3:
            return tc_tail_bconv_back(p, e, w, d);
        case 4:
            return tc_tail_requantize(d, image, g.c, shift, limit, window, to);
        case 5:
            return tc_tail_bpool_back(p, x, y, e, window, to);
        default:
            return tc_tail_bconv_update(p, n, x, e, latent, item, w, t, row, rule, rng, &flips);
    }
}

static tc_error full(source *s, uint32_t kernel) {
    tc_geometry g = geometry(s);
    int32_t n = below(s, 8) ? between(s, 1, 3) : field(s, 0, 300), item = field(s, 1, 2), found;
    if (below(s, 16)) {
        g.pad &= 1;
    }
    int32_t bits = (int32_t)tc_bit_bytes(g.c), taps = (int32_t)product(g.kh, g.kw);
    int32_t cells = (int32_t)product3(g.oh, g.ow, n);
    uint32_t out = product(cells, (int32_t)tc_bit_bytes(g.oc));
    uint32_t weights = product3(taps, g.c, g.oc);
    int32_t image = (int32_t)product3(g.h, g.w, bits);
    tc_buffer *p = holding(s, &g, sizeof g), *x = make(s, product(image, n));
    tc_buffer *w = make(s, product3(taps, bits, g.oc));
    tc_buffer *norm = make(s, product(g.oc, 12)), *t = make(s, product(g.oc, 4));
    tc_buffer *psi = make(s, product(g.oc, 4)), *y = make(s, out), *inside = make(s, out);
    tc_buffer *above = make(s, out), *acc = make(s, product(cells, 2)), *rng = make(s, 4);
    tc_buffer *e = make(s, product(cells, g.oc)), *latent = make(s, weights * (item == 2 ? 2 : 1));
    if (below(s, 16)) {
        fill(s, norm, (uint32_t)norm->size / 4, 0, 127);
        fill(s, norm, (uint32_t)norm->size / 12, -127, 127);
        fill(s, psi, (uint32_t)psi->size / 4, 16, 999);
    }
    if (kernel == 0) {
        return tc_full_norm_forward(p, n, x, w, norm, t, psi, y, inside, above, acc, &found);
    }
    if (kernel == 1) {
        return tc_full_norm_back(p, n, e, above, psi, norm, field(s, 0, 999), field(s, 0, 9),
            field(s, 0, 127), &found);
    }
    return tc_full_init_weights(p, w, latent, item, field(s, 0, 127), rng);
}

static tc_error lda(source *s, uint32_t kernel) {
    int32_t features = field(s, 1, 40), count = field(s, 0, 9), shift = field(s, 0, 30), most;
    int32_t row = field(s, 0, 5), limit = field(s, 0, 32767), above = row < 4096 ? row + 1 : row;
    uint32_t own = product(above, features), several = product(count, features);
    tc_buffer *sums = make(s, 4 * own), *x = make(s, product(features, kernel == 3 ? 2 : 1));
    tc_buffer *w = make(s, 2 * own), *rows = make(s, 2 * several), *out = make(s, product(count, 4));
    tc_buffer *energy = make(s, product(count, 4) + 4), *roots = make(s, product(count, 4));
    if (kernel > 3 && kernel < 7) {
        w = make(s, product(count, count < 4096 ? count + 1 : count));
        for (uint32_t i = 0; i < roots->size && below(s, 64); i += 1) {
            ((uint8_t *)roots->data)[i] &= 127; // positive, most of them
        }
        for (uint32_t i = 0; i < w->size && below(s, 64); i += 1) {
            ((uint8_t *)w->data)[i] &= 127;
        }
    }
    for (uint32_t i = 0; i + 4 <= out->size && below(s, 32); i += 4) {
        int32_t factor = field(s, -(1 << 14), 1 << 14);
        memcpy((uint8_t *)out->data + i, &factor, 4);
    }
    tc_error error;
    switch (kernel) {
        case 0:
            error = tc_lda_class_add(sums, row, x, features);
            break;
        case 1:
            error = tc_lda_residual(sums, row, x, w, row, features,
                field(s, 0, 1 << 23), field(s, 0, 31), field(s, -32768, 32768), shift, limit);
            break;
        case 2:
            error = tc_lda_dots(
                w, row, rows, 0, count, features, out);
            break;
        case 3:
            error = tc_lda_fold(rows, energy, x, count, features, &most);
            break;
        case 4:
            error = tc_lda_factor_row(w, roots, out, row);
            break;
        case 5:
            error = tc_lda_solve(w, roots, out, count);
            break;
        case 6:
            error = tc_lda_solve_back(w, roots, out, count);
            break;
        default:
            error = tc_lda_mix(w, row, rows, out, count, features,
                field(s, 0, 31), shift, limit, &most);
            break;
    }
    return error;
}

static tc_error sound(source *s, uint32_t kernel) {
    int32_t at = field(s, 0, 511), first = field(s, 0, 9), count = field(s, 1, 12);
    int32_t samples = field(s, 0, 512), row = field(s, 0, 9);
    uint8_t sides[42], side = (uint8_t)below(s, 9);
    for (uint32_t b = 0; b < sizeof sides; b++) {
        side = (uint8_t)(side + below(s, 7));
        sides[b] = side;
    }
    tc_buffer *ring = make(s, 1024), *sine = make(s, 770), *work = make(s, 2048);
    tc_buffer *bands = make(s, sizeof sides + (uint32_t)(side - sides[0]));
    tc_buffer *rows = make(s, product(40, count));
    if (bands->size >= sizeof sides && below(s, 16)) {
        memcpy(bands->data, sides, sizeof sides);
    }
    if (kernel == 0) {
        return tc_sound_fill(ring, at, make(s, 2 * ((uint32_t)first + (uint32_t)samples)), first, samples);
    }
    if (kernel == 1) {
        return tc_sound_log_mel(
            ring, at, sine, bands, work, make(s, product(40, row < 4096 ? row + 1 : row)), row);
    }
    return tc_sound_level(rows, first, count, make(s, product(40, count)));
}

static tc_error one(source *s) {
    uint32_t kernel = below(s, 85);
    if (kernel >= 81) {
        return sound(s, kernel % 3);
    }
    if (kernel >= 71) {
        return lda(s, kernel % 8);
    }
    if (kernel >= 62) {
        return full(s, kernel % 3);
    }
    return kernel < 12 ? real(s, kernel) : kernel < 32 ? layer(s, kernel % 5)
        : kernel < 41 ? head(s, kernel % 6) : tail(s, kernel % 7);
}

#ifdef LIBFUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    source s = {data, size, 1};
    one(&s);
    release();
    return 0;
}

#else

int main(int n, char **words) {
    uint32_t runs = n > 1 ? (uint32_t)strtoul(words[1], NULL, 10) : 100000;
    uint32_t seed = n > 2 ? (uint32_t)strtoul(words[2], NULL, 10) : 1, accepted = 0;
    for (uint32_t i = 0; i < runs; i++) {
        source s = {NULL, 0, (seed * 2654435761u + i * 40503u) | 1};
        for (int k = 0; k < 8; k++) {
            next(&s);
        }
        accepted += one(&s) == TC_OK;
        release();
    }
    printf("%u calls, %u accepted, no fault\n", runs, accepted);
    return accepted == 0;
}

#endif
