"""Learn the words that are said while a button is held; print the words that it hears otherwise.

Each button is a word, called as hardware.py calls the button. One that is called "other" is for
words and noises that are not to be printed: without it, half of them are taken for a word that was
taught. Takes the model `speech` and the sound front end (tinycl flash --sound).
"""

from array import array

from hardware import buttons
from microphone import microphone
from tinycl_rt import Learner
from tinycl_rt.listener import Listener


def held():
    return [name for name in buttons if buttons[name].pressed()]


def word(pixels):
    """A word has passed: it belongs to the button that is held."""
    for name in held():
        learner.learn(pixels, name)


def heard(name, confidence):
    if not held():
        print(name, confidence)


learner = Learner("model.tcm", classes=max(2, len(buttons)), replay_slots=0)
samples = array("h", bytes(640))  # 20 ms
listener = Listener(learner, heard, ignore=("other",))
listener.word = word

while True:
    microphone.read(samples)
    listener.feed(samples)
    if learner.is_open and not held():
        learner.end()
