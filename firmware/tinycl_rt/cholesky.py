"""Cholesky's factor of a small matrix ``rows rows^T + rho I``, in integers.

The matrix is scaled to a diagonal of 1; its factor is Q14. ``roots`` are what it was scaled by:
roots of its diagonal, in units of the rows. What is seldom computed may take big integers.
"""

from array import array

from tinycl_rt.lib.integers import isqrt

_ONE = 14  # bits of 1


class Cholesky:
    """A factor of up to ``rank`` rows.

    Parameters
    ----------
    rank : int

    Attributes
    ----------
    roots : array('i')
        0 behind the rows in use.
    factor : array('h')
        The lower half, row by row.
    used : int
        Rows in use.
    """

    def __init__(self, rank):
        self.roots = array("i", bytes(4 * rank))
        self.factor = array("h", bytes(rank * (rank + 1)))
        self.restored()

    def restored(self):
        """``roots`` and ``factor`` were filled."""
        self.used = 0
        while self.used < len(self.roots) and self.roots[self.used]:
            self.used += 1

    def make(self, dots, energy, used, rho):
        """Factorise.

        Parameters
        ----------
        dots : callable
            ``dots(i)``: dots (``reference.lda``) of row i with rows 0..i.
        energy : array('i')
            Dot of each row with itself.
        used : int
            Rows that take part.
        rho : int
            In units of dots.
        """
        roots, factor = self.roots, self.factor
        for i in range(len(roots)):
            roots[i] = isqrt((energy[i] + rho) << 8) if i < used else 0
        self.used = used
        at = 0
        for i in range(used):
            row = dots(i)
            to = 0
            for j in range(i):
                v = (((row[j] << 22) // (roots[i] * roots[j])) << _ONE) - self._product(at, to, j)
                factor[at + j] = v // factor[to + j]
                to += j + 1
            v = (1 << 2 * _ONE) - self._product(at, at, i)
            factor[at + i] = max(512, isqrt(max(0, v)))
            at += i + 1

    def _product(self, a, b, n):
        factor, total = self.factor, 0
        for i in range(n):
            total += factor[a + i] * factor[b + i]
        return total

    def forward(self, p):
        """``L^-1 p``: its squares sum up to ``p^T (rows rows^T + rho I)^-1 p``.

        Parameters
        ----------
        p : sequence of int
            Dots of the rows with a vector.

        Returns
        -------
        list of int
            In units of the vector.
        """
        factor, roots, y = self.factor, self.roots, []
        at = 0
        for i in range(self.used):
            v = (p[i] << 22) // roots[i]
            for m in range(i):
                v -= factor[at + m] * y[m]
            y.append(v // factor[at + i])
            at += i + 1
        return y

    def back(self, y):
        """Go on from ``forward`` to the factors of the rows, Q17, in place."""
        factor, roots, used = self.factor, self.roots, self.used
        at = used * (used + 1) // 2
        for i in range(used - 1, -1, -1):
            at -= i + 1
            v = y[i] << _ONE
            k = at + i
            for m in range(i + 1, used):
                k += m
                v -= factor[k] * y[m]
            y[i] = v // factor[at + i]
        for i in range(used):
            y[i] = (y[i] << 17) // roots[i]
