"""Instructions and time of a layer on a board, from what was counted on emulated processors."""

from __future__ import annotations

from collections.abc import Sequence

from tinycl_rt import tcm

__all__ = ["estimate", "unit", "units"]

# What the work of an operator is counted in. Padding counts as taps; channels of bits as words.
_UNITS = {
    tcm.CONV8: "8-bit tap",
    tcm.BCONV: "binary tap",
    tcm.FLOAT_BCONV: "scaled binary tap",
    tcm.FLOAT_CONV: "float tap",
    tcm.FLOAT_DEPTHWISE: "float tap",
    tcm.BPOOL: "pooled word",
    tcm.BINARISE: "sign",
    tcm.SUM_POOL: "counted bit",
    tcm.TAKE: "moved word",
    tcm.JOIN: "joined word",
    tcm.FLOAT_TAKE: "moved value",
    tcm.FLOAT_JOIN: "moved value",
}

# Instructions a unit: counted by `python -m tools.bench.layers`, layers of 16 to 64 channels.
_COSTS: dict[str, dict[str, dict[str, float]]] = {
    "armv7m": {
        "reference": {
            "8-bit tap": 995.0,
            "pooled word": 6040.0,
            "binary tap": 138.0,
            "counted bit": 1770.0,
            "scaled binary tap": 162.0,
            "float value": 2070.0,
            "float tap": 2240.0,
            "sign": 759.0,
            "moved word": 2090.0,
            "joined word": 6500.0,
            "moved value": 212.0,
        },
        "viper": {
            "8-bit tap": 14.8,
            "pooled word": 141.0,
            "binary tap": 1.42,
            "counted bit": 61.4,
            "scaled binary tap": 162.0,
            "float value": 2070.0,
            "float tap": 2280.0,
            "sign": 59.4,
            "moved word": 2090.0,
            "joined word": 6500.0,
            "moved value": 212.0,
        },
        "native": {
            "8-bit tap": 3.13,
            "pooled word": 74.2,
            "binary tap": 0.331,
            "counted bit": 20.1,
            "scaled binary tap": 0.624,
            "float value": 46.0,
            "float tap": 76.6,
            "sign": 11.2,
            "moved word": 2120.0,
            "joined word": 6500.0,
            "moved value": 214.0,
        },
    },
    "armv6m": {
        "reference": {
            "8-bit tap": 1500.0,
            "pooled word": 9730.0,
            "binary tap": 180.0,
            "counted bit": 2950.0,
            "scaled binary tap": 235.0,
            "float value": 2980.0,
            "float tap": 3220.0,
            "sign": 982.0,
            "moved word": 3350.0,
            "joined word": 9240.0,
            "moved value": 283.0,
        },
        "viper": {
            "8-bit tap": 14.8,
            "pooled word": 162.0,
            "binary tap": 1.44,
            "counted bit": 68.6,
            "scaled binary tap": 235.0,
            "float value": 2990.0,
            "float tap": 3260.0,
            "sign": 65.5,
            "moved word": 3350.0,
            "joined word": 9240.0,
            "moved value": 283.0,
        },
        "native": {
            "8-bit tap": 6.86,
            "pooled word": 80.3,
            "binary tap": 0.519,
            "counted bit": 30.9,
            "scaled binary tap": 1.14,
            "float value": 75.5,
            "float tap": 172.0,
            "sign": 16.9,
            "moved word": 3380.0,
            "joined word": 9240.0,
            "moved value": 285.0,
        },
    },
}
# Boards of other processors: the nearest that was counted.
_LIKE = {"rv32imc": "armv7m", "xtensawin": "armv7m"}


def unit(code: int) -> str:
    """What the work of an operator with this opcode is counted in."""
    return _UNITS.get(code, "float value")


def units(code: int, p: Sequence[int]) -> int:
    """Work of an operator of geometry `p` (see ``kernels.reference.core``), in its unit."""
    h, w, c, kh, kw = p[:5]
    places = p[9] * p[10]
    taps = places * kh * kw
    if code in (tcm.BCONV, tcm.FLOAT_BCONV):
        return taps * 8 * tcm.words(c) * p[11]
    if code in (tcm.CONV8, tcm.FLOAT_CONV):
        return taps * c * p[11]
    if code == tcm.BPOOL:
        return taps * tcm.words(c) // 4
    if code in (tcm.TAKE, tcm.JOIN):
        return places * tcm.words(p[11]) // 4
    if code in (tcm.BINARISE, tcm.SUM_POOL):
        return h * w * c
    return taps * p[11]


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
    costs = _COSTS.get(_LIKE.get(arch, arch), {}).get(kernels)
    if costs is None:
        return None
    return round(units(code, p) * costs[unit(code)])
