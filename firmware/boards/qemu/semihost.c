#include "semihost.h"

#include <string.h>

#define SYS_OPEN (0x01)
#define SYS_WRITE (0x05)
#define SYS_READ (0x06)
#define SYS_SEEK (0x0a)
#define SYS_FLEN (0x0c)
#define SYS_GET_CMDLINE (0x15)
#define SYS_EXIT_EXTENDED (0x20)

#define OPEN_UPDATE (3) // "r+b"
#define OPEN_CREATE (7) // "w+b"

static intptr_t call(intptr_t number, const void *arguments) {
    #if defined(__thumb__)
    register intptr_t r0 __asm("r0") = number;
    register const void *r1 __asm("r1") = arguments;
    __asm volatile ("bkpt 0xab" : "+r" (r0) : "r" (r1) : "memory");
    return r0;
    #else
    register intptr_t a0 __asm("a0") = number;
    register const void *a1 __asm("a1") = arguments;
    __asm volatile (
        ".option push\n.option norvc\n.balign 16\n"
        "slli zero, zero, 0x1f\nebreak\nsrai zero, zero, 7\n"
        ".option pop"
        : "+r" (a0) : "r" (a1) : "memory");
    return a0;
    #endif
}

void semihost_exit(int status) {
    intptr_t arguments[] = { 0x20026, status };
    for (;;) {
        call(SYS_EXIT_EXTENDED, arguments);
    }
}

int semihost_open(const char *path, int create) {
    intptr_t arguments[] = { (intptr_t)path, OPEN_UPDATE, strlen(path) };
    int file = call(SYS_OPEN, arguments);
    if (file < 0 && create) {
        arguments[1] = OPEN_CREATE;
        file = call(SYS_OPEN, arguments);
    }
    return file;
}

size_t semihost_size(int file) {
    intptr_t arguments[] = { file };
    intptr_t size = call(SYS_FLEN, arguments);
    return size < 0 ? 0 : size;
}

// Both answer the number of bytes that were *not* moved.
static int transfer(int number, int file, uint32_t offset, void *buf, size_t len) {
    intptr_t seek[] = { file, offset };
    if (call(SYS_SEEK, seek) < 0) {
        return len;
    }
    intptr_t arguments[] = { file, (intptr_t)buf, len };
    return call(number, arguments);
}

int semihost_read(int file, uint32_t offset, void *buf, size_t len) {
    return transfer(SYS_READ, file, offset, buf, len);
}

int semihost_write(int file, uint32_t offset, const void *buf, size_t len) {
    return transfer(SYS_WRITE, file, offset, (void *)buf, len);
}

int semihost_option(const char *name, int otherwise) {
    char line[128];
    intptr_t arguments[] = { (intptr_t)line, sizeof(line) };
    if (call(SYS_GET_CMDLINE, arguments) != 0) {
        return otherwise;
    }
    size_t len = strlen(name);
    for (const char *at = line; (at = strchr(at, name[0])) != NULL; at++) {
        if (strncmp(at, name, len) == 0 && at[len] == '=') {
            return at[len + 1] - '0';
        }
    }
    return otherwise;
}
