"""Hears the words that a learner knows in a stream of samples.

A *word* is what is louder than the noise around it, for at most 1.1 s, and has a pause behind it.
While its middle is about the middle of the last second, as in the windows that are taught, the
learner predicts every few frames. Each prediction counts by its confidence, and by two thirds of
it if the learner does not know the window; the class that has most is reported once.

Basic example usage::

    from tinycl_rt.listener import Listener

    listener = Listener(learner, lambda name, confidence: print(name, confidence))
    while True:
        microphone.read(samples)  # array of int16, 16,000 a second
        listener.feed(samples)
"""

from array import array

from tinycl_rt.sound import BANDS, LogMel

__all__ = ["Listener"]

# In frames of 20 ms.
_FRAMES = 49
_MIDDLE = 25  # the last sounds of a word are below the gate
_NEAR = 3  # that a word may lie off the middle
_LONGEST = 55  # of a word
_PAUSE = 18  # behind a word; a consonant that stops the breath takes less

_SILENT = 30  # a frame that is not louder is no word
_WHISTLE = 80  # steps that one band may be above the mean
# How fast the noise rises to what is louder, 1/16 steps a frame: 4.7 and 19 dB a second.
_RISE = 4
_CATCH_UP = 16  # where it is too long for a word


class Listener:
    """Calls a function for each word that it hears.

    Parameters
    ----------
    learner : Predictor or Learner
        Its model takes windows of 49 x 40 x 1. None: only ``word`` is called.
    heard : callable
        Gets the name of the class (its index as text if it has none), and how sure the learner
        is, 0..255: the mean of its predictions. Not called for noise, and for classes in
        ``ignore``.
    every : int
        Frames of 20 ms from one prediction to the next, of 7 at most.
    gate : int
        How much louder than the noise a word is, in the mean of all bands: steps of 0.376 dB.
    least : int
        How sure the learner must be. Higher: fewer false alarms, and fewer words.
    ignore : tuple of str
        Names of classes that are no words: what was taught as noise or as other speech.

    Attributes
    ----------
    word : callable or None
        Gets the window of each word, once it lies in the middle: to learn it.
    unknown : int
        Words that were heard and not reported, because the learner was not sure.
    """

    def __init__(self, learner, heard, every=3, gate=12, least=128, ignore=(), kernels=None):
        if learner and tuple(learner.model.input_shape) != (_FRAMES, BANDS, 1):
            raise ValueError(
                "sound: expected a model of windows (49, 40, 1), got %s"
                % (tuple(learner.model.input_shape),)
            )
        self._learner = learner
        self._heard = heard
        self._every = every
        self._gate = gate
        self._least = least
        self._ignore = ignore
        self.mel = LogMel(_FRAMES, kernels)
        self.pixels = bytearray(_FRAMES * BANDS)
        self._votes = array("H", bytes(2 * len(learner.names) if learner else 0))
        self._each = self._frame
        self._noise = 255 << 4  # Q4
        self._begun = self._quiet = 0  # frames since a word began, since it was loud; 0: no word
        self._predictions = 0
        self._wait = 0  # frames until the next one
        self._met = False  # whether `word` got it
        self.word = None
        self.unknown = 0

    def feed(self, samples):
        """Take samples, an array of int16; may call ``heard``."""
        self.mel.write(samples, self._each)

    def _frame(self):
        """What follows from the newest frame."""
        loudness = self._loudness()
        length = self._begun - self._quiet
        rise = _CATCH_UP if length > _LONGEST else 0 if length else _RISE
        self._noise = min(loudness << 4, self._noise + rise)  # the quietest of late
        loud = loudness > max((self._noise >> 4) + self._gate, _SILENT)
        if not self._begun:
            if loud:
                self._begin()
            return
        self._begun += 1
        self._quiet = 0 if loud else self._quiet + 1
        length = self._begun - self._quiet
        off = (self._begun - 1 + self._quiet) // 2 - _MIDDLE
        if length <= _LONGEST and -_NEAR <= off <= _NEAR:
            self._near(off)
        if self._quiet >= _PAUSE and (off >= _NEAR or length > _LONGEST):
            if self._predictions and length <= _LONGEST:
                self._decide()
            self._begun = self._quiet = 0

    def _loudness(self):
        """Of the newest frame: the mean of its bands, or of a whistle what stands out."""
        at = BANDS * ((self.mel.at or _FRAMES) - 1)
        rows = self.mel.rows
        total = peak = 0
        for i in range(at, at + BANDS):
            total += rows[i]
            if rows[i] > peak:
                peak = rows[i]
        return max(total // BANDS, peak - _WHISTLE)

    def _begin(self):
        self._begun, self._quiet = 1, 0
        self._predictions = self._wait = 0
        self._met = False
        for j in range(len(self._votes)):
            self._votes[j] = 0

    def _near(self, off):
        """A word lies about the middle of the window."""
        if self.word and off >= 0 and not self._met:
            self._met = True
            self.mel.window(self.pixels)
            self.word(self.pixels)
        if self._wait:
            self._wait -= 1
        elif self._learner:
            self._wait = self._every - 1
            self._predict()

    def _predict(self):
        self.mel.window(self.pixels)
        learner = self._learner
        best = learner.predict(self.pixels)
        sure = getattr(learner, "confidence", 255)
        self._votes[best] += sure if getattr(learner, "known", True) else 2 * sure // 3
        self._predictions += 1

    def _decide(self):
        votes, best = self._votes, 0
        for j in range(len(votes)):
            if votes[j] > votes[best]:
                best = j
        sure = votes[best] // self._predictions
        if sure < self._least:
            self.unknown += 1
            return
        name = self._learner.names[best] or str(best)
        if name not in self._ignore:
            self._heard(name, sure)
