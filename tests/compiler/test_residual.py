"""Random residual networks: every bit and every float is compared with Larq Compute Engine."""

import os
from importlib.util import find_spec

import numpy as np
import pytest

if find_spec("larq_compute_engine") is None:  # not imported here: Keras must be chosen first
    pytest.skip("needs tinycl[train]", allow_module_level=True)

from helpers.random_larq import convert
from helpers.random_residual import random_residual

from tinycl.compiler.compiler import compile_tflite
from tinycl.compiler.verify import random_pixels, verify

SEEDS = range(int(os.environ.get("TINYCL_TEST_MODELS", "8")))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_residual_model_agrees(seed: int) -> None:
    model, description = random_residual(seed)
    flatbuffer = convert(model)
    compiled = compile_tflite(flatbuffer, outputs=True)
    x = random_pixels(16, compiled.model.input_shape, seed)
    parity = verify(flatbuffer, compiled, x)
    assert parity.bits_checked == 16 * np.prod(compiled.model.latent_shape)
    assert parity.bits_differing == 0, description
    assert parity.max_relative_error is not None and parity.max_elementwise_error is not None
    assert max(parity.max_relative_error, parity.max_elementwise_error) < 1e-4, description
