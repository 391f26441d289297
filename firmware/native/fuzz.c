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

typedef struct {
    void *block;
    tc_buffer buffer;
} holder;

// A buffer of `size` bytes, now and then some less, at an odd address, or of another size.
static holder make(source *s, uint32_t size) {
    size = size > 1 << 16 ? 1 << 16 : size; // what a damaged geometry asks for is not there
    uint32_t odd = below(s, 32) ? 0 : 1 + below(s, 3), kind = below(s, 24);
    if (kind == 0 && size) {
        size -= 1 + below(s, size < 8 ? size : 8);
    } else if (kind == 1) {
        size = below(s, 64);
    }
    holder h = {malloc((size_t)size + odd), {NULL, size}};
    if (h.block == NULL) {
        abort();
    }
    uint8_t *data = (uint8_t *)h.block + odd;
    uint32_t style = below(s, 4);
    for (uint32_t i = 0; i < size; i++) {
        data[i] = style == 0 ? 0 : style == 1 ? 0xff : style == 2 ? 0x80 : (uint8_t)next(s);
    }
    h.buffer.data = data;
    return h;
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
    holder p = make(s, sizeof g);
    if (p.buffer.size == sizeof g) {
        memcpy(p.buffer.data, &g, sizeof g);
    }
    holder x = make(s, product(image, pixels ? g.c : bits));
    holder w = make(s, product((int32_t)product(window, kernel == 0 ? g.c : bits), g.oc));
    holder m = make(s, (uint32_t)bits), t = make(s, table);
    holder y = make(s, kernel == 4 ? product(map, g.c) : product(map, kernel == 1 ? out : bits));
    holder acc = make(s, product(g.oc, 4));
    if (kernel == 0) {
        free(y.block);
        y = make(s, product(map, out));
    }
    if (t.buffer.size == table && tc_aligned(t.buffer.data, 4)) {
        for (uint32_t i = 0; i < starts && 4 * i + 4 <= table; i++) {
            ((int32_t *)t.buffer.data)[i] = field(s, 0, (int32_t)starts);
        }
    }
    tc_error error = TC_OK;
    switch (kernel) {
        case 0:
            error = tc_conv8(&p.buffer, &x.buffer, &w.buffer, &t.buffer, &y.buffer, &acc.buffer);
            break;
        case 1:
            error = tc_bconv(&p.buffer, &x.buffer, &w.buffer, &t.buffer, &y.buffer, &acc.buffer);
            break;
        case 2:
            error = tc_binarise(&p.buffer, &x.buffer, &t.buffer, &y.buffer);
            break;
        case 3:
            error = tc_bpool(&p.buffer, &x.buffer, &m.buffer, &y.buffer);
            break;
        default:
            error = tc_sum_pool(&p.buffer, &x.buffer, &y.buffer);
            break;
    }
    free(p.block), free(x.block), free(w.block), free(m.block), free(t.block), free(y.block);
    free(acc.block);
    return error;
}

static tc_error head(source *s, uint32_t kernel) {
    int32_t classes = field(s, 1, 12), features = field(s, 1, 40), row = field(s, 0, 11), sum;
    int32_t limit = field(s, 0, 1) ? (1 << between(s, 3, 15)) - 1 : field(s, 0, 32767);
    uint32_t cells = product(classes, features);
    holder w = make(s, product((int32_t)(cells & 0xffffff), 2)), v = make(s, (uint32_t)w.buffer.size);
    holder x = make(s, product(features, 1)), acc = make(s, product(classes, 4));
    holder g = make(s, product(classes, 2)), lut = make(s, 512), rng = make(s, 4);
    tc_error error = TC_OK;
    switch (kernel) {
        case 0: {
            int32_t shift = field(s, 0, 12);
            limit = below(s, 2) && 0 < shift && shift < 16 ? (0x8000 >> shift) - 1 : limit;
            error = tc_head_forward(
                &w.buffer, &x.buffer, &acc.buffer, classes, features, shift, limit, &sum);
            break;
        }
        case 1:
            error = tc_softmax_error(&acc.buffer, &lut.buffer, &g.buffer, classes,
                field(s, -1, 12), field(s, 0, 20), field(s, 1, 16));
            break;
        case 2:
            error = tc_head_update(&w.buffer, &g.buffer, &x.buffer, classes, features,
                field(s, -20, 30), limit, below(s, 3) ? NULL : &rng.buffer);
            break;
        case 3: {
            int32_t numbers[] = {classes, features, field(s, 0, 12), limit, field(s, 0, 20),
                field(s, 1, 16), field(s, -20, 30), field(s, 0, 32767)};
            holder p = make(s, sizeof numbers);
            memcpy(p.buffer.data, numbers,
                p.buffer.size < sizeof numbers ? p.buffer.size : sizeof numbers);
            error = tc_head_step(&p.buffer, &w.buffer, &x.buffer, &acc.buffer, &g.buffer,
                &lut.buffer, below(s, 3) ? NULL : &rng.buffer, field(s, -1, 12), &sum);
            free(p.block);
            break;
        }
        case 4:
            error = tc_head_sum(&w.buffer, row, features, &sum);
            break;
        default:
            error = tc_head_merge(&w.buffer, &v.buffer, row, features, field(s, -32768, 32767),
                field(s, 0, 32768), limit);
            break;
    }
    free(w.block), free(v.block), free(x.block), free(acc.block), free(g.block), free(lut.block);
    free(rng.block);
    return error;
}

