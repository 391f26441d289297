"""What CircuitPython has: the lists that tools/release/check_circuitpython.py uses.

CircuitPython 9.0 to 10.3, full builds (boards with little flash lack more). Sources:

* docs.circuitpython.org/en/stable/docs/library ("Standard Libraries") and /shared-bindings (os,
  time, struct, math, random, storage, supervisor, usb_cdc, ...);
* the package circuitpython-stubs 10.3.1 for the modules of boards;
* py/circuitpy_mpconfig.h of its source: ``MICROPY_PY_UCTYPES``, ``MICROPY_PY_CMATH``,
  ``MICROPY_VFS_LFS2``, ``MICROPY_EMIT_THUMB`` are 0, and so is ``MICROPY_GC_ALLOC_THRESHOLD``;
* docs.micropython.org/en/latest/genrst (what MicroPython's syntax and types lack), since
  CircuitPython's interpreter is MicroPython's.
"""

from __future__ import annotations

__all__ = ["BUILTINS", "METHODS_LACKING", "MODULES", "TYPE_CODES"]

ANY = None

# Module: names that it has; None: any.
MODULES: dict[str, str | None] = {
    "array": "array",
    "atexit": "register unregister",
    "binascii": "a2b_base64 b2a_base64 crc32 hexlify unhexlify",
    "collections": "OrderedDict deque namedtuple",
    "errno": ANY,
    "gc": "collect disable enable isenabled mem_alloc mem_free",
    "io": "BytesIO IOBase StringIO open",
    "json": "dump dumps load loads",
    "math": ANY,
    "micropython": "const",
    "os": "chdir getcwd getenv listdir mkdir remove rename rmdir sep stat statvfs sync uname"
    " unlink urandom utime",
    "random": "choice getrandbits randint random randrange seed uniform",
    "re": "compile match search sub",
    "select": "POLLERR POLLHUP POLLIN POLLOUT poll select",
    "struct": "calcsize pack pack_into unpack unpack_from",
    "sys": "argv byteorder exit implementation maxsize modules path platform stderr stdin stdout"
    " version version_info",
    "time": "localtime mktime monotonic monotonic_ns sleep struct_time time",
    "traceback": "format_exception print_exception",
    "zlib": "decompress",
    # of boards
    "analogio": "AnalogIn AnalogOut",
    "board": ANY,
    "audiobusio": "I2SOut PDMIn",
    "busio": "I2C SPI UART",
    "digitalio": "DigitalInOut Direction DriveMode Pull",
    "microcontroller": ANY,
    "neopixel_write": "neopixel_write",
    "storage": "VfsFat disable_usb_drive enable_usb_drive erase_filesystem getmount mount remount"
    " umount",
    "supervisor": "get_setting reload runtime set_next_code_file ticks_ms",
    "usb_cdc": "Serial console data disable enable",
}

BUILTINS = """
ArithmeticError AssertionError AttributeError BaseException EOFError Ellipsis Exception
GeneratorExit ImportError IndentationError
IndexError KeyError KeyboardInterrupt LookupError MemoryError NameError NotImplemented
NotImplementedError OSError OverflowError RuntimeError StopAsyncIteration StopIteration
SyntaxError SystemExit TypeError UnicodeError ValueError ZeroDivisionError
__build_class__ __file__ __import__ __name__ abs all any bin bool bytearray bytes callable chr
classmethod compile complex delattr dict dir divmod enumerate eval exec filter float frozenset
getattr globals hasattr hash help hex id input int isinstance issubclass iter len list locals
map max memoryview min next object oct open ord pow print property range repr reversed round
set setattr slice sorted staticmethod str sum super tuple type zip
"""

# Methods of CPython's types that are not there, whatever they are called on.
METHODS_LACKING = """
as_integer_ratio bit_count bit_length c_contiguous cast casefold expandtabs
format_map frombytes isascii isdecimal isidentifier isnumeric isprintable
istitle itemsize ljust maketrans removeprefix removesuffix rjust swapcase title tobytes
tofile tolist toreadonly translate zfill
"""

# Of array and struct.
TYPE_CODES = "bBhHiIlLqQfd"
