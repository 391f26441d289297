# QEMU mps2-an385: Cortex-M3, armv7m.
CROSS_COMPILE ?= arm-none-eabi-
CFLAGS += -mthumb -mcpu=cortex-m3 -mfloat-abi=soft
MPY_CROSS_FLAGS += -march=armv7m
SRC_C += cortex_m.c mps2.c
SRC_S += shared/runtime/gchelper_thumb2.s
