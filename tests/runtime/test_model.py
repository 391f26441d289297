"""The loader: whatever the bytes are, a ValueError with a reason or a model that runs."""

from array import array
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.hostile import fields, load, patched, run_everywhere, signed
from helpers.tiny import Sketch, compiled, random_program, tiny_model
from hypothesis import given
from hypothesis import strategies as st
from tinycl_rt import tcm
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.model.backbone import Backbone
from tinycl_rt.model.loader import Model
from tinycl_rt.model.source import open_source

from tinycl.compiler.arena import plan_memory
from tinycl.compiler.ir import Window
from tinycl.compiler.writer import write
from tinycl.exceptions import DataError
from tinycl.inference import latents

TINY = tiny_model()
FIELDS = list(fields(TINY))
EXTREMES = [0, 1, 2, 3, 4, 5, 7, 8, 16, 31, 64, 127, 128, 255, 256, 1023, 1025, 4096, 4097, 65535]
EXTREMES += [-1, -2, -4, -255, 2**16, 2**24, 2**31 - 4, 2**31 - 1, -(2**31), 2**32 - 4]


def load_and_run(data: bytes) -> bool:
    """Whether the loader let it through."""
    try:
        model, streamed = load(data)
    except ValueError as error:
        assert str(error).startswith("model: ")
        return False
    run_everywhere(model, streamed=streamed)
    return True


def test_what_a_model_says_of_itself(tiny: Model) -> None:
    assert (tiny.input_shape, tiny.input_bytes) == ((8, 8, 1), 64)
    assert (tiny.latent_shape, tiny.latent_bytes) == ((4, 4, 12), 64)
    assert (tiny.features, tiny.feature_range, len(tiny.fingerprint)) == (48, 4, 8)
    assert bytes(tiny.metadata).startswith(b'{"layers"')
    assert [op.code for op in tiny.operators] == [tcm.CONV8, tcm.BPOOL, tcm.BCONV, tcm.SUM_POOL]
    assert run_everywhere(tiny)


@pytest.mark.parametrize("start", range(0, 160, 40))
def test_random_programs_run_alike_everywhere(start: int) -> None:
    for seed in range(start, start + 40):
        model, streamed = load(compiled(random_program(seed)))
        assert run_everywhere(model, streamed=streamed)


def test_streamed_weights_take_the_room_of_the_largest(tmp_path: Path) -> None:
    sketch = Sketch((9, 7, 3), np.random.default_rng(5))
    sketch.conv8(40, Window(3, 3))
    sketch.bconv(33, Window(3, 3))
    sketch.bconv(64, Window(3, 1))
    (tmp_path / "m.tcm").write_bytes(compiled(sketch.count(2)))
    model = Model(open_source(str(tmp_path / "m.tcm"), room=100))
    assert sum(op.at > 0 for op in model.operators) == 3
    assert model.source.place == "streamed"
    assert model.source.resident == 40 * 27 + max(33 * 9 * 8, 64 * 3 * 8)
    pixels = bytes(range(189))
    expected = bytes(Backbone(Model((tmp_path / "m.tcm").read_bytes()), reference).run(pixels))
    backbone = Backbone(model, reference)
    for runs in (1, 2, 3):
        assert bytes(backbone.run(pixels)) == expected
        # The first layer's weights have a buffer for themselves: they are read once.
        assert model.source.reads == 1 + 2 * runs
    assert model.source.read_bytes == 40 * 27 + 3 * (33 * 9 * 8 + 64 * 3 * 8)
    (tmp_path / "m.tcm").write_bytes(b"TCM1")
    with pytest.raises(ValueError, match="model: the file ended early"):
        backbone.run(pixels)
    model.source.close()
    (tmp_path / "m.tcm").write_bytes(compiled(sketch.program))
    model.source.open(str(tmp_path / "m.tcm"))
    assert bytes(backbone.run(pixels)) == expected


def test_a_file_is_read_whole_where_there_is_room(tmp_path: Path) -> None:
    path = tmp_path / "m.tcm"
    path.write_bytes(TINY)
    for room, place in ((None, "heap"), (len(TINY), "heap"), (len(TINY) - 1, "streamed")):
        source = open_source(str(path), room)
        model = Model(source)
        assert (source.place, source.size, model.nbytes) == (place, len(TINY), len(TINY))
        assert bytes(model.metadata).startswith(b'{"layers"')
        source.close()
    with pytest.raises(OSError):
        open_source(str(tmp_path / "absent"))


