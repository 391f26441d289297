// What the kernels of full depth share.

#ifndef TINYCL_FULL_SHARED_H
#define TINYCL_FULL_SHARED_H

#include "../core/check.h"
#include "kernels.h"

#define TC_FRACTION 4 // bits of mu, psi and of the means on the way back
#define TC_NORM 7     // bits of beta
#define TC_GUARD 8    // further bits of the running means
#define TC_FORGET 4   // they forget 2^-4 a mini-batch
#define TC_RATIO 8    // bits of the ratio of two psi, which is at most 16

// Sums of a channel; 0 if there are more than kernels can take.
static inline uint32_t tc_cells(const tc_geometry *g, int32_t n) {
    uint32_t positions = (uint32_t)(g->oh * g->ow);
    if (n < 1 || n > 0xffff || tc_times(positions, (uint32_t)n) > 1 << 20) {
        return 0;
    }
    return positions * (uint32_t)n;
}

// round(total * 2^TC_FRACTION / cells), half up, for a total within +-most * cells.
static inline int32_t tc_mean(int32_t total, int32_t most, uint32_t cells) {
    uint32_t up = (uint32_t)total + (uint32_t)most * cells;
    return (int32_t)tc_divide((up << TC_FRACTION) + (cells >> 1), cells) - (most << TC_FRACTION);
}

#endif
