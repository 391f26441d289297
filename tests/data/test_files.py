"""A user's own files: npz, csv and folders of images, whole and broken."""

import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tinycl.data import load
from tinycl.exceptions import DataError, TinyclError

X = np.arange(10 * 4 * 3, dtype=np.uint8).reshape(10, 4, 3)
Y = np.arange(10) % 2


@pytest.fixture
def npz(tmp_path):
    def save(**arrays):
        np.savez(tmp_path / "mine.npz", **arrays)
        return f"npz:{tmp_path / 'mine.npz'}"

    return save


def test_npz_with_test_set_is_taken_as_it_is(npz):
    mine = load(npz(x_train=X, y_train=Y, x_test=X[:4], y_test=Y[:4], class_names=["a", "b"]))
    assert np.array_equal(mine.x_train[..., 0], X)
    assert np.array_equal(mine.x_test[..., 0], X[:4])
    assert np.array_equal(mine.y_train, Y)
    assert mine.class_names == ("a", "b")


def test_npz_without_test_set_is_split(npz):
    mine = load(npz(x=X, y=Y))
    assert (len(mine.x_train), len(mine.x_test)) == (8, 2)
    assert mine.class_names == ("0", "1")


def test_npz_of_other_integers_is_lossless(npz):
    mine = load(npz(x_train=X.astype(np.int32), y_train=Y, x_test=X, y_test=Y))
    assert mine.x_train.dtype == np.uint8
    assert np.array_equal(mine.x_train[..., 0], X)


def test_npz_of_signals(npz):
    mine = load(npz(x=np.zeros((10, 50, 1, 3), np.uint8), y=Y))
    assert mine.input_shape == (50, 1, 3)


NAN = np.full((10, 4, 3), np.nan, np.float32)


@pytest.mark.parametrize(
    ("arrays", "answer"),
    [
        ({"a": X}, "neither x_train nor x"),
        ({"x": X}, "no array y; it holds x"),
        ({"x": X, "y": Y, "x_test": X}, "no array y_test"),
        ({"x": X / 255, "y": Y}, r"float64; expected uint8: .*astype\(np.uint8\)"),
        ({"x": NAN, "y": Y}, "contain NaN"),
        ({"x": X > 3, "y": Y}, "are bool"),
        ({"x": X.astype(int) * 9, "y": Y}, "run from 0 to 1071"),
        ({"x": X.astype(int) - 1, "y": Y}, "run from -1"),
        ({"x": X.reshape(10, 12), "y": Y}, r"shape \(10, 12\); expected \(samples"),
        ({"x": X[:, :0], "y": Y}, "empty"),
        ({"x": X, "y": Y[:9]}, "10 samples and 9 labels"),
        ({"x": X, "y": Y.astype(float)}, "labels are float64"),
        ({"x": X, "y": Y - 1}, "labels contain -1"),
        ({"x": X, "y": np.eye(10, dtype=int)}, r"labels have the shape \(10, 10\)"),
        ({"x": X, "y": Y * 2}, "go up to 2, but class 1 has no samples"),
        ({"x": X, "y": np.full(10, 2**40)}, "labels contain"),
        ({"x": X, "y": np.arange(10)}, "class '0' has one sample"),
        ({"x": X, "y": Y, "class_names": ["a"]}, "go up to 1, but there are only 1"),
        ({"x": X, "y": Y, "class_names": ["a", "b", "c"]}, "no sample of class 'c'"),
        ({"x": X, "y": Y, "class_names": ["a", "a"]}, "a name twice"),
        ({"x": X, "y": Y, "class_names": [1, 2]}, "expected a list of strings"),
        ({"x": X, "y": Y, "x_test": X[:2, :3], "y_test": Y[:2]}, "both must be the same"),
        (
            {"x": X, "y": Y, "x_test": X[:1], "y_test": Y[:1]},
            "test set has no sample of class '1'",
        ),
    ],
)
def test_wrong_arrays(npz, arrays, answer):
    with pytest.raises(DataError, match=answer) as caught:
        load(npz(**arrays))
    assert "\n" not in str(caught.value)


