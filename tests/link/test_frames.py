"""Frames survive garbage, damage, splitting, merging and doubling."""

import random
import struct

from hypothesis import given, settings
from hypothesis import strategies as st
from tinycl_rt.link.frames import OVERHEAD_BYTES, FrameReader, encode

MAX_PAYLOAD = 300
Frame = tuple[int, int, int, bytes]

frame = st.tuples(
    st.integers(0, 255),
    st.integers(0, 15),
    st.integers(0, 65535),
    st.binary(max_size=MAX_PAYLOAD),
)
garbage = st.one_of(
    st.binary(max_size=40), st.just(b"\xb1\xc7"), st.just(b"\xb1"), st.just(b"\xb1\xb1\xc7\x02")
)


def read(data: bytes, sizes: list[int], reader: FrameReader | None = None) -> list[Frame]:
    """Feed `data` in pieces of the given sizes (repeated), return the frames found."""
    reader = reader or FrameReader(MAX_PAYLOAD)
    found, at, i = [], 0, 0
    while at < len(data):
        room = reader.room()
        assert len(room) > 0, "the reader must always take more bytes"
        n = min(len(room), sizes[i % len(sizes)], len(data) - at)
        i += 1
        room[:n] = data[at : at + n]
        reader.fed(n)
        at += n
        while reader.next():
            found.append((reader.code, reader.flags, reader.seq, bytes(reader.payload)))
    return found


@given(st.lists(frame, max_size=6), st.lists(st.integers(1, 400), min_size=1, max_size=5))
def test_roundtrip_however_split_or_merged(frames: list[Frame], sizes: list[int]) -> None:
    assert read(b"".join(encode(*f) for f in frames), sizes) == frames


@given(st.lists(st.tuples(garbage, frame), max_size=5), garbage, st.integers(1, 400))
def test_garbage_between_frames(parts: list[tuple[bytes, Frame]], tail: bytes, size: int) -> None:
    data = b"".join(g + encode(*f) for g, f in parts) + tail
    # A header in the garbage may make the reader wait; more bytes always free it.
    reader = FrameReader(MAX_PAYLOAD)
    found = read(data, [size], reader) + read(bytes(MAX_PAYLOAD + OVERHEAD_BYTES), [size], reader)
    assert found == [f for _, f in parts]


@settings(max_examples=300)
@given(st.lists(frame, min_size=3, max_size=5), st.data())
def test_a_damaged_byte_costs_no_other_frame(frames: list[Frame], data: st.DataObject) -> None:
    encoded = [bytearray(encode(*f)) for f in frames]
    victim = data.draw(st.integers(0, len(frames) - 1))
    at = data.draw(st.integers(0, len(encoded[victim]) - 1))
    encoded[victim][at] ^= data.draw(st.integers(1, 255))
    reader = FrameReader(MAX_PAYLOAD)
    stream = b"".join(bytes(e) for e in encoded) + bytes(MAX_PAYLOAD + OVERHEAD_BYTES)
    found = read(stream, [50], reader)
    assert found == frames[:victim] + frames[victim + 1 :]
    assert reader.bad >= 1 or at < 2  # a broken sync makes the frame plain garbage


@given(st.binary(min_size=1, max_size=MAX_PAYLOAD), st.integers(0, 2**31))
def test_never_a_frame_from_damaged_bytes(payload: bytes, seed: int) -> None:
    rng = random.Random(seed)
    data = bytearray(encode(1, 0, 7, payload))
    for _ in range(rng.randint(1, 6)):
        data[rng.randrange(len(data))] ^= rng.randint(1, 255)
    if bytes(data) != encode(1, 0, 7, payload):
        assert read(bytes(data), [64]) == []


@given(frame, frame)
def test_frame_hidden_in_the_payload_of_a_broken_one(inner: Frame, outer: Frame) -> None:
    wrapped = encode(outer[0], outer[1], outer[2], encode(*inner)[:MAX_PAYLOAD])
    whole = len(encode(*inner)) <= MAX_PAYLOAD
    assert len(read(wrapped, [10_000])) == 1
    broken = wrapped[:-1] + bytes([wrapped[-1] ^ 1])
    assert read(broken, [10_000]) == ([inner] if whole else [])


def test_exact_reads_never_ask_for_more_than_the_sender_sent() -> None:
    data = encode(1, 0, 1, b"x" * 20) + encode(2, 0, 2, b"") + encode(3, 0, 3, b"y" * 250)
    reader, at, codes = FrameReader(MAX_PAYLOAD), 0, []
    while at < len(data):
        room = reader.room(True)
        assert 0 < len(room) <= len(data) - at
        room[:] = data[at : at + len(room)]
        reader.fed(len(room))
        at += len(room)
        while reader.next():
            codes.append(reader.code)
    assert codes == [1, 2, 3]


def test_skip_gives_up_a_frame_whose_rest_does_not_come() -> None:
    reader = FrameReader(MAX_PAYLOAD)
    cut = encode(1, 0, 1, b"x" * 200)[:100]
    assert read(cut + encode(2, 0, 2, b"behind"), [1000], reader) == []
    reader.skip()
    assert reader.next() and reader.code == 2


def test_a_length_above_the_limit_is_no_frame() -> None:
    reader = FrameReader(MAX_PAYLOAD)
    assert read(encode(1, 0, 1, bytes(MAX_PAYLOAD + 1)) + encode(2, 0, 2, b"a"), [77], reader) == [
        (2, 0, 2, b"a")
    ]


def test_layout() -> None:
    raw = encode(3, 1, 0x0102, b"hi")
    assert raw[:8] == bytes([0xB1, 0xC7, 3, 0x11, 2, 1, 2, 0]) and len(raw) == 16
    assert raw[10:12] == b"hi"
    assert struct.unpack("<H", raw[8:10])[0] != 0
