// What module.h needs of MicroPython where kernels are WebAssembly beside it, in the same memory.
// Arguments come as slots, which tinycl/page/board/kernels.py fills; what is raised is
// an exception of JavaScript.

#ifndef TINYCL_MPY_WASM_H
#define TINYCL_MPY_WASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// MicroPython's array, bytearray and memoryview.
typedef struct {
    const void *type;
    uint32_t typecode : 8; // 1: bytearray
    uint32_t rest : 24;
} tc_array;

typedef struct {
    void *data; // of a buffer
    int32_t number; // or items of the buffer
    uintptr_t kind; // 0: None; 1: a number; 2: bytes; else its tc_array, + 1 for a memoryview
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

#define IMPORT(name) __attribute__((import_module("env"), import_name(name))) _Noreturn

IMPORT("raise_value_error") void mp_raise_ValueError(mp_rom_error_text_t why);
IMPORT("raise_type_error") void tc_raise_type_error(void);

static inline void mp_get_buffer_raise(mp_obj_t slot, mp_buffer_info_t *info, mp_uint_t flags) {
    const tc_array *array = (const tc_array *)(slot->kind & ~(uintptr_t)1);
    uint32_t code = slot->kind > 2 ? array->typecode : 'B';
    bool is_writable = slot->kind > 2 && (!(slot->kind & 1) || code & 128);
    if (slot->kind < 2 || (flags == MP_BUFFER_RW && !is_writable)) {
        tc_raise_type_error();
    }
    info->typecode = code & 127;
    size_t item = info->typecode == 'h' || info->typecode == 'H' ? 2
        : info->typecode == 'i' || info->typecode == 'I' || info->typecode == 'f' ? 4 : 1;
    info->buf = slot->data;
    info->len = (size_t)slot->number * item;
}

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
            args[i] = slots[i].kind ? &slots[i] : mp_const_none; \
        } \
        return function(most, args); \
    }

#endif