def test_latents_of_a_batch_are_those_of_its_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinycl.inference._CHUNK_VALUES", 20_000)  # several chunks
    for seed in range(20):
        model = Model(compiled(random_program(seed)))
        shape = (30, *model.input_shape)
        x = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
        done: list[int] = []
        found, backbone = latents(model, x, done.append), Backbone(model, reference)
        assert done[-1] == 30 and done == sorted(done)
        for row, latent in zip(x, found, strict=True):
            assert bytes(backbone.run(row.tobytes())) == latent.tobytes()
        with pytest.raises(DataError, match="the model takes uint8 pixels"):
            latents(model, x.astype(np.int32))


def test_features_stay_within_their_range() -> None:
    for seed in range(60):
        model = Model(compiled(random_program(seed)))
        backbone = Backbone(model, numpy_kernels)
        features = array("b", bytes(model.features))
        for limit, value in ((127, 0), (127, 255), (7, 0), (7, 255)):
            top = backbone.narrow(limit)
            for latent in (bytes([value]) * model.latent_bytes,):
                backbone.count(latent, features)
            assert max(abs(v) for v in features) <= top <= min(limit, model.feature_range)


def test_a_damaged_byte_is_refused() -> None:
    for at in range(len(TINY)):
        data = bytearray(TINY)
        data[at] ^= 1 << at % 8
        with pytest.raises(ValueError, match=r"^model: "):
            Model(data)


def test_a_cut_or_a_longer_file_is_refused() -> None:
    for size in range(len(TINY)):
        with pytest.raises(ValueError, match=r"^model: "):
            Model(TINY[:size])
    with pytest.raises(ValueError, match="header says 1048 bytes, file has 1049"):
        Model(TINY + b"\0")
    for size in range(tcm.HEADER_BYTES, len(TINY)):  # the checksum right again
        assert not load_and_run(signed(TINY[:size]))


def test_the_reason_is_named() -> None:
    for at, value, reason in (
        (0, b"PK", "not a .tcm file"),
        (4, b"\x07", "version 7, this runtime reads 1"),
        (6, b"\x07", "its header is damaged: copy it again"),
        (500, b"\xff\xff\xff", "CRC is wrong"),
    ):
        data = bytearray(TINY)
        data[at : at + len(value)] = value
        with pytest.raises(ValueError, match=reason):
            Model(data)


@pytest.mark.parametrize("name, at, code", FIELDS, ids=[f[0] for f in FIELDS])
def test_one_field_changed(name: str, at: int, code: str) -> None:
    for value in EXTREMES:
        load_and_run(patched(TINY, at, code, value))


@given(st.integers(0, 40), st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(EXTREMES))))
def test_several_fields_changed(seed: int, changes: list[tuple[int, int]]) -> None:
    data = compiled(random_program(seed))
    places = list(fields(data))
    for index, value in changes:
        _, at, code = places[index % len(places)]
        data = patched(data, at, code, value)
    load_and_run(data)


@given(st.integers(0, 40), st.lists(st.tuples(st.integers(16, 10**6), st.binary(max_size=4))))
def test_bytes_changed_anywhere(seed: int, changes: list[tuple[int, bytes]]) -> None:
    data = bytearray(compiled(random_program(seed)))
    for at, piece in changes:
        at %= len(data) - 4
        data[at : at + len(piece)] = piece
    load_and_run(signed(data))


@given(st.binary(max_size=200))
def test_garbage(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"^model: "):
        Model(data)
    with pytest.raises(ValueError, match=r"^model: "):
        Model(signed(TINY[:12] + bytes(4) + data))


def test_wrong_pixels_are_refused(tiny: Model) -> None:
    for kernels in (reference, numpy_kernels):
        for size in (0, 63, 65):
            with pytest.raises(ValueError, match=r"expected 64 pixels \(8 x 8 x 1\), got "):
                Backbone(tiny, kernels).run(bytes(size))


