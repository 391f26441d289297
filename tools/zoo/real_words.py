"""Measure a backbone on words of real people that it never heard.

    apt-get download asterisk-core-sounds-it-wav asterisk-prompt-it-menardi-wav \\
        asterisk-core-sounds-es-wav asterisk-prompt-es-co \\
        asterisk-core-sounds-fr-wav asterisk-prompt-fr-armelle
    for deb in *.deb; do dpkg -x $deb sounds; done
    python -m tools.zoo.real_words sounds --model speech
    python -m tools.zoo.real_words sounds --npz runs/zoo/real_words.npz

Two people speak the same words of telephone menus, in each of three languages, at 8 kHz, once.
One of them teaches, the other is tested: five words at a time, drawn by chance. The teacher's
samples are his recording as heard in rooms, through microphones and with noise
(`tools.zoo.rooms`). ``--npz`` writes the Italian numbers, for a card of the zoo. Debian's packages
name the licences of the recordings; none is in this repository.

    apt-get download klettres-data

has English letters and syllables that an American and a Briton speak, to choose by: ``--dev``
measures on these instead.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as kernels
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model

from tinycl.cli.models import read_model
from tinycl.data.sound import cut_word, window
from tinycl.exceptions import DataError
from tinycl.inference import latents
from tools.command import command_line, tool, write_json
from tools.zoo.rooms import record

__all__ = ["PAIRS", "Clip", "main", "read_clips"]

PAIRS = {
    "Italian": (
        ("asterisk/sounds/it_IT_m_Carlo", ".wav"),
        ("asterisk/sounds/it_IT_f_Menardi", ".wav"),
    ),
    "Spanish": (("asterisk/sounds/es_MX_f_Allison", ".wav"), ("asterisk/sounds/es", ".gsm")),
    "French": (("asterisk/sounds/fr_CA_f_June", ".wav"), ("asterisk/sounds/fr", ".gsm")),
}
_DEVELOPMENT = {"English": (("klettres/en", ".ogg"), ("klettres/en_GB", ".ogg"))}
_WORDS, _MOST = 5, 20

Clip = NDArray[np.float32]


@tool("zoo.real_words")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("sounds", type=Path, help="where the packages are unpacked")
    parser.add_argument("--model", default="speech", help="a backbone of the zoo, or a .tcm file")
    parser.add_argument("--dev", action="store_true", help="measure on English instead")
    parser.add_argument("--draws", type=int, default=60, help="of five words, a language")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--npz", type=Path, help="write a data set and measure nothing")
    options = parser.parse_args(words)
    rng = np.random.default_rng(1)
    if options.npz:
        _write(read_clips(options.sounds, "Italian"), options.npz, rng)
        return 0
    model = Model(read_model(Path(options.model), []))
    rows = []
    for language in _DEVELOPMENT if options.dev else PAIRS:
        clips = read_clips(options.sounds, language)
        rows += _measure(language, clips, model, options.draws, rng)
        for row in rows[-2:]:
            print(
                f"{language}: {row['common']} words, {row['samples']} samples a word: "
                f"tinycl {row['tinycl']:.1%}, log-mel + logistic regression {row['logistic']:.1%}",
                flush=True,
            )
    for n in {row["samples"] for row in rows}:
        some = [row for row in rows if row["samples"] == n]
        tinycl, logistic = (np.mean([row[k] for row in some]) for k in ("tinycl", "logistic"))
        print(f"all, {n} samples a word: tinycl {tinycl:.1%}, logistic regression {logistic:.1%}")
    write_json(options.json, rows)
    return 0


def read_clips(sounds: Path, language: str) -> list[dict[str, Clip]]:
    """Words by name of both speakers of a language.

    Raises
    ------
    DataError
        The recordings are not there.
    """
    root = sounds / "usr" / "share"
    pair = (PAIRS | _DEVELOPMENT)[language]
    return [_clips(root / folder, ending) for folder, ending in pair]


def _clips(folder: Path, ending: str) -> dict[str, Clip]:
    """Recordings of 0.2 to 1.1 s by name; silence around them is cut off."""
    import soundfile
    from scipy.signal import resample_poly

    how: dict[str, Any] = {}
    if ending == ".gsm":
        how = {"format": "RAW", "subtype": "GSM610", "channels": 1, "samplerate": 8000}
    found = {}
    for file in sorted(folder.rglob(f"*{ending}")):
        x, rate = soundfile.read(file, dtype="float32", always_2d=True, **how)
        x = resample_poly(x.mean(axis=1), 16000, rate).astype(np.float32)
        loud = np.flatnonzero(np.abs(x) > 0.02 * np.abs(x).max(initial=1e-3))
        if len(loud) > 3200 and loud[-1] - loud[0] < 17600 and "tone" not in file.name:
            name = str(file.relative_to(folder).with_suffix("")).lower()
            found[name] = x[loud[0] : loud[-1] + 1]
    if not found:
        raise DataError(f"{folder} holds no recordings; the docstring says how to get them")
    return {name: x for name, x in found.items() if "beep" not in name}


def _write(clips: list[dict[str, Clip]], out: Path, rng: np.random.Generator) -> None:
    """Numbers up to ten: 20 recordings of one speaker to learn, 5 of the other to test."""
    wanted = [f"digits/{number}" for number in range(11)]
    common = [name for name in wanted if name in clips[0] and name in clips[1]]
    arrays: dict[str, Any] = {"class_names": np.array([name[7:] for name in common])}
    for side, one, count in (("train", clips[0], _MOST), ("test", clips[1], 5)):
        x = [window(cut_word(record(one[name], [], rng))) for name in common for _ in range(count)]
        arrays[f"x_{side}"], arrays[f"y_{side}"] = (
            np.stack(x),
            np.arange(len(common)).repeat(count),
        )
    np.savez_compressed(out, **arrays)


def _loud(clip: Clip) -> NDArray[np.int16]:
    return np.rint(20000 * clip / np.abs(clip).max()).astype(np.int16)


def _measure(
    language: str, clips: list[dict[str, Clip]], model: Model, draws: int, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Accuracy of the learner and of logistic regression, for 5 and for 20 samples a word."""
    from sklearn.linear_model import LogisticRegression

    common = sorted(set(clips[0]) & set(clips[1]))
    taught = [
        np.stack(
            [window(cut_word(record(one[name], [], rng))) for name in common for _ in range(_MOST)]
        )
        for one in clips
    ]
    tested = [np.stack([window(cut_word(_loud(one[name]))) for name in common]) for one in clips]
    bits = [[latents(model, x).reshape(len(x), -1) for x in side] for side in (taught, tested)]
    right = {(n, k): 0 for n in (5, _MOST) for k in ("tinycl", "logistic")}
    for draw in range(draws):
        a, b = (0, 1) if draw % 2 else (1, 0)
        chosen = rng.choice(len(common), _WORDS, replace=False)
        for n in (5, _MOST):
            learner = Learner(model, Config(classes=_WORDS, replay_slots=0), kernels)
            learner.begin()
            for i in range(n):
                for label, word in enumerate(chosen):
                    learner.learn_latent(bits[0][a][_MOST * word + i].tobytes(), label)
            learner.end()
            found = [learner.predict_latent(bits[1][b][word].tobytes()) for word in chosen]
            right[n, "tinycl"] += sum(f == label for label, f in enumerate(found))
            x = np.concatenate([taught[a][_MOST * word :][:n] for word in chosen])
            float_x = x.reshape(len(x), -1) / 160
            regression = LogisticRegression(max_iter=1000, tol=1e-3)
            regression.fit(float_x, np.arange(_WORDS).repeat(n))
            found = regression.predict(tested[b][chosen].reshape(_WORDS, -1) / 160)
            right[n, "logistic"] += sum(f == label for label, f in enumerate(found))
    return [
        {
            "language": language,
            "common": len(common),
            "samples": n,
            **{k: right[n, k] / (draws * _WORDS) for k in ("tinycl", "logistic")},
        }
        for n in (5, _MOST)
    ]


if __name__ == "__main__":
    sys.exit(main())
