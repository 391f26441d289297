// Calls to the emulator (Arm and RISC-V semihosting).
#pragma once

#include <stddef.h>
#include <stdint.h>

void semihost_exit(int status) __attribute__((noreturn)); // ends QEMU with this exit status
int semihost_open(const char *path, int create);        // to read and write; -1: no
size_t semihost_size(int file);                         // in bytes
int semihost_read(int file, uint32_t offset, void *buf, size_t len);
int semihost_write(int file, uint32_t offset, const void *buf, size_t len);
int semihost_option(const char *name, int otherwise);  // one digit: "name=7" among QEMU's arg= strings
