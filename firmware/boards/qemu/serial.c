// The serial port as the interpreter's stdin and stdout.
//
// Bytes are taken by interrupt, so that Ctrl-C stops a running program. No byte is ever dropped:
// when the buffer is full the port stops listening, and QEMU holds back its side of the stream.

#include "py/mphal.h"
#include "py/ringbuf.h"
#include "py/runtime.h"
#include "py/stream.h"

static uint8_t received_bytes[1024];
static ringbuf_t received = { received_bytes, sizeof(received_bytes), 0, 0 };

void serial_interrupt(void) {
    while (ringbuf_free(&received)) {
        int c = board_serial_get();
        if (c < 0) {
            return;
        }
        if (c == mp_interrupt_char) {
            mp_sched_keyboard_interrupt();
        } else {
            ringbuf_put(&received, c);
        }
    }
    board_serial_listen(0);
}

uintptr_t mp_hal_stdio_poll(uintptr_t flags) {
    uintptr_t ready = flags & MP_STREAM_POLL_WR;
    if ((flags & MP_STREAM_POLL_RD) && ringbuf_peek(&received) >= 0) {
        ready |= MP_STREAM_POLL_RD;
    }
    return ready;
}

int mp_hal_stdin_rx_chr(void) {
    for (;;) {
        uint32_t state = board_irq_off();
        int c = ringbuf_get(&received);
        board_irq_restore(state);
        if (c >= 0) {
            board_serial_listen(1);
            return c;
        }
        mp_event_wait_indefinite();
    }
}

mp_uint_t mp_hal_stdout_tx_strn(const char *str, size_t len) {
    for (size_t i = 0; i < len; i++) {
        board_serial_put(str[i]);
    }
    return len;
}

mp_uint_t mp_hal_ticks_ms(void) {
    return board_ns() / 1000000;
}

mp_uint_t mp_hal_ticks_us(void) {
    return board_ns() / 1000;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return board_ns();
}

// There is no calendar on these boards: time starts at power-up.
uint64_t mp_hal_time_ns(void) {
    return board_ns();
}

void mp_hal_delay_ms(mp_uint_t ms) {
    uint64_t end = board_ns() + (uint64_t)ms * 1000000;
    for (uint64_t now; (now = board_ns()) < end;) {
        mp_event_wait_ms((end - now) / 1000000 + 1);
    }
}

void mp_hal_delay_us(mp_uint_t us) {
    uint64_t end = board_ns() + (uint64_t)us * 1000;
    while (board_ns() < end) {
    }
}
