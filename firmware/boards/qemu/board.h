// What a board's own file (mps2.c, nrf51.c, virt.c) and its processor's (cortex_m.c, virt.c) supply.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Board.
void board_init(void);           // clocks run, the serial port receives and interrupts
int board_serial_get(void);      // next byte, or -1 when none has come
void board_serial_put(uint8_t c); // waits until the port takes it
void board_serial_listen(int on); // let the port interrupt; off leaves bytes where they are
uint64_t board_ns(void);         // since start; on the emulated clock

// Processor.
void board_wait(int timeout_ms); // sleeps until an interrupt or at most this long (-1: long)
uint32_t board_irq_off(void);
void board_irq_restore(uint32_t state);
void board_reset(void) __attribute__((noreturn));

// serial.c, called by the board's receive interrupt.
void serial_interrupt(void);

// main.c, called by the processor's fault handler: prints the words (program counter first), exits.
void board_fault(const uint32_t *words, size_t n) __attribute__((noreturn));
