// The sound front end: from samples to log-mel bands.
// firmware/tinycl_rt/kernels/reference/sound.py is the specification: same names, same arguments,
// the same integers. See core/kernels.h.
//
// Refused: places outside the rings, bins that go down or beyond 255, count of a fill above 512, of
// rows above 4096. Tables of other numbers than the specification's give other numbers, and may
// wrap around.

#ifndef TINYCL_SOUND_KERNELS_H
#define TINYCL_SOUND_KERNELS_H

#include "../core/kernels.h"

tc_error tc_sound_fill(const tc_buffer *ring, int32_t at, const tc_buffer *samples, int32_t first,
    int32_t count);
tc_error tc_sound_log_mel(const tc_buffer *ring, int32_t at, const tc_buffer *sine,
    const tc_buffer *bands, const tc_buffer *work, const tc_buffer *out, int32_t row);
tc_error tc_sound_level(
    const tc_buffer *rows, int32_t first, int32_t count, const tc_buffer *out);

#endif
