"""Heads that keep what a Gaussian needs: class means, and a sketch of the shared covariance.

A class is the sum of its features, so the order of samples does not matter and nothing is
forgotten. With ``rank`` 0 that is all: nearest class mean. Else the covariance of samples around
their class means is kept as ``rank`` rows, ``S = rows^T rows / n`` (``reference.lda.fold``), and
the weights of class j are ``w_j = (S + rho I)^-1 (m_j - mean of the means)``: linear discriminant
analysis, shrunken. A logit is ``w_j . x`` and a bias.

How much it is shrunken. Class means of n samples carry noise of covariance S / n. If true means
vary along each eigenvector of S by its eigenvalue squared (on frozen features they do, within a
factor of two), the best weights of noisy means are those of ``S + lambda I`` with
``lambda / t = 12 / (n q^2)``: t mean variance of a feature, q the trace of the covariance between
classes over the trace of S. What the rows leave out has eigenvalues up to that of the last row,
so ``lambda`` is at least half of it. (The 12 was measured, see the page on heads.)

Fixed point, with ``f`` and ``e`` the largest that leave 13 bits for means and 12 for residuals:

* means: features times ``2^f``; rows: residuals times ``2^e``, where ``e`` falls as rows grow.
* dots are those of ``reference.lda``: in units of 2^8.
* a residual is ``(x - mean) sqrt(n / (n + 1))`` (Welford), with n + 1/2 for the root.
"""

from array import array

from tinycl_rt.cholesky import Cholesky
from tinycl_rt.forward import NEVER, Forward
from tinycl_rt.lib.integers import bits, exp_table, isqrt

_SHRINK = 12
_MOST_SAMPLES = 1 << 23  # of a class
_FEW = 8  # samples of a class that say little of the others
_YOUNG = 64  # samples of a class, up to which a correction counts at once
_LEAST = 16  # deviation: samples that were all alike say little of the next one
_COLDEST, _WARM, _HOTTEST = 32, 384, 16384  # temperatures
_MOST_BIAS = 1 << 29
_WIDE = 8191
_HALF = 4095


