"""``tinycl train``: a backbone from a data set."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tinycl.cli import options as o
from tinycl.cli.importing import importing
from tinycl.cli.interrupt import keeping
from tinycl.cli.steps import next_step
from tinycl.exceptions import DataError, ModelError
from tinycl.files import write_json

__all__ = ["command", "parse_classes"]


def command(
    data: Annotated[str, typer.Argument(help="Data set: digits, mnist, cifar10, npz:PATH, ...")],
    out: Annotated[Path, o.written_folder("Folder for the results.", "--output", "-o")] = Path(
        "run"
    ),
    size: Annotated[
        str | None,
        typer.Option(
            help="Flash budget: 4k, 8k, 16k, 32k, 60k, 120k; or a design of the zoo. Default: 8k."
        ),
    ] = None,
    classes: Annotated[
        str | None, typer.Option(help="Classes to train on: 0,1,2 or 0-4. Default: all.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Default: by the amount of data.")] = None,
    batch: Annotated[
        int | None, typer.Option(help="Samples a step. Default: 8 to 128, by the amount of data.")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option("--lr", help="Adam's first learning rate.")
    ] = None,
    views: Annotated[
        int | None,
        typer.Option(
            help="Quarter turns told apart: 4, signals 2; 1 = none: default from 10 classes on."
        ),
    ] = None,
    augmentation: Annotated[
        str, typer.Option("--augment", help="full; light: shifts and mirrors alone.")
    ] = "full",
    teacher: Annotated[
        str | None,
        typer.Option(
            help="Learn from a network of real numbers: same or wide (trained first), or its file."
        ),
    ] = None,
    mixing: Annotated[
        str | None, typer.Option("--mix", help="Mix samples of a batch: mixup or cutmix.")
    ] = None,
    average: Annotated[
        float | None,
        typer.Option(help="Average the weights over steps; such as 0.99, nearer to 1 for longer."),
    ] = None,
    schedule: Annotated[
        str, typer.Option(help="Learning rate: cosine (falls to a hundredth) or constant.")
    ] = "cosine",
    real: Annotated[
        float | None,
        typer.Option(
            help="Train real numbers in place of bits, a teacher; channels in parts: 1, 1.5, ..."
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Start from a backbone of the zoo: its last layers learn."),
    ] = None,
    adapt: Annotated[int, typer.Option(help="With --from: how many binary layers learn.")] = 1,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal weights.")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a stopped run was.")
    ] = False,
    tensorboard: Annotated[Path | None, o.written_folder("Folder for TensorBoard's logs.")] = None,
    json_file: o.Json = None,
) -> None:
    """Train a binary backbone and write DIR/backbone.keras and DIR/training.json.

    When classes are left out, the features are also tried on them: a linear
    classifier over all classes says what a board can reach with this backbone.
    Up to 200 samples a class, that classifier is also tried on raw pixels and on
    features of the zoo.

    Examples:

      tinycl train digits --classes 0-4 -o run

      tinycl train mnist --size 16k --classes 0,1,2,3,4 --epochs 5 --seed 1 -o run

      tinycl train npz:samples.npz --size 4k -o run --tensorboard logs

      tinycl train cifar100 --size colour-s2 --teacher wide --augment light -o run

      tinycl train folder:photos --from grey2 -o run
    """
    from tinycl.data import load

    if start and size and size != start:
        raise ModelError(f"--from {start} is the size: leave out --size {size}")
    dataset = load(data)
    chosen = None if classes is None else parse_classes(classes)
    with importing():
        from tinycl.models.files import save_model
        from tinycl.models.summary import as_table
        from tinycl.training.record import make_record
        from tinycl.training.trainer import train
    checkpoints = out / "checkpoints"

    def kept() -> str:
        if not (checkpoints / "last.keras").is_file():
            return "interrupted before a checkpoint was written: the same command begins again"
        return (
            f"interrupted; {checkpoints} keeps the last checkpoint: the same command "
            "with --resume goes on from there"
        )

    console = Console()
    with keeping(kept):
        result = train(
            dataset,
            size or "8k",
            chosen,
            epochs,
            seed,
            batch=batch,
            learning_rate=learning_rate,
            views=views,
            augmentation=augmentation,
            teacher=teacher,
            mixing=mixing,
            average=average,
            schedule=schedule,
            real=real,
            start=start,
            adapt=adapt,
            checkpoints=checkpoints,
            resume=resume,
            tensorboard=tensorboard,
            console=console,
        )
        save_model(result.backbone, out / "backbone.keras")
        record = make_record(result, dataset)
        for path in (out / "training.json", json_file):
            write_json(path, record)
    console.print(as_table(result.backbone))
    console.print(f"test accuracy, {len(result.settings.classes)} classes: ", end="")
    console.print(f"{result.test_accuracy:.1%} with the head it was trained with")
    transfer = record["feature_transfer"]
    if "held_out_classes" in transfer:
        console.print(
            f"features, all {dataset.num_classes} classes: {transfer['all_classes']:.1%}; "
            f"classes never seen: {transfer['held_out_classes']:.1%} (linear classifier)"
        )
    if record["other_features"]:
        _compare(console, transfer["all_classes"], record["other_features"])
    console.print(f"wrote {out / 'backbone.keras'} in {result.seconds:.0f} s")
    next_step("convert", out, "-o", out / "backbone.tflite")


def _compare(console: Console, accuracy: float, others: dict[str, float]) -> None:
    """Show the features of a small set beside others, and say what to do if they are no use."""
    from tinycl.table import Table
    from tinycl.training.transfer import PIXELS

    table = Table("Linear classifier, all classes")
    table.words("features")
    table.numbers("accuracy")
    table.add_row("this backbone", f"{accuracy:.1%}")
    for name, value in others.items():
        table.add_row(name if name == PIXELS else f"{name}, of the zoo", f"{value:.1%}")
    console.print(table)
    best = max(others, key=lambda name: others[name])
    if accuracy <= others[PIXELS]:
        console.print(
            "The features are no better than raw pixels: the set is too small for a backbone of "
            "its own. Train with more samples or epochs, or take a backbone of the zoo."
        )
    if best != PIXELS and accuracy < others[best]:
        console.print(
            f"The zoo's {best} has better features: use --model {best} in its place, or go on "
            f"from it with --from {best}."
        )


def parse_classes(text: str) -> list[int]:
    """Read ``0,1,2`` or ``0-4,7`` as class numbers.

    Raises
    ------
    DataError
        Anything else.
    """
    numbers: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise DataError(f"expected classes such as 0,1,2 or 0-4, got {text!r}")
        end = int(last) if dash else int(first)
        if end < int(first) or end > 100_000:
            raise DataError(f"expected classes such as 0,1,2 or 0-4, got {text!r}")
        numbers.extend(range(int(first), end + 1))
    return numbers
