"""State files: whatever happens while saving, the last save or the one before it is there."""

import errno
import os
import random
import resource
from pathlib import Path

import pytest
from helpers.logs import read as read_log
from helpers.streams import learn, samples
from helpers.tiny import tiny_model as make_tiny_model
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model
from tinycl_rt.store.store import Store


@pytest.fixture()
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path))


@pytest.fixture()
def learner(tiny: Model) -> Learner:
    return learn(tiny, numpy_kernels, experiences=1)


def saved(store: Store, learner: Learner) -> bytes:
    """Learn a sample, save; what was saved."""
    learner.learn(bytes(64), learner.learned % 4)
    store.save(learner)
    return bytes(learner.dump())


def loaded(folder: Path, model: Model) -> bytes | None:
    """What a board finds after a restart."""
    learner = Learner(model)
    return bytes(learner.dump()) if Store(str(folder)).load(learner) else None


def newest(folder: Path) -> Path:
    return max(folder.iterdir(), key=lambda path: read_log(path).generation)


def test_nothing_saved(store: Store, learner: Learner, tmp_path: Path) -> None:
    before = learner.dump()
    assert store.load(learner) is False and store.generation == 0
    assert learner.dump() == before
    assert Store(str(tmp_path / "missing")).load(learner) is False


def test_the_newest_wins_and_two_files_take_turns(
    store: Store, learner: Learner, tmp_path: Path
) -> None:
    written = set()
    for generation in range(1, 6):
        state = saved(store, learner)
        assert loaded(tmp_path, learner.model) == state
        assert store.generation == generation
        written.add(newest(tmp_path).name)
        assert len(list(tmp_path.iterdir())) == min(generation, 2)
    assert written == {"state.0", "state.1"}


def test_save_says_how_many_bytes_it_wrote(store: Store, learner: Learner, tmp_path: Path) -> None:
    size = len(learner.dump()) + 26 + (learner.replay.count + 7) // 8
    assert store.save(learner) == newest(tmp_path).stat().st_size == size


def test_only_replay_slots_that_changed_are_written(tiny: Model, tmp_path: Path) -> None:
    """A log brings what changed since its own last record, and is written afresh in the end."""
    learner = Learner(tiny, Config(classes=4, replay_slots=300, replay_batch=1), numpy_kernels)
    stream = samples(tiny, 500)
    for pixels, label in stream[:300]:
        learner.learn(pixels, label)
    store, sizes, fresh = Store(str(tmp_path)), [], 0
    slot = learner.latent_bytes
    for i, (pixels, label) in enumerate(stream[300:]):
        before = {path: path.stat().st_size for path in tmp_path.iterdir()}
        changed = sum(bin(v).count("1") for v in learner.replay.changed[i % 2])
        written = store.save(learner)
        path = newest(tmp_path)
        grown = path.stat().st_size - before.get(path, 0)
        rest = len(learner.dump()) - 300 * slot + 26 + 38
        if grown == written:
            sizes.append(written)
            assert written == rest + changed * slot or i < 2
        else:
            fresh += 1
            assert path.stat().st_size == written == rest + 300 * slot
        assert loaded(tmp_path, tiny) == bytes(learner.dump())
        learner.learn(pixels, label)
    assert 2 <= fresh < len(sizes) / 3
    assert sum(sizes[2:]) / len(sizes[2:]) < (rest + 300 * slot) / 2


def test_a_damaged_newest_gives_way_to_the_older(
    store: Store, learner: Learner, tmp_path: Path
) -> None:
    old, new = saved(store, learner), saved(store, learner)
    path = newest(tmp_path)
    whole = path.read_bytes()
    for at in [*range(20), *range(20, len(whole), 29)]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1 :])
        assert loaded(tmp_path, learner.model) == old
    for size in [0, 3, 15, 16, 17, len(whole) - 1]:
        path.write_bytes(whole[:size])
        assert loaded(tmp_path, learner.model) == old
    path.write_bytes(whole + b"\0")  # the record before a torn one
    assert loaded(tmp_path, learner.model) == new
    path.unlink()
    assert loaded(tmp_path, learner.model) == old
    path.write_bytes(whole)
    assert loaded(tmp_path, learner.model) == new


def test_after_a_damaged_newest_saving_goes_on_over_it(
    store: Store, learner: Learner, tmp_path: Path
) -> None:
    old = saved(store, learner)
    saved(store, learner)
    broken = newest(tmp_path)
    broken.write_bytes(b"torn")
    again = Store(str(tmp_path))
    assert again.load(learner) and learner.dump() == old
    state = saved(again, learner)
    assert loaded(tmp_path, learner.model) == state
    assert newest(tmp_path) == broken


