"""The vectors that boards run too: up to date, and met by every kernel set of this interpreter."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from tinycl_rt import kernels_numpy, kernels_numpy_tail, kernels_ref, kernels_tail_ref

VECTORS = Path(__file__).parent / "vectors"
sys.path.insert(0, str(VECTORS))

import make_vectors  # noqa: E402
import vector_check  # noqa: E402

KERNELS = {
    "conv8", "binarise", "bconv", "bpool", "count", "head_forward", "softmax_error",
    "head_update", "head_step", "head_sum", "head_merge",
}  # fmt: skip
TAIL = {
    "bconv_train", "head_back", "spread", "narrow", "bpool_back", "bconv_back", "bconv_update",
}  # fmt: skip


@pytest.mark.parametrize("kernels", [kernels_ref, kernels_numpy], ids=["reference", "numpy"])
def test_kernels_meet_the_vectors(kernels: ModuleType) -> None:
    assert vector_check.check(kernels) > 60
    assert vector_check.check_learning(kernels) == len(make_vectors.RUNS)


@pytest.mark.parametrize("tail", [kernels_tail_ref, kernels_numpy_tail], ids=lambda k: k.NAME)
def test_kernels_of_the_tail_meet_theirs(tail: ModuleType) -> None:
    assert vector_check.check(tail, file="tail.jsonl") > 15


def test_the_vectors_are_what_the_reference_makes() -> None:
    for name, text in make_vectors.files().items():
        assert (VECTORS / name).read_text() == text, "run tests/vectors/make_vectors.py"


def test_every_kernel_is_covered_and_a_difference_is_seen() -> None:
    for names, reference, file in (
        (KERNELS, kernels_ref, "kernels.jsonl"),
        (TAIL, kernels_tail_ref, "tail.jsonl"),
    ):
        for name in names:
            broken = ModuleType("broken")
            vars(broken).update(vars(reference), NAME="broken")
            setattr(broken, name, lambda *arguments: None)
            with pytest.raises(AssertionError, match=f"{name} of broken"):
                vector_check.check(broken, file=file)


def test_they_stay_small() -> None:
    assert sum(path.stat().st_size for path in VECTORS.glob("*.json*")) < 70_000
