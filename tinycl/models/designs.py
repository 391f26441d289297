"""Backbones designed by hand, one for each model of the zoo. No TensorFlow here.

`choose_architecture` does not find them: a strided first convolution and a pooling with overlap
leave more of the instructions of an inference to the wide layers behind.
"""

from tinycl.exceptions import ModelError
from tinycl.models.architecture import SIZES, Architecture, ConvSpec, choose_architecture

__all__ = ["DESIGNS", "architecture_for", "check_size"]

Shape = tuple[int, int, int]
LayerDesign = tuple[int, tuple[int, int], tuple[int, int], str, tuple[int, int], tuple[int, int]]

_NONE = (1, 1)
_SQUARE = (3, 3)


def architecture_for(input_shape: Shape, size: str) -> Architecture:
    """The architecture of a size: a flash budget, or the name of a design.

    Raises
    ------
    ModelError
        No such size, a design for another input shape, or as `choose_architecture` says.
    """
    check_size(size)
    if size not in DESIGNS:
        return choose_architecture(input_shape, size)
    wanted, architecture = DESIGNS[size]
    if tuple(input_shape) != wanted:
        raise ModelError(f"{size} is made for inputs of {wanted}, got {tuple(input_shape)}")
    return architecture


def check_size(size: str) -> None:
    """Refuse a size that is neither a budget nor a design, as a ModelError."""
    if size not in SIZES and size not in DESIGNS:
        known = ", ".join([*SIZES, *DESIGNS])
        raise ModelError(f"unknown backbone size {size!r}: choose one of {known}")


def _architecture(
    shape: Shape,
    *layers: LayerDesign,
    joins: dict[int, tuple[int, ...]] | None = None,
    latent_joins: tuple[int, ...] = (),
) -> Architecture:
    """Layers as (filters, kernel, strides, padding, pool, strides of the pool).

    ``joins`` are the earlier layers that a layer reads besides the one before it.
    """
    size, convs = shape[:2], []
    for index, (_, kernel, strides, padding, pool, hop) in enumerate(layers):
        cut = _NONE if padding == "same" else kernel
        conv = _slide(size, cut, strides)
        size = _slide(conv, pool, hop)
        joined = (joins or {}).get(index, ())
        convs.append(ConvSpec(kernel, padding, pool, conv, size, strides, hop, joined))
    return Architecture(shape[2], tuple(convs), tuple(layer[0] for layer in layers), latent_joins)


def _slide(size: tuple[int, int], window: tuple[int, int], by: tuple[int, int]) -> tuple[int, int]:
    rows, columns = ((n - w) // s + 1 for n, w, s in zip(size, window, by, strict=True))
    return rows, columns


def _colour(width: int) -> Architecture:
    return _architecture(
        _COLOUR,
        (width, _SQUARE, (2, 2), "valid", _NONE, _NONE),
        (width, _SQUARE, _NONE, "valid", (3, 3), (2, 2)),
        (2 * width, _SQUARE, _NONE, "same", _NONE, _NONE),
        (2 * width, _SQUARE, _NONE, "same", _NONE, _NONE),
        (4 * width, _SQUARE, _NONE, "valid", _NONE, _NONE),
    )


def _joined(
    widths: tuple[int, ...],
    joins: dict[int, tuple[int, ...]],
    latent_joins: tuple[int, ...] = (),
) -> Architecture:
    """The first two layers of `_colour`, then layers of 6x6 and of 4x4 maps.

    One layer has a 4x4 map, the last; two if bits of an earlier one are latents too.
    """
    first, second, *rest = widths
    shrinks = len(rest) - (2 if latent_joins else 1)
    paddings = ["valid" if index == shrinks else "same" for index in range(len(rest))]
    return _architecture(
        _COLOUR,
        (first, _SQUARE, (2, 2), "valid", _NONE, _NONE),
        (second, _SQUARE, _NONE, "valid", (3, 3), (2, 2)),
        *[(n, _SQUARE, _NONE, p, _NONE, _NONE) for n, p in zip(rest, paddings, strict=True)],
        joins=joins,
        latent_joins=latent_joins,
    )


def _motion(shape: Shape) -> Architecture:
    return _architecture(
        shape,
        (64, (5, 1), (2, 1), "valid", _NONE, _NONE),
        (128, (3, 1), _NONE, "valid", (2, 1), (2, 1)),
        (128, (3, 1), _NONE, "valid", (2, 1), (2, 1)),
        (128, (3, 1), _NONE, "valid", _NONE, _NONE),
    )


_COLOUR: Shape = (32, 32, 3)
_GREY: Shape = (28, 28, 1)
_MOTION: Shape = (128, 1, 3)
_MOTION6: Shape = (128, 1, 6)
_SPEECH: Shape = (49, 40, 1)
DESIGNS: dict[str, tuple[Shape, Architecture]] = {
    "colour-s": (_COLOUR, _colour(64)),
    "colour-l": (_COLOUR, _colour(96)),
    "colour-dense": (
        _COLOUR,
        _joined((64, 64, 64, 64, 64, 128), {3: (1,), 4: (1, 2), 5: (1, 2, 3)}),
    ),
    "colour-two-depths": (_COLOUR, _joined((64, 64, 128, 128, 128, 128), {}, (4,))),
    "colour-s2": (
        _COLOUR,
        _joined((64, 64, 64, 96, 128, 128), {3: (1,), 4: (1, 2)}, (4,)),
    ),
    "grey": (
        _GREY,
        _architecture(
            _GREY,
            (32, (5, 5), (2, 2), "valid", _NONE, _NONE),
            (64, _SQUARE, _NONE, "same", (2, 2), (2, 2)),
            (128, _SQUARE, _NONE, "same", _NONE, _NONE),
            (128, _SQUARE, _NONE, "valid", _NONE, _NONE),
        ),
    ),
    "grey2": (
        _GREY,
        _architecture(
            _GREY,
            (32, (5, 5), (2, 2), "valid", _NONE, _NONE),
            (64, _SQUARE, _NONE, "same", (2, 2), (2, 2)),
            (64, _SQUARE, _NONE, "same", _NONE, _NONE),
            (64, _SQUARE, _NONE, "same", _NONE, _NONE),
            (128, _SQUARE, _NONE, "valid", _NONE, _NONE),
            joins={3: (1,), 4: (2,)},
        ),
    ),
    # Small patterns of time and frequency, then whole spectra, then their order.
    "speech": (
        _SPEECH,
        _architecture(
            _SPEECH,
            (32, (5, 5), (2, 2), "valid", _NONE, _NONE),
            (64, _SQUARE, _NONE, "valid", (3, 3), (2, 2)),
            (192, (3, 7), _NONE, "valid", _NONE, _NONE),
            (192, (3, 1), _NONE, "same", _NONE, _NONE),
        ),
    ),
    "motion": (_MOTION, _motion(_MOTION)),
    "motion6": (_MOTION6, _motion(_MOTION6)),
}
"""By name: the input's shape and the architecture."""
