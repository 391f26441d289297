// QEMU mps2-an385: CMSDK serial port 0, the FPGA's counters.

#include "board.h"

#define REG(address) (*(volatile uint32_t *)(address))
#define UART_DATA REG(0x40004000)
#define UART_STATE REG(0x40004004)
#define UART_CTRL REG(0x40004008)
#define UART_INTCLEAR REG(0x4000400c)
#define UART_BAUDDIV REG(0x40004010)
#define STATE_TX_FULL (1 << 0)
#define STATE_RX_FULL (1 << 1)

#define NVIC_ENABLE REG(0xe000e100)
#define NVIC_DISABLE REG(0xe000e180)
#define UART_RX_IRQ (1 << 0)

#define FPGA_CLK100HZ REG(0x40028014)
#define FPGA_COUNTER REG(0x40028018) // 25 MHz
#define NS_PER_COUNT (40)
#define COUNTS_PER_CLK100HZ (250000)

void board_init(void) {
    UART_BAUDDIV = 16;
    UART_CTRL = 1 | 2 | 8; // transmit, receive, interrupt on receive
    board_serial_listen(1);
}

int board_serial_get(void) {
    if (!(UART_STATE & STATE_RX_FULL)) {
        return -1;
    }
    UART_INTCLEAR = 2;
    return UART_DATA & 0xff;
}

void board_serial_put(uint8_t c) {
    while (UART_STATE & STATE_TX_FULL) {
    }
    UART_DATA = c;
}

void board_serial_listen(int on) {
    if (on) {
        NVIC_ENABLE = UART_RX_IRQ;
    } else {
        NVIC_DISABLE = UART_RX_IRQ;
    }
}

// The fast counter wraps every 172 s; the slow one, which wraps in 497 days, says how often.
uint64_t board_ns(void) {
    uint64_t slow = (uint64_t)FPGA_CLK100HZ * COUNTS_PER_CLK100HZ;
    return (slow + (int32_t)(FPGA_COUNTER - (uint32_t)slow)) * NS_PER_COUNT;
}