static tc_error real(source *s, uint32_t kernel) {
    static tc_error (*const weighted[])(const tc_buffer *p, const tc_buffer *x,
        const tc_buffer *w, const tc_buffer *t, const tc_buffer *y) = {
        tc_float_conv, tc_float_depthwise};
    static tc_error (*const paired[])(const tc_buffer *p, const tc_buffer *x, const tc_buffer *z,
        const tc_buffer *y) = {tc_float_combine, tc_float_scale};
    static tc_error (*const plain[])(const tc_buffer *p, const tc_buffer *x, const tc_buffer *y) = {
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
    uint32_t weights = kernel == 0 ? product((int32_t)product(window, bits), g.oc)
        : kernel == 1 ? 4 * product((int32_t)product(window, g.c), g.oc) : 4 * product(window, g.oc);
    holder p = make(s, sizeof g), x = make(s, in), w = make(s, weights);
    holder z = make(s, below(s, 3) ? 4 * product(image, g.c) : product(g.c, 4));
    holder t = make(s, 8 * product(g.oc, 1) + places + (places ? product(g.oc, 8) : 0));
    holder y = make(s, kernel > 4 && kernel < 11 && kernel != 5 && kernel != 6
        ? 4 * product(image, g.c) : 4 * product(map, g.oc));
    holder acc = make(s, product(g.oc, 4));
    if (p.buffer.size == sizeof g) {
        memcpy(p.buffer.data, &g, sizeof g);
    }
    for (uint32_t i = 0; i < places / 4 && tc_aligned(t.buffer.data, 4); i++) {
        size_t at = (size_t)product(g.oc, 2) + i;
        if (4 * at + 4 <= t.buffer.size) {
            ((float *)t.buffer.data)[at] = (float)(i ? field(s, 0, 40) : field(s, 0, 90));
        }
    }
    tc_error error;
    if (kernel == 0) {
        error = tc_float_bconv(&p.buffer, &x.buffer, &w.buffer, &t.buffer, &y.buffer, &acc.buffer);
    } else if (kernel < 3) {
        error = weighted[kernel - 1](&p.buffer, &x.buffer, &w.buffer, &t.buffer, &y.buffer);
    } else if (kernel < 5) {
        error = paired[kernel - 3](&p.buffer, &x.buffer, &z.buffer, &y.buffer);
    } else {
        error = plain[kernel - 5](&p.buffer, &x.buffer, &y.buffer);
    }
    free(p.block), free(x.block), free(w.block), free(z.block), free(t.block), free(y.block);
    free(acc.block);
    return error;
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
    holder p = make(s, sizeof g), x = make(s, product((int32_t)product(image, bits), images));
    holder w = make(s, product((int32_t)product(taps, bits), g.oc));
    holder t = make(s, product(g.oc, 4) + (starts ? 4 * (starts + below(s, 60)) : 0));
    holder y = make(s, kernel == 5 ? product(map, bits) : product(out, images));
    holder inside = make(s, kernel == 0 ? product(out, images) : product(image, bits));
    holder e = make(s, product(outputs, images)), d = make(s, 4 * (uint32_t)inputs);
    holder f = make(s, 4 * (uint32_t)outputs), to = make(s, (uint32_t)inputs);
    holder acc = make(s, product(g.oc, 4)), row = make(s, 4 * product(taps, g.c));
    holder latent = make(s, product((int32_t)product((int32_t)product(taps, g.c), g.oc), item));
    holder rule = make(s, 24), rng = make(s, 4), hw = make(s, 2 * product(classes, features));
    holder hg = make(s, product(classes, 2)), hf = make(s, product(features, 4));
    const tc_buffer *window = below(s, 3) ? &inside.buffer : NULL;
    if (p.buffer.size == sizeof g) {
        memcpy(p.buffer.data, &g, sizeof g);
    }
    if (rule.buffer.size == 24) {
        int32_t numbers[] = {field(s, 0, 2), field(s, 0, 24), field(s, 0, 15), field(s, 0, 99),
            item == 1 ? 127 : field(s, 0, 32767), field(s, 0, 24)};
        memcpy(rule.buffer.data, numbers, 24);
    }
    for (uint32_t i = 0; i < starts && 4 * i + 4 <= t.buffer.size; i++) {
        int32_t start = field(s, 0, (int32_t)starts);
        memcpy((uint8_t *)t.buffer.data + 4 * i, &start, 4);
    }
    for (uint32_t i = 0; i + 2 <= hg.buffer.size && below(s, 8); i += 2) {
        int16_t small = (int16_t)between(s, -128, 128);
        memcpy((uint8_t *)hg.buffer.data + i, &small, 2);
    }
    tc_error error;
    switch (kernel) {
        case 0:
            error = tc_tail_bconv_train(&p.buffer, n, &x.buffer, &w.buffer, &t.buffer,
                field(s, 0, 99), &y.buffer, &inside.buffer, &acc.buffer);
            break;
        case 1:
            error = tc_tail_head_back(
                &hw.buffer, &hg.buffer, &hf.buffer, classes, features, field(s, 0, 15), limit);
            break;
        case 2:
            error = tc_tail_unpool(&p.buffer, &f.buffer, shift, limit, window, &to.buffer);
            break;
        case 3:
            error = tc_tail_bconv_back(&p.buffer, &e.buffer, &w.buffer, &d.buffer);
            break;
        case 4:
            error = tc_tail_requantize(&d.buffer, image, g.c, shift, limit, window, &to.buffer);
            break;
        case 5:
            error = tc_tail_bpool_back(
                &p.buffer, &x.buffer, &y.buffer, &e.buffer, window, &to.buffer);
            break;
        default:
            error = tc_tail_bconv_update(&p.buffer, n, &x.buffer, &e.buffer, &latent.buffer, item,
                &w.buffer, &t.buffer, &row.buffer, &rule.buffer, &rng.buffer, &flips);
            break;
    }
    free(p.block), free(x.block), free(w.block), free(t.block), free(y.block), free(inside.block);
    free(e.block), free(d.block), free(f.block), free(to.block), free(acc.block), free(row.block);
    free(latent.block), free(rule.block), free(rng.block), free(hw.block), free(hg.block);
    free(hf.block);
    return error;
}

static tc_error full(source *s, uint32_t kernel) {
    tc_geometry g = geometry(s);
    int32_t n = below(s, 8) ? between(s, 1, 3) : field(s, 0, 300), item = field(s, 1, 2), found;
    if (below(s, 16)) {
        g.pad &= 1;
    }
    int32_t bits = (int32_t)tc_bit_bytes(g.c), taps = (int32_t)product(g.kh, g.kw);
    int32_t cells = (int32_t)product((int32_t)product(g.oh, g.ow), n);
    uint32_t out = product(cells, (int32_t)tc_bit_bytes(g.oc));
    uint32_t weights = product((int32_t)product(taps, g.c), g.oc);
    int32_t image = (int32_t)product((int32_t)product(g.h, g.w), bits);
    holder p = make(s, sizeof g), x = make(s, product(image, n));
    holder w = make(s, product((int32_t)product(taps, bits), g.oc));
    holder norm = make(s, product(g.oc, 12)), t = make(s, product(g.oc, 4));
    holder psi = make(s, product(g.oc, 4)), y = make(s, out), inside = make(s, out);
    holder above = make(s, out), acc = make(s, product(cells, 2)), rng = make(s, 4);
    holder e = make(s, product(cells, g.oc)), latent = make(s, weights * (item == 2 ? 2 : 1));
    if (p.buffer.size == sizeof g) {
        memcpy(p.buffer.data, &g, sizeof g);
    }
    for (uint32_t i = 0; i + 4 <= norm.buffer.size && below(s, 64); i += 4) {
        int32_t value = field(s, i < product(g.oc, 4) ? -127 : 0, 127);
        memcpy((uint8_t *)norm.buffer.data + i, &value, 4);
    }
    for (uint32_t i = 0; i + 4 <= psi.buffer.size && below(s, 64); i += 4) {
        int32_t value = field(s, 16, 999);
        memcpy((uint8_t *)psi.buffer.data + i, &value, 4);
    }
    tc_error error;
    if (kernel == 0) {
        error = tc_full_norm_forward(&p.buffer, n, &x.buffer, &w.buffer, &norm.buffer, &t.buffer,
            &psi.buffer, &y.buffer, &inside.buffer, &above.buffer, &acc.buffer, &found);
    } else if (kernel == 1) {
        error = tc_full_norm_back(&p.buffer, n, &e.buffer, &above.buffer, &psi.buffer,
            &norm.buffer, field(s, 0, 999), field(s, 0, 9), field(s, 0, 127), &found);
    } else {
        error = tc_full_init_weights(
            &p.buffer, &w.buffer, &latent.buffer, item, field(s, 0, 127), &rng.buffer);
    }
    free(p.block), free(x.block), free(w.block), free(norm.block), free(t.block), free(psi.block);
    free(y.block), free(inside.block), free(above.block), free(acc.block), free(rng.block);
    free(e.block), free(latent.block);
    return error;
}

static tc_error lda(source *s, uint32_t kernel) {
    int32_t features = field(s, 1, 40), count = field(s, 0, 9), shift = field(s, 0, 30), most;
    int32_t row = field(s, 0, 5), limit = field(s, 0, 32767), above = row < 4096 ? row + 1 : row;
    uint32_t own = product(above, features), several = product(count, features);
    holder sums = make(s, 4 * own), x = make(s, product(features, kernel == 3 ? 2 : 1));
    holder w = make(s, 2 * own), rows = make(s, 2 * several), out = make(s, product(count, 4));
    holder energy = make(s, product(count, 4) + 4), roots = make(s, product(count, 4));
    if (kernel > 3 && kernel < 7) {
        free(w.block);
        w = make(s, product(count, count + 1));
        for (uint32_t i = 0; i < roots.buffer.size && below(s, 64); i += 1) {
            ((uint8_t *)roots.buffer.data)[i] &= 127; // positive, most of them
        }
        for (uint32_t i = 0; i < w.buffer.size && below(s, 64); i += 1) {
            ((uint8_t *)w.buffer.data)[i] &= 127;
        }
    }
    for (uint32_t i = 0; i + 4 <= out.buffer.size && below(s, 32); i += 4) {
        int32_t factor = field(s, -(1 << 14), 1 << 14);
        memcpy((uint8_t *)out.buffer.data + i, &factor, 4);
    }
    tc_error error;
    switch (kernel) {
        case 0:
            error = tc_lda_class_add(&sums.buffer, row, &x.buffer, features);
            break;
        case 1:
            error = tc_lda_residual(&sums.buffer, row, &x.buffer, &w.buffer, row, features,
                field(s, 0, 1 << 23), field(s, 0, 31), field(s, -32768, 32768), shift, limit);
            break;
        case 2:
            error = tc_lda_dots(
                &w.buffer, row, &rows.buffer, 0, count, features, &out.buffer);
            break;
        case 3:
            error = tc_lda_fold(&rows.buffer, &energy.buffer, &x.buffer, count, features, &most);
            break;
        case 4:
            error = tc_lda_factor_row(&w.buffer, &roots.buffer, &out.buffer, row);
            break;
        case 5:
            error = tc_lda_solve(&w.buffer, &roots.buffer, &out.buffer, count);
            break;
        case 6:
            error = tc_lda_solve_back(&w.buffer, &roots.buffer, &out.buffer, count);
            break;
        default:
            error = tc_lda_mix(&w.buffer, row, &rows.buffer, &out.buffer, count, features,
                field(s, 0, 31), shift, limit, &most);
            break;
    }
    free(sums.block), free(x.block), free(w.block), free(rows.block), free(out.block);
    free(energy.block), free(roots.block);
    return error;
}

static tc_error one(source *s) {
    uint32_t kernel = below(s, 81);
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
    }
    printf("%u calls, %u accepted, no fault\n", runs, accepted);
    return accepted == 0;
}

#endif
