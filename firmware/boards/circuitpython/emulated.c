// Module _emulated: what the stand-ins for CircuitPython's modules in frozen/ are made of.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "extmod/vfs.h"
#include "extmod/vfs_posix.h"
#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/pystack.h"
#include "py/runtime.h"

// data_port(): the program's stdin as a port of its own; from here on print goes to stderr.
static mp_obj_t emulated_data_port(void) {
    int port = dup(0);
    int nothing = open("/dev/null", O_RDONLY);
    if (port < 0 || nothing < 0 || dup2(nothing, 0) < 0 || dup2(2, 1) < 0) {
        mp_raise_OSError(errno);
    }
    close(nothing);
    return MP_OBJ_NEW_SMALL_INT(port);
}
static MP_DEFINE_CONST_FUN_OBJ_0(emulated_data_port_obj, emulated_data_port);

// waiting(port): bytes that can be read at once.
static mp_obj_t emulated_waiting(mp_obj_t port) {
    int count = 0;
    if (ioctl(mp_obj_get_int(port), FIONREAD, &count) < 0) {
        mp_raise_OSError(errno);
    }
    return MP_OBJ_NEW_SMALL_INT(count);
}
static MP_DEFINE_CONST_FUN_OBJ_1(emulated_waiting_obj, emulated_waiting);

// Move bytes until all are moved or `ms` are over (negative: never); returns how many.
static mp_obj_t move(mp_obj_t port_in, mp_obj_t buffer, mp_obj_t ms_in, bool out) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(buffer, &info, out ? MP_BUFFER_READ : MP_BUFFER_WRITE);
    struct pollfd port = { .fd = mp_obj_get_int(port_in), .events = out ? POLLOUT : POLLIN };
    mp_int_t ms = mp_obj_get_int(ms_in);
    mp_uint_t start = mp_hal_ticks_ms();
    byte *bytes = info.buf;
    size_t done = 0;
    while (done < info.len) {
        mp_int_t left = ms - (mp_int_t)(mp_hal_ticks_ms() - start);
        int ready = poll(&port, 1, ms < 0 ? 100 : left > 0 ? (int)left : 0);
        mp_handle_pending(true);
        if (ready == 0 && ms >= 0) {
            break;
        }
        if (ready <= 0) {
            continue;
        }
        // One packet at a time: a pseudo-terminal that is said to be ready may block on more.
        size_t most = info.len - done < 64 ? info.len - done : 64;
        ssize_t count = out ? write(port.fd, bytes + done, most) : read(port.fd, bytes + done, most);
        if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) {
            mp_raise_OSError(count == 0 ? MP_EIO : errno);
        }
        done += count > 0 ? (size_t)count : 0;
    }
    return MP_OBJ_NEW_SMALL_INT((mp_int_t)done);
}

static mp_obj_t emulated_read(mp_obj_t port, mp_obj_t buffer, mp_obj_t ms) {
    return move(port, buffer, ms, false);
}
static MP_DEFINE_CONST_FUN_OBJ_3(emulated_read_obj, emulated_read);

static mp_obj_t emulated_write(mp_obj_t port, mp_obj_t buffer, mp_obj_t ms) {
    return move(port, buffer, ms, true);
}
static MP_DEFINE_CONST_FUN_OBJ_3(emulated_write_obj, emulated_write);

// python_stack(bytes): what the functions called from here on may take of the Python stack.
static mp_obj_t emulated_python_stack(mp_obj_t nbytes) {
    size_t used = mp_pystack_usage(), most = mp_obj_get_int(nbytes);
    if (used + most > mp_pystack_limit()) {
        mp_raise_ValueError(NULL);
    }
    MP_STATE_THREAD(pystack_end) = MP_STATE_THREAD(pystack_cur) + most;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(emulated_python_stack_obj, emulated_python_stack);

static const mp_rom_map_elem_t emulated_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__emulated) },
    { MP_ROM_QSTR(MP_QSTR_circuitpython), MP_ROM_TRUE },
    { MP_ROM_QSTR(MP_QSTR_data_port), MP_ROM_PTR(&emulated_data_port_obj) },
    { MP_ROM_QSTR(MP_QSTR_waiting), MP_ROM_PTR(&emulated_waiting_obj) },
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&emulated_read_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&emulated_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_python_stack), MP_ROM_PTR(&emulated_python_stack_obj) },
    { MP_ROM_QSTR(MP_QSTR_mount), MP_ROM_PTR(&mp_vfs_mount_obj) },
    { MP_ROM_QSTR(MP_QSTR_umount), MP_ROM_PTR(&mp_vfs_umount_obj) },
    { MP_ROM_QSTR(MP_QSTR_VfsPosix), MP_ROM_PTR(&mp_type_vfs_posix) },
};
static MP_DEFINE_CONST_DICT(emulated_globals, emulated_globals_table);

const mp_obj_module_t emulated_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&emulated_globals,
};
MP_REGISTER_MODULE(MP_QSTR__emulated, emulated_module);
