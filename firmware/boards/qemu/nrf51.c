// QEMU microbit (nRF51): serial port 0, timers 0 (16 MHz) and 1 (31,250 Hz) as clocks.

#include "board.h"

#define REG(address) (*(volatile uint32_t *)(address))
#define UART_START_RX REG(0x40002000)
#define UART_START_TX REG(0x40002008)
#define UART_RX_READY REG(0x40002108)
#define UART_TX_READY REG(0x4000211c)
#define UART_INT_ENABLE REG(0x40002304)
#define UART_ENABLE REG(0x40002500)
#define UART_RX REG(0x40002518)
#define UART_TX REG(0x4000251c)

#define NVIC_ENABLE REG(0xe000e100)
#define NVIC_DISABLE REG(0xe000e180)
#define UART_IRQ (1 << 2)

#define TIMER0 (0x40008000)
#define TIMER1 (0x40009000)
#define TIMER_START(timer) REG((timer) + 0x000)
#define TIMER_CAPTURE0(timer) REG((timer) + 0x040)
#define TIMER_BIT_MODE(timer) REG((timer) + 0x508)
#define TIMER_PRESCALER(timer) REG((timer) + 0x510)
#define TIMER_CC0(timer) REG((timer) + 0x540)
#define SLOW_PRESCALER (9)

static void timer_start(uint32_t timer, uint32_t prescaler) {
    TIMER_PRESCALER(timer) = prescaler;
    TIMER_BIT_MODE(timer) = 3; // 32 bits
    TIMER_START(timer) = 1;
}

static uint32_t timer_read(uint32_t timer) {
    TIMER_CAPTURE0(timer) = 1;
    return TIMER_CC0(timer);
}

void board_init(void) {
    timer_start(TIMER1, SLOW_PRESCALER);
    timer_start(TIMER0, 0);
    UART_ENABLE = 4;
    UART_START_RX = 1;
    UART_START_TX = 1;
    UART_INT_ENABLE = 1 << 2; // byte received
    board_serial_listen(1);
}

int board_serial_get(void) {
    if (!UART_RX_READY) {
        return -1;
    }
    UART_RX_READY = 0;
    return UART_RX & 0xff;
}

void board_serial_put(uint8_t c) {
    UART_TX_READY = 0;
    UART_TX = c;
    while (!UART_TX_READY) {
    }
}

void board_serial_listen(int on) {
    if (on) {
        NVIC_ENABLE = UART_IRQ;
    } else {
        NVIC_DISABLE = UART_IRQ;
    }
}

// The fast timer wraps every 268 s; the slow one, which wraps in 38 hours, says how often.
uint64_t board_ns(void) {
    uint64_t slow = (uint64_t)timer_read(TIMER1) << SLOW_PRESCALER;
    uint64_t ticks = slow + (int32_t)(timer_read(TIMER0) - (uint32_t)slow);
    return ticks * 125 / 2;
}