class Lda(Forward):
    """Class sums, a sketch, and the weights made of them.

    Parameters
    ----------
    config : Config
    features : int
    feature_range : int
        Largest absolute feature.
    kernels : module

    Attributes
    ----------
    sums : array('i')
        classes x features.
    rows : array('h')
        rank x features.
    numbers : array('i')
        The scale ``e``; residuals folded; sum of their energies, in units of 2^14: the low 30
        bits, then the rest; bits that weights were shifted up by; 1/256 of the mean size of a
        class in the metric of the weights, in units of logits; temperature, in 1/16 of that.
    fits : array('h')
        Three a class: samples noticed, up to 32; mean and mean deviation of their ``novelty``.
    centre : array('i')
        Mean of the class means, in units of 2^-f.
    past, cur : array('I')
        Samples of each class in closed experiences and in the open one.
    """

    replays = False

    def __init__(self, config, features, feature_range, kernels, rng=None):
        from tinycl_rt.kernels import choose  # at the top, it would stay in memory

        n = config.classes
        rank = self.rank = config.rows(features)
        self.rows = array("h", Zeros(rank * features))  # the largest block first
        self.sums = array("i", Zeros(n * features))
        Forward.__init__(self, n, features, kernels)
        self.bias = array("i", bytes(4 * n))
        self.past = array("I", bytes(4 * n))
        self.cur = array("I", bytes(4 * n))
        self.numbers = array("i", bytes(28))
        self._kl = choose.lda(kernels)
        self.fits = array("h", bytes(6 * n))
        self._lut = exp_table()
        self.centre = array("i", bytes(4 * features))
        self._solver = Cholesky(rank, self._kl)
        self._energy = array("i", bytes(4 * rank + 4))
        self._some = array("i", bytes(4 * max(rank, n)))
        self._row = array("h", bytes(2 * features))
        self._set(config, feature_range)

    @property
    def nbytes(self):
        """Bytes of its large blocks."""
        return 2 * (len(self.rows) + len(self.cw)) + 4 * len(self.sums)

    def check_room(self, config):
        """MemoryError where the large blocks of other settings find no place; all is as before."""
        d = self.features
        rows, sums = config.rows(d) * d, config.classes * d
        if rows > len(self.rows):
            bytearray(2 * rows)
        if sums > len(self.sums):
            bytearray(4 * sums)

    def reset(self, config, feature_range, rng=None):
        """Forget everything, and go on with other settings for as many classes and rows."""
        blocks = self.rows, self.sums, self.cw, self.centre, self.past, self.cur, self.fits
        for block in blocks + (self._solver.roots, self._solver.factor):
            for k in range(len(block)):
                block[k] = 0
        self._solver.used = 0
        self._set(config, feature_range)

    def _set(self, config, feature_range):
        self.scale(config)
        self._range = feature_range
        self._f = bits(_WIDE // (2 * feature_range)) - 1
        for k in range(len(self._energy)):
            self._energy[k] = 0
        for k in range(7):
            self.numbers[k] = 0
        self.numbers[6] = _WARM
        self.tolerance = config.tolerance
        self.numbers[0] = self._f - 1
        for j in range(self.classes):
            self.bias[j] = NEVER

    def begin(self, classes):
        """Open an experience."""
        for j in range(self.classes):
            self.cur[j] = 0

    def count(self, j):
        """A sample of a class is about to be learned."""
        self.cur[j] += 1

    def predict(self, fresh):
        """The best class of the features in ``x``."""
        return self.scores(self.cw)

    def blocks(self, is_open):
        """What a state holds of a head beside weights and counts."""
        blocks = [self.cur, bytearray(self.classes)] if is_open else []  # a byte of no use
        solver = self._solver
        return blocks + [
            self.bias,
            self.numbers,
            self.fits,
            self.centre,
            solver.roots,
            solver.factor,
            self.sums,
            self.rows,
        ]

    def restored(self):
        """The blocks were filled from a state."""
        self._measure()
        self._solver.restored()

    def _measure(self):
        for k in range(self.rank):
            self._kl.dots(self.rows, k, self.rows, k, 1, self.features, self._some)
            self._energy[k] = self._some[0]

    def step(self, label):
        """Learn the features in ``x``; returns the class seen before.

        The caller has counted the sample in ``cur``. Weights are made anew after a sample that was
        taken for another class, while its class has few: a correction counts at once. Else after
        1, 2, 4, ... 64 samples of an experience, then after each 64. What a learner predicts
        between has no part in it, so two that learned the same are the same.
        """
        best = self.scores(self.cw)
        n = self.past[label] + self.cur[label]
        if self.bias[label] != NEVER and (n < 64 or not n & 7):
            self._notice(best, best == label)
        self.add(label)
        total = sum(self.cur)
        corrected = best != label and n <= _YOUNG
        if corrected or total & (total - 1) == 0 or total & 63 == 0:
            self.refresh()
        return best

    def add(self, label):
        """The sums take the features in ``x``, and the sketch what they differ from the mean."""
        k, d = self._kl, self.features
        n = self.past[label] + self.cur[label] - 1
        if n >= _MOST_SAMPLES:
            return  # the sums would leave their 32 bits, and one sample changes nothing any more
        if n and self.rank:
            pre = max(0, bits(2 * self._range * n) - 15)
            factor, shift = _ratio(self.numbers[0] + 1 + pre, 2 * n + 1)
            row = self._row
            k.residual(self.sums, label, self.x, row, 0, d, n, pre, factor, shift, _HALF)
            most = k.fold(self.rows, self._energy, row, self.rank, d)
            self._count(self._energy[self.rank])
            if most > _HALF:
                self._halve()
        k.class_add(self.sums, label, self.x, d)

    def _count(self, energy):
        numbers = self.numbers
        numbers[1] += 1
        low = numbers[2] + ((energy + 32) >> 6)
        numbers[2] = low & 0x3FFFFFFF
        numbers[3] += low >> 30

    def _halve(self):
        """Rows have grown so far that they need another scale."""
        k, d, numbers = self._kl, self.features, self.numbers
        for i in range(self.rank):
            k.mix(self.rows, i, self.rows, self._some, 0, d, 0, 1, _HALF)
        self._measure()
        numbers[0] -= 1
        total = ((numbers[3] << 30) + numbers[2]) >> 2
        numbers[2], numbers[3] = total & 0x3FFFFFFF, total >> 30

    def end(self):
        """Close the open experience: weights of all that was learned."""
        for j in range(self.classes):
            self.past[j] += self.cur[j]
            self.cur[j] = 0
        self.refresh()

    def refresh(self):
        """Make weights and biases of sums and rows."""
        k, d, f, numbers = self._kl, self.features, self._f, self.numbers
        cw, row, some = self.cw, self._row, self._some
        counts = [min(_MOST_SAMPLES, self.past[j] + self.cur[j]) for j in range(self.classes)]
        seen = [j for j in range(self.classes) if counts[j]]
        if not seen:
            return
        self._means(counts, len(seen))
        between = 0
        sizes = [0] * self.classes
        for j in seen:
            some[0] = 1
            k.mix(cw, j, row, some, 1, d, 0, 0, _WIDE)
            k.dots(cw, j, cw, j, 1, d, some)
            sizes[j] = some[0] << 8
            between += sizes[j]
        noise = sum([(1 << 23) // counts[j] for j in seen])  # C / harmonic mean, Q23
        harmonic = (len(seen) << 23) // noise
        within = self._within()
        between //= max(1, len(seen) - 1)
        between = max(0, between - within // harmonic)
        self._shrink(within, between, harmonic)
        most = 1
        for j in seen:
            most = max(most, self._turn(j, sizes))
        up = max(0, 13 - bits(most))
        total = 0
        for j in seen:
            k.mix(cw, j, row, some, 0, d, up, 0, _WIDE)
            k.dots(cw, j, row, 0, 1, d, some)
            bias = -some[0] << 2
            if not self.rank or within:
                share = 256
                if within and between:
                    share = isqrt((between << 16) // (between + within // counts[j]))
                bias -= (sizes[j] * share << up) >> 15  # w . m / 2
            # From 2^-2f and 16 bits of a weight to units of logits.
            self.bias[j] = max(-_MOST_BIAS, min(_MOST_BIAS, bias >> (f + self.wf_shift - 8)))
            k.mix(cw, j, row, some, 0, d, 2, 0, 32767)
            total += sizes[j]
        numbers[4] = up
        numbers[5] = max(1, min(_MOST_BIAS, self._logits(total // len(seen))) >> 8)
        centre = self.centre
        for i in range(d):
            centre[i] = row[i]

    def _logits(self, value):
        """From units of 2^-2f to those of logits."""
        return (value << self.numbers[4]) >> (self._f + self.wf_shift - 2)

    def _means(self, counts, seen):
        """Class means to ``cw``, their mean to ``_row``, in units of 2^-f."""
        k, d, row, some = self._kl, self.features, self._row, self._some
        k.mix(row, 0, row, some, 0, d, 0, 0, 0)  # zeros
        for j in range(self.classes):
            n = counts[j]
            some[j] = -((1 << 17) // seen) if n else 0
            if n:
                pre = max(0, bits(self._range * n) - 15)
                factor, shift = _ratio(self._f + pre, n)
                k.residual(self.sums, j, self.x, self.cw, j, d, 0, pre, -factor, shift, _HALF)
        k.mix(row, 0, self.cw, some, self.classes, d, 0, 17, _HALF)

    def _within(self):
        """Trace of the covariance around class means, in units of 2^-2f; 0: not known."""
        e, n, low, high = self.numbers[:4]
        if not n:
            return 0
        return (((high << 30) + low) << (14 + 2 * (self._f - e))) // n

    def _shrink(self, within, between, harmonic):
        """Factorise the rows' part of the shrunken covariance."""
        energy, d = self._energy, self.features
        used = rho = 0
        while between and used < self.rank and energy[used]:
            used += 1
        if used:
            total = (self.numbers[3] << 36) + (self.numbers[2] << 6)
            ridge = total * _SHRINK * within * within // (d * harmonic * between * between)
            if used == self.rank:
                ridge = max(ridge, min(energy[:used]) >> 1)
            rho = max(1, ridge + max(0, total - sum(energy[:used])) // max(1, d - used))
            if rho >> 6 > max(energy[:used]):
                used = 0  # so much that the rows make no difference
        self._solver.make(self._gram, energy, used, rho)

    def _gram(self, i):
        self._kl.dots(self.rows, i, self.rows, 0, i + 1, self.features, self._some)
        return self._some

    def _turn(self, j, sizes):
        """Row j of ``cw``, a mean, becomes ``(S + rho I)^-1`` times it; its largest entry."""
        k, d, some, used = self._kl, self.features, self._some, self._solver.used
        if used:
            k.dots(self.cw, j, self.rows, 0, used, d, some)
        y = self._solver.forward(some)
        size, total = sizes[j], 0
        for v in y:
            size -= v * v
        sizes[j] = size
        self._solver.back(y)
        for v in y:
            total += abs(v)
        shift = min(17, max(0, bits(total) - 17))
        for i in range(used):
            some[i] = y[i] >> shift
        shift = 17 - shift
        return k.mix(self.cw, j, self.rows, some, used, d, shift, shift, _WIDE)

    def _notice(self, best, right):
        """Learn from a sample, before it is learned, how sure predictions may be."""
        fits, n, at = self.fits, self.classes, best
        v = self.novelty(best)
        c = fits[at] = min(32, fits[at] + 1)
        fits[n + at] += (v - fits[n + at]) // c
        fits[2 * n + at] += (abs(v - fits[n + at]) - fits[2 * n + at]) // c
        t = self.numbers[6]
        t += (t * (self.confidence(best) - (255 if right else 0))) >> 12
        self.numbers[6] = max(_COLDEST, min(_HOTTEST, t))

    def confidence(self, best):
        """How often such predictions are right, 0..255, of the class that ``scores`` returned.

        Softmax of the logits. Its temperature rises with each sample, not learned yet, that the
        head was surer of than it should have been, and falls with the others.
        """
        return self.share(best, self._lut, 0, max(1, self.numbers[5] * self.numbers[6] >> 8))

    def known(self, best):
        """Whether the sample of the last ``scores`` seems to be of a class that was taught.

        Its ``novelty`` must not be further below the mean of samples of its class, as they came,
        than ``tolerance`` eighths of their mean deviation. A class of few samples has no limit.
        """
        fits, n = self.fits, self.classes
        if not self.tolerance or fits[best] < _FEW:
            return True
        least = fits[n + best] - (self.tolerance * max(_LEAST, fits[2 * n + best]) >> 3)
        return self.novelty(best) >= least

    def novelty(self, best):
        """How well the sample of the last ``scores`` fits what was learned; more is better.

        The logit of its class, less a quarter of its squared distance from the middle of all
        classes in the metric of the weights, in 1/256 of what classes measure by it on average.
        Half of it is the negated distance from the class (Mahalanobis), half the logit.

        Parameters
        ----------
        best : int
            The class that ``scores`` returned.
        """
        k, d, row, some = self._kl, self.features, self._row, self._some
        k.residual(self.centre, 0, self.x, row, 0, d, 1 << self._f, 0, 1, 0, _WIDE)
        k.dots(row, 0, row, 0, 1, d, some)
        size = some[0] << 8
        if self._solver.used:
            k.dots(row, 0, self.rows, 0, self._solver.used, d, some)
        for v in self._solver.forward(some):
            size -= v * v
        v = (self.acc[best] - (self._logits(size) >> 2)) // max(1, self.numbers[5])
        return max(-32767, min(32767, v))


class Zeros:
    """What a large array starts with: made of bytes, it would take its room twice."""

    def __init__(self, n):
        self._n = n

    def __len__(self):
        return self._n

    def __iter__(self):
        for _ in range(self._n):
            yield 0


def _ratio(power, divisor):
    """``2^power / divisor`` as a factor of at most 2^15 and the bits to shift right by."""
    shift = 14 - power + bits(divisor)
    return (1 << (power + shift)) // divisor, shift
