"""The state as bytes: whole and of this model, or refused with nothing changed."""

import struct
import zlib

import pytest
from helpers.streams import learn, samples, settings
from helpers.tiny import tiny_model as make_tiny_model
from hypothesis import given
from hypothesis import strategies as st
from tinycl_rt.config import MAX_EXPERIENCES, Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

TINY = Model(make_tiny_model())


def open_learner(**given: int) -> Learner:
    """In the middle of its second experience, with a name."""
    learner = learn(TINY, numpy_kernels, experiences=1, **given)
    learner.name(2, "größe")
    for pixels, label in samples(TINY, 15, seed=3):
        learner.learn(pixels, label)
    return learner


def signed(blob: bytes | bytearray) -> bytes:
    out = bytearray(blob)
    struct.pack_into("<I", out, 4, len(out))
    struct.pack_into("<I", out, 8, zlib.crc32(out[12:]))
    return bytes(out)


@pytest.mark.parametrize("config", settings(), ids=lambda given: str(given)[1:-1])
def test_a_restored_learner_goes_on_as_if_nothing_had_been(config: dict[str, int]) -> None:
    whole = Learner(TINY, Config(classes=4, **{"replay_slots": 9, **config}), numpy_kernels)
    parts = Learner(TINY, Config(classes=4, **{"replay_slots": 9, **config}), numpy_kernels)
    for i, (pixels, label) in enumerate(samples(TINY, 40)):
        assert whole.learn(pixels, label) == parts.learn(pixels, label)
        if i % 13 == 12:
            whole.end()
            parts.end()
        if i % 5 == 2 or i == 12:  # open and closed
            blob = parts.dump()
            parts = Learner(
                TINY, classes=2, replay_slots=1, kernels=numpy_kernels
            )  # another config
            parts.restore(memoryview(blob))
            assert parts.dump() == blob
    assert parts.dump() == whole.dump()
    assert vars(parts.config) == vars(whole.config)


def test_what_a_state_carries() -> None:
    learner = open_learner(policy=1)
    other = Learner(TINY)
    other.restore(learner.dump())
    for name in ("experience", "is_open", "position", "learned", "names"):
        assert getattr(other, name) == getattr(learner, name)
    assert other.names[2] == "größe" and other.position == 15
    assert (
        other.fingerprint()
        == learner.fingerprint()
        == struct.unpack("<I", learner.dump()[8:12])[0]
    )


def test_a_damaged_byte_is_refused() -> None:
    blob, victim = open_learner().dump(), learn(TINY, numpy_kernels, experiences=2)
    before = victim.dump()
    for at in range(len(blob)):
        broken = bytearray(blob)
        broken[at] ^= 1 << at % 8
        with pytest.raises(ValueError, match=r"^state: "):
            victim.restore(broken)
    for size in range(0, len(blob), 7):
        with pytest.raises(ValueError, match=r"^state: "):
            victim.restore(blob[:size])
    with pytest.raises(ValueError, match=r"^state: "):
        victim.restore(blob + b"\0")
    assert victim.dump() == before


def test_a_state_of_another_model_is_refused() -> None:
    other = learn(Model(make_tiny_model(1)), numpy_kernels)
    victim = learn(TINY, numpy_kernels)
    before = victim.dump()
    with pytest.raises(ValueError, match="learned with another model"):
        victim.restore(other.dump())
    assert victim.dump() == before


def take_and_use(blob: bytes) -> bool:
    """Refused with nothing changed, or as good as any state under both kernel sets."""
    found = []
    for kernels in (reference, numpy_kernels):
        learner = Learner(TINY, classes=3, kernels=kernels)
        before = learner.dump()
        try:
            learner.restore(blob)
        except ValueError:
            assert learner.dump() == before
            return False
        if not learner.is_open and learner.experience < MAX_EXPERIENCES:
            learner.begin()
        for pixels, _ in samples(TINY, 3):
            if learner.is_open:
                learner.learn(pixels, 1)
            learner.predict(pixels)
        if learner.is_open:
            learner.end()
        found.append(learner.dump())
        learner.restore(found[-1])
    assert found[0] == found[1]
    return True


EDGES = st.sampled_from([b"\0", b"\1", b"\2", b"\xff", b"\xff" * 2, b"\xff" * 4, b"\0" * 4])


@given(st.integers(0, 3), st.lists(st.tuples(st.integers(0, 5000), EDGES | st.binary(max_size=3))))
def test_a_forged_state_is_refused_or_works(policy: int, changes: list[tuple[int, bytes]]) -> None:
    blob = bytearray(open_learner(policy=policy).dump())
    for at, piece in changes:
        at = 12 + at % (len(blob) - 16)
        blob[at : at + len(piece)] = piece
    take_and_use(signed(blob))


@pytest.mark.parametrize("piece", [b"\0", b"\1", b"\xff", b"\xff\xff", b"\xff" * 4])
def test_every_place_of_a_state_forged(piece: bytes) -> None:
    blob = open_learner().dump()
    # All but the weights, which may be anything, and only the ends of the replay memory.
    places = [*range(20, 64 + 16 + 24), *range(len(blob) - 40, len(blob) - len(piece))]
    cur = 64 + 16 + 24 + 2 * 4 * TINY.features
    places += range(cur, cur + 20)
    labels = len(blob) - 12 - 9 * (TINY.latent_bytes + 2)  # 9 slots, and the names behind them
    places += range(labels, labels + 18)
    taken = [take_and_use(signed(blob[:at] + piece + blob[at + len(piece) :])) for at in places]
    assert any(taken) and not all(taken)


def test_states_cut_or_longer_with_the_right_checksum() -> None:
    blob, victim = open_learner().dump(), Learner(TINY)
    for size in range(64, len(blob)):
        with pytest.raises(ValueError, match=r"^state: it ends inside"):
            victim.restore(signed(blob[:size]))
    with pytest.raises(ValueError, match="2 bytes too many"):
        victim.restore(signed(blob + b"\0\0"))
