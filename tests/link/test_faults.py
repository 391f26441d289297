"""A bad cable and pulled plugs: every sample is learned exactly once."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from helpers.boards import built
from helpers.link import CONFIG, clean_run, flash_with, hand_made_model, samples

from tinycl.boards import start
from tinycl.boards.emulated import CPythonBoard
from tinycl.link import connect, stream_experience
from tools.faults.proxy import FaultProxy, Faults

BAD = Faults(damage=0.01, drop=0.01, duplicate=0.02, delay=0.02)


def test_a_bad_cable_costs_time_and_nothing_else(tmp_path: Path) -> None:
    model = hand_made_model()
    images, labels = samples(120)
    flash = flash_with(model, tmp_path / "flash")
    host = tmp_path / "host"
    with (
        CPythonBoard(flash, kernels="numpy") as board,
        FaultProxy(board.port, host, BAD, seed=1) as cable,
        connect(host) as client,
    ):
        client.reset(CONFIG)
        predicted = [s.predicted for s in stream_experience(client, 0, images, labels)]
        info, stats = client.info(), client.stats()
        assert info.state == clean_run(model, images, labels).fingerprint()
        assert (info.learned, len(predicted)) == (120, 120)
        assert None not in predicted
        assert cable.damaged > 50 and cable.dropped > 5 and cable.doubled > 5
        assert client.counts.retransmissions > 10 and int(stats["repeated"]) > 0
        state = client.get_state()
        client.put_state(state)
        assert client.info().state == info.state


@pytest.mark.parametrize(("name", "count"), [("cpython", 400), ("unix", 300), ("cortex-m3", 80)])
def test_every_board_ends_as_a_clean_run(name: str, count: int, tmp_path: Path) -> None:
    """TINYCL_TEST_SAMPLES sets the number of samples."""
    if name != "cpython":
        built(name)
    model = hand_made_model()
    images, labels = samples(int(os.environ.get("TINYCL_TEST_SAMPLES", count)))
    bad = Faults(damage=0.01, drop=0.01, duplicate=0.02, delay=0.02, split=0.05, merge=0.05)
    started = time.monotonic()
    with (
        start(name, flash=flash_with(model, tmp_path / "flash")) as board,
        FaultProxy(board.port, tmp_path / "host", bad, seed=9) as cable,
        connect(tmp_path / "host", patience=60) as client,
    ):
        if not client.hello().has_model:  # its flash is not a folder
            client.put_model(model)
        client.reset(CONFIG)
        assert len(list(stream_experience(client, 0, images, labels))) == len(labels)
        assert client.info().state == clean_run(model, images, labels).fingerprint()
        assert cable.damaged > len(labels) / 4
        print(name, len(labels), f"{time.monotonic() - started:.1f} s", client.counts)


def test_large_images_over_a_bad_cable_go_in_pieces(tmp_path: Path) -> None:
    model = hand_made_model(20, 2)
    images, labels = samples(4, side=20, channels=2)
    with (
        CPythonBoard(flash_with(model, tmp_path / "flash"), kernels="numpy") as board,
        FaultProxy(board.port, tmp_path / "host", BAD, seed=3),
        connect(tmp_path / "host") as client,
    ):
        client.reset(CONFIG)
        assert len(list(stream_experience(client, 0, images, labels))) == 4
        assert client.info().state == clean_run(model, images, labels).fingerprint()
        client.put_model(hand_made_model(20, 2, threshold=99))
        assert client.info().learned == 0


def test_kills_and_cuts_on_a_bad_cable(tmp_path: Path) -> None:
    model = hand_made_model()
    images, labels = samples(200)
    mild = Faults(damage=0.001, drop=0.005, duplicate=0.01)
    with (
        CPythonBoard(flash_with(model, tmp_path / "f"), kernels="numpy", autosave=16) as board,
        FaultProxy(board.port, tmp_path / "host", mild, 4) as cable,
        connect(tmp_path / "host") as client,
    ):
        client.reset(CONFIG)
        client.wait = 20
        stream = stream_experience(client, 0, images, labels)
        for seen, _ in enumerate(stream, 1):
            if seen in (50, 130):
                board.restart()
            if seen in (90, 160):
                cable.cut()
        info = client.info()
        assert info.state == clean_run(model, images, labels).fingerprint()
        assert info.learned == 200 and client.counts.reconnections >= 2
