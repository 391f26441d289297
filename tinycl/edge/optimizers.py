"""Keras optimizers that take gradients as bits and keep float16 momenta.

A kernel's gradient in `tinycl.edge.layers` is a sign over sqrt(fan-in). With
``packed_gradient=True`` a layer hands on the bits alone, and the optimizers here unpack them a
part of a kernel at a time. Momenta of such kernels are kept times sqrt(fan-in), within float16's
range; Adam needs one, since the squares of its gradients are one constant (see
`tinycl.edge.trainer.optimizers`). All other variables, such as beta, are trained in float32.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tinycl.edge.packing import unpack_signs
from tinycl.exceptions import ModelError
from tinycl.keras import import_tensorflow

__all__ = ["Adam", "Bop", "Sgd", "make"]

tf: Any = import_tensorflow()

_PART = 1 << 20
"""Elements of a kernel that are updated at a time."""

_register = tf.keras.utils.register_keras_serializable(package="tinycl")


class _PackedOptimizer(tf.keras.optimizers.Optimizer):
    """Adam for everything but kernels whose gradients are bits.

    Parameters
    ----------
    learning_rate
        Of the kernels.
    other_rate
        Of all other variables.
    """

    def __init__(self, learning_rate: float, other_rate: float = 1e-3, **kwargs: Any) -> None:
        kwargs.setdefault("name", type(self).__name__)
        super().__init__(jit_compile=False, **kwargs)
        self._learning_rate = self._build_learning_rate(learning_rate)
        self.other_rate = other_rate

    def build(self, var_list: Iterable[Any]) -> None:
        """Make one float16 slot for a kernel, two float32 ones for any other variable."""
        super().build(var_list)
        if getattr(self, "_slots", None):
            return
        self._slots: dict[str, list[Any]] = {}
        for variable in var_list:
            is_packed = getattr(variable, "packed_gradient", False)
            kinds = [tf.float16] if is_packed else [tf.float32] * 2
            self._slots[self._var_key(variable)] = [
                tf.Variable(tf.zeros(variable.shape, kind), trainable=False, name=f"slot{number}")
                for number, kind in enumerate(kinds)
            ]
        self._variables.extend(slot for slots in self._slots.values() for slot in slots)

    def aggregate_gradients(self, grads_and_vars: Any) -> Any:
        """Bits cannot be summed over devices: there is one device."""
        return grads_and_vars

    @tf.autograph.experimental.do_not_convert
    def update_step(self, gradient: Any, variable: Any) -> None:
        """Change one variable; uint8 is a kernel's gradient as bits."""
        slots = self._slots[self._var_key(variable)]
        if gradient.dtype != tf.uint8:
            self._adam(gradient, variable, *slots)
            return
        variable = getattr(variable, "latent_variable", variable)
        for start, stop in _parts(variable.shape):
            first, last = (n * _row(variable.shape) // 8 for n in (start, stop))
            bits = gradient[first:] if stop == variable.shape[0] else gradient[first:last]
            w = variable[start:stop]
            g = unpack_signs(bits[None], w.shape)[0]
            g *= tf.cast(tf.abs(w) <= 1, tf.float32)
            momentum = tf.cast(slots[0][start:stop], tf.float32)
            w, momentum = self.change(w, g, momentum, _fan_in(variable.shape) ** -0.5)
            slots[0][start:stop].assign(tf.cast(momentum, tf.float16))
            variable[start:stop].assign(w)

    def change(self, w: Any, g: Any, momentum: Any, unit: float) -> tuple[Any, Any]:
        """New weights and momentum from signs ``g``; gradient and momentum are in ``unit``."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """What makes the same optimizer again."""
        rate = self._serialize_hyperparameter(self._learning_rate)
        return {**super().get_config(), "learning_rate": rate, "other_rate": self.other_rate}

    def _adam(self, g: Any, variable: Any, m: Any, v: Any) -> None:
        step = tf.cast(self.iterations + 1, tf.float32)
        m.assign_add((g - m) * 0.1)
        v.assign_add((g * g - v) * 0.001)
        rate = self.other_rate * tf.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        variable.assign_sub(rate * m / (tf.sqrt(v) + 1e-7))


@_register
class Adam(_PackedOptimizer):
    """Adam with one momentum a weight."""

    def __init__(self, learning_rate: float = 1e-3, beta_1: float = 0.9, **kwargs: Any) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = beta_1

    def change(self, w: Any, g: Any, momentum: Any, unit: float) -> tuple[Any, Any]:
        """Move against the momentum, corrected for its start at zero."""
        momentum += (1 - self.beta_1) * (g - momentum)
        step = tf.cast(self.iterations + 1, tf.float32)
        return w - self.learning_rate / (1 - self.beta_1**step) * momentum, momentum

    def get_config(self) -> dict[str, Any]:
        """What makes the same optimizer again."""
        return {**super().get_config(), "beta_1": self.beta_1}


@_register
class Sgd(_PackedOptimizer):
    """Stochastic gradient descent with momentum."""

    def __init__(self, learning_rate: float = 0.01, momentum: float = 0.9, **kwargs: Any) -> None:
        super().__init__(learning_rate, **kwargs)
        self.momentum = momentum

    def change(self, w: Any, g: Any, momentum: Any, unit: float) -> tuple[Any, Any]:
        """Add the gradient to the velocity and move against it."""
        momentum = self.momentum * momentum + g
        return w - self.learning_rate * unit * momentum, momentum

    def get_config(self) -> dict[str, Any]:
        """What makes the same optimizer again."""
        return {**super().get_config(), "momentum": self.momentum}


@_register
class Bop(_PackedOptimizer):
    """Binary optimizer: weights are signs, which flip; ``learning_rate`` is its gamma.

    ``threshold`` counts in units of the largest gradient.
    """

    def __init__(self, learning_rate: float = 1e-3, threshold: float = 0.1, **kwargs: Any) -> None:
        super().__init__(learning_rate, **kwargs)
        self.threshold = threshold

    def change(self, w: Any, g: Any, momentum: Any, unit: float) -> tuple[Any, Any]:
        """Flip the weights whose average gradient exceeds the threshold with their own sign."""
        momentum += self.learning_rate * (g - momentum)
        signs = tf.where(w < 0, -tf.ones([]), tf.ones([]))
        return tf.where(momentum * signs > self.threshold, -signs, signs), momentum

    def get_config(self) -> dict[str, Any]:
        """What makes the same optimizer again."""
        return {**super().get_config(), "threshold": self.threshold}


def make(name: str) -> Any:
    """``adam``, ``sgd`` or ``bop`` with its own settings.

    Raises
    ------
    ModelError
        No such optimizer.
    """
    kinds = {"adam": Adam, "sgd": Sgd, "bop": Bop}
    if name not in kinds:
        raise ModelError(f"expected an optimizer of {', '.join(kinds)}, got {name!r}")
    return kinds[name]()


def _row(shape: Any) -> int:
    """Elements of one row."""
    return int(shape.num_elements()) // int(shape[0])


def _fan_in(shape: Any) -> int:
    return int(shape.num_elements()) // int(shape[-1])


def _parts(shape: Any) -> list[tuple[int, int]]:
    """Rows to update at a time: whole bytes of gradient each."""
    rows, row = int(shape[0]), _row(shape)
    each = max(1, _PART // row)
    while each * row % 8 and each < rows:
        each += 1
    return [(start, min(start + each, rows)) for start in range(0, rows, each)]
