// The board's flash as a block device: tinyclboard.Flash().
//
// It lives in the file flash.img in the folder that QEMU was started in. So it survives a soft
// reset, a hard one, and the sudden end of the emulator: what was written is there, whatever came
// after is not, which is what pulling a real board's plug does.

#include "extmod/vfs.h"
#include "py/mperrno.h"
#include "py/runtime.h"
#include "semihost.h"
#include "storage.h"

#define BLOCK_SIZE (4096)
#define BLOCKS (512)

static int image = -1;

static mp_obj_t flash_make_new(const mp_obj_type_t *type, size_t n, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n, n_kw, 0, 0, false);
    if (image < 0) {
        image = semihost_open("flash.img", 1);
    }
    if (image < 0) {
        mp_raise_OSError(MP_ENODEV);
    }
    static const mp_obj_base_t flash = { &board_flash_type };
    return MP_OBJ_FROM_PTR(&flash);
}

// Byte offset of a transfer; a transfer outside the flash is an error.
static uint32_t transfer_offset(size_t n, const mp_obj_t *args, size_t len) {
    mp_uint_t block = mp_obj_get_int(args[1]);
    mp_uint_t within = n > 3 ? mp_obj_get_int(args[3]) : 0;
    if (block >= BLOCKS || within > BLOCK_SIZE || len > (BLOCKS - block) * BLOCK_SIZE - within) {
        mp_raise_OSError(MP_EINVAL);
    }
    return block * BLOCK_SIZE + within;
}

static mp_obj_t flash_readblocks(size_t n, const mp_obj_t *args) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(args[2], &buf, MP_BUFFER_WRITE);
    uint32_t offset = transfer_offset(n, args, buf.len);
    int missing = semihost_read(image, offset, buf.buf, buf.len);
    if (missing < 0 || (size_t)missing > buf.len) {
        mp_raise_OSError(MP_EIO);
    }
    // Beyond what was ever written, flash reads as erased.
    memset((uint8_t *)buf.buf + buf.len - missing, 0xff, missing);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(flash_readblocks_obj, 3, 4, flash_readblocks);

static mp_obj_t flash_writeblocks(size_t n, const mp_obj_t *args) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(args[2], &buf, MP_BUFFER_READ);
    uint32_t offset = transfer_offset(n, args, buf.len);
    if (semihost_write(image, offset, buf.buf, buf.len) != 0) {
        mp_raise_OSError(MP_EIO);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(flash_writeblocks_obj, 3, 4, flash_writeblocks);

static mp_obj_t flash_ioctl(mp_obj_t self, mp_obj_t op, mp_obj_t arg) {
    switch (mp_obj_get_int(op)) {
        case MP_BLOCKDEV_IOCTL_BLOCK_COUNT:
            return MP_OBJ_NEW_SMALL_INT(BLOCKS);
        case MP_BLOCKDEV_IOCTL_BLOCK_SIZE:
            return MP_OBJ_NEW_SMALL_INT(BLOCK_SIZE);
        case MP_BLOCKDEV_IOCTL_INIT:
        case MP_BLOCKDEV_IOCTL_DEINIT:
        case MP_BLOCKDEV_IOCTL_SYNC:
        case MP_BLOCKDEV_IOCTL_BLOCK_ERASE:
            return MP_OBJ_NEW_SMALL_INT(0);
        default:
            return mp_const_none;
    }
}
static MP_DEFINE_CONST_FUN_OBJ_3(flash_ioctl_obj, flash_ioctl);

static const mp_rom_map_elem_t flash_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_readblocks), MP_ROM_PTR(&flash_readblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_writeblocks), MP_ROM_PTR(&flash_writeblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&flash_ioctl_obj) },
};
static MP_DEFINE_CONST_DICT(flash_locals, flash_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    board_flash_type,
    MP_QSTR_Flash,
    MP_TYPE_FLAG_NONE,
    make_new, flash_make_new,
    locals_dict, &flash_locals
    );
