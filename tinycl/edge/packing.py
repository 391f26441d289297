"""Bits in TensorFlow: eight flags a byte, in a handful of whole-tensor operations."""

from __future__ import annotations

from typing import Any

from tinycl.keras import import_tensorflow

__all__ = ["pack", "unpack", "unpack_signs"]

tf: Any = import_tensorflow()

_GATHER = 0x0102040810204080  # moves the lowest bit of byte i to bit 56 + i, without a carry
_REPEAT = 0x0101010101010101
_SELECT = 0x8040201008040201  # bit i of byte i


def pack(flags: Any) -> Any:
    """Pack a boolean tensor (samples, ...).

    Returns
    -------
    uint8 tensor (samples, ceil(elements / 8))
        Element i of a sample is bit ``i % 8``, least significant first, of byte ``i // 8``.
    """
    size = flags.shape[1:].num_elements()
    bytes_ = tf.cast(tf.reshape(flags, [-1, size]), tf.uint8)
    if size % 8:
        bytes_ = tf.pad(bytes_, [[0, 0], [0, -size % 8]])
    words = tf.bitcast(tf.reshape(bytes_, [-1, (size + 7) // 8, 8]), tf.uint64)
    words *= tf.constant(_GATHER, tf.uint64)
    return tf.cast(tf.bitwise.right_shift(words, tf.constant(56, tf.uint64)), tf.uint8)


def unpack(packed: Any, shape: Any) -> Any:
    """The boolean tensor that was packed.

    Parameters
    ----------
    shape
        Of one sample.
    """
    size = tf.TensorShape(shape).num_elements()
    words = tf.cast(packed, tf.uint64) * tf.constant(_REPEAT, tf.uint64)
    words = tf.bitwise.bitwise_and(words, tf.constant(_SELECT, tf.uint64))
    bytes_ = tf.reshape(tf.bitcast(words, tf.uint8), [-1, (size + 7) // 8 * 8])
    return tf.reshape(bytes_[:, :size] > 0, [-1, *shape])


def unpack_signs(packed: Any, shape: Any) -> Any:
    """Float32 -1 where a flag is set, else +1; ``shape`` is that of one sample."""
    return 1 - 2 * tf.cast(unpack(packed, shape), tf.float32)
