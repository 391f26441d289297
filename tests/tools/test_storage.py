"""Trials of storage that fails, as in ``python -m tools.faults.storage``: a few of them."""

from __future__ import annotations

import os

import pytest
from helpers.boards import built

from tools.faults.storage import BOARDS, Result, run


@pytest.mark.parametrize("name", BOARDS)
def test_storage_that_fails_at_a_random_byte(name: str) -> None:
    """TINYCL_TEST_TRIALS says how often."""
    if name != "cpython":
        built(name)
    result = Result()
    run(name, int(os.environ.get("TINYCL_TEST_TRIALS", "3")), 2, result)
    assert not result.failures and result.trials["told"]
