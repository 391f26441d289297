// Included by extmod/modmachine.c: the port's part of the module `machine`.

#include "board.h"

static void mp_machine_idle(void) {
    board_wait(1);
}

NORETURN static void mp_machine_reset(void) {
    board_reset();
}

static mp_int_t mp_machine_reset_cause(void) {
    return 0;
}
