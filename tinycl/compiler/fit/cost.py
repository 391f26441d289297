"""Instructions and time of a layer on a board, from what was counted on emulated processors."""

from __future__ import annotations

from collections.abc import Sequence

from tinycl_rt import tcm

__all__ = ["estimate", "unit", "units"]

# What the work of an operator is counted in. Padding counts as taps; channels of bits as words.
# Bits are moved a row of whole words at a time, whatever its length.
_UNITS = {
    tcm.CONV8: "8-bit tap",
    tcm.BCONV: "binary tap",
    tcm.FLOAT_BCONV: "scaled binary tap",
    tcm.FLOAT_CONV: "float tap",
    tcm.FLOAT_DEPTHWISE: "float tap",
    tcm.BPOOL: "pooled word",
    tcm.BINARISE: "sign",
    tcm.SUM_POOL: "counted bit",
    tcm.TAKE: "moved row",
    tcm.FLOAT_TAKE: "moved value",
    tcm.FLOAT_JOIN: "moved value",
    tcm.MIRROR: "mirrored byte",
    tcm.STACK: "moved row",
}

# Instructions a unit: counted by `python -m tools.bench.layers`, layers of 16 to 64 channels.
_COUNTED = tuple(
    (arch, k) for arch in ("armv7m", "armv6m") for k in ("reference", "viper", "native")
)
_COSTS = {
    "8-bit tap": (995.0, 14.8, 3.19, 1500.0, 14.8, 6.97),
    "pooled word": (6040.0, 141.0, 40.8, 9730.0, 162.0, 68.1),
    "binary tap": (138.0, 1.42, 0.338, 180.0, 1.44, 0.535),
    "counted bit": (1770.0, 61.4, 29.9, 2950.0, 68.6, 48.3),
    "scaled binary tap": (162.0, 162.0, 0.657, 235.0, 235.0, 1.18),
    "float value": (2070.0, 2070.0, 46.0, 2980.0, 2990.0, 75.5),
    "float tap": (2240.0, 2280.0, 76.6, 3220.0, 3260.0, 172.0),
    "sign": (759.0, 59.4, 11.6, 982.0, 65.5, 19.3),
    "moved row": (2090.0, 2090.0, 2120.0, 3350.0, 3350.0, 3380.0),
    "joined word": (6500.0, 6500.0, 6500.0, 9240.0, 9240.0, 9240.0),
    "mirrored byte": (900.0, 904.0, 901.0, 1180.0, 1170.0, 1160.0),
    "moved value": (212.0, 212.0, 214.0, 283.0, 283.0, 285.0),
}
# Boards of other processors: the nearest that was counted.
_LIKE = {"rv32imc": "armv7m", "xtensawin": "armv7m"}


def unit(code: int, p: Sequence[int]) -> str:
    """What the work of an operator of geometry `p` is counted in."""
    if code == tcm.JOIN:
        return "joined word" if p[2] % 32 else "moved row"
    return _UNITS.get(code, "float value")


def units(code: int, p: Sequence[int]) -> int:
    """Work of an operator of geometry `p` (see ``kernels.reference.core``), in its unit."""
    h, w, c, kh, kw, _, _, _, _, oh, ow, oc = p[:12]
    places = oh * ow
    taps = places * kh * kw
    if code in (tcm.BCONV, tcm.FLOAT_BCONV):
        return taps * 8 * tcm.words(c) * oc
    if code in (tcm.CONV8, tcm.FLOAT_CONV):
        return taps * c * oc
    if code == tcm.BPOOL:
        return taps * tcm.words(c) // 4
    if code == tcm.TAKE:
        return places
    if code == tcm.STACK:
        return oh
    if code == tcm.JOIN:
        return places * (tcm.words(oc) // 4 if c % 32 else 2)
    if code in (tcm.BINARISE, tcm.SUM_POOL, tcm.MIRROR):
        return h * w * c
    return taps * oc


def estimate(code: int, p: Sequence[int], arch: str, kernels: str) -> int | None:
    """Instructions of one operator; None for processors that were not counted.

    Parameters
    ----------
    code : int
        Opcode.
    p : sequence of int
        Its geometry.
    arch : str
        As of ``tinycl.boards.Board``.
    kernels : str
        "native", "viper" or "reference".
    """
    counted = (_LIKE.get(arch, arch), kernels)
    if counted not in _COUNTED:
        return None
    return round(units(code, p) * _COSTS[unit(code, p)][_COUNTED.index(counted)])
