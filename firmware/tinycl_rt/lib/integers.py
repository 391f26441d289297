"""Integers: roots, bits, and xorshift32 (Marsaglia, 2003), the same chance on every board."""

from array import array


def isqrt(n):
    """Largest integer whose square is at most n (Newton)."""
    if n < 2:
        return n
    x = 1
    while x * x <= n:
        x <<= 1
    while True:
        y = (x + n // x) >> 1
        if y >= x:
            return x
        x = y


def bits(n):
    """Bits of a number that is not negative."""
    k = 0
    while n >> k:
        k += 1
    return k


def exp_table():
    """``round(2^15 exp(-d / 16))`` for d = 0..255, uint16, made in integers on every board.

    A running product with 31 guard bits below the unit stays within 62 bits.
    """
    table = array("H", bytes(512))
    e = 1 << 30  # 2^15 in Q15
    for d in range(256):
        table[d] = (e + (1 << 14)) >> 15
        e = (e * 2017374191 + (1 << 30)) >> 31  # exp(-1/16) in Q31
    return table


class Rng:
    """A stream of 32-bit numbers.

    Parameters
    ----------
    seed : int
        1..2^32-1.

    Attributes
    ----------
    state : array('I')
        One word; kernels that round stochastically take it and move it on.
    """

    def __init__(self, seed):
        self.state = array("I", (0,))
        self.seed(seed)

    def seed(self, seed):
        """Start again."""
        # Small seeds would make the first numbers small: an odd factor spreads them, none to 0.
        self.state[0] = (seed * 2654435761) & 0xFFFFFFFF

    def below(self, n):
        """The next number, scaled to 0..n-1."""
        x = self.state[0]
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self.state[0] = x
        return (x * n) >> 32
