# MicroPython's unix port, configured like CircuitPython: see mpconfigvariant.h.

FROZEN_MANIFEST = $(VARIANT_DIR)/manifest.py
# Nothing of micropython-lib is frozen; it need not be there.
MPY_LIB_DIR = $(TOP)

MICROPY_PY_BTREE = 0
MICROPY_PY_FFI = 0
MICROPY_PY_SOCKET = 0
MICROPY_PY_SSL = 0
MICROPY_PY_TERMIOS = 0
MICROPY_PY_THREAD = 0
MICROPY_USE_READLINE = 0
MICROPY_VFS_FAT = 0
MICROPY_VFS_LFS1 = 0
MICROPY_VFS_LFS2 = 0

# A value out of range is refused: ranges.c has what comes before these functions.
LDFLAGS_EXTRA += -Wl,--wrap=mp_binary_set_val -Wl,--wrap=mp_binary_set_val_array

# sys.implementation.name is a literal there, and programs tell CircuitPython by it.
$(BUILD)/py/modsys.o: $(TOP)/py/modsys.c
	$(Q)sed 's/MP_QSTR_micropython/MP_QSTR_circuitpython/' $< > $(@:.o=.c)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $(@:.o=.c)
