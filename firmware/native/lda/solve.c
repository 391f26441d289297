// Cholesky's factor of a sketch's dots, row by row, and equations by it.

#include "shared.h"

#define FAR (1 << 30)
#define MAX_RANK 64

// Floor of n / d for d > 0: half of the bits by the processor, the others one by one.
__attribute__((noinline)) // large, and often
static int64_t divide(int64_t n, int32_t d) {
    uint64_t size = n < 0 ? ~(uint64_t)n : (uint64_t)n;
    uint32_t by = (uint32_t)d, high = (uint32_t)(size >> 32), low = (uint32_t)size;
    uint32_t quotient = tc_divide(high, by), rest = high - quotient * by;
    for (int bit = 32; bit; bit--) {
        rest = rest << 1 | low >> 31;
        low <<= 1;
        if (rest >= by) {
            rest -= by;
            low |= 1;
        }
    }
    int64_t q = (int64_t)((uint64_t)quotient << 32 | low);
    return n < 0 ? ~q : q;
}

static int32_t cut(int64_t v, int32_t most) {
    return v < -most ? -most : v > most ? most : (int32_t)v;
}

static int64_t shifted(int32_t v, uint32_t bits) {
    return (int64_t)((uint64_t)(int64_t)v << bits);
}

static int64_t product(const int16_t *a, const int16_t *b, int32_t n) {
    int64_t total = 0;
    for (; n; n--) {
        total += *a++ * *b++;
    }
    return total;
}

// Whether there are `rows` rows of a factor with a positive diagonal, but for the last `open` ones,
// and roots of all of them.
static tc_error check(const tc_buffer *factor, const tc_buffer *roots, int32_t rows, int32_t open) {
    if (rows < 0 || rows > MAX_RANK) {
        return TC_ARGUMENT;
    }
    uint32_t n = (uint32_t)rows;
    TC_TRY(tc_check_array(factor, n * (n + 1) / 2, 2));
    TC_TRY(tc_check_array(roots, n, 4));
    const int32_t *root = roots->data;
    const int16_t *diagonal = factor->data;
    for (int32_t i = 0; i < rows; i++, diagonal += i + 1) {
        if (*root++ <= 0 || (i < rows - open && *diagonal <= 0)) {
            return TC_ARGUMENT;
        }
    }
    return TC_OK;
}

tc_error tc_lda_factor_row(
    const tc_buffer *factor, const tc_buffer *roots, const tc_buffer *dots, int32_t i) {
    if (i < 0 || i >= MAX_RANK) {
        return TC_ARGUMENT;
    }
    TC_TRY(check(factor, roots, i + 1, 1));
    TC_TRY(tc_check_array(dots, (uint32_t)i, 4));
    const int32_t *root = roots->data, *dot = dots->data;
    const int16_t *other = factor->data;
    int16_t *row = (int16_t *)factor->data + i * (i + 1) / 2;
    for (int32_t j = 0; j < i; j++) {
        int64_t v = divide(divide(shifted(dot[j], 22), root[i]), root[j]);
        v = (int64_t)((uint64_t)v << 14) - product(row, other, j);
        row[j] = (int16_t)cut(divide(v, other[j]), 32767);
        other += j + 1;
    }
    int64_t rest = (1 << 28) - product(row, row, i);
    uint32_t root_of = rest > 0 ? tc_root((uint32_t)rest) : 0;
    row[i] = (int16_t)(root_of < 512 ? 512 : root_of);
    return TC_OK;
}

tc_error tc_lda_solve(
    const tc_buffer *factor, const tc_buffer *roots, const tc_buffer *y, int32_t used) {
    TC_TRY(check(factor, roots, used, 0));
    TC_TRY(tc_check_array(y, (uint32_t)used, 4));
    const int32_t *root = roots->data;
    const int16_t *l = factor->data;
    int32_t *to = y->data;
    for (int32_t i = 0; i < used; i++) {
        int64_t v = divide(shifted(to[i], 22), root[i]);
        for (int32_t k = 0; k < i; k++) {
            v -= (int64_t)*l++ * to[k];
        }
        to[i] = cut(divide(v, *l++), FAR);
    }
    return TC_OK;
}

tc_error tc_lda_solve_back(
    const tc_buffer *factor, const tc_buffer *roots, const tc_buffer *y, int32_t used) {
    TC_TRY(check(factor, roots, used, 0));
    TC_TRY(tc_check_array(y, (uint32_t)used, 4));
    const int32_t *root = roots->data;
    int32_t *to = y->data;
    for (int32_t i = used - 1; i >= 0; i--) {
        const int16_t *l = (const int16_t *)factor->data + i * (i + 3) / 2;
        int64_t v = shifted(to[i], 14);
        int32_t diagonal = *l;
        for (int32_t k = i + 1; k < used; k++) {
            l += k;
            v -= (int64_t)*l * to[k];
        }
        to[i] = cut(divide(v, diagonal), FAR);
    }
    for (int32_t i = 0; i < used; i++) {
        to[i] = cut(divide(shifted(to[i], 17), root[i]), FAR);
    }
    return TC_OK;
}
