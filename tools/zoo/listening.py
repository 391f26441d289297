"""Measure a listener: how many words it finds, and how often it hears one that nobody said.

    python -m tools.zoo.listening sounds                  recordings as of tools.zoo.real_words
    python -m tools.zoo.listening sounds --least 160 --json listening.json

In each language one speaker teaches five words, 20 recordings each, and ``other``: 40 of
other words. The other speaker says the five words, six times each, with noise 25 dB below and a
pause after each; beside what the listener finds of them stands how many the learner gets right
when each is cut out, as `wav:` cuts recordings. Then the speaker says other words without end,
with pauses of 0.3 s (talk) and 1.2 s (apart), and then there is noise alone: what is heard in
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
_PAUSE, _SHORT = 1.2, 0.3  # s
_FALSE = {"talk": "talk", "apart": "other words apart", "noise": "noise"}


@tool("zoo.listening")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("sounds", type=Path, help="where the packages are unpacked")
    parser.add_argument("--model", default="speech", help="a backbone of the zoo, or a .tcm file")
    parser.add_argument("--draws", type=int, default=4, help="of five words, a language")
    parser.add_argument("--minutes", type=float, default=10, help="of noise, and of other words")
    parser.add_argument("--least", type=int, help="lowest confidence, 0..255")
    parser.add_argument("--gate", type=int, help="loudness of a word, 0.376 dB a step")
    parser.add_argument("--every", type=int, help="frames from one prediction to the next")
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

    alarms = (
        f"{total(kind) / total(f'{kind}_hours'):.1f} in {name}" for kind, name in _FALSE.items()
    )
    return (
        f"{what}: of {total('said'):.0f} words {total('right'):.0f} found ({total('cut'):.0f} are "
        f"right when cut out), {total('wrong'):.0f} taken for others; false alarms an hour: "
        f"{', '.join(alarms)}"
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
    words = _speech([said[name] for name in order], _PAUSE, rng)
    ends = np.cumsum([1.0] + [len(said[name]) / RATE + _PAUSE for name in order])
    right, wrong = _compare(order, _hear(learner, words, options), ends)
    row: dict[str, Any] = {"said": len(order), "right": right, "wrong": wrong}
    row["cut"] = _cut_out(learner, order, words, ends)
    seconds = 60 * options.minutes
    clips = [said[name] for name in rest[half:]]
    sounds = {
        "talk": _speech(_fill(clips, _SHORT, seconds), _SHORT, rng),
        "apart": _speech(_fill(clips, _PAUSE, seconds), _PAUSE, rng),
        "noise": np.concatenate(
            [
                10 ** rng.uniform(1, 3.3) * noise(10 * RATE, clips, rng)
                for _ in range(int(seconds / 10))
            ]
        ),
    }
    for kind, samples in sounds.items():
        row[kind] = len(_hear(learner, samples, options))
        row[f"{kind}_hours"] = len(samples) / RATE / 3600
    return row


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


def _fill(clips: list[Clip], pause: float, seconds: float) -> list[Clip]:
    """Clips in turn, as many as take some seconds."""
    length = sum(len(clip) / RATE + pause for clip in clips)
    return [clips[i % len(clips)] for i in range(int(len(clips) * seconds / length))]


def _int16(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)


def _hear(learner: Learner, samples: NDArray[np.float32], options: Any) -> list[tuple[float, str]]:
    """What is reported, and when."""
    found: list[tuple[float, str]] = []
    at = 0
    given = {key: getattr(options, key) for key in ("least", "gate", "every")}
    listener = Listener(
        learner,
        lambda name, _: found.append((at / RATE, name)),
        ignore=(_OTHER,),
        kernels="numpy",
        **{key: value for key, value in given.items() if value is not None},
    )
    whole = _int16(samples)
    for at in range(0, len(whole), HOP):
        listener.feed(array("h", whole[at : at + HOP].tobytes()))
    return found


def _compare(
    order: list[str], heard: list[tuple[float, str]], ends: NDArray[np.float64]
) -> tuple[int, int]:
    """Words that were found, and reports of other words; a report comes before the next word."""
    right = 0
    for name, begin, end in zip(order, ends, ends[1:], strict=False):
        right += any(begin < when <= end and said == name for when, said in heard)
    return right, len(heard) - right


def _cut_out(
    learner: Learner, order: list[str], words: NDArray[np.float32], ends: NDArray[np.float64]
) -> int:
    """Words that the learner gets right when the listener has no part in it."""
    right = 0
    for name, begin, end in zip(order, ends, ends[1:], strict=False):
        word = _int16(words[int((begin - 0.5) * RATE) : int((end - 0.6) * RATE)])
        right += learner.names[learner.predict(window(cut_word(word)).tobytes())] == name
    return right


if __name__ == "__main__":
    sys.exit(main())
