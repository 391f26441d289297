"""The cable is cut, or the board killed, at every stage of a stream, a backup and a restore."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.link import CONFIG, clean_run, flash_with, hand_made_model, samples
from tinycl_rt.link import protocol as p
from typer.testing import CliRunner

from tinycl.boards.emulated import CPythonBoard
from tinycl.cli import app
from tinycl.exceptions import LinkError
from tinycl.link import connect
from tinycl.link.exchange import Exchange
from tinycl.link.jobs import Job
from tools.faults.proxy import FaultProxy, Faults

MODEL = hand_made_model()
IMAGES, LABELS = samples(60)
STREAM = ("--scenario", "nc:2", "--replay", "20")
STAGES = {
    "stream": (
        p.HELLO,
        p.PUT_BEGIN,
        p.PUT_DATA,
        p.PUT_COMMIT,
        p.RESET,
        p.STATS,
        p.BEGIN,
        p.LEARN,
        p.END,
        p.PREDICT,
        p.BYE,
    ),
    "backup": (p.HELLO, p.GET_STATE),
    "restore": (p.PUT_BEGIN, p.PUT_DATA, p.PUT_COMMIT),
}


def call(*words: object) -> None:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, (done.output, done.exception)


def breaks(
    patch: pytest.MonkeyPatch, codes: tuple[int, ...], action: Callable[[], None]
) -> list[int]:
    """Let something happen before and after the first frame of each code; how often it did."""
    left, done = [*codes, *codes], []
    send = Exchange._send

    def broken(self: Exchange, job: Job, by_seq: dict[int, Job]) -> None:
        if left.count(job.code) == 2:
            left.remove(job.code)
            action()
            done.append(job.code)
            send(self, job, by_seq)
            return
        send(self, job, by_seq)
        if job.code in left:
            left.remove(job.code)
            action()
            done.append(job.code)

    patch.setattr(Exchange, "_send", broken)
    return done


@pytest.mark.parametrize("how", ["cut", "killed"])
def test_broken_at_every_stage(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, model = tmp_path / "data.npz", tmp_path / "model.tcm"
    train = {"x_train": IMAGES, "y_train": LABELS}
    np.savez(data, **train, x_test=IMAGES[:20], y_test=LABELS[:20])
    model.write_bytes(MODEL)
    given: tuple[Any, ...] = ("--model", model, "--data", f"npz:{data}", *STREAM, "--json")
    simulated, streamed, saved = tmp_path / "a.json", tmp_path / "b.json", tmp_path / "state.tcs"
    call("simulate", *given, simulated)
    expected = json.loads(simulated.read_text())["runs"][0]["state_fingerprint"]
    port = tmp_path / "cable"
    verbs: dict[str, tuple[Any, ...]] = {
        "stream": ("stream", *given, streamed, "--port", port),
        "backup": ("backup", "-o", saved, "--port", port),
        "restore": ("restore", saved, "--port", port),
    }
    with (
        CPythonBoard(tmp_path / "flash", kernels="numpy", autosave=8) as board,
        FaultProxy(board.port, port, Faults()) as cable,
    ):
        for verb, words in verbs.items():
            with monkeypatch.context() as patch:
                done = breaks(patch, STAGES[verb], cable.cut if how == "cut" else board.restart)
                call(*words)
            assert set(done) == set(STAGES[verb]), done
            with connect(port) as client:
                assert f"{client.info().state:08x}" == expected
        assert json.loads(streamed.read_text())["board_fingerprint"] == expected


def test_a_board_that_stays_away_is_not_insisted_on(tmp_path: Path) -> None:
    with (
        CPythonBoard(flash_with(MODEL, tmp_path), kernels="numpy") as board,
        connect(board.port) as client,
    ):
        board.kill()
        with pytest.raises(LinkError):
            client.wait = 0.2
            client.retry(client.info)


def test_a_state_put_again_and_again_is_put_once(tmp_path: Path) -> None:
    """What a break leaves half done is done again; what was done before does no harm."""
    state = bytes(clean_run(MODEL, IMAGES, LABELS).dump())
    rounds: list[int] = []
    with (
        CPythonBoard(flash_with(MODEL, tmp_path), kernels="numpy") as board,
        connect(board.port) as client,
    ):

        def put() -> None:
            client.put_state(state)
            rounds.append(1)
            if len(rounds) < 4:
                board.restart()
                client.save()  # to a port that is gone

        client.reset(CONFIG)
        client.retry(put)
        assert len(rounds) == 4
        assert client.info().state == clean_run(MODEL, IMAGES, LABELS).fingerprint()
