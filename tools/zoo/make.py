"""Make a backbone of the zoo: train it, compile it, measure it, and write its card.

    python -m tools.zoo.make motion                   all of it, into tinycl/zoo/models
    python -m tools.zoo.make colour-s2 --resume       go on with a training that was stopped
    python -m tools.zoo.make colour-s --keep          measure again what runs/zoo/colour-s holds
    python -m tools.zoo.make colour-s --learn         how it learns classes later, once more
    python -m tools.zoo.make speech --sounds SOUNDS   its data and its teacher too; SOUNDS holds
                                                      real people (tools.zoo.real_words)
    python -m tools.zoo.make speech --small           tries it out on few words, in runs/small

Each step is a command of tinycl, as it stands in the card. CIFAR and MNIST are read as
`tinycl.data.load` says; the colour backbones train for an hour or more on two cores, and speech
for several.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tinycl_rt.model.loader import Model

from tinycl.boards.registry import BUILT
from tinycl.compiler.recompile import mirror_tcm
from tinycl.data import load
from tinycl.models.files import load_model
from tinycl.zoo import Card, card
from tinycl.zoo.head import TrainedHead
from tools.bench.inference import measure
from tools.boards.paths import PROJECT
from tools.command import command_line, tool
from tools.zoo.real_words import main as write_real_words
from tools.zoo.recipes import RECIPES, Recipe
from tools.zoo.recordings import RECORDINGS, write

MODELS = PROJECT / "tinycl" / "zoo" / "models"
RUNS, SMALL = Path("runs/zoo"), Path("runs/small")
REAL = "real_words.npz"


@tool("zoo.make")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("name", choices=list(RECIPES))
    parser.add_argument("--keep", action="store_true", help="do not train again")
    parser.add_argument("--resume", action="store_true", help="go on where a stopped run was")
    parser.add_argument("--runs", type=Path, default=RUNS, help="where to train")
    parser.add_argument("--learn", action="store_true", help="measure the zoo's model as it is")
    parser.add_argument("--sounds", type=Path, help="recordings of real people, for speech")
    parser.add_argument("--small", action="store_true", help="try a recipe out: little, in runs/")
    options = parser.parse_args(words)
    name, recipe, runs, models = options.name, RECIPES[options.name], options.runs, MODELS
    if options.small:
        recipe, runs = smaller(recipe), SMALL if runs == RUNS else runs
        models = runs / "models"
    recipe = placed(recipe, runs)
    folder = runs / name
    folder.mkdir(parents=True, exist_ok=True)
    if options.sounds and write_real_words([str(options.sounds), "--npz", f"{runs}/{REAL}"]):
        return 1
    if options.learn:
        learn(name, recipe, folder)
        return 0
    if not options.keep:
        for command in recipe.before:
            prepare(command, options.resume)
        say(recipe.training, "-o", str(folder), *["--resume"] * options.resume)
    make(name, recipe, folder, models)
    return 0


def placed(recipe: Recipe, runs: Path) -> Recipe:
    """A recipe whose files lie in another folder than runs/zoo."""

    def moved(text: str) -> str:
        return text.replace(f"{RUNS}/", f"{runs}/")

    return replace(
        recipe,
        before=tuple(map(moved, recipe.before)),
        training=moved(recipe.training),
        tested_on=moved(recipe.tested_on),
        transfer=tuple((moved(data), *how) for data, *how in recipe.transfer),
    )


def smaller(recipe: Recipe) -> Recipe:
    """A recipe of one epoch and little data, which shows that its steps fit together."""

    def less(text: str) -> str:
        return re.sub(r"--epochs \d+", "--epochs 1", text).replace(
            "tools.zoo.spoken", "tools.zoo.spoken --small"
        )

    return replace(recipe, before=tuple(map(less, recipe.before)), training=less(recipe.training))


def prepare(command: str, resume: bool) -> None:
    """Run a command that makes what the training takes; to resume, only what is missing."""
    made = Path(shlex.split(command)[-1])
    if resume and made.is_file():
        return
    say(command, *["--resume"] * (resume and "tinycl train" in command))


def make(name: str, recipe: Recipe, folder: Path, models: Path) -> None:
    """Compile, measure and write what `folder` holds."""
    tflite, tcm = folder / "backbone.tflite", folder / "model.tcm"
    say(f"tinycl convert {folder} -o {tflite}")
    compiled = folder / "compile.json"
    say(
        f"tinycl compile {tflite} -o {tcm} --verify 200 --data {recipe.tested_on} "
        f"--json {compiled}"
    )
    data = tcm.read_bytes()
    dataset = load(recipe.tested_on)
    head = trained_head(folder, Model(data), min(recipe.classes, dataset.num_classes))
    found = head.predict(Model(data), dataset.x_test)
    [counted] = measure(BUILT["cortex-m3"], data, ["native"])
    layers = json.loads(compiled.read_text())["layers"]
    made = Card(
        name=name,
        title=recipe.title,
        input_shape=dataset.input_shape,
        pixels=recipe.pixels,
        pretrained_on=recipe.pretrained_on,
        training_command=f"{recipe.training} -o {folder}",
        seed=recipe.seed,
        tested_on=recipe.tested_on,
        test_accuracy=round(float((found == dataset.y_test).mean()), 4),
        flash_bytes=len(data),
        latent_bytes=Model(data).latent_bytes,
        features=Model(data).features,
        binary_macs=sum(layer["binary_macs"] or 0 for layer in layers),
        first_macs=sum(layer["int8_macs"] or 0 for layer in layers),
        instructions_cortex_m3=counted["instructions"],
        transfer=transfers(tcm, recipe, folder),
        fingerprint=Model(data).fingerprint.hex(),
        tried=recipe.tried,
    )
    models.mkdir(exist_ok=True)
    (models / f"{name}.tcm").write_bytes(data)
    (models / f"{name}.npz").write_bytes(head.as_bytes())
    write_card(made, models)
    print(f"{name}: {made.test_accuracy:.1%}, {made.instructions_cortex_m3:,} instructions")


def learn(name: str, recipe: Recipe, folder: Path) -> None:
    """Measure again what the zoo's model costs, and how it learns classes that it never saw."""
    tcm = MODELS / f"{name}.tcm"
    [counted] = measure(BUILT["cortex-m3"], tcm.read_bytes(), ["native"])
    later = transfers(tcm, recipe, folder)
    count = counted["instructions"]
    write_card(replace(card(name), instructions_cortex_m3=count, transfer=later), MODELS)


