"""Operations whose gradients need bits alone (2102.04270, algorithm 2), for Keras layers.

A framework keeps the input of an operation until the gradient asks for it. Each function here
keeps what its own gradient captures, packed, and nothing else. Gradients unpack under a control
dependency on the gradient that comes in: without one, TensorFlow may unpack long before, or find
that the same floats were already there and keep those.
"""

from __future__ import annotations

from typing import Any

from tinycl.edge.packing import pack, unpack, unpack_signs
from tinycl.models.keras_setup import import_larq, import_tensorflow

__all__ = ["binary_conv", "binary_dense", "l1_batch_norm", "max_pool"]

tf: Any = import_tensorflow()
lq: Any = import_larq()


class _Input:
    """The input of a product: signs and window as bits, or real and the caller's."""

    def __init__(self, x: Any, is_signed: bool) -> None:
        self.shape = tf.shape(x)
        self._is_signed = is_signed
        self._kept: tuple[Any, ...] = (pack(x < 0), pack(tf.abs(x) <= 1)) if is_signed else (x,)
        self.factor = lq.math.sign(x) if is_signed else x

    def again(self) -> Any:
        """What the weights were multiplied with."""
        return unpack_signs(self._kept[0], self.shape) if self._is_signed else self._kept[0]

    def through(self, dx: Any) -> Any:
        """The gradient of the input from that of the factor: zero outside of |x| <= 1."""
        if not self._is_signed:
            return dx
        return tf.where(unpack(self._kept[1], self.shape), dx, tf.zeros([], dx.dtype))


def binary_dense(x: Any, kernel: Any, is_signed: bool, is_packed: bool) -> Any:
    """``sgn(x) . sgn(kernel)``; gradient of the kernel as in `sign_gradient`.

    Parameters
    ----------
    x
        (samples, fan-in).
    kernel
        (fan-in, units).
    is_signed
        Whether the sign of ``x`` is taken; a network's first layer takes ``x`` as it is.
    is_packed
        Whether the gradient of the kernel is handed on as bits.
    """

    @tf.custom_gradient
    def product(x: Any, kernel: Any) -> Any:
        kept = _Input(x, is_signed)

        def gradient(dy: Any) -> tuple[Any, Any]:
            with tf.control_dependencies([dy]):
                dx = tf.matmul(dy, lq.math.sign(kernel), transpose_b=True)
                dw = tf.matmul(kept.again(), dy, transpose_a=True)
                return kept.through(dx), sign_gradient(dw, kernel, is_packed)

        y = tf.matmul(kept.factor, lq.math.sign(kernel))
        del kept.factor
        return y, gradient

    return product(x, kernel)


def binary_conv(x: Any, kernel: Any, is_signed: bool, is_packed: bool, how: dict[str, Any]) -> Any:
    """The same for a convolution (samples, height, width, channels) by (k, k, channels, units).

    Parameters
    ----------
    how
        ``strides`` of the four dimensions, ``padding``: ``VALID``, or ``SAME`` with zeros.
    """

    @tf.custom_gradient
    def product(x: Any, kernel: Any) -> Any:
        kept = _Input(x, is_signed)

        def gradient(dy: Any) -> tuple[Any, Any]:
            with tf.control_dependencies([dy]):
                dw = tf.raw_ops.Conv2DBackpropFilter(
                    input=kept.again(),
                    filter_sizes=tf.shape(kernel),
                    out_backprop=dy,
                    **how,
                )
            with tf.control_dependencies([dw]):
                dx = tf.raw_ops.Conv2DBackpropInput(
                    input_sizes=kept.shape,
                    filter=lq.math.sign(kernel),
                    out_backprop=dy,
                    **how,
                )
                return kept.through(dx), sign_gradient(dw, kernel, is_packed)

        y = tf.nn.conv2d(kept.factor, lq.math.sign(kernel), **how)
        del kept.factor
        return y, gradient

    return product(x, kernel)


def sign_gradient(dw: Any, kernel: Any, is_packed: bool) -> Any:
    """``sgn(dw) / sqrt(fan-in)``, sgn(0) = +1, and 0 where |kernel| > 1.

    Packed: bits of sgn(dw) alone; scale and window are left to the optimizer.
    """
    if is_packed:
        return pack(dw < 0)
    fan_in = tf.cast(tf.size(kernel) // tf.shape(kernel)[-1], tf.float32)
    unit = tf.math.rsqrt(fan_in)
    signs = tf.where(dw >= 0, unit, -unit)
    return tf.where(tf.abs(kernel) <= 1, signs, tf.zeros([]))


def l1_batch_norm(y: Any, beta: Any, epsilon: float) -> tuple[Any, Any, Any]:
    """Normalise by the mean magnitude: ``X' = (Y - mu) / psi; Xn = X' + beta``.

    Kept: sgn(X') as bits; 1 / psi and omega = mean|X'|, vectors. The gradient is that of
    `tinycl.edge.trainer.norm.L1Norm`.

    Parameters
    ----------
    y
        (..., channels).
    epsilon
        A channel with psi below this gives X' = 0 and passes no gradient.

    Returns
    -------
    tensors
        Xn, mu and psi; no gradient flows through the last two.
    """
    axes = list(range(y.shape.rank - 1))

    @tf.custom_gradient
    def normalise(y: Any, beta: Any) -> Any:
        shape = tf.shape(y)
        mu = tf.reduce_mean(y, axes)
        centred = y - mu
        psi = tf.reduce_mean(tf.abs(centred), axes)
        inverse = tf.where(psi > epsilon, 1 / tf.maximum(psi, epsilon), tf.zeros([]))
        centred *= inverse
        omega = tf.reduce_mean(tf.abs(centred), axes)
        before = pack(centred < 0)

        def gradient(dxn: Any, *_: Any) -> tuple[Any, Any]:
            with tf.control_dependencies([dxn]):
                signs = unpack_signs(before, shape)
                v = dxn * inverse
                weighted = tf.reduce_mean(v * signs, axes) * omega
                dy = v - tf.reduce_mean(v, axes) - signs * weighted
                return dy, tf.reduce_sum(dxn, axes)

        return (centred + beta, mu, psi), gradient

    return normalise(y, beta)


def max_pool(x: Any, side: int) -> Any:
    """Maximum of squares that do not overlap; keeps one bit for each input.

    The gradient goes to the first largest element of a square, in reading order.
    """

    @tf.custom_gradient
    def pool(x: Any) -> Any:
        shape = tf.shape(x)
        height, width = shape[1] // side, shape[2] // side
        cropped = x[:, : height * side, : width * side]
        squares = tf.split(tf.nn.space_to_depth(cropped, side), side * side, axis=-1)
        y = squares[0]
        for square in squares[1:]:
            y = tf.maximum(y, square)
        flags, is_open = [], tf.ones_like(y, tf.bool)
        for square in squares:
            flags.append(is_open & tf.equal(square, y))
            is_open = is_open & ~flags[-1]
        mask = pack(tf.concat(flags, -1))

        def gradient(dy: Any) -> Any:
            with tf.control_dependencies([dy]):
                grown = tf.tile(dy, [1, 1, 1, side * side])
                chosen = unpack(mask, tf.shape(grown))
                dx = tf.nn.depth_to_space(tf.where(chosen, grown, tf.zeros([])), side)
                rest = shape - tf.shape(dx)
                return tf.pad(dx, [[0, 0], [0, rest[1]], [0, rest[2]], [0, 0]])

        return y, gradient

    return pool(x)
