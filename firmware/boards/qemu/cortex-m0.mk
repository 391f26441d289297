# QEMU microbit with 256 KiB of RAM: Cortex-M0, armv6m, the Raspberry Pi Pico's instruction set.
CROSS_COMPILE ?= arm-none-eabi-
CFLAGS += -mthumb -mcpu=cortex-m0 -mfloat-abi=soft
MPY_CROSS_FLAGS += -march=armv6m
SRC_C += cortex_m.c nrf51.c
SRC_S += shared/runtime/gchelper_thumb1.s
