"""One training step of a binary network, written plainly in float64 from the equations.

Nothing is packed, chunked or shared here; convolutions are loops over the kernel. Tests hold the
trainer and the Keras layers against it.
"""

import numpy as np
import numpy.typing as npt

from tinycl.models.networks import LayerShape, Network

__all__ = ["Reference", "batch_norm", "batch_norm_gradient", "conv_gradients", "convolve"]

Values = npt.NDArray[np.float64]


def sgn(values: Values) -> Values:
    """+1 for 0 and above, else -1."""
    return np.where(values >= 0, 1.0, -1.0)


def convolve(x: Values, w: Values, pad: int) -> Values:
    """(N, H, W, C) by (k, k, C, M), stride 1, zeros around."""
    side = w.shape[0]
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    height, width = x.shape[1] - side + 1, x.shape[2] - side + 1
    return sum(
        x[:, i : i + height, j : j + width] @ w[i, j] for i in range(side) for j in range(side)
    )


def conv_gradients(x: Values, w: Values, dy: Values, pad: int) -> tuple[Values, Values]:
    """dX and dW of `convolve`."""
    side, (height, width) = w.shape[0], dy.shape[1:3]
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    dx, dw = np.zeros_like(padded), np.zeros_like(w)
    for i in range(side):
        for j in range(side):
            dx[:, i : i + height, j : j + width] += dy @ w[i, j].T
            patch = padded[:, i : i + height, j : j + width]
            dw[i, j] = np.einsum("nhwc,nhwm->cm", patch, dy)
    return dx[:, pad : pad + x.shape[1], pad : pad + x.shape[2]], dw


def batch_norm(y: Values, beta: Values) -> tuple[Values, Values, Values, Values]:
    """Xn, X', psi and omega; channels last."""
    axes = tuple(range(y.ndim - 1))
    mu = y.mean(axis=axes)
    psi = np.abs(y - mu).mean(axis=axes)
    centred = (y - mu) / psi
    return centred + beta, centred, psi, np.abs(centred).mean(axis=axes)


def batch_norm_gradient(dxn: Values, centred: Values, psi: Values, omega: Values) -> Values:
    """DY from dXn."""
    axes = tuple(range(dxn.ndim - 1))
    v = dxn / psi
    return v - v.mean(axis=axes) - sgn(centred) * (v * sgn(centred) * omega).mean(axis=axes)


class Reference:
    """Gradients of a whole network, from a trainer's weights and betas."""

    def __init__(self, network: Network, state: dict[str, npt.NDArray[np.generic]]) -> None:
        self.shapes = network.shapes()
        self.weights = [sgn(state[f"{s.name}/weights"].astype(float)) for s in self.shapes]
        self.betas = [state[f"{s.name}/beta"].astype(float) for s in self.shapes]
        self.loss = 0.0

    def gradients(self, x: npt.NDArray[np.generic], y: npt.NDArray[np.generic]) -> dict:
        """By layer's name dW (fan-in, outputs) before its sign, and ``name/beta`` dbeta."""
        kept, value = [], x.astype(float)
        for index, (shape, w, beta) in enumerate(
            zip(self.shapes, self.weights, self.betas, strict=True)
        ):
            value = (sgn(value) if index else value).reshape(len(x), *shape.inputs)
            sums = convolve(value, w.reshape(_kernel(shape)), _pad(shape))
            pooled, mask = _pool(sums, shape.pool)
            xn, *norm = batch_norm(pooled, beta)
            kept.append((value, mask, xn, norm))
            value = xn
        exp = np.exp(value.reshape(len(x), -1))
        probabilities = exp / exp.sum(axis=1, keepdims=True)
        rows = np.arange(len(x))
        self.loss = float(-np.log(probabilities[rows, y]).mean())
        probabilities[rows, y] -= 1
        d = probabilities / len(x)
        found = {}
        for index in reversed(range(len(self.shapes))):
            shape, (value, mask, xn, norm) = self.shapes[index], kept[index]
            d = d.reshape(xn.shape)
            if index < len(self.shapes) - 1:
                d = d * (np.abs(xn) <= 1)
            found[f"{shape.name}/beta"] = d.sum(axis=(0, 1, 2))
            d = batch_norm_gradient(d, *norm)
            d = mask * d.repeat(shape.pool, axis=1).repeat(shape.pool, axis=2)
            w = self.weights[index].reshape(_kernel(shape))
            d, dw = conv_gradients(value, w, d, _pad(shape))
            found[shape.name] = dw.reshape(shape.fan_in, -1)
        return found


def _kernel(shape: LayerShape) -> tuple[int, int, int, int]:
    channels = shape.inputs[2]
    side = round((shape.fan_in / channels) ** 0.5)
    return side, side, channels, shape.outputs[2]


def _pad(shape: LayerShape) -> int:
    return (shape.outputs[0] - shape.inputs[0] + _kernel(shape)[0] - 1) // 2


def _pool(x: Values, side: int) -> tuple[Values, Values]:
    """Largest of each square, and a mask with one 1 for each: the first in reading order."""
    if x.shape[1] % side or x.shape[2] % side:
        raise ValueError("the reference pools whole squares only")
    count, height, width, channels = x.shape
    squares = x.reshape(count, height // side, side, width // side, side, channels)
    squares = squares.transpose(0, 1, 3, 5, 2, 4).reshape(-1, side * side)
    first = squares.argmax(axis=1)
    mask = np.zeros_like(squares)
    mask[np.arange(len(mask)), first] = 1
    shape = (count, height // side, width // side, channels, side, side)
    mask = mask.reshape(shape).transpose(0, 1, 4, 2, 5, 3).reshape(x.shape)
    return squares.max(axis=1).reshape(shape[:4]), mask
