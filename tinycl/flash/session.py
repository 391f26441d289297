"""Flashing a board from begin to end: look, choose, compare, copy, verify, restart, say hello."""

from __future__ import annotations

from pathlib import Path

from tinycl.exceptions import BoardError, FlashError
from tinycl.flash.deploy import Changes, Target, changes, deploy
from tinycl.flash.heap import check_heap
from tinycl.flash.identity import Identity
from tinycl.flash.kernels import Kernels, choose
from tinycl.flash.plan import PROGRAMS, PlannedFile, plan, programs
from tinycl.flash.repl import Repl
from tinycl.flash.report import Options, Report, Steps
from tinycl.flash.rom import RomBoard
from tinycl.text import size

__all__ = ["copy_to_port", "flash_drive", "flash_port", "hear_hello"]


def flash_port(port: str, options: Options, steps: Steps) -> Report:
    """Flash a board over its serial port; it serves when this returns.

    Raises
    ------
    TinyclError
        With what to do.
    """
    report = copy_to_port(port, options, steps)
    if report.serves:
        hear_hello(port, options, report, steps)
    return report


def copy_to_port(port: str, options: Options, steps: Steps) -> Report:
    """Flash a board over its serial port, and restart it; its hello is still to come.

    Raises
    ------
    TinyclError
        With what to do.
    """
    with Repl(port, options.patience) as repl:
        report = _bring(repl, repl.identity, options, steps)
        if options.dry_run:
            steps.say("would restart the board and wait for its hello")
            return report
        report.backend = repl.backend()
        repl.reset()
    if repl.identity.is_circuitpython:
        steps.say("press the board's reset button once: boot.py opens the second serial port")
        return report
    report.serves = options.profile == "serve"
    if not report.serves:
        steps.say(f"profile {options.profile}: put a program of your own on the board, main.py")
    return report


def flash_drive(folder: Path, options: Options, steps: Steps) -> Report:
    """Copy to a CIRCUITPY drive.

    Raises
    ------
    TinyclError
        With what to do.
    """
    from tinycl.flash.drive import CircuitPythonDrive

    drive = CircuitPythonDrive(folder)
    report = _bring(drive, drive.identity, options, steps)
    if not options.dry_run:
        steps.say("eject the drive, then press the board's reset button: boot.py takes effect")
    return report


def _bring(target: Target, board: Identity, options: Options, steps: Steps) -> Report:
    """Compare, copy, verify."""
    steps.say(f"found {board.title}, {size(target.room()[0])} free")
    kernels = choose(board, options.kernels, options.native)
    steps.say(f"kernels: {kernels.name} ({kernels.why})")
    files = plan(board, kernels, options.model, options.profile, options.state, options.sound)
    files = [file for file in files if not _is_kept(target, board, file, options, steps)]
    target, files, place = _placed(target, files, options.place, steps)
    if options.profile == "serve":
        check_heap(target.name, board, place)
    todo = changes(target, files)
    if options.profile != "serve":
        todo.remove.extend(_our_programs(target, board))
    report = _report(board, kernels, todo, options)
    report.place = place
    verb = "would " if options.dry_run else ""
    if options.dry_run:
        for path in todo.remove:
            steps.say(f"would remove {path}")
        for file in todo.copy:
            steps.say(f"would copy {file.path} ({size(len(file.data))})")
    elif todo.remove:
        steps.say(
            f"remove {len(todo.remove)} files that are in the way: {', '.join(todo.remove[:3])}"
            + (", ..." if len(todo.remove) > 3 else "")
        )
    same = len(files) - len(todo.copy)
    steps.say(
        f"{verb}copy {len(todo.copy)} files, {size(report.copied_bytes)}; {same} are there already"
    )
    if not options.dry_run:
        with steps.copying(report.copied_bytes) as progress:
            deploy(target, todo, progress)
        report.verified = True
        steps.say(f"verified {len(files)} files by hash")
    return report


def _placed(
    target: Target, files: list[PlannedFile], place: str, steps: Steps
) -> tuple[Target, list[PlannedFile], str]:
    """Decide between ROMFS and file system."""
    if place != "files" and isinstance(target, Repl) and (place == "rom" or target.identity.rom):
        try:
            board = RomBoard(target, files)
            steps.say("runtime and model go into ROMFS, where they take no heap")
            return board, board.files, "rom"
        except FlashError as error:
            if place == "rom":
                raise
            steps.say(f"{error}; so the files go onto the file system")
    return target, files, "files"


def _is_kept(
    target: Target, board: Identity, file: PlannedFile, options: Options, steps: Steps
) -> bool:
    """Whether a program of the user's own stays in the place of ours."""
    name = file.path.lstrip("/")
    if name not in PROGRAMS[board.name] or options.program == "replace":
        return False
    there = target.first_line(file.path)
    if not there or there.rstrip() == file.data.decode().split("\n", 1)[0].rstrip():
        return False
    if options.program == "keep":
        steps.say(f"{name} on the board is your own: kept")
        return True
    raise FlashError(
        f"{target.name}: {name} on the board is a program of your own ({there.strip()[:50]!r}): "
        "--program keep leaves it, --program replace puts tinycl's in its place"
    )


def _our_programs(target: Target, board: Identity) -> list[str]:
    """Programs of ours on a board: they need the service, which other profiles lack."""
    ours = {f"/{p.name}": p.read_text().split("\n", 1)[0] for p in programs(board.name)}
    return [path for path, line in ours.items() if target.first_line(path).rstrip() == line]


def _report(board: Identity, kernels: Kernels, todo: Changes, options: Options) -> Report:
    copied = {file.path for file in todo.copy}
    return Report(
        board=board.machine,
        firmware=f"{board.name} {board.version}",
        arch=board.code,
        backend=kernels.name,
        files=[
            {
                "path": file.path,
                "bytes": len(file.data),
                "sha256": file.sha256,
                "copied": file.path in copied,
            }
            for file in todo.files
        ],
        bytes=sum(len(file.data) for file in todo.files),
        copied=len(todo.copy),
        copied_bytes=sum(len(file.data) for file in todo.copy),
        removed=todo.remove,
        free_flash=todo.free,
        dry_run=options.dry_run,
    )


def hear_hello(port: str, options: Options, report: Report, steps: Steps) -> None:
    """Let the board say what it runs, and compare that with what it was given.

    Raises
    ------
    LinkError
        It stays silent.
    BoardError
        It does not serve the model that it was given.
    """
    from tinycl.compiler.compiler import load_tcm
    from tinycl.link.client import connect

    with connect(port, options.patience) as client:
        info = client.hello()
    report.said_hello = True
    report.free_heap = info.heap_free
    report.model = info.fingerprint
    if options.model is not None:
        expected = load_tcm(options.model).fingerprint.hex()
        if info.fingerprint != expected:
            reason = info.warning or f"its model is {info.fingerprint}, expected {expected}"
            raise BoardError(f"{port}: the files are on the board, but {reason}")
    if info.backend:
        report.backend = info.backend
    steps.say(
        f"the board says hello: tinycl {info.version}, {report.backend} kernels, "
        f"{size(info.heap_free)} heap free, "
        + (f"model {info.fingerprint}" if info.has_model else "no model yet")
    )
