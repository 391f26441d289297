// MicroPython's side of the sound front end.

#include "module.h"
#include "../sound/kernels.h"

FUNCTION(fill, 5, "=h#h##", tc_sound_fill(B(0), N(1), B(2), N(3), N(4)));
FUNCTION(log_mel, 7, "h#h.=i=.#",
    tc_sound_log_mel(B(0), N(1), B(2), B(3), B(4), B(5), N(6)));
FUNCTION(level, 4, ".##=.", tc_sound_level(B(0), N(1), N(2), B(3)));

#define KERNELS(KERNEL) \
    KERNEL(MP_QSTR_fill, fill_obj) \
    KERNEL(MP_QSTR_log_mel, log_mel_obj) \
    KERNEL(MP_QSTR_level, level_obj)
MODULE(tinycl_sound, MP_QSTR_NAME, MP_QSTR_native, KERNELS)
