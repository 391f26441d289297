"""The board's service: what each request does, once and only once."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from helpers.link import CONFIG, clean_run, flash_with, hand_made_model, samples
from helpers.service import Bench, correction
from tinycl_rt.config import Config
from tinycl_rt.learner import Learner
from tinycl_rt.lib.crc import crc32
from tinycl_rt.link import protocol as p
from tinycl_rt.link.frames import ERROR, encode
from tinycl_rt.model.loader import Model

from tinycl.link.messages import Progress, Refused, unpack

MODEL = hand_made_model()
IMAGES, LABELS = samples(40)
PIXELS = [image.tobytes() for image in IMAGES]
CLASSES = (0, 1, 2, 3)


def reset(bench: Bench, config: Config = CONFIG) -> None:
    info = bench.info()
    place = struct.pack(p.RESET_REQUEST, info.learned, info.experience, info.is_open, 0)
    bench.ask(p.RESET, place + config.pack())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    board = Bench(flash_with(MODEL, tmp_path))
    reset(board)
    return board


def stream(bench: Bench, start: int = 0, stop: int = len(PIXELS)) -> None:
    for i in range(start, stop):
        assert bench.learn(0, i, PIXELS[i], int(LABELS[i])).position == i + 1


def test_hello_tells_what_the_board_is(bench: Bench) -> None:
    info, model = bench.info(), Model(MODEL)
    assert info.has_model and info.fingerprint == bytes(model.fingerprint).hex()
    assert info.input_shape == model.input_shape and info.features == model.features
    assert (info.model_bytes, info.arena_bytes) == (len(MODEL), model.arena_bytes)
    assert (info.max_payload, info.window, info.uid) == (1024, 4, "bench")
    assert info.config is not None and info.config.pack() == CONFIG.pack()
    assert info.state == Learner(model, CONFIG).fingerprint()


def test_a_whole_experience_ends_as_a_clean_run(bench: Bench) -> None:
    assert bench.begin(0, CLASSES).is_open
    stream(bench)
    done = bench.end(0, len(PIXELS))
    assert (done.experience, done.is_open, done.learned) == (1, False, len(PIXELS))
    clean = clean_run(MODEL, IMAGES, LABELS)
    assert bench.info().state == clean.fingerprint()
    answer = bench.ask(p.PREDICT, bytes((p.IMAGE_SCORES, 0)) + PIXELS[0])
    best, n = unpack(p.PREDICT_REPLY, answer)
    assert best == clean.predict(PIXELS[0])
    assert list(struct.unpack_from(f"<{n}i", answer, 4)) == list(clean.scores)


def test_repeated_requests_are_answered_again_but_not_carried_out_again(bench: Bench) -> None:
    assert not bench.begin(0, CLASSES).repeated
    assert bench.begin(0, CLASSES).repeated
    first = bench.learn(0, 0, PIXELS[0], int(LABELS[0]))
    again = bench.learn(0, 0, PIXELS[0], int(LABELS[0]))
    assert not first.repeated and again.repeated
    assert again.predicted == first.predicted and again.learned == 1
    stream(bench, 1)
    assert not bench.end(0, len(PIXELS)).repeated
    assert bench.end(0, len(PIXELS)).repeated
    assert bench.begin(0, CLASSES).repeated
    assert bench.learn(0, 3, PIXELS[3], int(LABELS[3])).repeated
    assert bench.info().state == clean_run(MODEL, IMAGES, LABELS).fingerprint()


def test_the_same_frame_twice_is_answered_twice(bench: Bench) -> None:
    bench.begin(0, CLASSES)
    frame = encode(p.LEARN, 0, 77, struct.pack(p.LEARN_REQUEST, 0, 0, 1, 0, 0) + PIXELS[0])
    one, two = bench.feed(frame + frame)
    assert one[2] == two[2] == 77
    assert not Progress.unpack(one[3]).repeated and Progress.unpack(two[3]).repeated


def test_a_gap_is_refused_with_the_position_that_is_wanted(bench: Bench) -> None:
    with pytest.raises(Refused) as closed:
        bench.learn(0, 0, PIXELS[0], 0)
    assert closed.value.code == p.NOT_OPEN
    bench.begin(0, CLASSES)
    stream(bench, 0, 5)
    with pytest.raises(Refused) as gap:
        bench.learn(0, 7, PIXELS[7], 0)
    assert (gap.value.code, gap.value.experience, gap.value.position) == (p.GAP, 0, 5)
    for wrong in (lambda: bench.end(0, 7), lambda: bench.begin(2), lambda: bench.end(1, 0)):
        with pytest.raises(Refused) as refused:
            wrong()
        assert refused.value.code == p.GAP
    with pytest.raises(Refused) as early:
        bench.end(0, 3)
    assert early.value.code == p.STALE
    assert bench.info().position == 5


def test_a_late_reset_does_not_erase(bench: Bench) -> None:
    late = struct.pack(p.RESET_REQUEST, 0, 0, 0, 0) + CONFIG.pack()
    assert not Progress.unpack(bench.ask(p.RESET, late)).repeated  # nothing to lose yet
    bench.begin(0, CLASSES)
    with pytest.raises(Refused) as opened:
        bench.ask(p.RESET, late)
    stream(bench, 0, 5)
    with pytest.raises(Refused) as learned:
        bench.ask(p.RESET, late)
    assert opened.value.code == learned.value.code == p.STALE
    reset(bench, Config(classes=3))
    info = bench.info()
    assert (info.learned, info.is_open) == (0, False)
    assert info.config is not None and info.config.classes == 3


def test_a_correction_is_carried_out_once_and_saved(bench: Bench) -> None:
    """However often and late it comes; the same class and name may be corrected again."""
    bench.begin(0, CLASSES)
    stream(bench, 0, 20)
    requests = [
        (p.RENAME, correction(0, 1, "", "cup")),
        (p.RENAME, correction(1, 1, "cup", "mug")),
        (p.RENAME, correction(2, 1, "mug", "cup")),
        (p.FORGET, correction(3, 1, "cup")),
        (p.FORGET, correction(4, 2, "")),
    ]
    twin = clean_run(MODEL, IMAGES[:20], LABELS[:20], end=False)
    for done, (code, payload) in enumerate(requests):
        generation = bench.info().generation
        first = Progress.unpack(bench.ask(code, payload))
        assert not first.repeated and first.generation == generation + 1
        for late_code, late in requests[: done + 1]:
            assert Progress.unpack(bench.ask(late_code, late)).repeated
    for name in ("cup", "mug", "cup"):
        twin.rename(1, name)
    twin.forget("cup")
    twin.forget(2)
    assert (bench.info().state, bench.info().corrections) == (twin.fingerprint(), 5)
    again = Bench(Path(bench.device.folder)).info()  # nothing was closed
    assert (again.state, again.corrections) == (twin.fingerprint(), 5)
    stream(bench, 20)  # samples of a class that was forgotten teach it anew
    for image, label in zip(IMAGES[20:], LABELS[20:], strict=True):
        twin.learn(image.tobytes(), int(label))
    bench.end(0, 40)
    twin.end()
    assert bench.info().state == twin.fingerprint()


@pytest.mark.parametrize(
    ("code", "payload", "error"),
    [
        (p.FORGET, correction(1, 0, ""), p.BAD_VALUE),
        (p.FORGET, correction(0, 0, "cup"), p.BAD_VALUE),
        (p.FORGET, correction(0, 4, ""), p.BAD_VALUE),
        (p.FORGET, correction(0, 0), p.BAD_REQUEST),
        (p.RENAME, correction(0, 0, ""), p.BAD_REQUEST),
        (p.RENAME, correction(0, 0, "", ""), p.BAD_VALUE),
        (p.RENAME, correction(0, 0, "", "x" * 25), p.BAD_VALUE),
        (p.RENAME, correction(0, 0, "") + b"\x01\xff", p.BAD_VALUE),
        (99, b"", p.UNKNOWN_REQUEST),
        (p.HELLO, b"", p.BAD_REQUEST),
        (p.LEARN, b"abc", p.BAD_REQUEST),
        (p.BEGIN, struct.pack(p.BEGIN_REQUEST, 1, 0, 60000), p.BAD_REQUEST),
        (p.BEGIN, struct.pack("<IIHH", 1, 0, 1, 99) + b"\0", p.BAD_VALUE),
        (p.BEGIN, struct.pack("<IIHH", 1, 0, 1, 1) + b"\x09ab", p.BAD_REQUEST),
        (p.BEGIN, struct.pack("<IIHH", 1, 0, 1, 1) + b"\x01\xff", p.BAD_VALUE),
        (p.BEGIN, struct.pack("<IIHH", 1, 0, 1, 1) + b"\x20" + 32 * b"x", p.BAD_VALUE),
        (p.PREDICT, b"\0\0" + b"too few pixels", p.BAD_VALUE),
        (p.PREDICT, b"\x01\0" + b"\0\0\0\0", p.STALE),
        (p.RESET, struct.pack(p.RESET_REQUEST, 40, 1, 0, 0) + b"x", p.BAD_VALUE),
        (p.GET_STATE, struct.pack(p.GET_REQUEST, 0, 5, 0), p.STALE),
        (p.PUT_BEGIN, struct.pack(p.PUT_BEGIN_REQUEST, 9, 0, 0, 10, 0), p.BAD_REQUEST),
        (p.PUT_BEGIN, struct.pack(p.PUT_BEGIN_REQUEST, p.KIND_IMAGE, 0, 0, 3, 0), p.BAD_VALUE),
        (p.PUT_BEGIN, struct.pack(p.PUT_BEGIN_REQUEST, p.KIND_STATE, 0, 0, 0, 0), p.TOO_LARGE),
        (p.PUT_DATA, struct.pack(p.PUT_DATA_REQUEST, p.KIND_MODEL, 0, 0, 0, 0), p.STALE),
        (p.PUT_COMMIT, struct.pack(p.PUT_COMMIT_REQUEST, p.KIND_MODEL, 0, 0, 1), p.STALE),
        (p.BENCH, struct.pack(p.BENCH_REQUEST, 0), p.BAD_VALUE),
        (p.BENCH, struct.pack(p.BENCH_REQUEST, 60000), p.BAD_VALUE),
    ],
)
def test_bad_requests_are_refused_and_change_nothing(
    bench: Bench, code: int, payload: bytes, error: int
) -> None:
    bench.begin(0, CLASSES)
    stream(bench)
    bench.end(0, len(PIXELS))
    before = bench.info().state
    with pytest.raises(Refused) as refused:
        bench.ask(code, payload)
    assert refused.value.code == error and refused.value.reason
    assert bench.info().state == before


def test_bad_samples_are_refused_and_the_position_stays(bench: Bench) -> None:
    bench.begin(0, CLASSES)
    for image, label in ((PIXELS[0][:-1], 0), (PIXELS[0], 4), (PIXELS[0], 65535)):
        with pytest.raises(Refused) as refused:
            bench.learn(0, 0, image, label)
        assert refused.value.code == p.BAD_VALUE
    assert bench.learn(0, 0, PIXELS[0], 0).position == 1


def test_another_version_is_told_ours(bench: Bench) -> None:
    frame = bytearray(encode(p.HELLO, 0, 5, b"\x01\x00"))
    frame[3] = 0x70
    frame[8:10] = struct.pack("<H", crc32(bytes(frame[:8])) & 0xFFFF)
    frame[-4:] = struct.pack("<I", crc32(bytes(frame[:-4])))
    ((_, flags, seq, payload),) = bench.feed(bytes(frame))
    assert flags & ERROR and seq == 5
    assert Refused.unpack(payload).code == p.WRONG_VERSION


def test_replies_are_not_requests(bench: Bench) -> None:
    assert bench.feed(encode(p.HELLO, 1, 5, b"\x01\x00")) == []  # an echo of our own reply


def test_without_a_model(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    info = bench.info()
    assert not info.has_model and "model.tcm" in info.warning
    with pytest.raises(Refused) as refused:
        bench.begin(0)
    assert refused.value.code == p.NO_MODEL
    bench.put(p.KIND_MODEL, MODEL, crc32(MODEL))
    assert bench.info().has_model
    assert (tmp_path / "model.tcm").read_bytes() == MODEL


def test_a_broken_model_file_is_told_and_can_be_replaced(tmp_path: Path) -> None:
    bench = Bench(flash_with(b"garbage" * 30, tmp_path))
    assert not bench.info().has_model and "not usable" in bench.info().warning
    bench.put(p.KIND_MODEL, MODEL, crc32(MODEL))
    assert bench.info().has_model


def test_names_come_back(bench: Bench) -> None:
    payload = struct.pack("<IIHHH", 0, 0, 2, 2, 0) + p.text("Tasse") + p.text("schön")
    bench.ask(p.BEGIN, payload)
    reply = bench.ask(p.NAMES, struct.pack(p.NAMES_REQUEST, 0))
    assert unpack(p.NAMES_REPLY, reply) == (4, 0, 4)
    assert reply[6:] == p.text("schön") + b"\0" + p.text("Tasse") + b"\0"


def test_images_in_pieces_give_the_same(bench: Bench) -> None:
    small = Bench(Path(bench.device.folder), max_payload=256)
    reset(small)
    small.begin(0, CLASSES)
    for i, pixels in enumerate(PIXELS[:10]):
        crc = crc32(pixels)
        begin = struct.pack(p.PUT_BEGIN_REQUEST, p.KIND_IMAGE, 0, 0, len(pixels), crc)
        assert unpack(p.PUT_REPLY, small.ask(p.PUT_BEGIN, begin))[0] == 0
        for at in (0, 20, 0, 20, 40):  # repeated pieces are dropped
            head = struct.pack(p.PUT_DATA_REQUEST, p.KIND_IMAGE, 0, 0, crc, at)
            have = unpack(p.PUT_REPLY, small.ask(p.PUT_DATA, head + pixels[at : at + 20]))[0]
        assert have == len(pixels)
        request = struct.pack(p.LEARN_REQUEST, 0, i, int(LABELS[i]), p.IMAGE_STAGED, 0)
        small.ask(p.LEARN, request + struct.pack("<I", crc))
    clean = clean_run(MODEL, IMAGES[:10], LABELS[:10], end=False)
    assert small.info().position == 10
    assert list(small.device.learner.head.sums) == list(clean.head.sums)


def test_bye_saves_and_ends_serving(bench: Bench) -> None:
    bench.begin(0, CLASSES)
    stream(bench, 0, 3)
    assert not bench.service.done
    bench.stream.to_board = encode(p.BYE, 0, 1, b"") * 2  # the repeated one is answered too
    bench.service.serve()
    assert bench.service.done and not bench.stream.is_open
    assert len(bench.feed(b"")) == 2
    again = Bench(Path(bench.device.folder))
    assert again.info().position == 3


def test_a_host_that_comes_right_after_goodbye_is_served(bench: Bench) -> None:
    polls = []
    bye, hello = encode(p.BYE, 0, 1, b""), encode(p.HELLO, 0, 2, b"\x01\x00")

    def wait(timeout_ms: int) -> bool:
        polls.append(timeout_ms)
        if len(polls) > 50:
            raise EOFError  # still serving: the test pulls the plug
        return bool(bench.stream.to_board)

    bench.stream.wait = wait  # type: ignore[method-assign]
    bench.stream.to_board = bye + hello
    bench.service.serve()
    assert not bench.service.done and len(bench.feed(b"")) == 2


def test_stats_count(bench: Bench) -> None:
    bench.begin(0, CLASSES)
    bench.begin(0, CLASSES)
    bench.feed(b"\xb1\xc7" + bytes(30))
    reply = bench.ask(p.STATS)
    values = dict(zip(p.STATS_NAMES, unpack(p.STATS_REPLY, reply), strict=True))
    assert values["repeated"] == 1 and values["bad_frames"] == 1
    assert values["saves"] == 1 and values["save_bytes"] > 0  # the reset


def test_bench_predicts_without_learning(bench: Bench) -> None:
    before = bench.info().state
    done, ms = unpack(p.BENCH_REPLY, bench.ask(p.BENCH, struct.pack(p.BENCH_REQUEST, 20)))
    assert done == 20 and 0 <= ms < 5000
    assert bench.info().state == before


def test_poll_once_returns_at_once_when_nothing_comes(bench: Bench) -> None:
    assert bench.service.poll_once(0) == 0


def test_exact_streams_are_never_asked_for_bytes_that_do_not_come(tmp_path: Path) -> None:
    bench = Bench(flash_with(MODEL, tmp_path), exact=True)
    reset(bench)
    bench.begin(0, CLASSES)
    stream(bench)  # MemoryStream asserts that no read would block
    assert bench.info().learned == len(PIXELS)
