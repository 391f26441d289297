"""Where the tests find things."""

from pathlib import Path

__all__ = ["FIRMWARE", "NATIVE_SOURCES", "ON_BOARD", "PROJECT", "RUNTIME", "VECTORS"]

PROJECT = Path(__file__).resolve().parents[2]
FIRMWARE = PROJECT / "firmware"
RUNTIME = FIRMWARE / "tinycl_rt"
NATIVE_SOURCES = FIRMWARE / "native"
ON_BOARD = PROJECT / "tests" / "on_board"
VECTORS = PROJECT / "tests" / "kernels" / "vectors"
