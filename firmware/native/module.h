// What every native module needs: buffers and numbers out of arguments, errors into ValueError.

#ifndef TINYCL_MODULE_H
#define TINYCL_MODULE_H

#include "py/dynruntime.h"

#include "tinycl.h"

static inline const char *reason(tc_error error) {
    switch (error) {
        case TC_GEOMETRY:
            return "kernel: geometry out of range";
        case TC_SIZE:
            return "kernel: buffer too small";
        case TC_ALIGNMENT:
            return "kernel: array not aligned";
        default:
            return "kernel: number out of range";
    }
}

static inline mp_obj_t done(tc_error error) {
    if (error != TC_OK) {
        mp_raise_ValueError(reason(error));
    }
    return mp_const_none;
}

// Bytes of any kind, or an array of the type that is named.
static inline tc_buffer take(mp_obj_t object, char type, mp_uint_t flags) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(object, &info, flags);
    if (type && info.typecode != type) {
        mp_raise_ValueError("kernel: array of the wrong type");
    }
    return (tc_buffer) {info.buf, info.len};
}

static inline tc_buffer in(mp_obj_t object, char type) {
    return take(object, type, MP_BUFFER_READ);
}

static inline tc_buffer out(mp_obj_t object, char type) {
    return take(object, type, MP_BUFFER_RW);
}

static inline int32_t number(mp_obj_t object) {
    return (int32_t)mp_obj_get_int(object);
}

#endif
