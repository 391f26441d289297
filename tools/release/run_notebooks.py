"""Execute the notebooks from top to bottom, in a temporary working copy.

    python -m tools.release.run_notebooks               runs all of them, on small settings
    python -m tools.release.run_notebooks 3 5           runs some, by number or name
    python -m tools.release.run_notebooks --write       also stores their outputs in notebooks/
    python -m tools.release.run_notebooks --full 4      full settings; takes hours and data sets

A stored notebook has the ids of its cells and execution counts from 1. It has no times and no
paths of the machine that ran it; that is what ``jupyter execute`` would leave in.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

from tools.command import command_line

__all__ = ["NOTEBOOKS", "execute", "problems", "tidy", "workspace"]

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

_SECONDS = {False: 900, True: 24 * 3600}  # limit of a cell, with small and with full settings
_PATHS = re.compile(r"(?<![\w.])/(?:home|root|tmp|usr|opt|var|work|private|Users)/|\b[A-Z]:\\")
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("names", nargs="*", help="how their names begin; default: all")
    parser.add_argument("--full", action="store_true", help="full settings")
    parser.add_argument("--write", action="store_true", help="store the outputs")
    options = parser.parse_args(words)
    beginnings = tuple(options.names) or ("",)
    chosen = [path for path in NOTEBOOKS if path.stem.startswith(beginnings)]
    if not chosen:
        print(f"notebooks: there are {', '.join(p.stem for p in NOTEBOOKS)}", file=sys.stderr)
        return 1
    failed = False
    with workspace() as work:
        for path in chosen:
            started = time.monotonic()
            try:
                notebook = execute(path, work, options.full)
            except CellExecutionError as error:
                print(f"{path.name}: {error}", file=sys.stderr)
                failed = True
                continue
            found = problems(notebook)
            print("\n".join([f"{path.name}: {time.monotonic() - started:.0f} s", *found]))
            failed |= bool(found)
            if options.write:
                nbformat.write(notebook, path)
    return int(failed)


@contextmanager
def workspace() -> Iterator[Path]:
    """A copy of the notebooks' folder; notebooks that run in it share the models they train."""
    with tempfile.TemporaryDirectory(prefix="tinycl-notebooks-") as name:
        ignored = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__")
        shutil.copytree(ROOT / "notebooks", Path(name) / "notebooks", ignore=ignored)
        yield Path(name)


def execute(path: Path, work: Path, is_full: bool = False) -> Any:
    """Run a notebook in a workspace and return it without times and paths.

    Raises
    ------
    CellExecutionError
        A cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=_SECONDS[is_full],
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,  # where printed text breaks depends on the time
        config=_by_socket(work / f"kernel{path.stem[0]}"),
        resources={"metadata": {"path": str(work / "notebooks")}},
    )
    client.execute(env=_environment(work, is_full))
    return tidy(notebook, work)


def tidy(notebook: Any, work: Path) -> Any:
    """Remove times and paths, which differ from run to run and from machine to machine."""
    notebook.metadata = nbformat.from_dict(_METADATA)
    hidden = {str(work): "..", str(ROOT): "..", str(Path.home()): "~"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            for place, key in [(output, "text"), (output.get("data", {}), "text/plain")]:
                for path, name in hidden.items():
                    if key in place:
                        place[key] = place[key].replace(path, name)
    return notebook


def problems(notebook: Any) -> list[str]:
    """Reasons why a notebook must not be published."""
    found = []
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    if counts != list(range(1, len(counts) + 1)):
        found.append(f"expected every code cell to be executed once, in order; got {counts}")
    for number, cell in enumerate(notebook.cells):
        outputs = cell.get("outputs", [])
        texts = [cell.source]
        for output in outputs:
            texts += [output.get("text", "")]
            texts += [t for k, t in output.get("data", {}).items() if k.startswith("text/")]
            if output.output_type == "error" or output.get("name") == "stderr":
                found.append(f"cell {number}: an error, or a warning")
        if path := next(filter(None, map(_PATHS.search, texts)), None):
            found.append(f"cell {number}: the absolute path {path[0]}")
    last = notebook.cells[-1]
    if last.cell_type != "markdown" or not last.source.startswith("## Exercises"):
        found.append("expected exercises at the end")
    return found


def _by_socket(place: Path) -> Config:
    """Talk to the kernel through files: everybody on this machine could reach a TCP port."""
    return Config({"KernelManager": {"transport": "ipc", "ip": str(place)}})


def _environment(work: Path, is_full: bool) -> dict[str, str]:
    """The commands of this environment, without the user's settings."""
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "IPYTHONDIR": str(work / "ipython"),
        "TINYCL_FULL": "1" if is_full else "",
    }
    environment.pop("TINYCL_PORT", None)
    return environment


if __name__ == "__main__":
    sys.exit(main())
