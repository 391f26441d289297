# The kernels as a user C module, compiled into firmware: in a MicroPython port's folder,
#   make USER_C_MODULES=/path/to/tinycl/firmware
# Firmware that is built with them needs no tinycl_*.mpy files.

TINYCL_DIR := $(USERMOD_DIR)
SRC_USERMOD_C += $(wildcard $(foreach folder,core core/inner float lda tail full sound mpy,$(TINYCL_DIR)/$(folder)/*.c))
# As in mpy/module.mk: a kernel is worth its size; sums of floats are those of the reference.
CFLAGS_USERMOD += -ffp-contract=off
$(BUILD)/$(notdir $(TINYCL_DIR))/%.o: CFLAGS += -O2
