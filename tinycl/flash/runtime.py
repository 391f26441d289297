"""The runtime's files as a board gets them: compiled and packed, or sources."""

from __future__ import annotations

from tinycl.flash.compiler import compile_text
from tinycl.packing.pack import pack
from tinycl.packing.sources import board_sources, is_sound, is_viper, runtime_folder

__all__ = ["runtime_files"]


def runtime_files(
    profile: str, arch: str | None, viper: bool = False, sound: bool = False
) -> dict[str, bytes]:
    """Files by path from ``tinycl_rt``'s folder.

    Parameters
    ----------
    profile
        ``predict``, ``learn`` or ``serve``, see ``tinycl.packing.parts``.
    arch
        Architecture of MicroPython's machine code, "" where it loads none. None: firmware that
        reads sources only, such as CircuitPython's: it gets them as they are, whatever the
        profile, since it takes more heap to compile one large file than many small ones.
    viper
        With the viper kernels.
    sound
        With the sound front end.

    Raises
    ------
    FlashError, MissingExtraError
        A file does not compile, or there is no compiler.
    """
    if arch is None:
        folder = runtime_folder()
        paths = [p for p in board_sources(folder, viper) if sound or not is_sound(p)]
        return {path: (folder / path).read_bytes() for path in paths}
    return {
        path.removesuffix(".py") + ".mpy": compile_text(text, path, arch)
        for path, text in sorted(pack(profile, sound=sound).items())
        if viper or not is_viper(path)
    }
