// Cortex-M: vectors, start-up, faults, sleep.

#include <stdint.h>

#include "board.h"
#include "semihost.h"

#define REG(address) (*(volatile uint32_t *)(address))
#define SYSTICK_CTRL REG(0xe000e010)
#define SYSTICK_LOAD REG(0xe000e014)
#define SYSTICK_VAL REG(0xe000e018)
#define AIRCR REG(0xe000ed0c)

// Slow enough for every board's clock that QEMU may choose; only bounds how long a sleep lasts.
#define TICKS_PER_MS (16000)
#define LONGEST_SLEEP_MS (20)

extern uint32_t _stack_top, _data_load, _data_start, _data_end, _bss_start, _bss_end;
int main(void);

void Reset_Handler(void) {
    for (uint32_t *from = &_data_load, *to = &_data_start; to < &_data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = &_bss_start; to < &_bss_end;) {
        *to++ = 0;
    }
    main();
    semihost_exit(0);
}

__attribute__((used)) static void fault(uint32_t *frame) {
    board_fault((uint32_t[]) { frame[6], frame[5], frame[0], frame[1], frame[2], frame[3] }, 6);
}

__attribute__((naked)) static void Fault_Handler(void) {
    __asm volatile ("mrs r0, msp\nldr r1, =fault\nbx r1");
}

static void Tick_Handler(void) {
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16 + 32] = {
    &_stack_top,
    Reset_Handler,
    [2 ... 14] = Fault_Handler,
    Tick_Handler,
    // Only the serial port's receive interrupt is ever enabled.
    [16 ... 16 + 31] = serial_interrupt,
};

uint32_t board_irq_off(void) {
    uint32_t state;
    __asm volatile ("mrs %0, primask\ncpsid i" : "=r" (state) :: "memory");
    return state;
}

void board_irq_restore(uint32_t state) {
    __asm volatile ("msr primask, %0" :: "r" (state) : "memory");
}

void board_wait(int timeout_ms) {
    int ms = timeout_ms < 0 || timeout_ms > LONGEST_SLEEP_MS ? LONGEST_SLEEP_MS : timeout_ms;
    if (ms == 0) {
        return;
    }
    SYSTICK_LOAD = ms * TICKS_PER_MS;
    SYSTICK_VAL = 0;
    SYSTICK_CTRL = 7;
    __asm volatile ("wfi" ::: "memory");
    SYSTICK_CTRL = 0;
}

void board_reset(void) {
    AIRCR = 0x05fa0004;
    for (;;) {
    }
}
