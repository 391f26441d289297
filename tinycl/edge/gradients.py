"""Operations whose gradients need bits alone (2102.04270, algorithm 2), for Keras layers.

A framework keeps the input of an operation until the gradient asks for it. Each function here
keeps what its own gradient captures, packed, and nothing else. Gradients start under a control
dependency on the gradient that comes in: without one, TensorFlow may unpack long before, or find
that the same floats were already there and keep those. Large batches go through in chunks; and
what is packed is packed before the operation that can then overwrite its input.
"""

from __future__ import annotations

from math import prod
from typing import Any

from tinycl.edge.chunks import in_chunks
from tinycl.edge.packing import pack, unpack, unpack_signs
from tinycl.keras import import_larq, import_tensorflow

__all__ = ["binary_conv", "binary_dense", "l1_batch_norm", "max_pool"]

tf: Any = import_tensorflow()
lq: Any = import_larq()

_as_is = tf.autograph.experimental.do_not_convert  # saves seconds, and memory, when traced


@_as_is
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
        saved, factor = _save(x, is_signed)

        def gradient(dy: Any) -> tuple[Any, Any]:
            with tf.control_dependencies([dy]):
                again = unpack_signs(saved[0], x.shape[1:]) if is_signed else saved[0]
                dw = tf.matmul(again, dy, transpose_a=True)
                dx = tf.matmul(dy, lq.math.sign(kernel), transpose_b=True)
                return _through(dx, saved), sign_gradient(dw, kernel, is_packed)

        with tf.control_dependencies([factor]):  # not all kernels at the start of a step
            return tf.matmul(factor, lq.math.sign(kernel)), gradient

    return product(x, kernel)


@_as_is
def binary_conv(x: Any, kernel: Any, is_signed: bool, is_packed: bool, how: dict[str, Any]) -> Any:
    """The same for a convolution (samples, height, width, channels) by (k, k, channels, units).

    Parameters
    ----------
    how
        ``strides`` of the four dimensions, ``padding``: ``VALID``, or ``SAME`` with zeros.
    """

    @tf.custom_gradient
    def product(x: Any, kernel: Any) -> Any:
        saved, factor = _save(x, is_signed)
        with tf.control_dependencies([factor]):  # not all kernels at the start of a step
            y = tf.nn.conv2d(factor, lq.math.sign(kernel), **how)

        def gradient(dy: Any) -> tuple[Any, Any]:
            with tf.control_dependencies([dy]):
                signs = lq.math.sign(kernel)

                def part(dy: Any, *saved: Any) -> tuple[list[Any], list[Any]]:
                    again = unpack_signs(saved[0], x.shape[1:]) if is_signed else saved[0]
                    dw = tf.raw_ops.Conv2DBackpropFilter(
                        input=again, filter_sizes=tf.shape(signs), out_backprop=dy, **how
                    )
                    dx = tf.raw_ops.Conv2DBackpropInput(
                        input_sizes=tf.shape(again), filter=signs, out_backprop=dy, **how
                    )
                    return [_through(dx, saved)], [dw]

                size = max(prod(x.shape[1:]), prod(y.shape[1:]))
                zeros = [tf.zeros(kernel.shape)]
                (dx,), (dw,) = in_chunks(
                    part, [dy, *saved], size, [(tf.float32, x.shape[1:])], zeros
                )
                return dx, sign_gradient(dw, kernel, is_packed)

        return y, gradient

    return product(x, kernel)


def sign_gradient(dw: Any, kernel: Any, is_packed: bool) -> Any:
    """``sgn(dw) / sqrt(fan-in)``, sgn(0) = +1, and 0 where |kernel| > 1.

    Packed: bits of sgn(dw) alone; scale and window are left to the optimizer.
    """
    if is_packed:
        return tf.reshape(pack(tf.reshape(dw < 0, [1, kernel.shape.num_elements()])), [-1])
    unit = prod(kernel.shape[:-1]) ** -0.5
    signs = tf.where(dw >= 0, unit, -unit)
    return tf.where(tf.abs(kernel) <= 1, signs, tf.zeros([]))


