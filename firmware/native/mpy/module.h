// What every module of kernels needs: buffers out of arguments, errors into ValueError, and a table of
// functions: a native module (.mpy), one compiled into firmware (micropython.mk), or WebAssembly.

#ifndef TINYCL_MPY_MODULE_H
#define TINYCL_MPY_MODULE_H

#if defined(__wasm__)
#include "wasm.h"
#elif defined(MICROPY_ENABLE_DYNRUNTIME)
#include "py/dynruntime.h"
#else
#include "py/runtime.h"
#endif

#include "../core/kernels.h"

static inline mp_rom_error_text_t reason(tc_error error) {
    switch (error) {
        case TC_GEOMETRY:
            return MP_ERROR_TEXT("kernel: geometry out of range");
        case TC_SIZE:
            return MP_ERROR_TEXT("kernel: buffer too small");
        case TC_ALIGNMENT:
            return MP_ERROR_TEXT("kernel: array not aligned");
        default:
            return MP_ERROR_TEXT("kernel: number out of range");
    }
}

// Returns None, or raises.
__attribute__((noinline)) static mp_obj_t done(tc_error error) {
    if (error != TC_OK) {
        mp_raise_ValueError(reason(error));
    }
    return mp_const_none;
}

typedef union {
    tc_buffer buffer;
    int32_t number;
} argument;

// Reads arguments. Each letter of `kinds` is one: an array of that type, '.' for bytes of any kind,
// '#' for a number. '=' before a letter: the kernel writes the buffer; '?', after that: it may be
// None.
__attribute__((noinline)) static void take(
    argument *to, const mp_obj_t *args, const char *kinds) {
    for (char kind; (kind = *kinds++); args++, to++) {
        mp_uint_t flags = MP_BUFFER_READ;
        if (kind == '=') {
            kind = *kinds++;
            flags = MP_BUFFER_RW;
        }
        if (kind == '?') {
            kind = *kinds++;
            if (*args == mp_const_none) {
                continue;
            }
        }
        if (kind == '#') {
            to->number = (int32_t)mp_obj_get_int(*args);
            continue;
        }
        mp_buffer_info_t info;
        mp_get_buffer_raise(*args, &info, flags);
        if (kind != '.' && info.typecode != kind) {
            mp_raise_ValueError(MP_ERROR_TEXT("kernel: array of the wrong type"));
        }
        to->buffer = (tc_buffer) {info.buf, info.len};
    }
}

// FUNCTION(name, n, kinds, call): a function of n arguments that calls a kernel, which gets the
// arguments as B(i) and N(i). NUMBER: one that returns the number which the kernel leaves in `found`.
#define FUNCTION(name, n, kinds, call) TAKING(name, n, kinds, return done(call);)
#define NUMBER(name, n, kinds, call) \
    TAKING(name, n, kinds, int32_t found = 0; done(call); return MP_OBJ_NEW_SMALL_INT(found);)
#define TAKING(name, n, kinds, body) \
    static mp_obj_t name(size_t given, const mp_obj_t *args) { \
        (void)given; \
        argument a[n]; \
        take(a, args, kinds); \
        body \
    } \
    static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(name##_obj, n, n, name)

#define B(i) (&a[i].buffer)
#define N(i) (a[i].number)

// The buffer of an argument, NULL where that is None.
#define OPTIONAL(i) (args[i] == mp_const_none ? NULL : &a[i].buffer)

// Whether an array has items of two bytes.
static inline bool is_wide(mp_obj_t array) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(array, &info, MP_BUFFER_READ);
    return info.typecode == 'h';
}

// MODULE(name, key, value, KERNELS): a module with key = value, and KERNELS(KERNEL) for each of its
// functions KERNEL(name, object). The names of a native module have to stand in its source file.
// MicroPython prefers a module that is built into firmware to a file of the same name.
#if defined(__wasm__)

#define MODULE(module, key, value, KERNELS) // its functions are exported where they are defined

#elif defined(MICROPY_ENABLE_DYNRUNTIME)

#define STORE(name, object) mp_store_global(name, MP_OBJ_FROM_PTR(&object));
#define MODULE(module, key, value, KERNELS) \
    mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) { \
        (void)n_args, (void)n_kw, (void)args; \
        MP_DYNRUNTIME_INIT_ENTRY \
        mp_store_global(key, MP_OBJ_NEW_QSTR(value)); \
        KERNELS(STORE) \
        MP_DYNRUNTIME_INIT_EXIT \
    }

#else

#define ROW(name, object) { MP_ROM_QSTR(name), MP_ROM_PTR(&object) },
#define MODULE(module, key, value, KERNELS) \
    static const mp_rom_map_elem_t module##_table[] = { \
        { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_##module) }, \
        { MP_ROM_QSTR(key), MP_ROM_QSTR(value) }, \
        KERNELS(ROW) \
    }; \
    static MP_DEFINE_CONST_DICT(module##_globals, module##_table); \
    const mp_obj_module_t module##_module = { \
        .base = { &mp_type_module }, \
        .globals = (mp_obj_dict_t *)&module##_globals, \
    }; \
    MP_REGISTER_MODULE(MP_QSTR_##module, module##_module);

#endif

#endif
