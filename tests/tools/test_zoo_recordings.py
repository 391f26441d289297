"""Recordings are cut into windows, and never lie on both sides."""

from pathlib import Path

import numpy as np
import pytest

from tinycl.data import load
from tinycl.data.motions import LENGTH
from tinycl.exceptions import DataError
from tools.zoo.recordings import cut, main


def recordings(path: Path, **changed: object) -> Path:
    rng = np.random.default_rng(0)
    y = np.array([0, 1] * 6, np.uint8)
    x = rng.integers(-100, 100, (12, 400, 3)).astype(np.int16)
    x[:, :, 0] += (1000 * np.arange(12))[:, None].astype(np.int16)  # who is who
    arrays = {"x": x, "y": y, "scale": [2 / 32768], "rate_hz": [100.0], "classes": ["a", "b"]}
    np.savez(path, **(arrays | changed))
    return path


def test_no_recording_is_on_both_sides(tmp_path: Path) -> None:
    np.savez(tmp_path / "windows.npz", **cut(recordings(tmp_path / "r.npz")))
    found = load(f"npz:{tmp_path / 'windows.npz'}")
    assert found.class_names == ("a", "b") and found.input_shape == (LENGTH, 1, 3)
    levels = [
        set(np.rint(part[:, :, 0, 0].mean(axis=1)).tolist())
        for part in (found.x_train, found.x_test)
    ]
    assert not levels[0] & levels[1]
    assert len(found.x_train) == 8 * 3 and len(found.x_test) == 4 * 3  # 200 readings: 3 windows


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"x": np.zeros((12, 100, 3), np.int16)}, "128 readings or more at 50 Hz"),
        ({"x": np.zeros((12, 400, 2), np.int16)}, "got \\(12, 400, 2\\)"),
        ({"rate_hz": np.array([20.0])}, "at 20 Hz"),
    ],
)
def test_recordings_of_another_form_are_refused(tmp_path: Path, changed: dict, says: str) -> None:
    with pytest.raises(DataError, match=says):
        cut(recordings(tmp_path / "r.npz", **changed))


def test_recordings_that_are_not_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TINYCL_DATA", str(tmp_path))
    assert main(["cgestures", "-o", str(tmp_path / "out.npz")]) == 1
    assert "expected cgestures.npz in the folder that TINYCL_DATA names" in capsys.readouterr().err
