"""What a user hears when flashing does not go as planned; no board takes part."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tinycl.cli import app
from tinycl.compiler.fit.placement import HEAP_BYTES, MAPPED_BYTES
from tinycl.exceptions import FlashError, LinkError
from tinycl.flash import kernels, native, repl, session
from tinycl.flash.heap import check_heap
from tinycl.flash.identity import Identity
from tinycl.flash.refusal import refusal
from tinycl.flash.report import Report
from tinycl.text import size

BOARD = Identity("micropython", "1.25.0", "a Pico", "armv6m", True)


@pytest.mark.parametrize("package", ["pyelftools", "ar"])
def test_without_the_linkers_packages_a_board_gets_viper(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = {"pyelftools": "elftools", "ar": "ar"}[package]
    monkeypatch.setattr(native, "_built", lambda: [])
    monkeypatch.setattr(native.shutil, "which", lambda program: program)
    monkeypatch.setattr(native.importlib.util, "find_spec", lambda name: name != module or None)
    chosen = kernels.choose(BOARD)
    assert chosen.name == "viper" and f"no Python package {package} here" in chosen.why
    with pytest.raises(FlashError, match=rf"{package} here \(pip install 'tinycl\[flash\]'\)"):
        kernels.choose(BOARD, "native")


def test_a_board_that_stays_silent_after_the_copy_still_gets_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(port: str, options: object, report: Report, steps: object) -> None:
        raise LinkError(f"{port}: the board does not answer")

    copied = Report("a Pico", "micropython 1.25.0", "armv6m", "native", copied=3)
    copied.verified = copied.serves = True
    monkeypatch.setattr(session, "copy_to_port", lambda port, options, steps: copied)
    monkeypatch.setattr(session, "hear_hello", silent)
    written = tmp_path / "report.json"
    ran = CliRunner().invoke(app, ["flash", "--port", "/dev/x", "--json", str(written)])
    assert isinstance(ran.exception, LinkError) and ran.exit_code == 1
    found = json.loads(written.read_text())
    assert found["verified"] is True and found["copied"] == 3 and found["said_hello"] is False


def test_patience_reaches_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def copy(port: str, options: session.Options, steps: object) -> Report:
        waited.append(options.patience)
        return Report("a Pico", "micropython 1.25.0", "armv6m", "native")

    monkeypatch.setattr(session, "copy_to_port", copy)
    for words in ([], ["--patience", "90"]):
        CliRunner().invoke(app, ["flash", "--port", "/dev/x", *words], catch_exceptions=False)
    assert waited == [30, 90]


def test_old_firmware_is_refused_before_it_is_sent_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Old(repl.Repl):
        sent: list[str]

        def __init__(self) -> None:
            self.name, self.sent = "/dev/x", []

        def run(self, code: str) -> str:
            self.sent.append(code)
            return "('micropython', (1, 19, 1))\n"

        def _open_port(self) -> None: ...

        def _enter(self) -> None: ...

        def close(self) -> None: ...

    class Transport:
        def close(self) -> None: ...

    monkeypatch.setattr(repl, "open_transport", lambda name: Transport())
    board = Old()
    with pytest.raises(FlashError, match=r"runs micropython 1\.19\.1; tinycl needs 1\.23"):
        board.open()
    assert board.sent and all(len(code) < 100 for code in board.sent)


def test_a_heap_that_is_too_small_is_no_matter_of_a_reset() -> None:
    said = str(refusal("/dev/x", "Traceback\nMemoryError: memory allocation failed"))
    assert said == (
        "/dev/x: the board's heap is too small: tinycl needs 56.1 KiB to learn, besides the "
        "model; take a board with more memory"
    )


@pytest.mark.parametrize("place, least", [("rom", MAPPED_BYTES), ("files", HEAP_BYTES)])
def test_a_heap_in_which_nothing_can_learn_is_refused(place: str, least: int) -> None:
    """Found out with firmware of 24 KiB, whose ROMFS could not even be written."""
    probe = 6_500
    for heap in (0, least - probe, 138_000):  # 0: it did not tell
        check_heap("/dev/x", replace(BOARD, heap=heap), place)
    small = replace(BOARD, heap=least - probe - 1)
    with pytest.raises(FlashError, match=f"too small .* needs {size(least)} to learn"):
        check_heap("/dev/x", small, place)
