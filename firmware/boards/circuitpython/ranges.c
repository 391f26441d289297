// What CircuitPython refuses to store, and MicroPython takes modulo a power of two: integers that do
// not fit an element of an array, a bytearray or a memoryview, or a field of struct.pack. The linker
// puts these functions before MicroPython's own: see mpconfigvariant.mk.

#include <string.h>

#include "py/binary.h"
#include "py/runtime.h"

void __real_mp_binary_set_val(char order, char typecode, mp_obj_t value, byte *base, byte **field);
void __real_mp_binary_set_val_array(char typecode, void *items, size_t index, mp_obj_t value);

static bool is_less(mp_obj_t left, mp_obj_t right) {
    return mp_obj_is_true(mp_binary_op(MP_BINARY_OP_LESS, left, right));
}

static bool is_within(mp_obj_t value, int64_t smallest, uint64_t largest) {
    if (mp_obj_is_small_int(value)) { // the usual case takes nothing of the heap
        mp_int_t small = MP_OBJ_SMALL_INT_VALUE(value);
        return small >= smallest && (small < 0 || (uint64_t)small <= largest);
    }
    if (!mp_obj_is_exact_type(value, &mp_type_int)) { // a bool, or what MicroPython refuses
        return true;
    }
    return !is_less(value, mp_obj_new_int_from_ll(smallest)) &&
           !is_less(mp_obj_new_int_from_ull(largest), value);
}

// Raise OverflowError if `value` does not fit the integer type that `typecode` stands for.
static void check_range(char order, char typecode, mp_obj_t value) {
    if (typecode != BYTEARRAY_TYPECODE && !strchr("bBhHiIlLqQ", typecode)) {
        return;
    }
    size_t align, nbytes = mp_binary_get_size(order, typecode, &align);
    uint64_t largest = UINT64_MAX >> (64 - 8 * nbytes);
    int64_t smallest = 0;
    if (typecode >= 'a') {
        largest >>= 1;
        smallest = -(int64_t)largest - 1;
    }
    if (!is_within(value, smallest, largest)) {
        mp_raise_msg_varg(&mp_type_OverflowError, MP_ERROR_TEXT("value must fit in %d byte(s)"),
            (int)nbytes);
    }
}

void __wrap_mp_binary_set_val(char order, char typecode, mp_obj_t value, byte *base, byte **field) {
    check_range(order, typecode, value);
    __real_mp_binary_set_val(order, typecode, value, base, field);
}

void __wrap_mp_binary_set_val_array(char typecode, void *items, size_t index, mp_obj_t value) {
    check_range('@', typecode, value);
    __real_mp_binary_set_val_array(typecode, items, index, value);
}
