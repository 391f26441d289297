// QEMU virt (RISC-V): start-up, traps, sleep, 16550 serial port, 10 MHz clock.

#include "board.h"

#include "semihost.h"

#define REG(address) (*(volatile uint32_t *)(address))
#define REG8(address) (*(volatile uint8_t *)(address))

#define UART_DATA REG8(0x10000000)
#define UART_INT_ENABLE REG8(0x10000001)
#define UART_LINE_STATUS REG8(0x10000005)
#define LINE_RECEIVED (0x01)
#define LINE_TX_EMPTY (0x20)

#define UART_IRQ (10)
#define PLIC_PRIORITY REG(0x0c000000 + 4 * UART_IRQ)
#define PLIC_ENABLE REG(0x0c002000)
#define PLIC_THRESHOLD REG(0x0c200000)
#define PLIC_CLAIM REG(0x0c200004)

#define CLINT_TIME_LOW REG(0x0200bff8)
#define CLINT_TIME_HIGH REG(0x0200bffc)
#define CLINT_COMPARE_LOW REG(0x02004000)
#define CLINT_COMPARE_HIGH REG(0x02004004)
#define NS_PER_TICK (100)
#define TICKS_PER_MS (10000)
#define LONGEST_SLEEP_MS (20)

#define TEST_DEVICE REG(0x00100000)
#define TEST_RESET (0x7777)

#define MSTATUS_MIE (1 << 3)
#define MIE_TIMER (1 << 7)
#define MIE_EXTERNAL (1 << 11)
#define MCAUSE_EXTERNAL (0x8000000b)

extern uint32_t _data_load, _data_start, _data_end, _bss_start, _bss_end;
int main(void);

__attribute__((used)) static void start(void) {
    for (uint32_t *from = &_data_load, *to = &_data_start; to < &_data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = &_bss_start; to < &_bss_end;) {
        *to++ = 0;
    }
    main();
    semihost_exit(0);
}

__attribute__((naked, used, section(".vectors"))) void Reset_Handler(void) {
    __asm volatile ("la sp, _stack_top\nj start");
}

__attribute__((interrupt("machine"), aligned(4))) static void trap(void) {
    uint32_t cause, at, value;
    __asm volatile ("csrr %0, mcause\ncsrr %1, mepc\ncsrr %2, mtval" : "=r" (cause), "=r" (at), "=r" (value));
    if (cause == MCAUSE_EXTERNAL) {
        uint32_t irq = PLIC_CLAIM;
        serial_interrupt();
        PLIC_CLAIM = irq;
        return;
    }
    board_fault((uint32_t[]) { at, cause, value }, 3);
}

void board_init(void) {
    uint32_t sources = MIE_EXTERNAL;
    __asm volatile ("csrw mtvec, %0\ncsrw mie, %1" :: "r" (trap), "r" (sources));
    PLIC_PRIORITY = 1;
    PLIC_THRESHOLD = 0;
    PLIC_ENABLE = 1 << UART_IRQ;
    // The port's FIFO stays off: turning it on would drop what the host has sent already.
    board_serial_listen(1);
    board_irq_restore(MSTATUS_MIE);
}

int board_serial_get(void) {
    return UART_LINE_STATUS & LINE_RECEIVED ? UART_DATA : -1;
}

void board_serial_put(uint8_t c) {
    while (!(UART_LINE_STATUS & LINE_TX_EMPTY)) {
    }
    UART_DATA = c;
}

void board_serial_listen(int on) {
    // Not at the PLIC: it ignores the end of an interrupt that was switched off meanwhile.
    UART_INT_ENABLE = on ? 1 : 0;
}

static uint64_t ticks(void) {
    uint32_t high, low;
    do {
        high = CLINT_TIME_HIGH;
        low = CLINT_TIME_LOW;
    } while (high != CLINT_TIME_HIGH);
    return (uint64_t)high << 32 | low;
}

uint64_t board_ns(void) {
    return ticks() * NS_PER_TICK;
}

uint32_t board_irq_off(void) {
    uint32_t state;
    __asm volatile ("csrrc %0, mstatus, %1" : "=r" (state) : "r" (MSTATUS_MIE) : "memory");
    return state & MSTATUS_MIE;
}

void board_irq_restore(uint32_t state) {
    __asm volatile ("csrs mstatus, %0" :: "r" (state) : "memory");
}

// The timer's interrupt only ends the sleep: it is pending while its handler is switched off.
void board_wait(int timeout_ms) {
    int ms = timeout_ms < 0 || timeout_ms > LONGEST_SLEEP_MS ? LONGEST_SLEEP_MS : timeout_ms;
    if (ms == 0) {
        return;
    }
    uint64_t until = ticks() + (uint64_t)ms * TICKS_PER_MS;
    uint32_t state = board_irq_off();
    CLINT_COMPARE_HIGH = 0xffffffff;
    CLINT_COMPARE_LOW = until;
    CLINT_COMPARE_HIGH = until >> 32;
    __asm volatile ("csrs mie, %0\nwfi\ncsrc mie, %0" :: "r" (MIE_TIMER) : "memory");
    board_irq_restore(state);
}

void board_reset(void) {
    TEST_DEVICE = TEST_RESET;
    for (;;) {
    }
}