@_as_is
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
    size = prod(y.shape[1:])

    @tf.custom_gradient
    def normalise(y: Any, beta: Any) -> Any:
        count = tf.cast(tf.size(y) // y.shape[-1], tf.float32)
        mu = tf.reduce_mean(y, axes)
        nothing = tf.zeros_like(mu)

        def weigh(y: Any) -> tuple[list[Any], list[Any]]:
            return [pack(y < mu)], [tf.reduce_sum(tf.abs(y - mu), axes)]

        (before,), (magnitude,) = in_chunks(weigh, [y], size, [_bits(size)], [nothing])
        psi = magnitude / count
        inverse = tf.where(psi > epsilon, 1 / tf.maximum(psi, epsilon), nothing)
        omega = psi * inverse  # mean|X'|

        def gradient(dxn: Any, *unused: Any) -> tuple[Any, Any]:
            def weigh_signs(dxn: Any, before: Any) -> tuple[list[Any], list[Any]]:
                signed = dxn * unpack_signs(before, y.shape[1:])
                return [], [tf.reduce_sum(signed, axes)]

            with tf.control_dependencies([dxn]):
                dbeta = tf.reduce_sum(dxn, axes)
                _, (signed,) = in_chunks(weigh_signs, [dxn, before], size, [], [nothing])
                mean = inverse / count * dbeta
                weighted = inverse / count * signed * omega
            with tf.control_dependencies([mean, weighted]):
                is_negative = unpack(before, y.shape[1:])
                rest = tf.where(is_negative, mean - weighted, mean + weighted)
                return dxn * inverse - rest, dbeta

        with tf.control_dependencies([before, inverse]):
            xn = (y - mu) * inverse + beta
        return (xn, mu, psi), gradient

    return normalise(y, beta)


@_as_is
def max_pool(x: Any, side: int) -> Any:
    """Maximum of squares that do not overlap; keeps one bit for each input.

    The gradient goes to the first largest element of a square, in reading order.
    """
    height, width, channels = x.shape[1:]
    rows, columns = height // side, width // side
    size = height * width * channels

    @tf.custom_gradient
    def pool(x: Any) -> Any:
        y = tf.nn.max_pool2d(x, side, side, "VALID")

        def choose(x: Any, y: Any) -> tuple[list[Any], list[Any]]:
            cropped = x[:, : rows * side, : columns * side]
            flags, is_open = [], tf.ones_like(y, tf.bool)
            for square in tf.split(tf.nn.space_to_depth(cropped, side), side * side, axis=-1):
                flags.append(is_open & tf.equal(square, y))
                is_open = is_open & ~flags[-1]
            return [pack(tf.concat(flags, -1))], []

        (mask,), _ = in_chunks(
            choose, [x, y], size, [_bits(rows * columns * side * side * channels)]
        )

        def gradient(dy: Any) -> Any:
            def grow(dy: Any, mask: Any) -> tuple[list[Any], list[Any]]:
                chosen = unpack(mask, (rows, columns, side * side * channels))
                grown = tf.tile(dy, [1, 1, 1, side * side]) * tf.cast(chosen, tf.float32)
                dx = tf.nn.depth_to_space(grown, side)
                rest = [[0, height - rows * side], [0, width - columns * side]]
                return [tf.pad(dx, [[0, 0], *rest, [0, 0]])], []

            with tf.control_dependencies([dy]):
                (dx,), _ = in_chunks(grow, [dy, mask], size, [(tf.float32, x.shape[1:])])
                return dx

        return y, gradient

    return pool(x)


def _save(x: Any, is_signed: bool) -> tuple[tuple[Any, ...], Any]:
    """What the gradient needs of an input, and the factor that the weights are multiplied with.

    Signs and window as bits, or the real input, which is the caller's.
    """
    if not is_signed:
        return (x,), x

    def part(x: Any) -> tuple[list[Any], list[Any]]:
        return [pack(x < 0), pack(tf.abs(x) <= 1)], []

    size = prod(x.shape[1:])
    (signs, window), _ = in_chunks(part, [x], size, [_bits(size)] * 2)
    with tf.control_dependencies([signs, window]):
        return (signs, window), lq.math.sign(x)


def _through(dx: Any, saved: tuple[Any, ...]) -> Any:
    """The gradient of the input from that of the factor: zero outside of |x| <= 1."""
    if len(saved) == 1:
        return dx
    return tf.where(unpack(saved[1], dx.shape[1:]), dx, tf.zeros([]))


def _bits(size: int) -> tuple[Any, list[int]]:
    """Type and shape of a sample's packed bits."""
    return tf.uint8, [(size + 7) // 8]
