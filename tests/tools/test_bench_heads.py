"""tools.bench.heads: what the page on heads says that they take."""

from __future__ import annotations

from helpers.boards import built

from tinycl.boards.registry import LARGE
from tools.bench.heads import measure

MOST_AT_AN_END = 20_000_000  # instructions, with covariance


def test_bytes_and_work_of_each_head() -> None:
    built(LARGE.name)
    n, d, rank = 10, 1024, 64
    lda, mean, cwr = measure(n, [d])
    assert (lda["rank"], mean["rank"], cwr["rank"]) == (rank, 0, 0)
    sums = 6 * n * d + 7 * d
    rows = rank * (2 * d + rank + 13)
    for row, said in ((lda, sums + rows), (mean, sums), (cwr, 4 * n * d + d)):
        assert said <= row["bytes"] <= said + 2048, row
    assert mean["end"] < lda["end"] <= MOST_AT_AN_END
    assert mean["learn"] < lda["learn"]
