// From 512 samples to the spectrum of a frame.

#ifndef TINYCL_SOUND_SPECTRUM_H
#define TINYCL_SOUND_SPECTRUM_H

#include <stdint.h>

#define TC_POINTS 512 // samples of a frame, entries of a ring and of `work`
#define TC_SINES 385

// Leaves real and imaginary part of bins 1..255 in `work`; returns the bits of all magnitudes.
uint32_t tc_spectrum(
    const int16_t *ring, uint32_t at, const int16_t *sine, uint32_t work[TC_POINTS]);

#endif
