#include "../store.h"

#include "../bits.h"

void tc_store(
    int32_t *acc, int32_t n, int32_t scale, const int32_t *t, uint32_t oc, uint8_t *y) {
    while (oc) {
        uint32_t take = oc < 32 ? oc : 32, bits = 0;
        oc -= take;
        for (uint32_t bit = 1u << (32 - take); bit; bit <<= 1) {
            int32_t sum = n + scale * *acc;
            *acc++ = 0;
            if (sum < *t++) {
                bits |= bit;
            }
        }
        tc_store32(y, bits >> (32 - take));
        y += 4;
    }
}
