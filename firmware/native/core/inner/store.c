#include "../store.h"

#include "../bits.h"

void tc_store(
    int32_t *acc, int32_t n, int32_t scale, const int32_t *t, uint32_t oc, uint8_t *y) {
    while (oc) {
        uint32_t take = oc < 32 ? oc : 32, bits = 0;
        oc -= take;
        for (uint32_t i = take; i; i--) {
            int32_t sum = n + scale * *acc;
            *acc++ = 0;
            bits >>= 1;
            if (sum < *t++) {
                bits |= 0x80000000;
            }
        }
        tc_store32(y, bits >> (32 - take));
        y += 4;
    }
}
