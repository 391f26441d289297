"""The forward half of a head: features to logits by consolidated weights, in integers.

Fixed point: see ``tinycl_rt.head``.
"""

from array import array

NEVER = -(1 << 30)  # bias, or logit, of a class without samples


class Forward:
    """Weights that classify, without what it takes to train them.

    Parameters
    ----------
    classes, features : int
    kernels : module

    Attributes
    ----------
    cw : array('h')
        Consolidated weights, classes x features, Q(q_b - 1).
    x : array('b')
        Features of the sample at hand: write here, then call ``scores``.
    acc : array('i')
        Logits of the last ``scores``.
    bias : array('i') or None
        What is added to the logits, one a class.
    """

    def __init__(self, classes, features, kernels):
        self.classes = classes
        self.features = features
        self._k = kernels
        self.cw = array("h", bytes(2 * classes * features))
        self.x = array("b", bytes(features))
        self.acc = array("i", bytes(4 * classes))
        self.bias = None

    def scale(self, config):
        """Take the bits of forward weights from the settings."""
        self.wf_limit = (1 << (config.qf - 1)) - 1
        self.wf_shift = (16 if config.head else config.qb) - config.qf

    def scores(self, weights):
        """Logits of the features in ``x`` under weights as ``cw``; returns the best class."""
        best = self._k.head_forward(
            weights,
            self.x,
            self.acc,
            self.classes,
            self.features,
            self.wf_shift,
            self.wf_limit,
        )
        return self._with_bias() if self.bias else best

    def share(self, best, lut, shift, divisor=1):
        """Softmax of the logits at a class, 0..255.

        Parameters
        ----------
        best : int
            The class of the largest logit.
        lut : array('H')
            ``exp_table()``.
        shift, divisor : int
            ``(logit >> shift) // divisor`` is in 1/16.
        """
        acc, total = self.acc, 0
        for j in range(self.classes):
            d = ((acc[best] - acc[j]) >> shift) // divisor
            if d < 256:
                total += lut[d]
        return lut[0] * 255 // total

    def _with_bias(self):
        """Add the biases; returns the best class."""
        acc, bias, best = self.acc, self.bias, 0
        for j in range(self.classes):
            acc[j] += bias[j]
            if acc[j] > acc[best]:
                best = j
        return best