def test_logs_do_not_grow_where_flash_is_short(
    store: Store, tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is always room to write a log afresh, while flash still has the old one."""
    learner = Learner(tiny, Config(classes=4, replay_slots=100, replay_batch=0), numpy_kernels)
    for i, (pixels, label) in enumerate(samples(tiny, 130)):
        learner.learn(pixels, label)
        if i > 120:
            whole = len(learner.dump()) + 26 + 13
            found = (1, 1, 0, 0, whole + whole // 9, 0, 0, 0, 0, 0)
            monkeypatch.setattr(os, "statvfs", lambda folder, found=found: found)
            assert store.save(learner) == newest(tmp_path).stat().st_size == whole


def test_a_long_log_damaged_anywhere_gives_way(store: Store, tiny: Model, tmp_path: Path) -> None:
    """Every bit of both logs counts: a state is one that was saved, or is not loaded."""
    config = Config(classes=4, head=0, replay_slots=100, replay_batch=0)
    learner = Learner(tiny, config, numpy_kernels)
    stream = samples(tiny, 130)
    states = []
    for i, (pixels, label) in enumerate(stream):
        learner.learn(pixels, label)
        if i >= 120:
            store.save(learner)
            states.append(bytes(learner.dump()))
    path = newest(tmp_path)
    log, whole = read_log(path), path.read_bytes()
    assert log.begin > 0  # several records
    rng = random.Random(1)
    for _ in range(60):
        at = rng.randrange(len(whole))
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :])
        assert loaded(tmp_path, tiny) == states[-2]  # of the other log, which nobody touched
        path.write_bytes(whole[:at])
        assert loaded(tmp_path, tiny) == states[-2]
    path.write_bytes(whole[: log.end - 1])
    again = Learner(tiny, kernels=numpy_kernels)
    stored = Store(str(tmp_path))
    assert stored.load(again)  # behind a torn record nothing is appended
    again.learn(*stream[0])
    stored.save(again)
    assert not read_log(path).torn and loaded(tmp_path, tiny) == bytes(again.dump())


def test_both_damaged(store: Store, learner: Learner, tmp_path: Path) -> None:
    saved(store, learner)
    saved(store, learner)
    for path in tmp_path.iterdir():
        path.write_bytes(b"x" * 100)
    assert loaded(tmp_path, learner.model) is None
    state = saved(Store(str(tmp_path)), learner)
    assert loaded(tmp_path, learner.model) == state


def test_states_of_another_model_are_passed_over(
    store: Store, learner: Learner, tmp_path: Path
) -> None:
    other = Model(make_tiny_model(1))
    mine = saved(store, learner)
    theirs = Store(str(tmp_path))
    stranger = learn(other, numpy_kernels)
    assert theirs.load(stranger) is False
    state = saved(theirs, stranger)
    assert loaded(tmp_path, other) == state
    assert loaded(tmp_path, learner.model) == mine  # until the next save
    state = saved(theirs, stranger)
    assert loaded(tmp_path, other) == state


def test_saving_without_loading_is_still_the_newest(
    store: Store, learner: Learner, tmp_path: Path
) -> None:
    for _ in range(3):
        saved(store, learner)
    state = saved(Store(str(tmp_path)), learner)
    assert loaded(tmp_path, learner.model) == state


def test_clear(store: Store, learner: Learner, tmp_path: Path) -> None:
    saved(store, learner)
    store.clear()
    store.clear()
    assert loaded(tmp_path, learner.model) is None
    assert loaded(tmp_path, learner.model) is None and not list(tmp_path.iterdir())


@pytest.mark.parametrize("room", [0, 10, 16, 700])
def test_a_full_disk(store: Store, learner: Learner, tmp_path: Path, room: int) -> None:
    saved(store, learner)
    state = saved(store, learner)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        for _ in range(3):  # every try damages the same, older file
            with pytest.raises(OSError):
                saved(store, learner)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert loaded(tmp_path, learner.model) == state
    state = saved(store, learner)
    assert loaded(tmp_path, learner.model) == state


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_device_without_room(store: Store, learner: Learner, tmp_path: Path) -> None:
    state = saved(store, learner)
    (tmp_path / "state.1").symlink_to("/dev/full")
    with pytest.raises(OSError) as caught:
        saved(store, learner)
    assert caught.value.errno == errno.ENOSPC
    (tmp_path / "state.1").unlink()
    assert loaded(tmp_path, learner.model) == state


def test_a_medium_that_fails_at_the_end(
    store: Store, learner: Learner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, "the medium is broken")

    saved(store, learner)
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="broken"):
        saved(store, learner)
    assert store.generation == 1
