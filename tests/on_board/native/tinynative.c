// The smallest native module that shows that one can be built, loaded and called.
#include "py/dynruntime.h"

// bits(buffer): how many of its bits are 1.
static mp_obj_t bits(mp_obj_t buffer) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(buffer, &info, MP_BUFFER_READ);
    const uint8_t *bytes = info.buf;
    mp_int_t count = 0;
    for (size_t i = 0; i < info.len; i++) {
        for (unsigned rest = bytes[i]; rest; rest &= rest - 1) {
            count++;
        }
    }
    return mp_obj_new_int(count);
}
static MP_DEFINE_CONST_FUN_OBJ_1(bits_obj, bits);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_bits, MP_OBJ_FROM_PTR(&bits_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
