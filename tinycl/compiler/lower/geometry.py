"""Windows of convolutions and poolings: padding and output size as TensorFlow defines them."""

from tinycl.compiler.graph import Node
from tinycl.compiler.ir import Window
from tinycl.exceptions import CompileError

__all__ = ["taps_inside", "window_of"]

Shape = tuple[int, int, int]


def window_of(node: Node, shape: Shape, kh: int, kw: int, channels: int) -> tuple[Window, Shape]:
    """Window and output shape of an operator on an input of this shape.

    Raises
    ------
    CompileError
        Dilation, or an output that the graph declares otherwise.
    """
    options = node.options
    for key in ("dilation_height_factor", "dilation_width_factor"):
        if options.get(key, 1) != 1:
            raise CompileError(f"{node.name} is dilated: use dilation_rate=1")
    sh, sw = options["stride_height"], options["stride_width"]
    h, w, _ = shape
    if options["same"]:
        oh, ow = -(-h // sh), -(-w // sw)
        top = max((oh - 1) * sh + kh - h, 0) // 2
        left = max((ow - 1) * sw + kw - w, 0) // 2
    else:
        oh, ow = (h - kh) // sh + 1, (w - kw) // sw + 1
        top = left = 0
    declared = node.outputs[0].shape
    if declared[:2] != (oh, ow):
        raise CompileError(f"{node.name} should make {oh} x {ow} outputs, declares {declared}")
    return Window(kh, kw, sh, sw, top, left), (oh, ow, channels)


def taps_inside(window: Window, shape: Shape, out: Shape) -> int:
    """Kernel taps that fall inside the image, over all output positions."""

    def axis(n: int, o: int, k: int, s: int, p: int) -> int:
        return sum(min(i * s - p + k, n) - max(i * s - p, 0) for i in range(o))

    return axis(shape[0], out[0], window.kh, window.sh, window.top) * axis(
        shape[1], out[1], window.kw, window.sw, window.left
    )