def test_pickled_objects_are_refused(npz):
    with pytest.raises(DataError, match="damaged"):
        load(npz(x=np.array([{"a": 1}], dtype=object), y=Y))


@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps({"x": 1}), b"PK\x03\x04"])
def test_not_an_npz(tmp_path, content):
    (tmp_path / "mine.npz").write_bytes(content)
    with pytest.raises(DataError, match="not a whole"):
        load(f"npz:{tmp_path / 'mine.npz'}")


def test_a_single_array_is_not_an_npz(tmp_path):
    np.save(tmp_path / "mine.npy", X)
    with pytest.raises(DataError, match="single array"):
        load(f"npz:{tmp_path / 'mine.npy'}")


def test_a_zip_of_something_else(tmp_path):
    with zipfile.ZipFile(tmp_path / "mine.npz", "w") as archive:
        archive.writestr("x", "text")
    with pytest.raises(DataError, match="x is not an array"):
        load(f"npz:{tmp_path / 'mine.npz'}")


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_damaged_npz_never_gives_another_error(tmp_path, data):
    path = tmp_path / "mine.npz"
    np.savez_compressed(path, x=X, y=Y)
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw[: data.draw(st.integers(len(raw) // 2, len(raw)))])
    try:
        load(f"npz:{path}")
    except TinyclError as error:
        assert str(path) in str(error)


@pytest.fixture
def table(tmp_path):
    def save(text, size=""):
        (tmp_path / "mine.csv").write_text(text, encoding="utf-8")
        return f"csv:{tmp_path / 'mine.csv'}{size}"

    return save


ROWS = "cup,1,2,3,4\nhat,5,6,7,8\ncup,9,10,11,12\nhat,13,14,15,255\n"


@pytest.mark.parametrize("text", [ROWS, "label,a,b,c,d\n" + ROWS, "\ufeff" + ROWS + "\n\n"])
def test_csv_of_squares(table, text):
    mine = load(table(text))
    assert mine.class_names == ("cup", "hat")
    assert mine.input_shape == (2, 2, 1)
    everything = np.concatenate([mine.x_train, mine.x_test]).ravel().tolist()
    assert sorted(everything) == [*range(1, 16), 255]
    labels = np.concatenate([mine.y_train, mine.y_test])
    firsts = np.concatenate([mine.x_train, mine.x_test])[:, 0, 0, 0]
    assert dict(zip(firsts.tolist(), labels.tolist(), strict=True)) == {1: 0, 5: 1, 9: 0, 13: 1}


def test_csv_with_a_size(table):
    assert load(table(ROWS, ",1x2x2")).input_shape == (1, 2, 2)
    assert load(table(ROWS, ",4x1")).input_shape == (4, 1, 1)


def test_csv_numbers_as_labels_are_in_order(table):
    mine = load(table("".join(f"{label},0\n" * 2 for label in (10, 9, 2))))
    assert mine.class_names == ("2", "9", "10")


@pytest.mark.parametrize(
    ("text", "size", "answer"),
    [
        ("", "", "holds no samples"),
        ("label,a,b\n", "", "holds no samples"),
        ("cup\n", "", "line 1: expected a label"),
        (",1,2,3,4\n", "", "line 1: expected a label"),
        (ROWS + "cup,1,2\n", "", "line 5: 3 columns; the rows above have 5"),
        (ROWS + "cup,1,2,x,4\n", "", "line 5: 'x' is not a pixel"),
        (ROWS + "cup,1,2,3,256\n", "", "'256' is not a pixel"),
        (ROWS + "cup,1,2,3,-1\n", "", "'-1' is not a pixel"),
        (ROWS + "cup,1,2,3,0.5\n", "", "'0.5' is not a pixel"),
        (ROWS + "cup,1,2,3,nan\n", "", "'nan' is not a pixel"),
        ("cup,nan,nan,nan,nan\n" + ROWS, "", "line 1: 'nan' is not a pixel"),
        ("cup,inf,-inf,inf,inf\n" + ROWS, "", "line 1: 'inf' is not a pixel"),
        (ROWS + "cup,1,2,3,1_0\n", "", "'1_0' is not a pixel"),
        (ROWS + f"cup,1,2,3,{'9' * 5000}\n", "", "'9{30}' is not a pixel"),
        (f"{'9' * 5000},1,2,3,4\n", "", "a name of 5000 characters; expected at most 1000"),
        (ROWS + "pen,1,2,3,4\n", "", "class 'pen' has one sample"),
        ("cup,1,2,3\nhat,1,2,3\n", "", "no square; give the size"),
        (ROWS, ",3x3", "4 pixels in a row; 3x3x1 would be 9"),
        (ROWS, ",0x4", "not a size"),
        (ROWS, ",4x1x99999", "not a size"),
    ],
)
def test_wrong_csv(table, text, size, answer):
    with pytest.raises(DataError, match=answer):
        load(table(text, size))


def test_binary_as_csv(tmp_path):
    (tmp_path / "mine.csv").write_bytes(bytes(range(256)))
    with pytest.raises(DataError, match="not a CSV file"):
        load(f"csv:{tmp_path / 'mine.csv'}")


def _paint(path, size=(6, 5), mode="L", value=7):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path)


@pytest.fixture
def images(tmp_path):
    for label, name in enumerate(("cup", "hat")):
        for number in range(5):
            _paint(tmp_path / name / f"{number}.png", value=10 * label + number)
        (tmp_path / name / "notes.txt").write_text("not an image")
    return tmp_path


def test_folder_of_grey_images(images):
    mine = load(f"folder:{images}")
    assert mine.class_names == ("cup", "hat")
    assert mine.x_train.shape == (8, 5, 6, 1)
    assert np.array_equal(mine.y_train, mine.x_train[:, 0, 0, 0] // 10)


def test_folder_with_train_and_test(tmp_path):
    for name in ("2", "10"):
        for part in ("train", "test"):
            _paint(tmp_path / part / name / "a.png", value=int(name) + (part == "test"))
    mine = load(f"folder:{tmp_path}")
    assert mine.class_names == ("2", "10")
    assert mine.x_train[:, 0, 0, 0].tolist() == [2, 10]
    assert mine.x_test[:, 0, 0, 0].tolist() == [3, 11]
    (tmp_path / "test" / "10").rename(tmp_path / "test" / "11")
    with pytest.raises(DataError, match="not have the same classes"):
        load(f"folder:{tmp_path}")


def test_one_colour_image_makes_all_colour(images):
    _paint(images / "cup" / "red.jpg", mode="RGB", value=(255, 0, 0))
    assert load(f"folder:{images}").input_shape == (5, 6, 3)
    assert load(f"folder:{images},5x6x1").input_shape == (5, 6, 1)


def test_sizes_that_differ_are_refused_or_resized(images):
    _paint(images / "hat" / "big.png", size=(12, 10))
    with pytest.raises(DataError, match=r"big.png is 10x12, 0.png is 5x6; give a size"):
        load(f"folder:{images}")
    assert load(f"folder:{images},4x8").input_shape == (4, 8, 1)


def test_images_that_cannot_be_read(images):
    bad = images / "hat" / "bad.png"
    bad.write_bytes((images / "hat" / "0.png").read_bytes()[:40])
    with pytest.raises(DataError, match=r"bad.png cannot be read as an image"):
        load(f"folder:{images}")


def test_deep_images_are_refused(images):
    Image.fromarray(np.full((5, 6), 40_000, np.uint16)).save(images / "hat" / "deep.png")
    with pytest.raises(DataError, match=r"deep.png has more than 8 bits"):
        load(f"folder:{images}")


def test_folders_that_are_empty(tmp_path):
    with pytest.raises(DataError, match="no sub-folders"):
        load(f"folder:{tmp_path}")
    (tmp_path / "cup").mkdir()
    with pytest.raises(DataError, match="cup has no images"):
        load(f"folder:{tmp_path}")


def test_channels_of_images(images):
    with pytest.raises(DataError, match="1 or 3 channels, not 4"):
        load(f"folder:{images},5x6x4")
