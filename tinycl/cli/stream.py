"""``tinycl stream``: teach a board over its serial port."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tinycl.cli import options as o
from tinycl.cli.interrupt import on_interrupt
from tinycl.cli.models import read_model
from tinycl.cli.saving import Keeper
from tinycl.exceptions import TinyclError, UnsavedError
from tinycl.experiment.settings import ExperimentSettings
from tinycl.files import read_file, write_json
from tinycl.text import size
from tinycl.ui.progress import Live
from tinycl.ui.stream_screen import Watching

__all__ = ["command"]


@o.with_settings
def command(
    data: o.Data,
    settings: ExperimentSettings,
    port: o.Port = None,
    board: o.Board = None,
    flash: o.Flash = None,
    patience: o.Patience = None,
    model: o.SentModel = None,
    state: Annotated[
        Path | None, typer.Option(help="Learned state (.tcs) to put on the board first.")
    ] = None,
    reset: o.Reset = False,
    wait: o.Wait = 60.0,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Show the samples, what the board takes them for, its memory and its speed.",
        ),
    ] = False,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Send the samples of wav: recordings, not their features."),
    ] = False,
    output: Annotated[
        Path | None, o.written_folder("Folder for summary.json and report.html.", "--output", "-o")
    ] = None,
    json: o.Json = None,
) -> None:
    """Stream labelled samples to a board, experience by experience, and test it after each.

    Without --port and --board: to the emulated board cpython. The board goes on from where it is:
    after an unplug, or another call with the same settings, no sample is learned twice and none
    is lost. A board that cannot save is an error (exit code 3); its state is written to a file.
    An emulated board keeps what it has learned only with --flash.

    Examples:

        tinycl stream --model model.tcm --data digits --scenario nc:1,first=5 -o runs/digits

        tinycl stream --model model.tcm --data digits --scenario nc:1,first=5 --watch

        tinycl stream --port /dev/ttyACM0 --model model.tcm --data mnist --limit 100

        tinycl stream --port /dev/ttyACM0 --data mnist --limit 100 --reset

        tinycl stream --port /dev/ttyACM0 --model speech --data wav:words --raw
    """
    from tinycl.compiler.compiler import load_tcm
    from tinycl.data import load
    from tinycl.data.wav import load_recordings
    from tinycl.experiment.board import StreamedBoard
    from tinycl.experiment.experiment import Experiment
    from tinycl.experiment.loop import run
    from tinycl.experiment.prepare import prepare
    from tinycl.experiment.summary import summarise
    from tinycl.report import write_report

    console = Console()
    blob = read_model(model, [settings.learn]) if model else None
    compiled = load_tcm(blob) if blob is not None else None
    start_state = read_file(state) if state else None
    with console.status(f"reading {data}"):
        dataset, recordings = load_recordings(data) if raw else (load(data), {})
    experiment = Experiment.make(dataset, settings.sized(compiled))
    if port is None and board is None:
        board = "cpython"
    name, words = board or str(port), " ".join(["tinycl", *sys.argv[1:]])
    again = "the same command" + (" without --reset or --state" if reset or state else "")
    with o.open_board(port, board, flash, patience) as client:
        keeper = Keeper(client, port, board, flash, output or Path())
        live: Live | Watching = (
            Watching(console, experiment, client, name)
            if watch
            else Live(console, dataset.class_names)
        )
        with on_interrupt(partial(keeper.interrupted, again)), live:
            client.wait, client.observer = wait, live
            client.send_recordings(recordings)
            experiment = client.retry(
                partial(prepare, client, experiment, blob, start_state, reset)
            )
            subject = StreamedBoard(client, experiment)
            record = run(experiment, subject, live)
            subject.ask_of_unknown()
            unsaved = keeper.keep()
            figures = partial(
                summarise, record, experiment, compiled, client, subject, name, words
            )
            summary = client.retry(figures)
            if not unsaved:
                client.bye()
    console.print(
        f"{summary['samples_streamed']} samples streamed; {summary['final_accuracy']:.1%} of "
        f"{len(experiment.seen(experiment.experiences[-1]))} classes; state {record.fingerprint}",
        highlight=False,
    )
    if summary["samples_per_second"]:
        share = summary["link_share"]
        console.print(
            f"{summary['samples_per_second']:.0f} samples/s, "
            f"{size(summary['bytes_per_second'], 'KiB')}/s over the link"
            + (f", which took {share:.0%} of the time" if share is not None else ""),
            highlight=False,
        )
    if not summary["saved"] and not unsaved:
        unsaved = UnsavedError(
            "the board restarted, and went back to what it had saved before: the same command "
            "teaches it the rest"
        )
    try:
        write_json(json, summary)
        if output is not None:
            write_json(output / "summary.json", summary)
            write_report(summary, output / "report.html")
            console.print(f"wrote {output / 'report.html'}", highlight=False, markup=False)
    except TinyclError as error:
        if not unsaved:
            raise
        raise UnsavedError(f"{unsaved}; moreover, {error}") from error
    if unsaved:
        raise unsaved
