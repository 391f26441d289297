// Start-up of the interpreter: file system, boot.py, main.py, REPL; again after each soft reset.


#include "extmod/vfs.h"
#include "board.h"
#include "py/cstack.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "semihost.h"
#include "shared/readline/readline.h"
#include "shared/runtime/gchelper.h"
#include "shared/runtime/pyexec.h"

extern uint8_t _stack_top, _stack_size; // linker script

static uint64_t heap[MICROPY_HEAP_SIZE / sizeof(uint64_t)];

static int run_file(const char *name) {
    return pyexec_file_if_exists(name) & PYEXEC_FORCED_EXIT;
}

static void run_one_session(void) {
    pyexec_frozen_module("_boot.py", false);
    #if MICROPY_VFS_ROM_IOCTL
    mp_vfs_mount_romfs_protected();
    #endif
    if (run_file("boot.py")) {
        return;
    }
    if (pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL) {
        // A ROMFS image may hold a whole program; a program in flash takes its place.
        const char *program = mp_import_stat("main.py") == MP_IMPORT_STAT_FILE ? "main.py" : "/rom/main.py";
        if (run_file(program)) {
            return;
        }
    }
    for (;;) {
        int ended = pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl() : pyexec_friendly_repl();
        if (ended) {
            return;
        }
    }
}

int main(void) {
    board_init();
    for (;;) {
        mp_cstack_init_with_top(&_stack_top, (size_t)&_stack_size - 1024);
        gc_init(heap, heap + MP_ARRAY_SIZE(heap));
        mp_init();
        readline_init0();
        run_one_session();
        mp_hal_stdout_tx_str("MPY: soft reboot\r\n");
        mp_hal_set_interrupt_char(-1);
        gc_sweep_all();
        mp_deinit();
    }
}

// A processor fault is a bug in C code: say where, end the emulator with a status of its own.
void board_fault(const uint32_t *words, size_t n) {
    mp_hal_stdout_tx_str("\r\nFATAL: processor fault");
    for (size_t i = 0; i < n; i++) {
        char text[] = " 00000000";
        uint32_t value = words[i];
        for (int digit = 8; digit > 0; digit--, value >>= 4) {
            text[digit] = "0123456789abcdef"[value & 15];
        }
        mp_hal_stdout_tx_str(text);
    }
    mp_hal_stdout_tx_str("\r\n");
    // What a terminal has not fetched is gone when the emulator ends: leave it a moment.
    for (volatile int i = 0; i < 10000000; i++) {
    }
    semihost_exit(71);
}

void gc_collect(void) {
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    gc_collect_end();
}

void nlr_jump_fail(void *val) {
    mp_hal_stdout_tx_str("FATAL: uncaught exception\r\n");
    semihost_exit(70);
}
