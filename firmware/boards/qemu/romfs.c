// A ROMFS image that QEMU's loader device has put into memory stands for memory-mapped flash:
// its files are read in place.

#include "extmod/vfs.h"
#include "py/mperrno.h"
#include "py/objarray.h"
#include "py/runtime.h"

#if MICROPY_VFS_ROM_IOCTL

extern uint8_t _romfs, _romfs_size; // linker script

mp_obj_t mp_vfs_rom_ioctl(size_t n_args, const mp_obj_t *args) {
    static mp_obj_array_t segment;
    switch (mp_obj_get_int(args[0])) {
        case MP_VFS_ROM_IOCTL_GET_NUMBER_OF_SEGMENTS:
            return MP_OBJ_NEW_SMALL_INT(1);
        case MP_VFS_ROM_IOCTL_GET_SEGMENT:
            mp_obj_memoryview_init(&segment, 'B', 0, (size_t)&_romfs_size, &_romfs);
            return MP_OBJ_FROM_PTR(&segment);
        default:
            return MP_OBJ_NEW_SMALL_INT(-MP_EINVAL);
    }
}

#endif
