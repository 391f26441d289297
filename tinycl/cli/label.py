"""``tinycl label``: teach a board with a camera, a microphone or files, and the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinycl.cli import options as o
from tinycl.cli.interrupt import on_interrupt
from tinycl.cli.models import read_model
from tinycl.cli.saving import Keeper
from tinycl.exceptions import BoardError, DataError
from tinycl.files import write_json
from tinycl.ui.keyboard import Keyboard

if TYPE_CHECKING:
    from tinycl.data.capture import Frame
    from tinycl.link import BoardClient
    from tinycl.ui.label_loop import Labelling

__all__ = ["command"]

_CLASSES = 10
_MOST_SKIPPED = 5


def command(
    images: Annotated[
        Path | None,
        typer.Option(help="Folder of images; folders in it are read too, their names ignored."),
    ] = None,
    windows: Annotated[
        Path | None, typer.Option(help="CSV file: a window of a sensor a row, without a label.")
    ] = None,
    camera: Annotated[
        str | None,
        typer.Option(help="Number of a camera, or a device, video file or stream. By default 0."),
    ] = None,
    microphone: Annotated[
        str | None,
        typer.Option(help="Number or name of a microphone; default for the system's."),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Send the board a microphone's samples, not features.")
    ] = False,
    names: Annotated[
        str, typer.Option(help="Names to teach, with commas; they get the keys 1, 2, 3, ...")
    ] = "",
    port: o.Port = None,
    board: o.Board = None,
    flash: o.Flash = None,
    patience: o.Patience = None,
    model: o.SentModel = None,
    classes: Annotated[
        int | None,
        typer.Option(help=f"How many names the board has room for, by default {_CLASSES}."),
    ] = None,
    learn: Annotated[
        str | None, typer.Option(help="How deep it learns: head (the default), tail:N, full.")
    ] = None,
    head: Annotated[
        str | None, typer.Option(help="lda, mean, cwr or auto (the default), as of simulate.")
    ] = None,
    replay: Annotated[
        str | None,
        typer.Option(help="Slots of the replay memory, or bytes; 200 with --head cwr."),
    ] = None,
    reset: o.Reset = False,
    wait: o.Wait = 60.0,
    json: o.Json = None,
) -> None:
    """Teach a board by hand: look at a sample and the board's prediction, press the key of a name.

    Enter says that the prediction is right, space skips a sample, n takes a new name, r and the
    key of a name renames it, f and its key makes the board forget it, p plays a word, s saves, q
    ends: the board consolidates what it learned, and saves. The next call goes on from there; that
    of an emulated board only with --flash.

    Examples:

        tinycl label --model model.tcm --names cup,spoon --port /dev/ttyACM0

        tinycl label --model model.tcm --names cup,spoon --images photos --flash myboard

        tinycl label --port /dev/ttyACM0 --windows gestures.csv --json taught.json

        tinycl label --model speech --names lamp,door --microphone default
    """
    from rich.console import Console

    from tinycl.experiment.prepare import send_model
    from tinycl.link.teacher import Teacher
    from tinycl.ui.label_loop import Labelling
    from tinycl.ui.progress import Live

    sources = images, windows, camera, microphone
    given = [w for w in sources if w is not None]
    if len(given) > 1:
        raise DataError("expected one of --images, --windows, --camera and --microphone")
    if raw and microphone is None:
        raise DataError("--raw sends the samples of a microphone: give --microphone too")
    wanted = [name for name in names.split(",") if names]
    keyboard = Keyboard()
    blob = read_model(model, [learn or "head"]) if model else None
    if port is None and board is None:
        board = "cpython"
    name = board or str(port)
    again = "the same command" + (" without --reset" if reset else "")
    with o.open_board(port, board, flash, patience) as client:
        keeper, teacher = Keeper(client, port, board, flash), None
        with on_interrupt(lambda: keeper.interrupted(again, teacher.end if teacher else None)):
            client.wait = wait
            with Live(Console()) as live:
                client.observer = live
                if blob is not None:
                    send_model(client, blob, reset, advice="--reset replaces it and forgets them")
                _settle(client, blob, len(wanted), classes, learn, head, replay, reset)
            teacher = Teacher(client, wanted)
            labelling = Labelling(teacher, name, live=not given or camera is not None)
            shots = _shots(client, *sources, labelling.skipped)
            if raw:
                shots = _recorded(client, shots)
            client.observer = labelling
            try:
                labelling.run(shots, keyboard)
                client.observer = Live(Console())
                unsaved = keeper.keep()
                fingerprint = f"{client.info().state or 0:08x}"
                if not unsaved:
                    client.bye()
            finally:
                result: dict[str, Any] = {**labelling.screen.counts.as_dict(), "board": name}
                result |= {"names": [n for n in teacher.names if n], "learned": teacher.learned}
                write_json(json, result)
    write_json(json, {**result, "board_fingerprint": fingerprint, "saved": unsaved is None})
    _say(labelling, fingerprint)
    if unsaved:
        raise unsaved


def _settle(
    client: BoardClient,
    model: bytes | None,
    wanted: int,
    classes: int | None,
    learn: str | None,
    head: str | None,
    replay: str | None,
    reset: bool,
) -> None:
    """Settings for a board that has learned nothing; one that has keeps its own."""
    from tinycl.compiler.compiler import load_tcm
    from tinycl.experiment.prepare import give_settings
    from tinycl.experiment.settings import AUTO, ExperimentSettings

    info = client.require_model()
    fresh = reset or not (info.learned or info.experience)
    if not fresh:
        if (classes, learn, head, replay) != (None,) * 4:
            raise BoardError(
                f"{client.name}: the board has learned {info.learned} samples and keeps its "
                "settings: leave out --classes, --learn, --head and --replay, or --reset to forget"
            )
        return
    slots: int | str = int(replay) if replay and replay.isdecimal() else replay or AUTO
    settings = ExperimentSettings(learn=learn or "head", head=head or AUTO, replay=slots)
    settings = settings.sized(load_tcm(model) if model is not None else None)
    give_settings(client, settings.config(classes or max(wanted, _CLASSES)))


def _shots(
    client: BoardClient,
    images: Path | None,
    windows: Path | None,
    camera: str | None,
    microphone: str | None,
    skipped: Callable[[str], None],
) -> Iterator[Frame]:
    """The samples; what is wrong with their source is said before the screen opens."""
    from tinycl.data import capture

    shape = client.hello().input_shape
    if images is not None:
        shots = capture.images(images, shape, skipped)
    elif windows is not None:
        shots = capture.windows(windows, shape)
    elif microphone is not None:
        from tinycl.data.microphone import microphone as listen

        shots = listen(shape, microphone.removeprefix("default"))
    else:
        shots = capture.camera(camera or "0", shape)
    return chain([next(shots)], shots)


def _recorded(client: BoardClient, shots: Iterator[Frame]) -> Iterator[Frame]:
    """The same, whose samples the client sends."""
    recordings: dict[bytes, bytes] = {}
    client.send_recordings(recordings)
    for shot in shots:
        assert shot.sound is not None
        recordings[shot.pixels.tobytes()] = shot.sound.astype("<i2").tobytes()
        yield shot


def _say(labelling: Labelling, fingerprint: str) -> None:
    counts = labelling.screen.counts
    taught = ", ".join(f"{count} {name}" for name, count in counts.taught.items())
    before = "" if counts.accuracy is None else f"; {counts.accuracy:.0%} right before the label"
    print(f"{counts.samples} samples taught{': ' + taught if taught else ''}{before}")
    print(f"the board has learned {labelling.teacher.learned} samples; state {fingerprint}")
    for sentence in labelling.unread[:_MOST_SKIPPED]:
        print(f"skipped: {sentence}")
    if len(labelling.unread) > _MOST_SKIPPED:
        print(f"skipped: {len(labelling.unread) - _MOST_SKIPPED} more")
