"""Every option that takes a path: one that cannot be used costs one sentence, no traceback."""

from __future__ import annotations

import inspect
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import numpy as np
import pytest
import typer
from helpers.boards import built
from helpers.command import tinycl
from helpers.link import hand_made_model
from typer.main import get_command

from tinycl.cli import main
from tinycl.cli.verbs import app

OUTPUTS = {"tried", "tried_folder"}
FOLDERS = {"flash", "images", "native", "results", "run_dir", "drive"}
MADE = {"flash", "results"}
CPYTHON = ("--board", "cpython")
REST = {
    "train": ("digits",),
    "convert": ("backbone.keras",),
    "compile": ("backbone.tflite",),
    "run": ("model.tcm", "--input", "x.npy", "--latents", "y.npy", "--board", "simulator"),
    "simulate": ("--model", "model.tcm", "--data", "digits", "--limit", "20"),
    "stream": ("--model", "model.tcm", "--data", "digits", "--limit", "20"),
    "flash": ("--board", "unix"),
    "label": (*CPYTHON, "--model", "model.tcm", "--names", "a,b", "--images", "pictures"),
    "memory": ("mlp",),
    "page": ("--no-open", *CPYTHON),
    "report": ("run",),
    "info": CPYTHON,
    "backup": (*CPYTHON, "--output", "state.tcs"),
    "restore": ("state.tcs", *CPYTHON),
    "zoo show": ("mlp",),
    "zoo get": ("mlp",),
    "zoo check": ("mlp",),
}


def verbs(group: typer.Typer, command: Any, words: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Words, function and parsed form of each verb."""
    for one in group.registered_commands:
        name = one.name or one.callback.__name__  # type: ignore[union-attr]
        yield f"{words} {name}".strip(), one.callback, command.commands[name]
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from verbs(inner.typer_instance, command.commands[inner.name], str(inner.name))


def options() -> Iterator[tuple[str, str, str, str]]:
    """Verb, parameter, its spelling (nothing for an argument), and what checks it."""
    for words, function, command in verbs(app, get_command(app)):
        spelled = {p.name: max(p.opts, key=len) for p in command.params}
        for p in inspect.signature(function, eval_str=True).parameters.values():
            if get_origin(p.annotation) is not Annotated:
                continue
            kind, info = get_args(p.annotation)[:2]
            if Path in (kind, *get_args(kind)):
                name = spelled[p.name]
                check = getattr(info.callback, "__name__", "")
                yield words, p.name, name if name.startswith("--") else "", check


def wrong_paths(name: str, check: str) -> dict[str, str]:
    """What is wrong, and the path. A missing folder is made where something is written."""
    folder = check == "tried_folder" or name in FOLDERS
    wrong = {
        "below a file": "taken/inside",
        "in /proc": "/proc/tinycl/inside",
        **({"a file": "taken"} if folder else {"a folder": "shelf"}),
    }
    if check not in OUTPUTS and name not in MADE:
        wrong["missing"] = "missing/inside"
    return wrong


CASES = [
    pytest.param(verb, option, path, id=f"{verb} {option or name} {what}")
    for verb, name, option, check in options()
    for what, path in wrong_paths(name, check).items()
]


def test_all_verbs_are_walked() -> None:
    found = list(options())
    assert len(found) > 50 and {"simulate", "flash", "zoo get"} < {verb for verb, *_ in found}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the verbs read besides the wrong path."""
    folder = tmp_path_factory.mktemp("files")
    for name in ("shelf", "pictures"):
        (folder / name).mkdir()
    (folder / "taken").write_bytes(b"something else" * 50)
    (folder / "model.tcm").write_bytes(hand_made_model(8, 1))
    np.save(folder / "x.npy", np.zeros((2, 8, 8, 1), np.uint8))
    words = ("--model", "model.tcm", "--data", "digits", "--limit", 20)
    done = tinycl("simulate", *words, "--save-state", "state.tcs", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize(("verb", "option", "path"), CASES)
def test_one_sentence(
    verb: str,
    option: str,
    path: str,
    files: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(files, tmp_path, dirs_exist_ok=True)
    rest = list(REST.get(verb, ()))
    if not option:  # the argument comes first
        rest[0] = path
    elif option in rest:
        rest[rest.index(option) + 1] = path
    else:
        rest += [option, path]
    if option == "--native":
        built("unix")
    if (verb, option) == ("flash", "--state"):
        rest += ["--profile", "predict"]
    if option == "--drive":
        rest = [option, path]
    if option == "--windows":
        del rest[rest.index("--images") : rest.index("--images") + 2]
    monkeypatch.setattr("tinycl.cli.label.Keyboard", lambda: None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["tinycl", *verb.split(), *rest])
    with pytest.raises(SystemExit) as stop:
        main()
    errors = capsys.readouterr().err
    assert stop.value.code == 1, errors
    assert errors.startswith("tinycl: ") and len(errors.strip().splitlines()) == 1
    assert path in errors and "[Errno" not in errors
    for file in filter(Path.is_file, files.iterdir()):
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()
