"""A device on a heap that is too small to open: whole, or not at all, and its saves are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.link import clean_run, flash_with, hand_made_model, samples
from tinycl_rt.device import Device
from tinycl_rt.link.protocol import Refusal
from tinycl_rt.store.store import Store

MODEL = hand_made_model()


@pytest.mark.parametrize("limit", [0, len(MODEL) - 1])  # the second one streams the weights
@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("what", ["_make_learner", "_make_store", "load"])
def test_open_never_raises_and_keeps_the_state(
    what: str, times: int, limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flash = flash_with(MODEL, tmp_path)
    Store(str(flash)).save(clean_run(MODEL, *samples(20)))
    owner: type = Store if what == "load" else Device
    method, left = getattr(owner, what), times

    def fail(self: Any, *given: Any) -> Any:
        nonlocal left
        left -= 1
        if left >= 0:
            raise MemoryError("the heap is full")
        return method(self, *given)

    monkeypatch.setattr(owner, what, fail)
    device = Device(str(flash), heap_limit=limit)
    device.open()
    parts = (device.model, device.learner, device.store)
    if device.learner is None:
        assert parts == (None, None, None)
        with pytest.raises(Refusal, match="state not loaded: the heap is full"):
            device.need()
    else:
        assert None not in parts and device.learner.learned == 20
        device.dirty = True
    assert device.save()
    monkeypatch.undo()
    again = Device(str(flash))
    again.open()
    assert again.need().learned == 20
