"""CircuitPython's chip: its serial number."""


class _Processor:
    uid = bytearray(b"\xc1\x7c\x00\x01")


cpu = _Processor()
