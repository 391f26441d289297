"""Cholesky's factor of a small matrix ``rows rows^T + rho I``, in integers.

The matrix is scaled to a diagonal of 1; its factor is Q14. ``roots`` are what it was scaled by:
roots of its diagonal, in units of the rows.
"""

from array import array

from tinycl_rt.lib.integers import isqrt


class Cholesky:
    """A factor of up to ``rank`` rows.

    Parameters
    ----------
    rank : int
    kernels : module
        Of ``reference.lda`` or their like.

    Attributes
    ----------
    roots : array('i')
        0 behind the rows in use.
    factor : array('h')
        The lower half, row by row.
    used : int
        Rows in use.
    """

    def __init__(self, rank, kernels):
        self.roots = array("i", bytes(4 * rank))
        self.factor = array("h", bytes(rank * (rank + 1)))
        self._y = array("i", bytes(4 * rank))
        self._k = kernels
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
        roots = self.roots
        for i in range(len(roots)):
            roots[i] = isqrt((energy[i] + rho) << 8) if i < used else 0
        self.used = used
        for i in range(used):
            self._k.factor_row(self.factor, roots, dots(i), i)

    def forward(self, p):
        """``L^-1 p``: its squares sum up to ``p^T (rows rows^T + rho I)^-1 p``.

        Parameters
        ----------
        p : sequence of int
            Dots of the rows with a vector.

        Returns
        -------
        array('i')
            In units of the vector; 0 behind the rows in use. The next call uses it again.
        """
        y, used = self._y, self.used
        for i in range(len(y)):
            y[i] = p[i] if i < used else 0
        self._k.solve(self.factor, self.roots, y, used)
        return y

    def back(self, y):
        """Go on from ``forward`` to the factors of the rows, Q17, in place."""
        self._k.solve_back(self.factor, self.roots, y, self.used)
