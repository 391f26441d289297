"""Words spoken by the speech synthesisers of Debian: espeak-ng, flite and festival.

    apt-get install espeak-ng flite festival festvox-kallpc16k festvox-kdlpc16k \\
        festvox-us-slt-hts festvox-italp16k festvox-itapc16k festvox-ru

A *speaker* is a voice with its own pitch and speed. It speaks all its words at once.
"""

from __future__ import annotations

import io
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinycl.exceptions import DataError

__all__ = ["Speaker", "speakers"]

Clip = NDArray[np.float32]

_RATE = 16000
_ACCENTS = {
    "en": "en-us en-gb en-gb-scotland en-gb-x-rp en-029 en-gb-x-gbclan en-us-nyc en-gb-x-gbcwmd",
    "es": "es es-419",
    "fr": "fr-fr fr-be fr-ch",
    "it": "it",
    "de": "de",
    "ru": "ru ru-lv",
}
_VARIANTS = [
    "f1",
    "f2",
    "f3",
    "f4",
    "f5",
    "m1",
    "m2",
    "m3",
    "m4",
    "m5",
    "m6",
    "m7",
    "m8",
    "Alex",
    "Alicia",
    "Andrea",
    "Andy",
    "Annie",
    "Denis",
    "Diogo",
    "Gene",
    "Gene2",
    "Henrique",
    "Hugo",
    "Jacky",
    "Lee",
    "Marco",
    "Mario",
    "Michael",
    "Mike",
    "adam",
    "anika",
    "antonio",
    "aunty",
    "belinda",
    "benjamin",
    "boris",
    "caleb",
    "david",
    "ed",
    "edward",
    "edward2",
    "grandma",
    "grandpa",
    "gustave",
    "iven",
    "iven2",
    "iven3",
    "john",
    "klatt",
    "klatt2",
    "klatt3",
    "linda",
    "marcelo",
    "max",
    "michel",
    "miguel",
    "norbert",
    "pablo",
    "paul",
    "pedro",
    "quincy",
    "rob",
    "robert",
    "sandro",
    "shelby",
    "steph",
    "steph2",
    "steph3",
    "travis",
    "victor",
    "zac",
    "croak",
    "whisper",
    "whisperf",
]
_FLITE = ("awb", "kal16", "rms", "slt")
_FESTIVAL = {
    "en": ("cmu_us_slt_arctic_hts", "ked_diphone", "kal_diphone"),
    "it": ("pc_diphone", "lp_diphone"),
    "ru": ("msu_ru_nsh_clunits",),
}


@dataclass(frozen=True)
class Speaker:
    """One who speaks: a program, its voice, and how high and how fast (1 is as usual)."""

    program: str
    voice: str
    pitch: float
    speed: float

    def speak(self, words: Sequence[str]) -> list[Clip | None]:
        """Clips at 16 kHz within +-1, one a word; None where the synthesiser failed.

        Raises
        ------
        DataError
            The program is not installed.
        """
        try:
            clips = {"espeak": _espeak, "flite": _flite, "festival": _festival}[self.program]
            return [None if c is None else _trim(c) for c in clips(self, words)]
        except FileNotFoundError as error:
            raise DataError(
                f"{error.filename} is not installed: see tools/zoo/synthesisers.py"
            ) from error


def speakers(language: str, count: int, rng: np.random.Generator) -> list[Speaker]:
    """Speakers of a language: ``count`` of espeak-ng, no variant twice, and all others."""
    accents = _ACCENTS[language].split()
    found = [
        Speaker("espeak", f"{rng.choice(accents)}+{variant}", rng.uniform(15, 85), _speed(rng))
        for variant in rng.permutation(_VARIANTS)[:count]
    ]
    if language == "en":
        found += [
            Speaker("flite", voice, rng.uniform(0.8, 1.25), _speed(rng))
            for voice in _FLITE
            for _ in range(3)
        ]
    for voice in _FESTIVAL.get(language, ()):
        found += [Speaker("festival", voice, 1.0, _speed(rng)) for _ in range(2)]
    return found


def _speed(rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(-0.3, 0.25)))


def _espeak(speaker: Speaker, words: Sequence[str]) -> list[Clip | None]:
    text = "<speak>" + "<break time='1300ms'/>".join(words) + "</speak>"
    speed = str(round(165 * speaker.speed))
    command = ["espeak-ng", "-m", "-v", speaker.voice, "-p", str(round(speaker.pitch))]
    done = subprocess.run([*command, "-s", speed, "--stdout", text], capture_output=True)
    x = _read(io.BytesIO(done.stdout))
    quiet = np.concatenate([[0], np.abs(x) < 1e-3, [0]])
    edges = np.flatnonzero(np.diff(quiet.astype(np.int8)))
    gaps = [(a, b) for a, b in edges.reshape(-1, 2) if b - a > 0.45 * _RATE and 0 < a < b < len(x)]
    if len(gaps) != len(words) - 1:
        return [None] * len(words)
    ends = [0, *(gap for pair in gaps for gap in pair), len(x)]
    return [x[a:b] for a, b in zip(ends[::2], ends[1::2], strict=True)]


def _flite(speaker: Speaker, words: Sequence[str]) -> list[Clip | None]:
    clips = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "word.wav"
        for word in words:
            how = f"--setf duration_stretch={1 / speaker.speed:.2f}".split()
            how += f"--setf int_f0_target_mean={110 * speaker.pitch:.0f}".split()
            subprocess.run(
                ["flite", "-voice", speaker.voice, *how, "-t", word, "-o", str(file)], check=True
            )
            clips.append(_read(file))
    return clips


def _festival(speaker: Speaker, words: Sequence[str]) -> list[Clip | None]:
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{i}.wav" for i in range(len(words))]
        say = (
            f'(set! u (Utterance Text "{word}")) (utt.synth u) '
            f'(utt.save.wave u "{file}" (quote riff))'
            for word, file in zip(words, files, strict=True)
        )
        script = (
            f"(voice_{speaker.voice})\n(Parameter.set 'Duration_Stretch {1 / speaker.speed})\n"
        )
        subprocess.run(
            ["festival", "--pipe"], input=script + "\n".join(say), text=True, capture_output=True
        )
        return [_read(file) if file.is_file() else None for file in files]


def _read(file: Any) -> Clip:
    """Samples at 16 kHz, whatever rate they come at."""
    import soundfile
    from scipy.signal import resample_poly

    x, rate = soundfile.read(file, dtype="float32")
    return resample_poly(x, _RATE, rate).astype(np.float32) if rate != _RATE else x


def _trim(x: Clip) -> Clip | None:
    """The part that is not silent; None if there is hardly any."""
    loud = np.flatnonzero(np.abs(x) > 0.01 * np.abs(x).max(initial=1e-3))
    return x[loud[0] : loud[-1] + 1] if len(loud) > 0.05 * _RATE else None
