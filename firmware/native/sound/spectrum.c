// Hann's window, an FFT of 256 complex points, and from there the spectrum of 512 real ones.
//
// Sums are of unsigned words, which wrap around where a table is damaged.

#include "spectrum.h"

// (a cos + b sin + 8192) >> 14. The products have more than 32 bits: they are taken in two parts.
static uint32_t turn(uint32_t a, uint32_t b, int32_t cos, int32_t sin) {
    uint32_t high = (uint32_t)((int32_t)a >> 14) * (uint32_t)cos
        + (uint32_t)((int32_t)b >> 14) * (uint32_t)sin;
    int32_t low = (int32_t)(a & 16383) * cos + (int32_t)(b & 16383) * sin + 8192;
    return high + (uint32_t)(low >> 14);
}

static void window(const int16_t *ring, uint32_t at, const int16_t *sine, uint32_t *work) {
    uint32_t reversed = 0;
    for (uint32_t n = 0; n < TC_POINTS; n++) {
        uint32_t angle = n < 256 ? n : TC_POINTS - n;
        int32_t weight = 16384 - sine[128 + angle];
        int32_t x = ring[(at + n) & (TC_POINTS - 1)] * weight + 512;
        work[2 * reversed + (n & 1)] = (uint32_t)(x >> 10);
        if (n & 1) {
            uint32_t bit = 128;
            for (; reversed & bit; bit >>= 1) {
                reversed ^= bit;
            }
            reversed |= bit;
        }
    }
}

static void transform(const int16_t *sine, uint32_t *work) {
    for (uint32_t half = 1; half < 256; half *= 2) {
        for (uint32_t k = 0; k < half; k++) {
            const int16_t *angle = sine + k * (256 / half);
            int32_t cos = angle[128], sin = angle[0];
            for (uint32_t *a = work + 2 * k; a < work + TC_POINTS; a += 4 * half) {
                uint32_t *b = a + 2 * half;
                uint32_t re = turn(b[0], b[1], cos, sin), im = turn(b[1], b[0], cos, -sin);
                b[0] = a[0] - re;
                b[1] = a[1] - im;
                a[0] += re;
                a[1] += im;
            }
        }
    }
}

static uint32_t magnitude(uint32_t v) {
    return (int32_t)v < 0 ? ~v : v;
}

static uint32_t split(const int16_t *sine, uint32_t *work) {
    uint32_t most = 0;
    for (uint32_t k = 1; k <= 128; k++) {
        uint32_t *a = work + 2 * k, *b = work + TC_POINTS - 2 * k;
        uint32_t even_re = a[0] + b[0], even_im = a[1] - b[1];
        uint32_t odd_re = a[0] - b[0], odd_im = a[1] + b[1];
        int32_t cos = sine[k + 128], sin = sine[k];
        uint32_t re = turn(odd_im, odd_re, cos, -sin), im = -turn(odd_re, odd_im, cos, sin);
        b[0] = even_re - re;
        b[1] = even_im - im;
        a[0] = even_re + re;
        a[1] = even_im + im;
        most |= magnitude(a[0]) | magnitude(a[1]) | magnitude(b[0]) | magnitude(b[1]);
    }
    return most;
}

uint32_t tc_spectrum(
    const int16_t *ring, uint32_t at, const int16_t *sine, uint32_t work[TC_POINTS]) {
    window(ring, at, sine, work);
    transform(sine, work);
    return split(sine, work);
}
