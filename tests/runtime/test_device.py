"""A device on a heap that is too small: it opens, and is whole or says why it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.link import clean_run, flash_with, hand_made_model, samples
from tinycl_rt import changes
from tinycl_rt.device import Device
from tinycl_rt.link.protocol import Refusal
from tinycl_rt.store.store import Store

MODEL = hand_made_model()


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    """A flash folder with a model and a state."""
    folder = flash_with(MODEL, tmp_path)
    Store(str(folder)).save(clean_run(MODEL, *samples(20)))
    return folder


class Failing:
    """A method that fails the first times it is called."""

    def __init__(self, method: Any, times: int, error: type[Exception]) -> None:
        self.method, self.times, self.error = method, times, error

    def __get__(self, device: Any, kind: Any) -> Any:
        def call(*given: Any) -> Any:
            self.times -= 1
            if self.times >= 0:
                raise self.error("the heap is full")
            return self.method(device, *given)

        return call


@pytest.mark.parametrize("limit", [0, len(MODEL) - 1])
@pytest.mark.parametrize("times", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("owner", "name"),
    [(Device, "_make_model"), (Device, "_make_learner"), (Device, "_make_store"), (Store, "load")],
)
def test_open_never_raises(
    owner: type, name: str, times: int, limit: int, flash: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, Failing(getattr(owner, name), times, MemoryError))
    device = Device(str(flash), heap_limit=limit)  # a small one: weights are streamed
    device.open()
    parts = (device.model, device.learner, device.store)
    if device.learner is None:
        assert parts == (None, None, None) and "the heap is full" in device.warning
        with pytest.raises(Refusal, match="the heap is full"):
            device.need()
    else:
        assert None not in parts and (device.learner.learned == 20 or device.warning)
        device.dirty = True
    assert device.save()


def test_open_never_raises_where_its_own_code_does_not_fit(
    flash: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(device: Device) -> None:
        raise ImportError("can't import name Store")  # left half imported by a full heap

    monkeypatch.setattr(changes, "open_folder", fails)
    device = Device(str(flash))
    device.open()
    assert device.learner is None and "can't import name Store" in device.warning
