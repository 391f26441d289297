# Builds $(MOD).mpy of $(SRC) for one architecture in the current folder; see Makefile.

VPATH := $(HERE)
override BUILD := objects
# A module lies in RAM: what is not an inner loop is compiled for size, which is MicroPython's default.
# A module cannot call memset or memcpy.
# MicroPython's headers do not have to pass our checks.
CFLAGS_EXTRA := -fno-schedule-insns -fno-tree-loop-distribute-patterns -ffp-contract=off -Wextra -Wconversion -isystem $(MPY_DIR)

include $(MPY_DIR)/py/dynruntime.mk

# Arithmetic of floats, for processors without it: not linked where nothing calls it.
ifneq ($(ARCH),x64)
MPY_LD_FLAGS += -l$(shell $(CROSS)gcc $(CFLAGS) --print-libgcc-file-name)
endif

FAST ?= core/inner/ float/ full/ lda/ tail/
$(FAST:%=$(BUILD)/%%.o): CFLAGS += -O2

# Thumb-1 reaches its upper registers through a copy: these take more to keep than words on the stack.
ifeq ($(ARCH),armv6m)
$(BUILD)/core/inner/binary.o: CFLAGS += -ffixed-r8 -ffixed-r9 -ffixed-r10 -ffixed-r11
endif

$(SRC_O): $(wildcard $(HERE)/*/*.h) $(HERE)/mpy/module.mk
