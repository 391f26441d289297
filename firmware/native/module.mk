# Builds $(MOD).mpy of $(SRC) for one architecture in the current folder; see Makefile.

VPATH := $(HERE)
override BUILD := objects
# After MicroPython's -Os: a kernel is worth its size. A module cannot call memset or memcpy.
# MicroPython's headers do not have to pass our checks.
# Registers of their own for unrolled steps, where there are enough.
RENAME := $(if $(filter armv6m,$(ARCH)),,-fweb)
CFLAGS_EXTRA := -O2 $(RENAME) -fno-schedule-insns -fno-tree-loop-distribute-patterns -Wextra -Wconversion -isystem $(MPY_DIR) -I$(HERE)

include $(MPY_DIR)/py/dynruntime.mk

$(SRC_O): $(wildcard $(HERE)/*.h) $(HERE)/module.mk
