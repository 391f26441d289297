// ROMFS: the machine's memory stands for flash that is read in place.
//
// An image comes from QEMU's loader device, or from the file romfs.img in the folder that QEMU was
// started in, which takes precedence. rom_ioctl writes that file, so its data survives like flash.

#include "extmod/vfs.h"
#include "py/mperrno.h"
#include "py/objarray.h"
#include "py/runtime.h"
#include "semihost.h"

#if MICROPY_VFS_ROM_IOCTL

extern uint8_t _romfs, _romfs_size; // linker script

// Memory that the processor cannot write is written by the emulator, as it reads the file into it.
static void load(int file) {
    size_t size = semihost_size(file);
    if (size <= (size_t)&_romfs_size) {
        semihost_read(file, 0, &_romfs, size);
    }
}

static int image(int create) {
    static int file = -1;
    if (file < 0) {
        file = semihost_open("romfs.img", create);
        if (file >= 0) {
            load(file);
        }
    }
    return file;
}

mp_obj_t mp_vfs_rom_ioctl(size_t n_args, const mp_obj_t *args) {
    static mp_obj_array_t segment;
    mp_int_t command = mp_obj_get_int(args[0]);
    if (command == MP_VFS_ROM_IOCTL_GET_NUMBER_OF_SEGMENTS) {
        return MP_OBJ_NEW_SMALL_INT(1);
    }
    if (n_args < 2 || mp_obj_get_int(args[1]) != 0) {
        return MP_OBJ_NEW_SMALL_INT(-MP_EINVAL);
    }
    int file = image(command == MP_VFS_ROM_IOCTL_WRITE_PREPARE);
    if (command == MP_VFS_ROM_IOCTL_GET_SEGMENT) {
        mp_obj_memoryview_init(&segment, 'B', 0, (size_t)&_romfs_size, &_romfs);
        return MP_OBJ_FROM_PTR(&segment);
    }
    if (command == MP_VFS_ROM_IOCTL_WRITE_PREPARE && n_args == 3 && file >= 0) {
        return MP_OBJ_NEW_SMALL_INT(4); // smallest write
    }
    if (command == MP_VFS_ROM_IOCTL_WRITE && n_args == 4 && file >= 0) {
        mp_buffer_info_t from;
        mp_uint_t at = mp_obj_get_int(args[2]), room = (size_t)&_romfs_size;
        mp_get_buffer_raise(args[3], &from, MP_BUFFER_READ);
        if (at > room || from.len > room - at || semihost_write(file, at, from.buf, from.len)) {
            return MP_OBJ_NEW_SMALL_INT(-MP_EIO);
        }
        return MP_OBJ_NEW_SMALL_INT(0);
    }
    if (command == MP_VFS_ROM_IOCTL_WRITE_COMPLETE && file >= 0) {
        load(file);
        return MP_OBJ_NEW_SMALL_INT(0);
    }
    return MP_OBJ_NEW_SMALL_INT(-MP_EINVAL);
}

#endif
