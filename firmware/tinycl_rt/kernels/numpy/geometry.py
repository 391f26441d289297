"""Names of the places in the geometry ``p`` of an operator, see ``reference.core``."""

_H, _W, _C, _KH, _KW, _SH, _SW, _TOP, _LEFT, _OH, _OW, _OC, _PAD, _ZERO, _SHIFT = range(15)
