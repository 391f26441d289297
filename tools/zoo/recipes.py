"""How each backbone of the zoo is made, and what it is measured by."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RECIPES", "Recipe"]

# oneDNN doubles the speed of training; its floats differ between processors.
_FAST = "TF_ENABLE_ONEDNN_OPTS=1"
# Products of signs are exact in bfloat16, and processors that multiply them take 0.7 of the time.
_FASTER = f"{_FAST} TF_SET_ONEDNN_FPMATH_MODE=BF16"

_SPOKEN = (
    f"{_FASTER} tinycl train npz:runs/zoo/spoken.npz --size speech --views 1 --augment light "
    "--batch 128 --seed 1"
)


@dataclass(frozen=True)
class Recipe:
    """A recipe; fields as of `tinycl.zoo.Card`.

    Attributes
    ----------
    before
        Commands that make what the training takes.
    classes
        Outputs of the training's head that the test set has.
    transfer
        (data, scenario, samples a class) of classes that the training never saw; None: all of
        their samples.
    mirrored
        Whether it also learns them from images and their mirror images.
    """

    title: str
    pixels: str
    pretrained_on: str
    training: str
    seed: int
    tested_on: str
    classes: int
    transfer: tuple[tuple[str, str, int | None], ...]
    tried: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    mirrored: bool = False


def _colour(
    size: str, title: str, epochs: int, tried: tuple[str, ...], fast: str = _FAST, more: str = ""
) -> Recipe:
    """All sizes are trained and measured alike; ``more`` are options of the training."""
    return Recipe(
        title=title,
        pixels="red, green, blue",
        pretrained_on="cifar100",
        training=(
            f"{fast} tinycl train cifar100 --size {size} --views 1 --augment light "
            f"--epochs {epochs} --batch 128 --lr 0.005 --seed 1{more}"
        ),
        seed=1,
        tested_on="cifar100",
        classes=100,
        transfer=(("cifar10", "nc:2", 1000),),
        tried=tried,
        mirrored=size == "colour-s2",
    )


RECIPES = {
    "colour-s": _colour(
        "colour-s",
        title="colour images, Pico",
        epochs=60,
        tried=(
            "60 epochs, shifts and mirrors alone, classes not told apart by quarter turns: 46.5 % "
            "(float head); the searched plan of 60k with turns, 15 epochs: 31.9 %",
            "a strided first layer and pooling with overlap, which leave more instructions to the "
            "wide layers behind",
            "trials of 12 epochs on 25,000 samples, float heads: plain "
            "34.6 %, two stages 33.2 %, smoothed labels 34.2 %, shortcuts in real numbers "
            "36.0 %",
            "there, a real-valued teacher of the same plan 39.1 %; this backbone was trained "
            "without",
            "ReActNet's shifts: what stands before a sign is the batch norm's own; the others "
            "act on shortcuts only",
        ),
    ),
    "colour-s2": _colour(
        "colour-s2",
        title="colour images, Pico; shortcuts of bits",
        epochs=100,
        tried=(
            "short trainings (tinycl/docs/zoo.md): 24.3 % where the chain of colour-s has 22.2 %; "
            "a teacher of the same plan takes that chain to 28.1 %",
        ),
        fast=_FASTER,
        more=" --teacher same",
    ),
    "colour-l": _colour(
        "colour-l",
        title="colour images, Pico 2 and ESP32-S3",
        epochs=40,
        tried=("the design of colour-s, half as wide again",),
    ),
    "grey": Recipe(
        title="drawn symbols and digits",
        pixels="light strokes on a dark ground",
        pretrained_on="drawn: MNIST and 100 generated symbols",
        training=(
            f"{_FAST} tinycl train drawn --size grey --views 1 --epochs 12 --batch 128 "
            "--lr 0.005 --seed 1"
        ),
        seed=1,
        tested_on="mnist",
        classes=10,
        transfer=(("letters", "nc:2", None),),
    ),
    "grey2": Recipe(
        title="grey pictures: drawings, print, things",
        pixels="luminance, light on dark or dark on light",
        pretrained_on="things: MNIST, 100 generated symbols, CIFAR-100 in grey",
        training=(
            f"{_FASTER} tinycl train things --size grey2 --views 1 --augment light --epochs 20 "
            "--batch 128 --lr 0.005 --seed 1 --teacher same"
        ),
        seed=1,
        tested_on="things",
        classes=210,
        transfer=(("letters", "nc:2", None),),
    ),
    "speech": Recipe(
        title="spoken words, 1 s",
        pixels="log-mel bands of 20 ms steps, tinycl_rt.sound.LogMel.window",
        pretrained_on="1,369 synthetic words in nine languages",
        before=(
            "python -m tools.zoo.spoken -o runs/zoo/spoken.npz",
            f"{_SPOKEN} --real 1 --epochs 8 --lr 0.002 -o runs/zoo/speech-teacher",
        ),
        training=(
            f"{_SPOKEN} --teacher runs/zoo/speech-teacher/checkpoints/final.keras --epochs 20 "
            "--lr 0.005"
        ),
        seed=1,
        tested_on="npz:runs/zoo/spoken.npz",
        classes=1370,
        transfer=(("npz:runs/zoo/real_words.npz", "nc:2", None),),
        tried=(
            "560 words in six languages, most of espeak-ng, 7 epochs: 90.0, 68.3 and 66.7 % "
            "of Italian, Spanish and French words of real people (tinycl/docs/sound.md)",
        ),
    ),
    "motion": Recipe(
        title="2.56 s of a 3-axis accelerometer at 50 Hz",
        pixels="x, y, z: 128 + 63.5 a g",
        pretrained_on="motions: 400 generated ones",
        training=(
            f"{_FAST} tinycl train motions --size motion --views 1 --epochs 20 --batch 128 "
            "--lr 0.005 --seed 1"
        ),
        seed=1,
        tested_on="motions",
        classes=400,
        transfer=(("har_exercise", "nc:1", None), ("cgestures", "nc:1", None)),
        tried=(
            "48 motions whose sensor is never turned by the motion, half the channels: a linear "
            "head tells motions of 40 unseen classes apart in 76 % (20 samples a class), now in "
            "93 %; statistics and spectra of each axis: 91 %",
            "60 epochs of those in place of 20: linear head on exercises 89 %, not 94 %, on "
            "gestures 74 %, not 92 %",
        ),
    ),
    "motion6": Recipe(
        title="2.56 s of an accelerometer and a gyroscope at 50 Hz",
        pixels="x, y, z: 128 + 63.5 a g, then 128 + 0.128 a degree per second about each",
        pretrained_on="motions6: 400 generated ones",
        before=("python -m tools.zoo.unseen_motions -o runs/zoo/unseen6.npz",),
        training=(
            f"{_FAST} tinycl train motions6 --size motion6 --views 1 --epochs 20 --batch 128 "
            "--lr 0.005 --seed 1"
        ),
        seed=1,
        tested_on="motions6",
        classes=400,
        transfer=(("npz:runs/zoo/unseen6.npz", "nc:2", None),),
    ),
}
