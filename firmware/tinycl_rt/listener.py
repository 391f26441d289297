"""Hears the words that a learner knows in a stream of samples.

A *word* is what is louder than the noise around it. While one lies about the middle of the last
second, the learner predicts every few frames; a class that most of these predictions agree on is
reported once, when the word has passed.

Basic example usage::

    from tinycl_rt.listener import Listener

    listener = Listener(learner, lambda name, confidence: print(name, confidence))
    while True:
        microphone.read(samples)  # array of int16, 16,000 a second
        listener.feed(samples)
"""

from tinycl_rt.sound import BANDS, LogMel

__all__ = ["Listener"]

_FRAMES = 49
_MIDDLE = 24
_NEAR = 8  # frames that a word may lie off the middle
_SILENT = 60  # a frame whose loudest band is not above this is no word


class Listener:
    """Calls a function for each word that it hears.

    Parameters
    ----------
    learner : Predictor or Learner
        Its model takes windows of 49 x 40 x 1. None: only ``word`` is called.
    heard : callable
        Gets the name of the class (its index as text if it has none), and the learner's mean
        confidence, 0..255 (255 of one that has none). Not called for noise, for what the learner
        does not know, and for classes in ``ignore``.
    every : int
        Frames of 20 ms from one prediction to the next.
    gate : int
        How much louder than the noise a word is, in its loudest band: steps of 0.376 dB.
    least : int
        Lowest mean confidence of a word.
    ignore : tuple of str
        Names of classes that are no words: what was taught as noise or as other speech.

    Attributes
    ----------
    word : callable or None
        Gets the window of each word, once it lies in the middle: to learn it.
    unknown : int
        Words that were heard and not reported.
    """

    def __init__(self, learner, heard, every=4, gate=24, least=128, ignore=(), kernels=None):
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
        self._votes = bytearray(len(learner.names) if learner else 0)
        self._each = self._frame
        self._noise = 255 << 4  # Q4
        self._begun = self._quiet = 0  # frames since a word began, since it was loud; 0: no word
        self._predictions = self._sure = 0
        self._met = False  # whether `word` got it
        self.word = None
        self.unknown = 0

    def feed(self, samples):
        """Take samples, an array of int16; may call ``heard``."""
        self.mel.write(samples, self._each)

    def _frame(self):
        """What follows from the newest frame."""
        loud = self._is_loud()
        if self._begun:
            self._begun += 1
            self._quiet = 0 if loud else self._quiet + 1
            off = (self._begun + self._quiet) // 2 - _MIDDLE
            if -_NEAR <= off <= _NEAR:
                if self.word and off >= 0 and not self._met:
                    self._met = True
                    self.mel.window(self.pixels)
                    self.word(self.pixels)
                if self._learner and self._begun % self._every == 0:
                    self._predict()
            elif off > _NEAR:
                if self._predictions:
                    self._decide()
                self._met = False
                self._begun = 1 if loud else 0
        elif loud:
            self._begun, self._quiet = 1, 0

    def _is_loud(self):
        at = BANDS * ((self.mel.at or _FRAMES) - 1)
        rows = self.mel.rows
        loudness = 0
        for i in range(at, at + BANDS):
            if rows[i] > loudness:
                loudness = rows[i]
        # Noise is what is quietest; where it grows, it is followed by 4.7 dB a second.
        self._noise = min(loudness << 4, self._noise + 4)
        return loudness > max((self._noise >> 4) + self._gate, _SILENT)

    def _predict(self):
        self.mel.window(self.pixels)
        best = self._learner.predict(self.pixels)
        self._predictions += 1
        if getattr(self._learner, "known", True):
            self._votes[best] += 1
            self._sure += getattr(self._learner, "confidence", 255)

    def _decide(self):
        votes, best, known = self._votes, 0, 0
        for j in range(len(votes)):
            known += votes[j]
            if votes[j] > votes[best]:
                best = j
        most, confidence = votes[best], self._sure // max(known, 1)
        if 2 * most > self._predictions and confidence >= self._least:
            name = self._learner.names[best] or str(best)
            if name not in self._ignore:
                self._heard(name, confidence)
        else:
            self.unknown += 1
        for j in range(len(votes)):
            votes[j] = 0
        self._predictions = self._sure = 0
