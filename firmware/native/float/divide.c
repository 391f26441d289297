// Division of floats where the compiler's own needs absolute addresses, which a module has none of.

#include "floats.h"

#ifdef TC_DIVIDE

float tc_divide_floats(float a, float b) {
    tc_word x = {a}, y = {b};
    uint32_t sign = x.bits & 0x80000000, m = x.bits & 0x7fffff, d = (y.bits & 0x7fffff) | 0x800000;
    int32_t e = (int32_t)(x.bits >> 23 & 255), f = (int32_t)(y.bits >> 23);
    if (e == 255 || f == 255 || (x.bits & 0x7fffffff) == 0) {
        return a * b; // infinite, no number, or 0
    }
    if (e) {
        m |= 0x800000;
    } else {
        for (e = 1; m < 0x800000; e--) {
            m <<= 1;
        }
    }
    e += 127 - f;
    if (m < d) {
        m <<= 1;
        e--;
    }
    // 24 bits of the quotient, one to round by, one to tell whether anything is left.
    uint32_t q = 0;
    for (int i = 0; i < 25; i++, m <<= 1) {
        q <<= 1;
        if (m >= d) {
            m -= d;
            q |= 1;
        }
    }
    q = q << 1 | (m != 0);
    if (e < 1) { // too small for an exponent of its own
        uint32_t shift = e < -25 ? 26 : (uint32_t)(1 - e);
        q = q >> shift | ((q & ((1u << shift) - 1)) != 0);
        e = 1;
    }
    x.bits = sign | (((uint32_t)(e - 1) << 23) + (q >> 2) + ((q & 2) && (q & 5)));
    return x.value;
}

#endif
