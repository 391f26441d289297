# Builds $(MOD).mpy of $(SRC) for one architecture in the current folder; see Makefile.

VPATH := $(HERE)
override BUILD := objects
# After MicroPython's -Os: a kernel is worth its size. A module cannot call memset or memcpy.
# MicroPython's headers do not have to pass our checks.
# Registers of their own for unrolled steps, where there are enough.
RENAME := $(if $(filter armv6m,$(ARCH)),,-fweb)
CFLAGS_EXTRA := -O2 $(RENAME) -fno-schedule-insns -fno-tree-loop-distribute-patterns -ffp-contract=off -Wextra -Wconversion -isystem $(MPY_DIR)

include $(MPY_DIR)/py/dynruntime.mk

# Arithmetic of floats, for processors without it: not linked where nothing calls it.
ifneq ($(ARCH),x64)
MPY_LD_FLAGS += -l$(shell $(CROSS)gcc $(CFLAGS) --print-libgcc-file-name)
endif

$(SRC_O): $(wildcard $(HERE)/*/*.h) $(HERE)/mpy/module.mk
