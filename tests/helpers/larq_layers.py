"""Layers of small models for the tests of the compiler, and what every compiled one must pass."""

from collections.abc import Callable
from typing import Any

import numpy as np
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.model.backbone import Backbone

from helpers.random_larq import convert, lq, tf
from tinycl.compiler.compiler import Compiled, compile_tflite
from tinycl.compiler.verify import random_pixels, relative_error, verify
from tinycl.inference import latents_and_outputs

__all__ = ["SIGNS", "agrees", "binary", "layers", "made", "randomised", "sign"]

layers: Any = tf.keras.layers
sign = lq.quantizers.SteSign()
SIGNS = {
    "input_quantizer": "ste_sign",
    "kernel_quantizer": "ste_sign",
    "kernel_constraint": "weight_clip",  # silences Larq's advice for training
}


def binary(x: Any, filters: int = 8, **more: Any) -> Any:
    """A binary convolution, 3 x 3, as large as its input; +1 around it, no bias."""
    more = {"padding": "same", "pad_values": 1, "use_bias": False} | SIGNS | more
    return lq.layers.QuantConv2D(filters, 3, **more)(x)


def randomised(model: Any, seed: int) -> Any:
    """Batch norms and biases as after training: nothing is zero or one."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            weights = [rng.normal(0, 0.4, w.shape) for w in layer.get_weights()]
            weights[-1] = 1 + np.abs(weights[-1])  # the variance
            weights[0] = weights[0] + layer.scale
            layer.set_weights(weights)
        elif getattr(layer, "bias", None) is not None:
            layer.bias.assign(rng.normal(0, 1, layer.bias.shape))
    return model


def made(build: Callable[[Any], Any], shape: tuple[int, int, int] = (9, 8, 2)) -> bytes:
    """A converted model of pixels in -1..1."""
    tf.keras.utils.set_random_seed(7)
    pixels = layers.Input(shape)
    model = tf.keras.Model(pixels, build(layers.Rescaling(1 / 127.5, -1)(pixels)))
    return convert(randomised(model, 5))


def agrees(flatbuffer: bytes, samples: int = 6) -> Compiled:
    """Compile with outputs; LCE, the numpy kernels and the reference must agree."""
    compiled = compile_tflite(flatbuffer, outputs=True)
    model = compiled.model
    x = random_pixels(samples, model.input_shape)
    parity = verify(flatbuffer, compiled, x)
    assert parity.bits_checked > 0 and parity.bits_differing == 0
    assert parity.max_relative_error is not None and parity.max_relative_error < 1e-4
    assert parity.max_elementwise_error is not None and parity.max_elementwise_error < 1e-4
    latents, outputs = latents_and_outputs(model, x)
    assert outputs is not None and np.all(np.isfinite(outputs)) and np.ptp(outputs) > 0
    for kernels in (reference, numpy_kernels):
        backbone = Backbone(model, kernels)
        for k in (0, 1):
            assert bytes(backbone.run(x[k].tobytes())) == latents[k].tobytes()
            found = np.array(backbone.output, np.float32)[None]
            assert relative_error(found, outputs[k : k + 1]) < 1e-6
    return compiled
