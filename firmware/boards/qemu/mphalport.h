// Hooks of the interpreter into the machine.

#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "shared/runtime/interrupt_char.h"

#define MICROPY_INTERNAL_WFE(timeout_ms) board_wait(timeout_ms)
#define MICROPY_BEGIN_ATOMIC_SECTION() board_irq_off()
#define MICROPY_END_ATOMIC_SECTION(state) board_irq_restore(state)
