"""Sound as a model sees it: frames of log-mel bands, from a stream of samples, in integers.

16,000 samples a second; a frame of 32 ms every 20 ms; 40 triangular bands from 125 to 7,500 Hz on
the mel scale, 8 steps an octave of power (0.376 dB each). `kernels.reference.sound` has the
arithmetic; all kernel sets give the same bytes.

Basic example usage::

    from tinycl_rt.sound import LogMel

    mel = LogMel()
    frames = mel.feed(samples)  # array of int16, any number of them; 40 bytes a frame

    while mel.write(samples):  # without memory allocation: frames stay in mel.rows
        mel.window(pixels)  # the last 49 of them, for a learner
"""

from array import array

from tinycl_rt.lib.modules import forget

__all__ = ["BANDS", "HOP", "RATE", "WINDOW", "LogMel", "bands", "sine"]

RATE = 16000  # samples a second
WINDOW = 512  # samples of a frame
HOP = 320  # samples from one frame to the next
BANDS = 40

_MODULES = {
    "native": "tinycl_sound",
    "viper": "tinycl_rt.kernels.viper.sound",
    "reference": "tinycl_rt.kernels.reference.sound",
    "numpy": "tinycl_rt.kernels.numpy.sound",
}
_STEP = 13176795  # 2 pi / 512, Q30
_RATIO = 1135600882  # (700 + 7500) / (700 + 125) to the power 1 / 41, Q30


class LogMel:
    """Turns samples into frames of 40 bytes.

    Takes about 4.2 KB, and 40 bytes a frame that it keeps.

    Parameters
    ----------
    frames : int
        How many frames it keeps: 49 are 0.99 s.
    kernels : str, optional
        ``native``, ``viper``, ``reference`` or ``numpy``; by default the fastest that load.

    Attributes
    ----------
    rows : bytearray
        The last frames, a ring.
    at : int
        Where the next frame goes; the oldest one stands there.
    """

    def __init__(self, frames=49, kernels=None):
        from tinycl_rt.kernels import choose  # at the top, it would stay in memory

        if frames < 1:
            raise ValueError("sound: expected frames to keep, got %d" % frames)
        self._kernels = choose.load(kernels, _MODULES)
        forget("kernels.choose")
        self.frames = frames
        self.rows = bytearray(BANDS * frames)
        self._ring = array("h", bytes(2 * WINDOW))
        self._work = array("i", bytes(4 * WINDOW))
        self._sine = sine()
        self._bands = bands()
        self.reset()

    def reset(self):
        """Forget all samples."""
        self.at = self._next = 0
        self._missing = WINDOW
        for i in range(len(self.rows)):
            self.rows[i] = 0

    def feed(self, samples):
        """Take samples; return the frames that they complete.

        Parameters
        ----------
        samples : array of int16, or bytes of them
            Any number.

        Returns
        -------
        bytes
            40 a frame, low bands first.

        Raises
        ------
        ValueError
            Something else than int16.
        """
        samples = _checked(samples)
        done = bytearray()
        taken = 0
        while True:
            row = self.at
            taken = self._take(samples, taken)
            if taken < 0:
                return bytes(done)
            done += memoryview(self.rows)[BANDS * row : BANDS * row + BANDS]

    def write(self, samples, each=None):
        """Take samples, an array of int16; return how many frames they completed.

        Calls ``each()`` after each frame, if given. Allocates no memory.
        """
        count = taken = 0
        while True:
            taken = self._take(samples, taken)
            if taken < 0:
                return count
            count += 1
            if each:
                each()

    def window(self, out):
        """Copy all frames that it keeps to ``out``, the oldest first.

        They become as loud as others: the loudest cell is 160, what is 60 dB below it is 0.
        """
        self._kernels.level(self.rows, self.at, self.frames, out)

    def _take(self, samples, first):
        """Take samples up to the end of a frame; return how far, or -1 if they end before."""
        count = min(len(samples) - first, self._missing)
        self._kernels.fill(self._ring, self._next, samples, first, count)
        self._next = (self._next + count) & (WINDOW - 1)
        self._missing -= count
        if self._missing:
            return -1
        self._missing = HOP
        k = self._kernels
        k.log_mel(self._ring, self._next, self._sine, self._bands, self._work, self.rows, self.at)
        self.at = (self.at + 1) % self.frames
        return first + count


def sine():
    """sin(2 pi k / 512), Q14, for k = 0..384; int16."""
    table = array("h", bytes(2 * 385))
    for k in range(385):
        x = term = total = (256 - k if k > 128 else k) * _STEP  # of -pi/2 to pi/2, Q30
        for n in range(2, 14, 2):
            term = -term * (x * x >> 30) // (n * (n + 1) << 30)
            total += term
        table[k] = (total + (1 << 15)) >> 16
    return table


def bands():
    """The triangles of the bands, as ``kernels.reference.sound.log_mel`` takes them."""
    table = bytearray(42)
    side = 825 << 30  # frequency + 700 Hz, Q30: the mel scale is its logarithm
    table[0] = 4
    for b in range(41):
        far = side * _RATIO >> 30
        first, past = table[b], _bin(far)
        table[b + 1] = past
        for i in range(first, past):
            table.append((((i * 125 + 2800) << 28) - side) * 256 // (far - side))
        side = far
    return table


def _bin(side):
    """The first FFT bin, of 31.25 Hz, that is not below a frequency + 700 Hz in Q30."""
    return -(((2800 << 28) - side) // (125 << 28))


def _checked(samples):
    if not isinstance(samples, array):
        try:
            return array("h", samples)
        except (TypeError, ValueError, OverflowError):
            raise ValueError("sound: expected samples of 16 bits")  # noqa: B904
    if getattr(samples, "typecode", "h") != "h":
        raise ValueError("sound: expected an array of int16, got type %s" % samples.typecode)
    return samples
