"""CircuitPython's USB serial ports: ``data`` is the port of the emulated board."""

import _emulated

_BUFFER = 256  # bytes that a board's USB buffer holds at most


class Serial:
    def __init__(self, port):
        self._port = port
        self.timeout = self.write_timeout = None

    @property
    def connected(self):
        return True

    @property
    def in_waiting(self):
        return min(_emulated.waiting(self._port), _BUFFER)

    @property
    def out_waiting(self):
        return 0

    def read(self, size=-1):
        buffer = bytearray(self.in_waiting if size < 0 else min(size, _BUFFER))
        return bytes(memoryview(buffer)[: self.readinto(buffer)])

    def readinto(self, buf):
        return _emulated.read(self._port, buf, _ms(self.timeout))

    def write(self, buf):
        return _emulated.write(self._port, buf, _ms(self.write_timeout))

    def flush(self):
        pass

    def reset_input_buffer(self):
        while self.in_waiting:
            self.read(self.in_waiting)

    def reset_output_buffer(self):
        pass


def _ms(seconds):
    return -1 if seconds is None else int(seconds * 1000)


console = data = None
_booting = True
_wanted = False


def enable(*, console=True, data=False):
    global _wanted
    if not _booting:
        raise RuntimeError("Cannot change USB devices now")
    _wanted = data


def disable():
    enable(console=False)


def _connect(port):
    global data, _booting
    _booting = False
    data = Serial(port) if _wanted else None
