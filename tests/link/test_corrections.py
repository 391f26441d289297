"""Classes forgotten and renamed over the link: once, whatever happens to cable and board."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
from helpers.boards import built
from helpers.link import CONFIG, clean_run, flash_with, hand_made_model, samples
from link.test_retry import breaks
from tinycl_rt.config import Config
from tinycl_rt.link import protocol as p

from tinycl.boards import EmulatedBoard, start
from tinycl.exceptions import BoardError, DataError
from tinycl.link import BoardClient, Info, Refused, connect, stream_experience
from tinycl.link.teacher import Teacher

MODEL = hand_made_model()
IMAGES, LABELS = samples(60)
NAMES = ["cup", "spoon", "fork", "knife"]
CWR = Config(classes=4, head=0, replay_slots=20, replay_batch=2, seed=7)


def board_of(name: str, folder: Path) -> EmulatedBoard:
    if name != "cpython":
        built(name)
    return start(name, flash=flash_with(MODEL, folder / "flash"))


def teach(client: BoardClient, config: Config = CONFIG) -> None:
    if not client.hello().has_model:  # flash that is no folder
        client.put_model(MODEL)
    client.reset(config)
    list(stream_experience(client, 0, IMAGES, LABELS, names=NAMES))


def state(client: BoardClient) -> int | None:
    return client.retry(client.info).state


@pytest.mark.parametrize("config", [CONFIG, CWR], ids=["lda", "cwr"])
@pytest.mark.parametrize("name", ["cpython", "unix", "cortex-m3"])
def test_killed_in_the_middle(
    name: str, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before and after the request, and at any instant while the board works and saves."""
    twin = clean_run(MODEL, IMAGES, LABELS, config)
    twin.set_names(NAMES)
    with board_of(name, tmp_path) as board, connect(board.port) as client:
        teach(client, config)
        assert state(client) == twin.fingerprint()
        with monkeypatch.context() as patch:
            done = breaks(patch, (p.FORGET, p.RENAME), board.restart)
            client.forget("spoon")
            client.rename("cup", "mug")
            assert sorted(done) == [p.FORGET, p.FORGET, p.RENAME, p.RENAME]
        twin.forget("spoon")
        twin.rename("cup", "mug")
        assert state(client) == twin.fingerprint()
        rng = random.Random(3)
        for i in range(6):
            delay = rng.random() * (0.1 if name == "cortex-m3" else 0.01)
            killer = threading.Timer(delay, board.restart)
            killer.start()
            if i == 3:
                client.forget("knife")
                twin.forget("knife")
            else:
                client.rename(0, f"mug {i}")
                twin.rename(0, f"mug {i}")
            killer.join()
            assert state(client) == twin.fingerprint()
        list(stream_experience(client, 1, IMAGES[:20], LABELS[:20]))
        twin.begin(1, sorted({int(y) for y in LABELS[:20]}))
        for image, label in zip(IMAGES[:20], LABELS[:20], strict=True):
            twin.learn(image.tobytes(), int(label))
        twin.end()
        assert state(client) == twin.fingerprint()
        assert client.names() == twin.names == ["mug 5", "", "fork", ""]


def test_what_cannot_be_corrected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with board_of("cpython", tmp_path) as board, connect(board.port) as client:
        teach(client)
        before = state(client)
        with pytest.raises(BoardError, match="no class is named 'plate'; there are: cup, spoon"):
            client.forget("plate")
        with pytest.raises(BoardError, match="expected a class from 0 to 3, got 4"):
            client.rename(4, "plate")
        with pytest.raises(Refused, match="class 1 is named 'spoon' already"):
            client.rename("cup", "spoon")
        assert state(client) == before
        unpack = Info.unpack
        monkeypatch.setattr(Info, "unpack", lambda payload: unpack(payload[:-4]))
        with pytest.raises(BoardError, match=r"can neither forget nor rename a class: .* flash$"):
            client.forget("cup")


def test_a_teacher_corrects_what_is_taught_and_what_is_to_be(tmp_path: Path) -> None:
    twin = clean_run(MODEL, IMAGES, LABELS)
    twin.set_names(NAMES)
    with board_of("cpython", tmp_path) as board, connect(board.port) as client:
        teach(client)
        teacher = Teacher(client)
        teacher.forget(1)
        twin.forget(1)
        assert teacher.add("plate") == 1
        teacher.rename(1, "bowl")  # the board has not heard of it yet
        with pytest.raises(DataError, match="cup is there already"):
            teacher.rename(1, "cup")
        teacher.learn(IMAGES[0], 1)
        teacher.learn(IMAGES[1], 1)
        teacher.rename(1, "dish")
        board.restart()
        teacher.learn(IMAGES[2], 1)
        teacher.forget(0)
        assert teacher.add("pan") == 0
        teacher.forget(0)
        teacher.learn(IMAGES[3], 2)
        teacher.end()
        twin.begin(1, [1])
        twin.name(1, "bowl")
        for i, label in ((0, 1), (1, 1), (-1, 0), (2, 1), (-2, 0), (3, 2)):
            if i == -1:
                twin.rename(1, "dish")
            elif i == -2:
                twin.forget(0)
            else:
                twin.learn(IMAGES[i].tobytes(), label)
        twin.end()
        assert state(client) == twin.fingerprint()
        assert client.names() == teacher.names == ["", "dish", "fork", "knife"]
