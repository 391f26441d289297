"""Write the spoken words that the backbone `speech` is pretrained on, as log-mel features.

    python -m tools.zoo.spoken -o runs/zoo/spoken.npz
    python -m tools.zoo.spoken -o try.npz --small        3 words a language, espeak-ng alone

Each word is a class, and one more is noise. Who speaks in the test does not speak in the training.
Took 40 minutes of two busy cores; the file has 103 MB.
"""

from __future__ import annotations

import multiprocessing
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinycl.data.sound import cut_word, window
from tools.command import command_line, tool
from tools.zoo.rooms import noise, record, vary
from tools.zoo.synthesisers import Clip, speakers
from tools.zoo.words import WORDS

__all__ = ["main"]

_SPEAKERS, _TESTED = 22, 4  # of espeak-ng, a language
_FEW_WORDS, _FEW_SPEAKERS = 3, 10
_RECORDINGS = 2, 1  # of each clip: to train, to test
_NOISES = 200, 20
_SEED = 18


@dataclass(frozen=True)
class _Task:
    """A language: its words, speakers of espeak-ng, and whether the others speak as well."""

    language: str
    words: list[str]
    count: int
    all: bool


Side = tuple[list[NDArray], list[int]]  # windows, and which of the words each is


@tool("zoo.spoken")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--speakers", type=int, default=_SPEAKERS, help="of espeak-ng, a language")
    parser.add_argument("--small", action="store_true", help="little, to try it out")
    options = parser.parse_args(words)
    count = _FEW_SPEAKERS if options.small else options.speakers
    few = _FEW_WORDS if options.small else None
    tasks = [_Task(x, text.split()[:few], count, not options.small) for x, text in WORDS.items()]
    sides: tuple[Side, Side] = ([], []), ([], [])
    names: list[str] = []
    babble: list[Clip] = []
    # What a process makes depends on its language alone, so that any number of them agree.
    with multiprocessing.get_context("spawn").Pool() as pool:
        for task, (spoken, some) in zip(tasks, pool.imap(_speak, tasks, 1), strict=True):
            for (x, y), (new, labels) in zip(sides, spoken, strict=True):
                x += new
                y += [len(names) + label for label in labels]
            names += [f"{task.language}-{word}" for word in task.words]
            babble += some
    rng = np.random.default_rng(_SEED)
    for (x, y), noises in zip(sides, _NOISES, strict=True):
        for _ in range(noises):
            level_of = 10 ** rng.uniform(1, 3.5)
            hiss = np.clip(level_of * noise(16000, babble, rng), -32768, 32767)
            x.append(window(cut_word(hiss.astype(np.int16))))
            y.append(len(names))
    arrays = {
        f"{key}_{part}": np.array(values)
        for part, side in zip(("train", "test"), sides, strict=True)
        for key, values in zip("xy", side, strict=True)
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.out, class_names=np.array([*names, "noise"]), **arrays)
    return 0


def _speak(task: _Task) -> tuple[tuple[Side, Side], list[Clip]]:
    """All windows of a language, to train and to test, and some clips."""
    rng = np.random.default_rng([_SEED, *task.language.encode()])
    sides: tuple[Side, Side] = ([], []), ([], [])
    babble: list[Clip] = []
    who = speakers(task.language, task.count, rng)
    for i, speaker in enumerate(who if task.all else who[: task.count]):
        side = int(i < _TESTED)
        x, y = sides[side]
        spoken = 0
        for label, clip in enumerate(speaker.speak(task.words)):
            if clip is None:
                continue
            babble = [*babble[-200:], clip]
            for _ in range(_RECORDINGS[side]):
                x.append(window(cut_word(record(vary(clip, rng), babble, rng))))
                y.append(label)
            spoken += 1
        who_is_it = f"{task.language} {i + 1}/{len(who)} {speaker.program} {speaker.voice}"
        print(f"{who_is_it}: {spoken} words", flush=True)
    return sides, babble[-20:]


if __name__ == "__main__":
    sys.exit(main())
