"""``tinycl flash``: the runtime, the right kernels and a model onto a board."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinycl.cli import options as o
from tinycl.cli.interrupt import on_interrupt
from tinycl.cli.models import read_model
from tinycl.cli.steps import next_step
from tinycl.files import read_file, write_json
from tinycl.patience import PATIENCE

if TYPE_CHECKING:
    from rich.console import Console

    from tinycl.flash.find import Found

__all__ = ["command"]

_INTERRUPTED = (
    "interrupted; files that were copied whole stay on the board, others may be missing: the same "
    "command copies what is missing and verifies all"
)


def command(
    port: Annotated[
        str | None, typer.Option("--port", help="Serial port, or a board's serial number.")
    ] = None,
    board: Annotated[
        str | None, typer.Option("--board", help="An emulated board: pico, cortex-m3, ...")
    ] = None,
    drive: Annotated[
        Path | None, typer.Option("--drive", help="CIRCUITPY drive, or a boot loader's UF2 drive.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option("--model", help="Compiled model, .tcm, that goes with it.")
    ] = None,
    firmware: Annotated[
        str | None,
        typer.Option(
            "--firmware",
            help="First put firmware on it: FILE (.uf2, .bin), auto, or auto:BOARD_ID (fetched).",
        ),
    ] = None,
    kernels: Annotated[
        str, typer.Option("--kernels", help="auto: the fastest; native, viper or reference.")
    ] = "auto",
    native: Annotated[
        Path | None, typer.Option("--native", help="Folder with native modules, ARCH_6.3/*.mpy.")
    ] = None,
    program: Annotated[
        str,
        typer.Option(
            "--program", help="A main.py or code.py of your own that is there: keep or replace."
        ),
    ] = "ask",
    profile: Annotated[
        str,
        typer.Option(
            "--profile",
            help="serve: answer a host; learn or predict: a program of your own, in less memory.",
        ),
    ] = "serve",
    state: Annotated[
        Path | None,
        typer.Option("--state", help="With --profile predict: what was learned, .tcs."),
    ] = None,
    sound: Annotated[
        bool, typer.Option("--sound", help="With the front end for a microphone.")
    ] = False,
    place: Annotated[
        str,
        typer.Option(
            "--place", help="rom, files, or auto: into ROMFS where the firmware has one."
        ),
    ] = "auto",
    flash: Annotated[
        Path | None,
        typer.Option("--flash", help="The emulated board's flash, a folder; kept."),
    ] = None,
    patience: o.Patience = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show each step, change nothing.")
    ] = False,
    json: o.Json = None,
) -> None:
    """Put tinycl on a board: runtime, native kernels for its processor, program and model.

    What is there already is not copied again; all files are verified by hash; at the end the
    board says hello. A board without --port, --board or --drive is found by itself.

    Examples:

        tinycl flash --model model.tcm

        tinycl flash --port /dev/ttyACM0 --model model.tcm --dry-run

        tinycl flash --firmware RPI_PICO-v1.25.0.uf2 --model model.tcm

        tinycl flash --drive /media/me/CIRCUITPY --model model.tcm

        tinycl flash --board cortex-m3 --flash runs/board --model model.tcm
    """
    from rich.console import Console

    from tinycl.compiler.compiler import load_tcm
    from tinycl.exceptions import FlashError
    from tinycl.flash import firmware as base
    from tinycl.flash.drive import is_uf2
    from tinycl.flash.find import choose, find, repl_port
    from tinycl.flash.report import Options
    from tinycl.flash.session import copy_to_port, flash_drive, hear_hello
    from tinycl.packing.parts import PROFILES

    named = [n for n, v in (("--port", port), ("--board", board), ("--drive", drive)) if v]
    if len(named) > 1:
        raise FlashError(f"expected one board, got {' and '.join(named)}")
    if flash is not None and board is None:
        raise FlashError("--flash is an emulated board's: name it with --board")
    if program not in ("ask", "keep", "replace"):
        raise FlashError(f"expected --program keep or replace, got {program}")
    if place not in ("auto", "rom", "files"):
        raise FlashError(f"expected --place auto, rom or files, got {place}")
    if profile not in PROFILES:
        raise FlashError(f"expected --profile {', '.join(PROFILES)}, got {profile}")
    if state is not None and profile != "predict":
        raise FlashError("--state goes with --profile predict; tinycl restore serves the others")
    blob = None
    if model is not None:
        blob = read_model(model, [])
        load_tcm(blob)
    learned = read_file(state) if state is not None else None
    options = Options(
        *(blob, kernels, native, program, place, dry_run, profile, learned, sound),
        patience=patience or PATIENCE,
    )
    console = Console()
    steps = _Shown(console)
    if not named:
        ask = _asker(console) if sys.stdin.isatty() else None
        found = choose(find(), ask)
        port, drive = (found.place, None) if found.kind == "port" else (None, Path(found.place))
    if firmware is None and drive is not None and is_uf2(drive):
        raise FlashError(
            f"{drive} is the drive of a boot loader, which takes firmware: --firmware FILE, or "
            "auto:BOARD_ID"
        )
    with on_interrupt(lambda: _INTERRUPTED), ExitStack() as stack:
        if board is not None:
            from tinycl.boards import bare

            uf2 = base.emulated_uf2(board, firmware) if firmware is not None else None
            if uf2 is not None and dry_run:
                steps.say(f"would put {uf2} into the flash of {board}")
                uf2 = None
            machine = stack.enter_context(bare(board, flash, uf2))
            port = machine.port
            options = replace(options, patience=patience or machine.patience)
        elif firmware is not None:
            loader = drive if drive is not None and is_uf2(drive) else None
            base.install(firmware, port, loader, steps.say, dry_run)
            if dry_run:
                return
            port, drive = base.comes_back(port)
        if drive is not None:
            report = flash_drive(drive, options, steps)
        else:
            assert port is not None
            port = repl_port(port)
            report = copy_to_port(port, options, steps)
        try:
            if report.serves:
                assert port is not None
                hear_hello(port, options, report, steps)
        finally:  # the copy is verified, whatever the board says then
            write_json(json, report.as_dict())
    if drive is None and profile == "serve" and not dry_run:
        where = ("--board", board, "--flash", flash or "FLASH") if board else ("--port", port)
        next_step("stream", *where, "--model", model or "MODEL", "--data", "DATA")


class _Shown:
    """Steps on the terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def copying(self, total: int) -> Iterator[Callable[[int], None]]:
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

        columns = ("copying", BarColumn(), DownloadColumn(), TimeRemainingColumn())
        shown = self._console.is_terminal and total > 0
        with Progress(*columns, console=self._console, transient=True, disable=not shown) as bar:
            task = bar.add_task("", total=total)
            yield lambda count: bar.advance(task, count)


def _asker(console: Console) -> Callable[[Sequence[Found]], Found]:
    """Lets the user pick one of several boards."""
    from rich.prompt import IntPrompt

    def ask(found: Sequence[Found]) -> Any:
        for number, one in enumerate(found, 1):
            console.print(f"  {number}  {one.title}", highlight=False, markup=False)
        numbers = [str(n) for n in range(1, len(found) + 1)]
        return found[IntPrompt.ask("Which board?", choices=numbers, console=console) - 1]

    return ask
