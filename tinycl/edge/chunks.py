"""Work through a batch a few samples at a time, so that intermediate tensors stay small."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tinycl.keras import import_tensorflow

__all__ = ["in_chunks"]

tf: Any = import_tensorflow()

_ELEMENTS = 1 << 19
"""Of the largest tensor, in one chunk."""

_SMALL = 1 << 14
"""Elements of a sample up to which a batch goes in one piece: a loop costs memory too."""


def in_chunks(
    function: Callable[..., tuple[Sequence[Any], Sequence[Any]]],
    tensors: Sequence[Any],
    size: int,
    joined: Sequence[tuple[Any, Sequence[int]]],
    sums: Sequence[Any] = (),
) -> tuple[list[Any], list[Any]]:
    """Call a function on slices of tensors, one after the other.

    Parameters
    ----------
    function
        Takes slices of ``tensors`` along their first axis; returns two lists: tensors whose first
        axis is the slice's, and tensors to add up.
    size
        Elements of one sample in the largest tensor.
    joined
        Type, and shape of one sample, of each tensor of the first list.
    sums
        Zeros, to which the second list is added.

    Returns
    -------
    lists
        The first list's tensors joined, the second's added up.
    """
    if size <= _SMALL:
        found, added = function(*tensors)
        return list(found), [total + t for total, t in zip(sums, added, strict=True)]
    each = max(1, _ELEMENTS // size)
    count = tf.shape(tensors[0])[0]

    def body(start: Any, arrays: Sequence[Any], totals: Sequence[Any]) -> tuple[Any, ...]:
        found, added = function(*(tensor[start : start + each] for tensor in tensors))
        index = start // each
        arrays = [array.write(index, t) for array, t in zip(arrays, found, strict=True)]
        totals = [total + t for total, t in zip(totals, added, strict=True)]
        return start + each, arrays, totals

    arrays = [
        tf.TensorArray(kind, (count + each - 1) // each, False, infer_shape=False)
        for kind, _ in joined
    ]
    _, arrays, totals = tf.while_loop(
        lambda start, *_: start < count, body, (0, arrays, list(sums)), parallel_iterations=1
    )
    results = [array.concat() for array in arrays]
    for result, (_, shape) in zip(results, joined, strict=True):
        result.set_shape([None, *shape])
    return results, totals
