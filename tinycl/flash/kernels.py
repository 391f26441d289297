"""Which kernels a board gets: native, else viper, else plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tinycl.exceptions import FlashError
from tinycl.flash.identity import Identity
from tinycl.flash.native import find_native, why_not

__all__ = ["CHOICES", "Kernels", "choose"]

CHOICES = ("auto", "native", "viper", "reference")


@dataclass(frozen=True)
class Kernels:
    """The kernels for one board.

    Attributes
    ----------
    name : str
        ``native``, ``viper`` or ``reference``, as ``tinycl_rt.backend`` names them.
    modules : dict of str to Path
        Native modules, by file name.
    why : str
        What decided it, for people.
    """

    name: str
    modules: dict[str, Path]
    why: str


def choose(board: Identity, wanted: str = "auto", given: Path | None = None) -> Kernels:
    """Choose the fastest kernels that `board` loads, or the ones that are `wanted`.

    Parameters
    ----------
    board
    wanted
        One of ``CHOICES``.
    given
        Folder with native modules, see ``find_native``.

    Raises
    ------
    FlashError
        The board cannot have what is wanted.
    """
    if wanted not in CHOICES:
        raise FlashError(f"expected kernels {', '.join(CHOICES)}, got {wanted}")
    if wanted == "reference":
        return Kernels("reference", {}, "as asked for")
    if "tinycl_core" in board.builtin:
        return Kernels("native", {}, "compiled into this firmware")
    if not board.arch:
        if wanted != "auto" or given is not None:
            asked = wanted if wanted != "auto" else "native"
            raise FlashError(f"{board.title}: it cannot run {asked} kernels; leave the choice out")
        return Kernels("reference", {}, "this firmware loads no native code")
    if wanted != "viper":
        modules = find_native(board.arch, given)
        if modules:
            return Kernels("native", modules, f"modules in {next(iter(modules.values())).parent}")
        lack = why_not(board.code)
        if wanted == "native":
            raise FlashError(
                f"no native kernels for {board.code}: {lack}; name a folder with "
                f"{board.code}_6.3/*.mpy (--native), or leave the choice to tinycl"
            )
        return Kernels("viper", {}, f"no native kernels for {board.code}: {lack}")
    return Kernels("viper", {}, "as asked for")
