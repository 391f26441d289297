"""Compares C kernels of full depth with the reference; run by tests/kernels/test_native.py."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("sanitized", deadline=None, max_examples=60, database=None)
settings.load_profile("sanitized")

from kernels import test_full  # noqa: E402
from kernels.native.host_kernels import HostFull  # noqa: E402


@pytest.fixture(autouse=True, params=[False, True], ids=["even", "odd"], scope="module")
def kernels(request: pytest.FixtureRequest) -> None:
    test_full.other.kernels = HostFull(odd=request.param)


from kernels.test_full import test_init_weights, test_norm_back, test_norm_forward  # noqa: E402

__all__ = ["test_init_weights", "test_norm_back", "test_norm_forward"]
