// tinyclboard: what only an emulated board can offer.

#include "board.h"
#include "py/runtime.h"
#include "semihost.h"
#include "storage.h"

// Instructions carried out since the first call.
//
// QEMU's -icount shift=S makes every instruction take 2^S ns of the emulated clock. With S = 8 an
// instruction is longer than two ticks of the slowest clock in use (100 ns), so rounding the time
// between two calls gives their distance exactly, at whatever phase they fall.
static uint64_t counted(void) {
    static int shift;
    static uint64_t last, count;
    uint64_t now = board_ns();
    if (shift == 0) {
        shift = semihost_option("shift", -1);
        last = now;
    }
    if (shift < 8) {
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("no instruction counter: start QEMU with -icount shift=8"));
    }
    count += (now - last + (1ull << (shift - 1))) >> shift;
    last = now;
    return count;
}

// instructions() -> count so far. Differences are exact, but include the interpreter's own work.
static mp_obj_t board_instructions(void) {
    return mp_obj_new_int_from_ull(counted());
}
static MP_DEFINE_CONST_FUN_OBJ_0(board_instructions_obj, board_instructions);

// count(function, *args) -> instructions of function(*args) alone, the call included.
static mp_obj_t board_count(size_t n, const mp_obj_t *args) {
    counted();
    uint64_t start = counted();
    uint64_t empty = counted() - start;
    start = counted();
    mp_call_function_n_kw(args[0], n - 1, 0, args + 1);
    return mp_obj_new_int_from_ull(counted() - start - empty);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR(board_count_obj, 1, board_count);

// exit(status): end the emulator.
static mp_obj_t board_exit(mp_obj_t status) {
    semihost_exit(mp_obj_get_int(status));
}
static MP_DEFINE_CONST_FUN_OBJ_1(board_exit_obj, board_exit);

static const mp_rom_map_elem_t board_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_tinyclboard) },
    { MP_ROM_QSTR(MP_QSTR_name), MP_ROM_QSTR(MP_QSTR_BOARD) },
    { MP_ROM_QSTR(MP_QSTR_Flash), MP_ROM_PTR(&board_flash_type) },
    { MP_ROM_QSTR(MP_QSTR_count), MP_ROM_PTR(&board_count_obj) },
    { MP_ROM_QSTR(MP_QSTR_exit), MP_ROM_PTR(&board_exit_obj) },
    { MP_ROM_QSTR(MP_QSTR_instructions), MP_ROM_PTR(&board_instructions_obj) },
};
static MP_DEFINE_CONST_DICT(board_globals, board_globals_table);

const mp_obj_module_t board_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&board_globals,
};
MP_REGISTER_MODULE(MP_QSTR_tinyclboard, board_module);
