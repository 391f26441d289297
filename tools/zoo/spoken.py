"""Write the spoken words that the backbone `speech` is pretrained on, as log-mel features.

    python -m tools.zoo.spoken -o runs/zoo/spoken.npz
    python -m tools.zoo.spoken -o try.npz --small        3 words a language, espeak-ng alone

Each word is a class, and one more is noise. Who speaks in the test does not speak in the training.
Takes about half an hour of one core and 120 MB.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinycl.data.sound import cut_word, window
from tools.command import command_line, tool
from tools.zoo.rooms import noise, record
from tools.zoo.synthesisers import Clip, speakers
from tools.zoo.words import WORDS

__all__ = ["main"]

_SPEAKERS, _TESTED = 64, 6  # of espeak-ng, a language
_FEW_WORDS, _FEW_SPEAKERS = 3, 10
_RECORDINGS = 2  # of each clip
_NOISES = 200, 20


@tool("zoo.spoken")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--speakers", type=int, default=_SPEAKERS, help="of espeak-ng, a language")
    parser.add_argument("--small", action="store_true", help="little, to try it out")
    options = parser.parse_args(words)
    rng = np.random.default_rng(18)
    sides: tuple[list[NDArray], list[NDArray]] = [], []
    labels: tuple[list[int], list[int]] = [], []
    names: list[str] = []
    babble: list[Clip] = []
    count = _FEW_SPEAKERS if options.small else options.speakers
    for language, text in WORDS.items():
        mine = text.split()[: _FEW_WORDS if options.small else None]
        who = speakers(language, count, rng)
        for i, speaker in enumerate(who[:count] if options.small else who):
            side = int(i < _TESTED)
            spoken = 0
            for label, clip in enumerate(speaker.speak(mine), len(names)):
                if clip is None:
                    continue
                babble = [*babble[-200:], clip]
                for _ in range(_RECORDINGS):
                    sides[side].append(window(cut_word(record(clip, babble, rng))))
                    labels[side].append(label)
                spoken += 1
            print(f"{language} {speaker.program} {speaker.voice}: {spoken} words", flush=True)
        names += [f"{language}-{word}" for word in mine]
    for side in (0, 1):
        for _ in range(_NOISES[side]):
            level_of = 10 ** rng.uniform(1, 3.5)
            hiss = np.clip(level_of * noise(16000, babble, rng), -32768, 32767)
            sides[side].append(window(cut_word(hiss.astype(np.int16))))
            labels[side].append(len(names))
    arrays = {
        f"{key}_{part}": np.array(values[side])
        for side, part in enumerate(("train", "test"))
        for key, values in (("x", sides), ("y", labels))
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.out, class_names=np.array([*names, "noise"]), **arrays)
    return 0


if __name__ == "__main__":
    sys.exit(main())
