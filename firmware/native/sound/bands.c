// Rings of samples and of frames, and the bands of a frame.

#include "../core/check.h"
#include "kernels.h"
#include "spectrum.h"

#define BANDS 40
#define SIDES (BANDS + 2)
#define MOST_ROWS 4096
#define CURVE 11300
#define QUIETEST 265
#define RANGE 160
#define FLOOR 64

tc_error tc_sound_fill(const tc_buffer *ring, int32_t at, const tc_buffer *samples, int32_t first,
    int32_t count) {
    if (at < 0 || first < 0 || count < 0 || count > TC_POINTS || first > INT32_MAX - TC_POINTS) {
        return TC_ARGUMENT;
    }
    TC_TRY(tc_check_array(ring, TC_POINTS, 2));
    TC_TRY(tc_check_array(samples, (uint32_t)(first + count), 2));
    const int16_t *from = (const int16_t *)samples->data + first;
    for (int32_t i = 0; i < count; i++) {
        ((int16_t *)ring->data)[((uint32_t)at + (uint32_t)i) & (TC_POINTS - 1)] = from[i];
    }
    return TC_OK;
}

// Powers are kept in two parts: sums of their upper and of their lower 16 bits.
typedef struct {
    uint32_t high, low;
} power;

static void add(power *sum, uint32_t value, uint32_t factor) {
    sum->high += (value >> 16) * factor;
    sum->low += (value & 0xffff) * factor;
}

// 8 log2(sum 2^octave) - 265, cut to 0..255.
static uint8_t logarithm(const power *sum, int32_t octave) {
    uint32_t f = sum->high + (sum->low >> 16);
    octave += 16;
    if (f < 32768) {
        f = f << 16 | (sum->low & 0xffff);
        octave -= 16;
    }
    if (!f) {
        return 0;
    }
    for (; f >= 65536; f >>= 1) {
        octave++;
    }
    for (; f < 32768; f <<= 1) {
        octave--;
    }
    f -= 32768;
    f += (f * (32768 - f) >> 15) * CURVE >> 15;
    int32_t eighths = ((octave + 15) * 32768 + (int32_t)f + 2048) >> 12;
    return (uint8_t)tc_clamp(eighths - QUIETEST, 0, 255);
}

static tc_error check_bands(const tc_buffer *bands) {
    TC_TRY(tc_check_array(bands, SIDES, 1));
    const uint8_t *side = bands->data;
    if (side[0] == 0) {
        return TC_ARGUMENT; // tc_spectrum tells the size of the frequencies from 1 on
    }
    for (uint32_t b = 0; b < SIDES - 1; b++) {
        if (side[b] > side[b + 1]) {
            return TC_ARGUMENT;
        }
    }
    return tc_check_array(bands, (uint32_t)(SIDES + side[SIDES - 1] - side[0]), 1);
}

tc_error tc_sound_log_mel(const tc_buffer *ring, int32_t at, const tc_buffer *sine,
    const tc_buffer *bands, const tc_buffer *work, const tc_buffer *out, int32_t row) {
    if (row < 0 || row >= MOST_ROWS) {
        return TC_ARGUMENT;
    }
    TC_TRY(tc_check_array(ring, TC_POINTS, 2));
    TC_TRY(tc_check_array(sine, TC_SINES, 2));
    TC_TRY(tc_check_array(work, TC_POINTS, 4));
    TC_TRY(tc_check_array(out, BANDS * (uint32_t)(row + 1), 1));
    TC_TRY(check_bands(bands));
    const int32_t *x = work->data;
    uint32_t most = tc_spectrum(ring->data, (uint32_t)at, sine->data, work->data);
    int32_t shift = 0;
    for (; most > 32767; most >>= 1) {
        shift++;
    }
    const uint8_t *side = bands->data, *share = side + SIDES;
    uint8_t *to = (uint8_t *)out->data + BANDS * row;
    power sum = {0, 0}; // the falling side of a band joins the rising one of the band before
    for (uint32_t b = 0; b < SIDES - 1; b++) {
        power rising = {0, 0};
        for (uint32_t i = side[b]; i < side[b + 1]; i++) {
            int32_t re = x[2 * i] >> shift, im = x[2 * i + 1] >> shift;
            uint32_t value = (uint32_t)(re * re) + (uint32_t)(im * im), part = *share++;
            add(&rising, value, part);
            add(&sum, value, 256 - part);
        }
        if (b) {
            *to++ = logarithm(&sum, 2 * shift);
        }
        sum = rising;
    }
    return TC_OK;
}

tc_error tc_sound_level(
    const tc_buffer *rows, int32_t first, int32_t count, const tc_buffer *out) {
    if (count < 1 || count > MOST_ROWS || first < 0 || first >= count) {
        return TC_ARGUMENT;
    }
    int32_t size = BANDS * count;
    TC_TRY(tc_check_array(rows, (uint32_t)size, 1));
    TC_TRY(tc_check_array(out, (uint32_t)size, 1));
    const uint8_t *from = rows->data;
    int32_t most = FLOOR;
    for (int32_t i = 0; i < size; i++) {
        most = from[i] > most ? from[i] : most;
    }
    for (int32_t i = 0, at = BANDS * first; i < size; i++) {
        int32_t v = from[at] - most + RANGE;
        ((uint8_t *)out->data)[i] = (uint8_t)(v < 0 ? 0 : v);
        at = at + 1 == size ? 0 : at + 1;
    }
    return TC_OK;
}
