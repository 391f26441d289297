"""Words spoken by the speech synthesisers of Debian.

    apt-get install espeak-ng flite festival festvox-kallpc16k festvox-kdlpc16k \\
        festvox-us-slt-hts festvox-italp16k festvox-itapc16k festvox-ru \\
        festvox-czech-dita festvox-czech-krb festvox-czech-machac festvox-czech-ph \\
        festvox-suopuhe-lj festvox-suopuhe-mv festvox-ca-ona-hts
    apt-get install libttspico-utils rhvoice rhvoice-english rhvoice-russian     (non-free)

The second line takes packages of Debian's section non-free, which its file of sources must name.
Pico is there because its voices came without their sources; they are said to be under the Apache
licence 2.0. RHVoice is there because nobody can train its voices again; of those only the ones
speak that its licence does not restrict.

A *speaker* is a voice with its own pitch and speed. It speaks all its words at once.
"""

from __future__ import annotations

import io
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinycl.exceptions import DataError

__all__ = ["Clip", "Speaker", "speakers"]

Clip = NDArray[np.float32]

_RATE = 16000
_ACCENTS = {
    "en": "en-us en-gb en-gb-scotland en-gb-x-rp en-029 en-gb-x-gbclan en-us-nyc en-gb-x-gbcwmd",
    "es": "es es-419",
    "fr": "fr-fr fr-be fr-ch",
    "it": "it",
    "de": "de",
    "ru": "ru ru-lv",
    "cs": "cs",
    "fi": "fi",
    "ca": "ca ca-va ca-ba",
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
# Voices that were made of the recordings of people.
_NATURAL = {
    "en": {
        "pico": "en-GB en-US",
        "flite": "awb kal16 rms slt",
        "festival": "cmu_us_slt_arctic_hts ked_diphone kal_diphone",
        "rhvoice": "alan bdl clb",
    },
    "es": {"pico": "es-ES"},
    "fr": {"pico": "fr-FR"},
    "it": {"pico": "it-IT", "festival": "pc_diphone lp_diphone"},
    "de": {"pico": "de-DE"},
    "ru": {"festival": "msu_ru_nsh_clunits", "rhvoice": "aleksandr anna elena irina"},
    "cs": {"festival": "czech_dita czech_krb czech_machac czech_ph"},
    "fi": {"festival": "suo_fi_lj_diphone hy_fi_mv_diphone"},
    "ca": {"festival": "upc_ca_ona_hts"},
}
_SPEAKERS, _OF_A_VOICE = 24, 14  # of natural voices: wanted of a language, at most of a voice
_ENCODINGS = {"czech": "iso8859-2", "msu": "utf-8"}  # of festival's voices; others: Latin 1


@dataclass(frozen=True)
class Speaker:
    """One who speaks: a program, its voice, and how high and how fast (1 is as usual).

    ``mark`` is the punctuation behind each word, which tells the melody; not all programs heed it.
    """

    program: str
    voice: str
    pitch: float
    speed: float
    mark: str = ""

    def speak(self, words: Sequence[str]) -> list[Clip | None]:
        """Clips at 16 kHz within +-1, one a word; None where the synthesiser failed.

        Raises
        ------
        DataError
            The program is not installed.
        """
        try:
            return [None if c is None else _trim(c) for c in _PROGRAMS[self.program](self, words)]
        except FileNotFoundError as error:
            raise DataError(
                f"{error.filename} is not installed: see tools/zoo/synthesisers.py"
            ) from error


def speakers(language: str, count: int, rng: np.random.Generator) -> list[Speaker]:
    """Speakers of a language: ``count`` of espeak-ng, no variant twice, and natural ones."""
    accents = _ACCENTS[language].split()
    found = [
        Speaker("espeak", f"{rng.choice(accents)}+{variant}", rng.uniform(15, 85), *_manner(rng))
        for variant in rng.permutation(_VARIANTS)[:count]
    ]
    natural = [(p, voice) for p, some in _NATURAL[language].items() for voice in some.split()]
    times = min(_OF_A_VOICE, -(-_SPEAKERS // len(natural)))
    for program, voice in natural:
        for _ in range(times):
            pitch = float(np.exp(rng.uniform(-0.4, 0.25)))
            found.append(Speaker(program, voice, pitch, *_manner(rng)))
    return found


def _manner(rng: np.random.Generator) -> tuple[float, str]:
    """A speed, and a punctuation mark."""
    return float(np.exp(rng.uniform(-0.35, 0.35))), str(rng.choice(["", ".", ",", "?", "!"]))


def _espeak(speaker: Speaker, words: Sequence[str]) -> list[Clip | None]:
    text = "<speak>" + "<break time='1300ms'/>".join(w + speaker.mark for w in words)
    text += "</speak>"
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


def _pico(speaker: Speaker, words: Sequence[str]) -> list[Clip | None]:
    pitch, speed = round(100 * speaker.pitch), round(100 * speaker.speed)
    how = f'<pitch level="{pitch}"><speed level="{speed}">'
    start = ["pico2wave", "-l", speaker.voice]
    return _one_by_one(
        words, lambda word, to: [*start, "-w", to, f"{how}{word}{speaker.mark}</speed></pitch>"]
    )


def _flite(speaker: Speaker, words: Sequence[str]) -> list[Clip | None]:
    how = f"--setf duration_stretch={1 / speaker.speed:.2f}".split()
    how += f"--setf int_f0_target_mean={130 * speaker.pitch:.0f}".split()
    start = ["flite", "-voice", speaker.voice, *how]
    return _one_by_one(words, lambda word, to: [*start, "-t", word, "-o", to])


def _rhvoice(speaker: Speaker, words: Sequence[str]) -> list[Clip | None]:
    how = f"-p {speaker.voice} -t {100 * speaker.pitch:.0f} -r {100 * speaker.speed:.0f}".split()
    return _one_by_one(
        words, lambda _, to: ["RHVoice-test", *how, "-o", to], lambda word: word + speaker.mark
    )


def _one_by_one(
    words: Sequence[str],
    command: Callable[[str, str], list[str]],
    given: Callable[[str], str] | None = None,
) -> list[Clip | None]:
    """What commands of a word and a file speak; ``given`` tells their standard input."""
    clips: list[Clip | None] = []
    with tempfile.TemporaryDirectory() as folder:
        for i, word in enumerate(words):
            file = Path(folder) / f"{i}.wav"
            text = given(word) if given else None
            subprocess.run(command(word, str(file)), input=text, text=True, capture_output=True)
            clips.append(_read(file) if file.is_file() else None)
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
        code = _ENCODINGS.get(speaker.voice.split("_")[0], "latin-1")
        whole = (script + "\n".join(say)).encode(code)
        subprocess.run(["festival", "--pipe"], input=whole, capture_output=True)
        return [_read(file) if file.is_file() else None for file in files]


def _read(file: Any) -> Clip:
    """Samples at 16 kHz, whatever rate they come at."""
    import soundfile
    from scipy.signal import resample_poly

    x, rate = soundfile.read(file, dtype="float32")
    return resample_poly(x, _RATE, rate).astype(np.float32) if rate != _RATE else x


def _trim(x: Clip) -> Clip | None:
    """The part that is not silent; None if it is too short for a word."""
    loud = np.flatnonzero(np.abs(x) > 0.01 * np.abs(x).max(initial=1e-3))
    return x[loud[0] : loud[-1] + 1] if len(loud) > 0.1 * _RATE else None


_PROGRAMS = {
    "espeak": _espeak,
    "pico": _pico,
    "flite": _flite,
    "festival": _festival,
    "rhvoice": _rhvoice,
}
