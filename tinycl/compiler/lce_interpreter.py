"""The reference of all comparisons: Larq Compute Engine's own interpreter of ``.tflite`` files."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tinycl.compiler.graph import read_graph
from tinycl.exceptions import CompileError, DataError, ModelError
from tinycl.keras import import_lce

__all__ = ["LceInterpreter"]


class LceInterpreter:
    """Runs one converted model on pixels, sample by sample, as LCE does it.

    Parameters
    ----------
    flatbuffer
        Bytes of a ``.tflite`` file with one float32 input (1, H, W, C) and one output.

    Raises
    ------
    ModelError
        The bytes are not such a file.
    MissingExtraError
        Larq Compute Engine is not installed.

    Example
    -------
    >>> latents = LceInterpreter(Path("backbone.tflite").read_bytes()).run(x_test[:100])
    """

    def __init__(self, flatbuffer: bytes) -> None:
        lce = import_lce()
        try:
            read_graph(flatbuffer)  # the interpreter itself would crash the process on a cut file
        except CompileError as error:
            raise ModelError(str(error)) from error
        try:
            self._interpreter: Any = _interpreter(lce, bytes(flatbuffer))
            shapes = self._interpreter.input_shapes
            types = [np.dtype(kind) for kind in self._interpreter.input_types]
            outputs = len(self._interpreter.output_shapes)
        except Exception as error:
            raise ModelError(
                f"LCE's interpreter cannot load this .tflite: {_said(error)}"
            ) from error
        if len(shapes) != 1 or outputs != 1 or types != [np.dtype(np.float32)]:
            raise ModelError(
                f"expected one float32 input and one output, got inputs {shapes} of "
                f"{[str(kind) for kind in types]} and {outputs} outputs"
            )
        self.input_shape: tuple[int, ...] = tuple(int(n) for n in shapes[0][1:])

    def run(self, x: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
        """Outputs for pixels.

        Parameters
        ----------
        x
            uint8 (N, H, W, C), N at least 1.

        Returns
        -------
        numpy.ndarray
            (N, ...), of the output's type: for a backbone float32 latents of -1 and +1.

        Raises
        ------
        DataError
            The pixels are not uint8, or not of the model's input shape.
        ModelError
            The interpreter fails on them.
        """
        x = np.asarray(x)
        if x.dtype != np.uint8 or x.shape[1:] != self.input_shape or len(x) == 0:
            raise DataError(
                f"expected uint8 pixels (N, {', '.join(map(str, self.input_shape))}), "
                f"got {x.dtype} {x.shape}"
            )
        try:
            return np.asarray(self._interpreter.predict(x.astype(np.float32)))
        except Exception as error:
            raise ModelError(
                f"LCE's interpreter cannot run this .tflite: {_said(error)}"
            ) from error


def _interpreter(lce: Any, flatbuffer: bytes) -> Any:
    """LCE's default kernels; those by indirect GEMM where a convolution has groups."""
    try:
        return lce.testing.Interpreter(flatbuffer)
    except RuntimeError:  # "Grouped binary convolutions are not supported with this kernel."
        return lce.testing.Interpreter(flatbuffer, use_indirect_bgemm=True)


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