def write_card(one: Card, models: Path) -> None:
    """Put a card beside its model."""
    (models / f"{one.name}.json").write_text(json.dumps(asdict(one), indent=2) + "\n")


def trained_head(folder: Path, model: Model, classes: int) -> TrainedHead:
    """The float head of the training, for its first classes, over sums instead of means."""
    classifier = load_model(folder / "checkpoints" / "final.keras")
    kernel, bias = classifier.get_layer("head").get_weights()
    h, w, c = model.latent_shape
    cells = model.features // c
    return TrainedHead.quantised(kernel[:, :classes] / (h * w / cells), bias[:classes])


def transfers(tcm: Path, recipe: Recipe, folder: Path) -> tuple[dict[str, Any], ...]:
    """What `transfer` finds for each data set of a recipe that is there."""
    found = []
    for data, scenario, limit in recipe.transfer:
        if data.endswith(REAL) and not Path(data.removeprefix("npz:")).is_file():
            print(
                "the card will not tell how well it knows real people: that takes "
                "--sounds SOUNDS, with recordings as tools/zoo/real_words.py says",
                flush=True,
            )
            continue
        found.append(transfer(tcm, data, scenario, limit, folder))
    if recipe.mirrored:
        twice = folder / "mirrored.tcm"
        twice.write_bytes(mirror_tcm(tcm.read_bytes()))
        for data, scenario, limit in recipe.transfer:
            its = transfer(twice, data, scenario, limit, folder)
            get = f"tinycl zoo get {folder.name} --mirror -o mirrored.tcm && "
            command = get + its["command"].replace(
                f"--model {folder.name}", "--model mirrored.tcm"
            )
            found.append({**its, "data": f"{data}, mirrored", "command": command})
    return tuple(found)


def transfer(
    tcm: Path, data: str, scenario: str, limit: int | None, folder: Path
) -> dict[str, Any]:
    """Learn classes that the backbone never saw, as a board would, in 3 random orders."""
    out, source = folder / f"{Path(data).stem}.json", data
    if data in RECORDINGS:
        write(data, folder / f"{data}.npz")
        source = f"npz:{folder / data}.npz"
    command = f"--data {source} --scenario {scenario} --order random --seeds 3"
    command += f" --limit {limit}" if limit else ""
    say(f"tinycl simulate --model {tcm} {command} --json {out}")
    group = json.loads(out.read_text())
    return {
        "data": data,
        "scenario": scenario,
        "seeds": 3,
        "accuracy": round(group["final_accuracy_mean"], 4),
        "spread": round(group["final_accuracy_std"], 4),
        "command": f"tinycl simulate --model {folder.name} {command}".replace(f"{folder}/", ""),
    }


def say(command: str, *more: str) -> None:
    """Run a command of tinycl; variables may stand in front of it."""
    words = [*shlex.split(command), *more]
    given = [word for word in words if "=" in word and not word.startswith("-")]
    given = given[: words.index("tinycl")] if "tinycl" in words else []
    words = words[len(given) :]
    print("+", command, *more, flush=True)
    environment = {**os.environ, **dict(pair.split("=", 1) for pair in given)}
    program = [str(Path(sys.executable).with_name(words[0])), *words[1:]]
    subprocess.run(program, check=True, env=environment)


if __name__ == "__main__":
    sys.exit(main())
