"""Make the pages of the API from the docstrings with pdoc; a warning is an error.

    python -m tools.release.api_docs                 writes to runs/docs, like make docs
    python -m tools.release.api_docs -o FOLDER

It leaves out modules that only firmware can read (viper, programs of a board). The viper kernels
compute what ``tinycl_rt.kernels.reference.core`` describes.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from tools.command import command_line

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")  # Larq needs Keras 2

PACKAGES = ("tinycl", "tinycl_rt")
FIRMWARE_ONLY = (
    "tinycl.boards.unix_repl",
    "tinycl_rt.kernels.viper",
    "tinycl_rt.kernels.viper.core",
    "tinycl_rt.kernels.viper.emit_back",
    "tinycl_rt.kernels.viper.emit_bconv",
    "tinycl_rt.kernels.viper.emit_errors",
    "tinycl_rt.kernels.viper.emit_head",
    "tinycl_rt.kernels.viper.emit_layers",
    "tinycl_rt.kernels.viper.emit_lda",
    "tinycl_rt.kernels.viper.emit_lda_fold",
    "tinycl_rt.kernels.viper.emit_sound",
    "tinycl_rt.kernels.viper.lda",
    "tinycl_rt.kernels.viper.sound",
    "tinycl_rt.kernels.viper.tail",
)


def modules() -> Iterator[str]:
    """Names of all modules that this Python can import."""
    for package in PACKAGES:
        yield package
        folders = importlib.import_module(package).__path__
        for found in pkgutil.walk_packages(folders, f"{package}."):
            if found.name not in FIRMWARE_ONLY:
                yield found.name


def build(folder: Path) -> None:
    """Write the pages into `folder`.

    Raises
    ------
    Warning
        Of pdoc: a name in ``__all__`` does not exist, a type does not resolve, or a module cannot
        be imported.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of TensorFlow and other packages when they are imported
        for name in modules():
            importlib.import_module(name)
        from pdoc import pdoc, render
    # The package creates it on request, and firmware cannot parse an annotation in the source.
    importlib.import_module("tinycl_rt").__annotations__["backend"] = str
    render.configure(docformat="numpy", search=True, show_source=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # By itself pdoc leaves out modules that their package's __all__ does not name; if each is
        # named, some come twice.
        warnings.filterwarnings("ignore", message="The module specification")
        left_out = (f"!{name}" for name in FIRMWARE_ONLY)
        pdoc(*modules(), *left_out, output_directory=folder)


def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/docs"), metavar="FOLDER")
    options = parser.parse_args(words)
    try:
        build(options.output)
    except Warning as warning:
        print(f"docs: {warning}", file=sys.stderr)
        return 1
    print(f"docs: {options.output / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
