"""Compare a kernel set with the vectors; plain Python, for every interpreter.

Basic example usage::

    from vector_check import check, check_learning

    check(kernels)            # raises AssertionError at the first difference
    check(tail, file="tail.jsonl")
    check_learning(kernels)   # whole learning runs of a small model

``kernels.jsonl`` and ``tail.jsonl`` (the trainable tail) have one call a line: kernel, arguments,
what it leaves in some of them (index, contents), what it returns. Arguments: a number or null;
text: bytes in hexadecimal, or "lut" for the table of exp; a list of a typecode and numbers: an
array; ["y", n]: n bytes to write to.
"""

import json
from array import array

from tinycl_rt.lib.integers import exp_table

_FOLDER = __file__.rsplit("/", 1)[0]


class Both:
    """A kernel set of two modules: the native one, and what it learns the head cwr with."""

    def __init__(self, kernels, cwr):
        self.NAME, self.modules = kernels.NAME, (cwr, kernels)

    def __getattr__(self, name):
        for module in self.modules:
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(name)


def _bytes(text):
    out = bytearray(len(text) // 2)  # a list of numbers would not fit on a small board
    for i in range(len(out)):
        out[i] = int(text[2 * i : 2 * i + 2], 16)
    return out


def _argument(given):
    if given == "lut":
        return exp_table()
    if isinstance(given, str):
        return _bytes(given)
    if not isinstance(given, list):
        return given
    return bytearray(b"\xaa" * given[1]) if given[0] == "y" else array(given[0], given[1:])


def check(kernels, folder=_FOLDER, file="kernels.jsonl"):
    """Run all calls, one at a time; returns how many there were."""
    number = 0
    with open(folder + "/" + file) as lines:
        for line in lines:
            number += 1
            name, given, left, returned = json.loads(line)
            where = f"line {number}, {name} of {kernels.NAME}"
            arguments = [_argument(a) for a in given]
            found = getattr(kernels, name)(*arguments)
            assert found == returned, f"{where} returns {found} instead of {returned}"
            for index, contents in left:
                wanted = _bytes(contents) if isinstance(contents, str) else contents
                same = list(arguments[index]) == list(wanted)
                assert same, f"{where} leaves something else in argument {index}"
    return number


def pixels(number, label, size):
    """Pixels of sample ``number``: two grey levels by class, and noise from a congruence."""
    out = bytearray(size)
    word = (number * 40503 + 12345) & 0x7FFF
    for i in range(size):
        word = (word * 229 + 6925) & 0x7FFF
        out[i] = (((i >> (label + 1)) & 1) * 150 + (word >> 8)) & 255
    return out


def learn(learner, experiences=2, samples=8):
    """Two classes an experience, ``samples`` each of them in turn."""
    size = learner.model.input_bytes
    for experience in range(experiences):
        learner.begin(experience, (2 * experience, 2 * experience + 1))
        for i in range(samples):
            label = 2 * experience + i % 2
            learner.learn(pixels(learner.learned, label, size), label)
        learner.end()


def check_learning(kernels, folder=_FOLDER):
    """Learn as ``learning.json`` says; returns the number of runs."""
    from tinycl_rt.config import Config
    from tinycl_rt.learner import Learner
    from tinycl_rt.model.loader import Model

    with open(folder + "/learning.json") as f:
        vectors = json.load(f)
    model = Model(_bytes(vectors.pop("model")))
    for settings, fingerprint in vectors["runs"]:
        learner = Learner(model, Config(**settings), kernels)
        learn(learner)
        same = learner.fingerprint() == fingerprint
        assert same, f"{kernels.NAME} learns {settings} otherwise"
    return len(vectors["runs"])
