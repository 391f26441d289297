"""Colours and small words of the view: one place, so that it stays calm."""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color
from rich.style import Style

__all__ = ["ACCENT", "DIM", "QUIET", "RIGHT", "TRACES", "WRONG", "Rgb", "pair", "shade"]

Rgb = tuple[int, int, int]

ACCENT: Rgb = (110, 160, 200)
RIGHT: Rgb = (115, 185, 140)
WRONG: Rgb = (220, 130, 100)
QUIET: Rgb = (48, 50, 54)
DIM = Style(color="grey58")
TRACES: tuple[Rgb, ...] = (ACCENT, (200, 170, 110), (170, 140, 200))


@lru_cache(maxsize=8192)
def pair(top: Rgb, bottom: Rgb | None = None) -> Style:
    """Style of a character: its colour, and that of what is behind it."""
    return Style.from_color(
        Color.from_rgb(*top), None if bottom is None else Color.from_rgb(*bottom)
    )


def shade(colour: Rgb, share: float) -> Rgb:
    """A colour between ``QUIET`` (share 0) and `colour` (share 1)."""
    share = min(max(share, 0.0), 1.0)
    red, green, blue = (round(q + (c - q) * share) for q, c in zip(QUIET, colour, strict=True))
    return red, green, blue