def test_a_run_leaves_no_trace(tiny: Model) -> None:
    # Activations share memory: what one call left behind must not reach the next.
    x = np.random.default_rng(3).integers(0, 256, (20, 64), np.uint8)
    backbone = Backbone(tiny, reference)
    alone = [bytes(Backbone(tiny, reference).run(row.tobytes())) for row in x]
    assert [bytes(backbone.run(row.tobytes())) for row in x] == alone
    assert len(set(alone)) == 20


def test_what_is_read_later_must_not_be_overwritten() -> None:
    sketch = Sketch((4, 4, 1), np.random.default_rng(0))
    sketch.binarise()
    sketch.bpool(Window(1, 1))
    sketch.bpool(Window(1, 1))
    program = sketch.count(1)
    program.steps[2] = replace(program.steps[2], source=1)
    # A branch: tensor 1 is read by two operators, of which the first must leave it alone.
    arena = replace(plan_memory(program), offsets=(None, 0, 64, 128, None), bit_bytes=192)
    run_everywhere(Model(write(program, arena, {})))
    sketch.program.steps.insert(2, replace(program.steps[1], source=2, target=5))
    program.add(program.activations[1])
    shared = replace(arena, offsets=(None, 0, 64, 128, None, 0))
    with pytest.raises(ValueError, match="operator 3 reads or writes in the wrong order"):
        Model(write(program, shared, {}))


def test_pooling_keeps_its_channels() -> None:
    sketch = Sketch((4, 4, 3), np.random.default_rng(0))
    sketch.binarise()
    sketch.bpool(Window(2, 2))
    sketch.program.activations[2] = replace(sketch.program.activations[2], shape=(3, 3, 5))
    with pytest.raises(ValueError, match="operator 1 changes the number of channels"):
        Model(compiled(sketch.count(1)))


def test_sums_beyond_int32_are_refused() -> None:
    sketch = Sketch((255, 255, 1), np.random.default_rng(0))
    sketch.conv8(1, Window(255, 255))
    with pytest.raises(ValueError, match="operator 0 sums 65025 values"):
        Model(compiled(sketch.count(1)))


def test_more_features_than_a_head_takes() -> None:
    sketch = Sketch((200, 100, 1), np.random.default_rng(0))
    sketch.binarise()
    with pytest.raises(ValueError, match="20000 features"):
        Model(compiled(sketch.count(200)))


def test_windows_of_operators_without_one() -> None:
    sketch = Sketch((4, 4, 3), np.random.default_rng(0))
    sketch.binarise()
    program = sketch.count(1)
    program.steps[:] = [replace(step, window=Window(0, 0)) for step in program.steps]
    with pytest.raises(ValueError, match="operator 0 has shapes"):
        Model(compiled(program))


def test_thresholds_by_position_lie_inside_their_table() -> None:
    sketch = Sketch((4, 5, 3), np.random.default_rng(0))
    sketch.binarise()
    sketch.bconv(6, Window(3, 3), same=True, pad=2)
    program = sketch.count(1)
    run_everywhere(Model(compiled(program)))
    table = np.array(program.steps[1].table)
    for entry, value in ((0, -1), (3, len(table) - 5), (4, -1), (8, len(table)), (0, 2**31 - 1)):
        broken = np.array(table)
        broken[entry] = value
        program.steps[1] = replace(program.steps[1], table=broken)
        with pytest.raises(ValueError, match="operator 1 has thresholds outside its table"):
            Model(compiled(program))
    for size in (0, 9, 14):
        program.steps[1] = replace(program.steps[1], table=table[:size])
        with pytest.raises(ValueError, match="operator 1 has"):
            Model(compiled(program))


@pytest.mark.parametrize("channels", [1, 7, 8, 31, 33, 40])
def test_weights_behind_the_last_channel_are_refused(channels: int) -> None:
    # One kernel set would count them, another would not.
    sketch = Sketch((3, 3, channels), np.random.default_rng(0))
    sketch.binarise()
    sketch.bconv(2, Window(2, 2))
    program = sketch.count(1)
    words = -(-channels // 32) * 32
    for channel in {channels, words - 1}:
        weights = np.array(program.steps[1].weights)
        weights[1, 1, 0, channel // 8] |= 1 << channel % 8
        steps = [program.steps[0], replace(program.steps[1], weights=weights), program.steps[2]]
        with pytest.raises(ValueError, match=f"weights behind its {channels} channels"):
            Model(compiled(replace(program, steps=steps)))
    Model(compiled(program))
