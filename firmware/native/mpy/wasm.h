// What module.h needs of MicroPython where kernels are WebAssembly beside it, in the same memory.
// Arguments come as slots, which tinycl/page/board/kernels.py fills; `raise` throws an exception
// of JavaScript.

#ifndef TINYCL_MPY_WASM_H
#define TINYCL_MPY_WASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    void *data; // of a buffer; NULL: a number, or None
    int32_t number; // or bytes of the buffer
    int32_t item; // bytes of an item of the buffer, or 1; 0: None
} tc_slot;

typedef const tc_slot *mp_obj_t;
typedef uint32_t mp_uint_t;
typedef int32_t mp_int_t;
typedef const char *mp_rom_error_text_t;
typedef struct {
    void *buf;
    size_t len;
    char typecode;
} mp_buffer_info_t;

#define MP_ERROR_TEXT(text) text
#define MP_BUFFER_READ 1
#define MP_BUFFER_RW 3
#define mp_const_none ((mp_obj_t)NULL)

__attribute__((import_module("env"), import_name("raise"))) _Noreturn void mp_raise_ValueError(
    mp_rom_error_text_t why);

// Of arrays of one item size the typecodes are not told apart.
static inline void mp_get_buffer_raise(mp_obj_t slot, mp_buffer_info_t *info, mp_uint_t flags) {
    (void)flags;
    info->buf = slot->data;
    info->len = (size_t)slot->number;
    info->typecode = slot->item == 1 ? 'b' : slot->item == 2 ? 'h' : 'i';
}

#define SAME_TYPE(found, wanted) \
    ((found) == ((wanted) == 'I' || (wanted) == 'f' ? 'i' : (wanted)))

static inline int32_t mp_obj_get_int(mp_obj_t slot) {
    return slot->number;
}

// As MicroPython does: the lowest bit of a small integer is 1.
#define MP_OBJ_NEW_SMALL_INT(value) ((mp_obj_t)((uintptr_t)(value) << 1 | 1))
#define mp_obj_new_int MP_OBJ_NEW_SMALL_INT

// After the word `static`, which is that of a declaration here: the object is an exported function.
#define MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(object, least, most, function) \
    mp_obj_t function(size_t given, const mp_obj_t *args); \
    __attribute__((used, export_name(#function))) mp_obj_t object(const tc_slot *slots) { \
        mp_obj_t args[most]; \
        for (int i = 0; i < most; i++) { \
            args[i] = slots[i].data || slots[i].item ? &slots[i] : mp_const_none; \
        } \
        return function(most, args); \
    }

#endif
