"""What bench.kernels runs on a board of the heads that keep class sums."""

import gc

import tinyclboard
from tinycl_rt.config import LDA, Config
from tinycl_rt.lda import Lda

SAMPLES = 50  # of each class


class Sketch:
    """A head that has learned: means that differ, and a covariance of which all rows are in use."""

    def __init__(self, classes, features, rank, noise):
        self.shape = classes, features, rank
        self.noise = noise

    def head(self, k):
        """The head with kernels ``k``."""
        classes, features, rank = self.shape
        head = Lda(Config(classes=classes, head=LDA, rank=rank), features, 127, k)
        values = self.noise(features + 256)
        for i in range(rank * features):
            head.rows[i] = (values[i % features + i // features] - 128) * 4
        for i in range(classes * features):
            head.sums[i] = SAMPLES * (values[i % features + i // features] % 255 - 127)
        for j in range(classes):
            head.past[j] = SAMPLES
        for i in range(features):
            head.x[i] = values[i] % 255 - 127
            head._row[i] = (values[i + 99] - 128) * 16
        head.restored()
        head.numbers[1] = SAMPLES * classes
        head.numbers[2] = sum(head._energy[:rank]) >> 6
        gc.collect()
        return head

    def class_add(self, k):
        """Instructions of ``class_add``."""
        head = self.head(k)
        return tinyclboard.count(head._kl.class_add, head.sums, 3, head.x, head.features)

    def fold(self, k):
        """Instructions of ``fold``."""
        head = self.head(k)
        given = head.rows, head._energy, head._row, head.rank, head.features
        return tinyclboard.count(head._kl.fold, *given)

    def refresh(self, k):
        """Instructions of ``Lda.refresh``."""
        head = self.head(k)
        counted = tinyclboard.count(head.refresh)
        assert not head.rank or len(head._roots) == head.rank
        return counted
