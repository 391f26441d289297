"""What the board keeps: saves, power cuts, models and states that are refused."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from helpers.link import clean_run, flash_with, hand_made_model, samples
from helpers.service import Bench
from runtime.test_service import CLASSES, LABELS, MODEL, PIXELS, reset, stream
from tinycl_rt import changes
from tinycl_rt.config import Config
from tinycl_rt.learner import Learner
from tinycl_rt.lib.crc import crc32
from tinycl_rt.link import protocol as p
from tinycl_rt.model.loader import Model

from tinycl.link.messages import Refused, unpack

OTHER = hand_made_model(threshold=99)
LARGE = hand_made_model(side=9)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    board = Bench(flash_with(MODEL, tmp_path), autosave=8)
    reset(board)
    board.begin(0, CLASSES)
    return board


def state_of(bench: Bench) -> bytes:
    state, crc = b"", 0
    while True:
        reply = bench.ask(p.GET_STATE, struct.pack(p.GET_REQUEST, len(state), crc, 0))
        total, crc, offset = unpack(p.GET_REPLY, reply)
        assert offset == len(state)
        state += reply[12:]
        if len(state) == total:
            assert crc32(state) == crc
            return state


def test_after_a_power_cut_the_board_is_at_its_last_save(bench: Bench) -> None:
    stream(bench, 0, 21)
    again = Bench(Path(bench.device.folder), autosave=8)  # nothing was closed or saved
    assert (again.info().position, again.info().is_open) == (16, True)
    with pytest.raises(Refused) as gap:
        again.learn(0, 21, PIXELS[21], int(LABELS[21]))
    assert (gap.value.code, gap.value.position) == (p.GAP, 16)
    repeated = again.learn(0, 15, PIXELS[15], int(LABELS[15]))
    assert repeated.repeated and repeated.predicted is None  # it cannot know any more
    stream(again, 16)
    again.end(0, len(PIXELS))
    images, labels = samples(40)
    assert again.info().state == clean_run(MODEL, images, labels).fingerprint()


def test_end_saves_at_once(bench: Bench) -> None:
    stream(bench)
    generation = bench.end(0, len(PIXELS)).generation
    again = Bench(Path(bench.device.folder)).info()
    assert (again.experience, again.generation) == (1, generation)


def test_saving_twice_writes_once(bench: Bench) -> None:
    stream(bench, 0, 3)
    bench.ask(p.SAVE)
    before = bench.info().generation
    bench.ask(p.SAVE)
    assert bench.info().generation == before


def test_a_full_flash_is_told_and_learning_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream(bench, 0, 8)

    def full(learner: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(bench.device.store, "save", full)
        stream(bench, 8, 15)
        assert bench.learn(0, 15, PIXELS[15], int(LABELS[15])).unsaved
        with pytest.raises(Refused) as refused:
            bench.ask(p.SAVE)
        assert refused.value.code == p.STORAGE and "is full" in refused.value.reason
        assert bench.info().unsaved and "is full" in bench.info().warning
        assert Bench(Path(bench.device.folder)).info().position == 8  # the last good one
    bench.ask(p.SAVE)
    assert not bench.info().unsaved
    assert Bench(Path(bench.device.folder)).info().position == 16


def test_state_goes_to_another_board_bit_for_bit(bench: Bench, tmp_path: Path) -> None:
    stream(bench, 0, 20)
    state = state_of(bench)
    other = Bench(flash_with(MODEL, tmp_path / "other"), max_payload=256)
    other.put(p.KIND_STATE, state, crc32(state))
    assert other.info().state == bench.info().state
    assert Bench(Path(other.device.folder)).info().state == bench.info().state  # saved
    commit = struct.pack(p.PUT_COMMIT_REQUEST, p.KIND_STATE, 0, 0, crc32(state))
    other.learn(0, 20, PIXELS[20], int(LABELS[20]))
    other.ask(p.PUT_COMMIT, commit)  # late: must not bring the old state back
    assert other.info().position == 21


@pytest.mark.parametrize("kind", [p.KIND_STATE, p.KIND_MODEL])
def test_an_upload_that_a_power_cut_ended_takes_no_room(bench: Bench, kind: int) -> None:
    stream(bench, 0, 20)
    before, folder = bench.info(), Path(bench.device.folder)
    data = OTHER if kind == p.KIND_MODEL else state_of(bench)
    bench.ask(p.PUT_BEGIN, struct.pack(p.PUT_BEGIN_REQUEST, kind, 0, 0, len(data), crc32(data)))
    head = struct.pack(p.PUT_DATA_REQUEST, kind, 0, 0, crc32(data), 0)
    bench.ask(p.PUT_DATA, head + data[:200])
    assert list(folder.glob("*.new"))
    again = Bench(folder).info()
    assert not list(folder.glob("*.new"))
    position = 20 if kind == p.KIND_STATE else 16  # before a state is taken in, its own is saved
    assert (again.fingerprint, again.position) == (before.fingerprint, position)


@pytest.mark.parametrize("whole", [True, False])
def test_power_goes_while_fat_has_neither_model(bench: Bench, whole: bool) -> None:
    """Where a board cannot rename over a file, it removes the old one before."""
    stream(bench)
    bench.end(0, len(PIXELS))
    before, folder = bench.info(), Path(bench.device.folder)
    (folder / "model.tcm").unlink()
    (folder / "model.new").write_bytes(MODEL if whole else MODEL[:-3])
    again = Bench(folder).info()
    assert not (folder / "model.new").exists()
    assert again.has_model is whole
    assert not whole or again.state == before.state


@pytest.mark.parametrize("how", ["other model", "damaged", "wrong crc", "garbage"])
def test_a_wrong_state_is_refused_and_the_old_one_kept(bench: Bench, how: str) -> None:
    stream(bench, 0, 20)
    before, state = bench.info().state, state_of(bench)
    if how == "other model":
        images, labels = samples(10)
        state = bytes(clean_run(OTHER, images, labels).dump())
    elif how == "damaged":
        state = state[:100] + bytes((state[100] ^ 1,)) + state[101:]
    elif how == "garbage":
        state = b"x" * 300
    crc = crc32(state) ^ (1 if how == "wrong crc" else 0)
    with pytest.raises(Refused) as refused:
        bench.put(p.KIND_STATE, state, crc)
    assert refused.value.code == p.BAD_VALUE
    assert bench.info().state == before


def test_the_state_cannot_change_while_it_is_fetched(bench: Bench) -> None:
    stream(bench, 0, 20)
    reply = bench.ask(p.GET_STATE, struct.pack(p.GET_REQUEST, 0, 0, 0))
    total, crc, _ = unpack(p.GET_REPLY, reply)
    assert total > len(reply)
    bench.learn(0, 20, PIXELS[20], int(LABELS[20]))
    with pytest.raises(Refused) as refused:
        bench.ask(p.GET_STATE, struct.pack(p.GET_REQUEST, len(reply) - 12, crc, 0))
    assert refused.value.code == p.STALE


def test_a_new_model_starts_afresh_and_the_same_one_keeps_the_state(bench: Bench) -> None:
    stream(bench, 0, 20)
    before = bench.info()
    bench.put(p.KIND_MODEL, MODEL, crc32(MODEL))
    assert bench.info().state == before.state
    bench.put(p.KIND_MODEL, OTHER, crc32(OTHER))
    after = bench.info()
    assert after.fingerprint != before.fingerprint and after.learned == 0
    assert Bench(Path(bench.device.folder)).info().fingerprint == after.fingerprint


@pytest.mark.parametrize("how", ["garbage", "cut", "too large", "wrong crc"])
def test_a_bad_model_is_refused_and_the_old_one_kept(
    bench: Bench, tmp_path: Path, how: str
) -> None:
    stream(bench, 0, 20)
    before = bench.info()
    bad = {"garbage": b"x" * 500, "cut": OTHER[:-4], "too large": LARGE}.get(how, OTHER)
    crc = crc32(bad) ^ (1 if how == "wrong crc" else 0)
    if how == "too large":
        bench.device.heap_limit = 200  # too little even for weights that are streamed
    with pytest.raises(Refused) as refused:
        bench.put(p.KIND_MODEL, bad, crc)
    assert refused.value.code == (p.NO_MEMORY if how == "too large" else p.BAD_VALUE)
    bench.device.heap_limit = 0
    assert bench.info().fingerprint == before.fingerprint
    assert bench.info().state == before.state
    assert (tmp_path / "model.tcm").read_bytes() == MODEL
    assert not (tmp_path / "model.new").exists()
    bench.learn(0, 20, PIXELS[20], int(LABELS[20]))


def test_a_model_larger_than_the_flash_is_refused_before_it_is_sent(
    bench: Bench, tmp_path: Path
) -> None:
    begin = struct.pack(p.PUT_BEGIN_REQUEST, p.KIND_MODEL, 0, 0, 0xFFFFFFFF, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "statvfs", lambda folder: (4096, 4096, 100, 50, 9), raising=False)
        with pytest.raises(Refused, match="do not fit into 36864") as refused:
            bench.ask(p.PUT_BEGIN, begin)
    assert refused.value.code == p.TOO_LARGE and not (tmp_path / "model.new").exists()


def test_weights_are_streamed_where_the_heap_does_not_hold_the_model(tmp_path: Path) -> None:
    bench = Bench(flash_with(MODEL, tmp_path), heap_limit=len(OTHER) - 1)
    reset(bench)
    bench.begin(0, CLASSES)
    assert bench.device.model.source.place == "streamed"
    stream(bench)
    bench.end(0, len(PIXELS))
    images, labels = samples(40)
    assert bench.info().state == clean_run(MODEL, images, labels).fingerprint()
    # Models go, and come, while the file of the old one is open.
    for model in (OTHER, MODEL, MODEL):
        bench.put(p.KIND_MODEL, model, crc32(model))
        assert (tmp_path / "model.tcm").read_bytes() == model
        assert bench.device.model.source.place == "streamed"
        assert bench.info().fingerprint == Model(model).fingerprint.hex()


def test_a_learner_that_does_not_fit_beside_its_weights_streams_them(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream(bench, 0, 20)
    before = bench.info()
    reset_learner = Learner.reset

    def full(learner: Learner, config: Config) -> None:
        reset_learner(learner, config)
        if config.replay_slots == 77 and learner.model.source.place == "heap":
            raise MemoryError("the heap is full")

    monkeypatch.setattr(Learner, "reset", full)
    assert bench.device.model.source.place == "heap"
    place = struct.pack(p.RESET_REQUEST, before.learned, before.experience, before.is_open, 0)
    bench.ask(p.RESET, place + Config(classes=4, replay_slots=77).pack())
    assert bench.device.model.source.place == "streamed"
    assert bench.device.learner.config.replay_slots == 77 and bench.info().learned == 0
    # So does what was saved, after the power was off.
    again = Bench(Path(bench.device.folder)).device
    assert (again.model.source.place, again.learner.config.replay_slots) == ("streamed", 77)
    assert not again.warning


def test_settings_that_do_not_fit_leave_what_was_saved(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream(bench, 0, 21)
    bench.ask(p.SAVE)
    before = bench.info()
    device = bench.device
    changes._lighten(device)  # nothing is left that could go from the heap
    device.store.load(device.learner)
    learner, reset = device.learner, device.learner.reset

    def full(config: Config) -> None:
        reset(config)
        if config.replay_slots == 777:
            raise MemoryError("the heap is full")

    monkeypatch.setattr(learner, "reset", full)
    place = struct.pack(p.RESET_REQUEST, before.learned, before.experience, before.is_open, 0)
    with pytest.raises(Refused, match="the heap is full"):
        bench.ask(p.RESET, place + Config(classes=4, replay_slots=777).pack())
    assert device.learner is learner  # another one would not fit beside it
    after = bench.info()
    assert (after.state, after.learned) == (before.state, before.learned)


@pytest.mark.parametrize("most", [1, 7, 48, 1000])
def test_a_state_is_read_where_the_learner_has_it(
    bench: Bench, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream(bench, 0, 20)
    expected = bytes(bench.device.learner.dump())
    monkeypatch.setattr(Learner, "dump", None)  # a copy of the whole may not fit the heap
    state, crc = b"", 0
    while len(state) < len(expected):
        reply = bench.ask(p.GET_STATE, struct.pack(p.GET_REQUEST, len(state), crc, most))
        total, crc, offset = unpack(p.GET_REPLY, reply)
        assert (total, offset) == (len(expected), len(state)) and len(reply) <= 12 + most
        state += reply[12:]
    assert state == expected and crc32(state) == crc


def test_learning_without_a_request_shows_while_a_state_is_fetched(bench: Bench) -> None:
    stream(bench, 0, 20)
    _, crc, _ = unpack(p.GET_REPLY, bench.ask(p.GET_STATE, struct.pack(p.GET_REQUEST, 0, 0, 50)))
    bench.device.learner.learn(PIXELS[20], int(LABELS[20]))  # in a loop of the board's own
    with pytest.raises(Refused) as refused:
        bench.ask(p.GET_STATE, struct.pack(p.GET_REQUEST, 50, crc, 50))
    assert refused.value.code == p.STALE


def test_an_upload_that_cannot_even_be_closed_is_over(bench: Bench) -> None:
    class Full:
        def close(self) -> None:
            raise OSError(28, "No space left on device")

    stream(bench, 0, 8)
    state = state_of(bench)
    bench.ask(p.PUT_BEGIN, struct.pack(p.PUT_BEGIN_REQUEST, p.KIND_STATE, 0, 0, 1000, 1))
    bench.service.uploads._file.close()
    bench.service.uploads._file = Full()
    with pytest.raises(Refused, match="full"):  # another one takes its place
        bench.ask(p.PUT_BEGIN, struct.pack(p.PUT_BEGIN_REQUEST, p.KIND_STATE, 0, 0, 1000, 2))
    bench.put(p.KIND_STATE, state, crc32(state))
    assert bench.info().position == 8
