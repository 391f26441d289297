# QEMU virt, 32-bit RISC-V: rv32imac.
CROSS_COMPILE ?= riscv64-unknown-elf-
HEAP_KIB ?= 144
# The old ISA naming (CSR instructions part of "i") is the one Debian's compiler has a 32-bit
# libgcc for; with rv32imac_zicsr it would link the 64-bit one.
AFLAGS += -march=rv32imac -misa-spec=2.2 -mabi=ilp32
CFLAGS += $(AFLAGS) --specs=picolibc.specs
LDFLAGS += -Wl,-m,elf32lriscv
MPY_CROSS_FLAGS += -march=rv32imc
SRC_C += virt.c
SRC_S += shared/runtime/gchelper_rv32i.s
