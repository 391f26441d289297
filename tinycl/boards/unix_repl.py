"""Makes MicroPython's unix port a board: a folder is its flash, stdin and stdout its port.

The port's own REPL has no raw mode that mpremote could speak to; this one has, with raw paste. At
power-on and after Ctrl-D it runs ``main.py``, as boards do. Runs on MicroPython:

    micropython unix_repl.py FOLDER
"""

import gc
import io
import os
import sys

import vfs

_BANNER = b"raw REPL; CTRL-B to exit\r\n>"
_PROMPT = b"\r\n>>> "
_WINDOW = 1024  # bytes of raw paste that the host may have under way
_KEPT = set(sys.modules)


def main(folder):
    """Be a board until the process is killed."""
    vfs.umount("/")
    vfs.mount(vfs.VfsPosix(folder), "/")
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]
    raw = False
    while True:
        space = {"__name__": "__main__"}
        if not raw:
            _run_main(space)
        raw = _repl(raw, space)
        _write(b"MPY: soft reboot\r\n")
        for name in [name for name in sys.modules if name not in _KEPT]:
            del sys.modules[name]
        gc.collect()


def _run_main(space):
    try:
        with open("/main.py") as file:
            code = file.read()
    except OSError:
        return
    _write(_run(code, space))


def _run(code, space):
    """Run code; return the traceback of what it raised."""
    try:
        exec(code, space)
    except BaseException as error:
        text = io.StringIO()
        sys.print_exception(error, text)
        return text.getvalue().replace("\n", "\r\n").encode()
    return b""


def _repl(raw, space):
    """Serve a terminal until Ctrl-D; return whether it was in raw mode."""
    line = bytearray()
    _write(_BANNER if raw else _PROMPT)
    while True:
        byte = sys.stdin.buffer.read(1)
        if not byte:
            raise SystemExit
        if byte in b"\x01\x02":
            raw = byte == b"\x01"
            _write(_BANNER if raw else _PROMPT)
        elif byte == b"\x04" and not line:
            return raw
        elif byte == b"\x04":
            _write(b"OK")
            _answer(line, space)
        elif byte == b"\x05" and raw:
            sys.stdin.buffer.read(2)  # "A\x01"
            _paste(line)
            _answer(line, space)
        elif byte != b"\x03" and raw:
            line.extend(byte)
            continue
        line = bytearray()


def _paste(line):
    _write(b"R\x01" + _WINDOW.to_bytes(2, "little"))
    while True:
        byte = sys.stdin.buffer.read(1)
        if byte in b"\x03\x04":
            _write(b"\x04")
            return
        line.extend(byte)
        if len(line) % _WINDOW == 0:
            _write(b"\x01")


def _answer(line, space):
    trouble = _run(line.decode(), space)
    _write(b"\x04" + trouble + b"\x04>")


def _write(data):
    sys.stdout.buffer.write(data)


main(sys.argv[1])
