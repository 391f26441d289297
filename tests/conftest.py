"""Fixtures and settings for all tests."""

import gc
import os
import signal
from collections.abc import Iterator

import pytest
from helpers.tiny import tiny_model as make_tiny_model
from hypothesis import settings
from tinycl_rt.model.loader import Model

# Before anything imports TensorFlow: Larq needs Keras 2.
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

# A shell that starts tests in the background lets them ignore Ctrl-C, which some of them press.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Nothing here has a deadline of its own: machines that run the tests are shared and slow.
settings.register_profile("tinycl", deadline=None, max_examples=60)
settings.load_profile("tinycl")


@pytest.fixture(scope="module", autouse=True)
def _small_heap() -> Iterator[None]:
    """A board collects garbage often: that takes 0.2 s beside what TensorFlow leaves."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def tiny_model() -> bytes:
    """A small model as .tcm bytes: 8 x 8 x 1 pixels, 48 features."""
    return make_tiny_model()


@pytest.fixture(scope="session")
def tiny(tiny_model: bytes) -> Model:
    """The same, loaded."""
    return Model(tiny_model)
