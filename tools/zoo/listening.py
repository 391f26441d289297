"""Measure a listener: how many words it finds, and how often it hears one that nobody said.

    python -m tools.zoo.listening sounds                  recordings as of tools.zoo.real_words
    python -m tools.zoo.listening sounds --least 160 --json listening.json

In each language one speaker teaches five words, 20 recordings each, and ``other``: 40 of
other words. The other speaker says the five words, six times each, with noise 25 dB below and a
pause after each; then other words without end, and then there is noise alone: what is heard in
these is a false alarm.
"""

from __future__ import annotations

import sys
from array import array
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as kernels
from tinycl_rt.learner import Learner
from tinycl_rt.listener import Listener
from tinycl_rt.model.loader import Model
from tinycl_rt.sound import HOP, RATE

from tinycl.cli.models import read_model
from tinycl.data.sound import cut_word, window
from tools.command import command_line, tool, write_json
from tools.zoo.real_words import PAIRS, Clip, read_clips
from tools.zoo.rooms import noise, record

__all__ = ["main"]

_WORDS, _SAMPLES, _TIMES = 5, 20, 6
_OTHER = "other"
_PAUSE = 1.2  # s


@tool("zoo.listening")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("sounds", type=Path, help="where the packages are unpacked")
    parser.add_argument("--model", default="speech", help="a backbone of the zoo, or a .tcm file")
    parser.add_argument("--draws", type=int, default=4, help="of five words, a language")
    parser.add_argument("--minutes", type=float, default=10, help="of noise, and of other words")
    parser.add_argument("--least", type=int, default=128, help="lowest confidence, 0..255")
    parser.add_argument("--gate", type=int, default=24, help="loudness of a word, 0.376 dB a step")
    parser.add_argument("--others", type=int, default=40, help="recordings of other words taught")
    parser.add_argument("--tolerance", type=int, default=16, help="of Config; 0: never unknown")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(words)
    model = Model(read_model(Path(options.model), []))
    rows: list[dict[str, Any]] = []
    for language in PAIRS:
        clips = read_clips(options.sounds, language)
        for draw in range(options.draws):
            rng = np.random.default_rng([draw, len(rows)])
            one, other = clips if draw % 2 else clips[::-1]
            row = _measure(model, one, other, options, rng)
            rows.append({"language": language, "draw": draw, **row})
            print(_said(language, [rows[-1]]), flush=True)
    print(_said("all", rows))
    write_json(options.json, rows)
    return 0


def _said(what: str, rows: list[dict[str, Any]]) -> str:
    def total(key: str) -> float:
        return float(sum(row[key] for row in rows))

    return (
        f"{what}: of {total('said'):.0f} words {total('right'):.0f} found, {total('wrong'):.0f} "
        f"taken for others; false alarms an hour: {total('speech') / total('speech_hours'):.1f} "
        f"in other words, {total('noise') / total('noise_hours'):.1f} in noise"
    )


def _measure(
    model: Model, taught: dict[str, Clip], said: dict[str, Clip], options: Any, rng: Any
) -> dict[str, Any]:
    common = sorted(set(taught) & set(said))
    chosen = [common[i] for i in rng.choice(len(common), _WORDS, replace=False)]
    rest = [name for name in common if name not in chosen]
    half = len(rest) // 2  # taught as "other"; the rest is heard later
    config = Config(classes=_WORDS + 1, replay_slots=0, tolerance=options.tolerance)
    learner = Learner(model, config, kernels)
    for name in chosen:
        for _ in range(_SAMPLES):
            learner.learn(_window(taught[name], rng), name)
    for i in range(options.others):
        learner.learn(_window(taught[rest[i % half]], rng), _OTHER)
    learner.end()
    order = rng.permutation(np.repeat(chosen, _TIMES)).tolist()
    heard = _hear(learner, _speech([said[name] for name in order], _PAUSE, rng), options)
    right, wrong = _compare(order, heard, [len(said[name]) / RATE for name in order])
    seconds = 60 * options.minutes
    clips = [said[name] for name in rest[half:]]
    length = sum(len(clip) / RATE + 0.3 for clip in clips)
    talk = [clips[i % len(clips)] for i in range(int(len(clips) * seconds / length))]
    speech = _speech(talk, 0.3, rng)
    hiss = np.concatenate(
        [
            10 ** rng.uniform(1, 3.3) * noise(10 * RATE, clips, rng)
            for _ in range(int(seconds / 10))
        ]
    )
    return {
        "said": len(order),
        "right": right,
        "wrong": wrong,
        "speech": len(_hear(learner, speech, options)),
        "speech_hours": len(speech) / RATE / 3600,
        "noise": len(_hear(learner, hiss, options)),
        "noise_hours": len(hiss) / RATE / 3600,
    }


def _window(clip: Clip, rng: np.random.Generator) -> bytes:
    return window(cut_word(record(clip, [], rng))).tobytes()


def _speech(clips: list[Clip], pause: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Words one after another, of one loudness, with noise and pauses."""
    parts = [np.zeros(RATE, np.float32)]
    for clip in clips:
        parts += [8000 * clip / np.abs(clip).max(), np.zeros(int(pause * RATE), np.float32)]
    x = np.concatenate(parts)
    power = np.sqrt((x**2).mean())
    return x + power * 10 ** (-25 / 20) * rng.standard_normal(len(x)).astype(np.float32)


def _hear(learner: Learner, samples: NDArray[np.float32], options: Any) -> list[tuple[float, str]]:
    """What is reported, and when."""
    found: list[tuple[float, str]] = []
    at = 0
    listener = Listener(
        learner,
        lambda name, _: found.append((at / RATE, name)),
        gate=options.gate,
        least=options.least,
        ignore=(_OTHER,),
        kernels="numpy",
    )
    whole = np.clip(np.rint(samples), -32768, 32767).astype(np.int16)
    for at in range(0, len(whole), HOP):
        listener.feed(array("h", whole[at : at + HOP].tobytes()))
    return found


def _compare(
    order: list[str], heard: list[tuple[float, str]], lengths: list[float]
) -> tuple[int, int]:
    """Words that were found, and reports of other words; a report comes before the next word."""
    right, begin = 0, 1.0
    for name, length in zip(order, lengths, strict=True):
        end = begin + length + _PAUSE
        right += any(begin < when <= end and said == name for when, said in heard)
        begin = end
    return right, len(heard) - right


if __name__ == "__main__":
    sys.exit(main())
