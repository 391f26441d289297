"""CWR* in float32, from the equations of 1907.03799: tests compare the integer head with it."""

import numpy as np
import numpy.typing as npt

__all__ = ["FloatCwr", "consolidated"]

Floats = npt.NDArray[np.floating]


def consolidated(
    cw: Floats, tw: Floats, past: Floats, cur: Floats, classes: list[int]
) -> npt.NDArray[np.float64]:
    """The consolidated weights after an experience with these classes, in float64.

    Parameters
    ----------
    cw, tw
        (classes, features): consolidated and training weights.
    past, cur
        (classes,): samples before, and in, the experience.
    classes
        Those of the experience.
    """
    out = np.array(cw, np.float64)
    average = np.mean(np.asarray(tw, np.float64)[classes])
    for j in classes:
        wpast = np.sqrt(past[j] / cur[j])
        out[j] = (out[j] * wpast + (tw[j] - average)) / (wpast + 1)
    return out


class FloatCwr:
    """A linear softmax classifier on features of -1..1 under CWR*, one sample at a time.

    ``gain`` divides the logits and ``rate`` is the learning rate, as in ``tinycl_rt.head``.
    """

    def __init__(self, classes: int, features: int, gain: float, rate: float) -> None:
        self.cw = np.zeros((classes, features), np.float32)
        self.tw = np.zeros((classes, features), np.float32)
        self.past = np.zeros(classes)
        self._gain, self._rate = np.float32(gain), np.float32(rate)

    def learn(self, x: Floats, y: npt.NDArray[np.int64]) -> None:
        """One experience: (n, features) and (n,)."""
        classes = sorted(set(y.tolist()))
        self.tw[:] = 0
        self.tw[classes] = self.cw[classes]
        for row, label in zip(x.astype(np.float32), y, strict=True):
            z = self.tw @ row / self._gain
            g = np.exp(z - z.max())
            g /= g.sum()
            g[label] -= 1
            self.tw -= self._rate * np.outer(g, row)
        cur = np.bincount(y, minlength=len(self.past)).astype(float)
        self.cw = consolidated(self.cw, self.tw, self.past, cur, classes).astype(np.float32)
        self.past += cur

    def predict(self, x: Floats) -> npt.NDArray[np.int64]:
        """Class of each row."""
        return np.argmax(x.astype(np.float32) @ self.cw.T, axis=1)
