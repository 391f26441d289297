"""The vectors that boards run too: up to date, and met by every kernel set of this interpreter."""

from types import ModuleType

import pytest
from helpers.paths import VECTORS
from kernels.vectors import make_vectors, vector_check
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.kernels.numpy import lda as numpy_lda
from tinycl_rt.kernels.numpy import tail as numpy_tail
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.kernels.reference import lda as reference_lda
from tinycl_rt.kernels.reference import tail as reference_tail

KERNELS = {
    "conv8", "binarise", "bconv", "bpool", "sum_pool", "head_forward", "softmax_error",
    "head_update", "head_step", "head_sum", "head_merge",
}  # fmt: skip
TAIL = {
    "bconv_train", "head_back", "unpool", "requantize", "bpool_back", "bconv_back", "bconv_update",
}  # fmt: skip
LDA = {"class_add", "residual", "dots", "fold", "mix", "factor_row", "solve", "solve_back"}


@pytest.mark.parametrize("kernels", [reference, numpy_kernels], ids=["reference", "numpy"])
def test_kernels_meet_the_vectors(kernels: ModuleType) -> None:
    assert vector_check.check(kernels) > 60
    assert vector_check.check_learning(kernels) == len(make_vectors.RUNS)


@pytest.mark.parametrize("tail", [reference_tail, numpy_tail], ids=lambda k: k.NAME)
def test_kernels_of_the_tail_meet_theirs(tail: ModuleType) -> None:
    assert vector_check.check(tail, file="tail.jsonl") > 15


@pytest.mark.parametrize("lda", [reference_lda, numpy_lda], ids=lambda k: k.NAME)
def test_kernels_of_class_sums_meet_theirs(lda: ModuleType) -> None:
    assert vector_check.check(lda, file="lda.jsonl") > 15


def test_the_vectors_are_what_the_reference_makes() -> None:
    for name, text in make_vectors.files().items():
        assert (VECTORS / name).read_text() == text, "run make vectors"


def test_every_kernel_is_covered_and_a_difference_is_seen() -> None:
    for names, good, file in (
        (KERNELS, reference, "kernels.jsonl"),
        (TAIL, reference_tail, "tail.jsonl"),
        (LDA, reference_lda, "lda.jsonl"),
    ):
        for name in names:
            broken = ModuleType("broken")
            vars(broken).update(vars(good), NAME="broken")
            setattr(broken, name, lambda *arguments: None)
            with pytest.raises(AssertionError, match=f"{name} of broken"):
                vector_check.check(broken, file=file)


def test_they_stay_small() -> None:
    assert sum(path.stat().st_size for path in VECTORS.glob("*.json*")) < 80_000
