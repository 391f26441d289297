"""C kernels of full depth against the reference; run by tests/test_native.py."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]
settings.register_profile("sanitized", deadline=None, max_examples=60, database=None)
settings.load_profile("sanitized")

import test_kernels_full  # noqa: E402
from host_kernels import HostFull  # noqa: E402


@pytest.fixture(autouse=True, params=[False, True], ids=["even", "odd"], scope="module")
def kernels(request: pytest.FixtureRequest) -> None:
    test_kernels_full.other.kernels = HostFull(odd=request.param)


from test_kernels_full import test_norm_back, test_norm_forward, test_sow  # noqa: E402

__all__ = ["test_norm_back", "test_norm_forward", "test_sow"]
