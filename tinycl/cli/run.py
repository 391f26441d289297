"""``tinycl run``: samples through a compiled model, on any board."""

from __future__ import annotations

import io
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
from rich.console import Console

from tinycl.cli import options as o
from tinycl.cli.interrupt import keeping, on_interrupt
from tinycl.cli.models import read_model
from tinycl.exceptions import DataError, TinyclError
from tinycl.files import read_file, write_file, write_json
from tinycl.ui.progress import Live

__all__ = ["command"]

_SIMULATOR = "simulator"
_TITLE = "running the model"


def command(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL.tcm", help="Compiled model, or one of the zoo.")
    ],
    samples: Annotated[
        Path,
        typer.Option("--input", "-i", help="Pixels: .npy, uint8 (N, h, w, c)."),
    ],
    output: Annotated[
        Path | None,
        o.written(
            "The float outputs of a model compiled with --keep-classifier: .npy, float32 "
            "(N, ...); of other models the head's features.",
            "--output",
            "-o",
        ),
    ] = None,
    features: Annotated[
        Path | None, o.written("The head's features: .npy, int8 (N, features).")
    ] = None,
    latents: Annotated[
        Path | None, o.written("Latents, -1 and +1: .npy, int8 (N, h, w, c).")
    ] = None,
    board: Annotated[
        str | None,
        typer.Option(help="Emulated board, see 'tinycl boards'; or simulator: this computer."),
    ] = None,
    port: o.Port = None,
    patience: o.Patience = None,
    json: o.Json = None,
) -> None:
    """Run samples through a compiled model, and write what comes out.

    Without --port and --board: on the emulated board cpython. Every board gives the same latents
    and features, and the latents are those of Larq Compute Engine. Float outputs are within 0.0001
    of its largest: most boards add in single precision. What a board has learned does not change.

    Examples:

        tinycl run model.tcm --input X.npy --output Y.npy --latents Z.npy

        tinycl run model.tcm --input X.npy --output Y.npy --board cortex-m3

        tinycl run model.tcm --input X.npy --latents Z.npy --board simulator
    """
    from tinycl.compiler.compiler import load_tcm
    from tinycl.experiment.outputs import on_board, on_this_computer
    from tinycl.experiment.prepare import send_model

    console = Console()
    if output is None and latents is None and features is None:
        raise DataError("nothing to write: name a file with --output, --latents or --features")
    blob = read_model(model, ["full"])
    compiled = load_tcm(blob)
    x = _pixels(samples, compiled.input_shape)
    if port is None and board is None:
        board = "cpython"
    about = {"board": port or board, "backend": "numpy", "platform": "this computer"}
    if board == _SIMULATOR:
        with keeping(lambda: "interrupted; nothing was written"), Live(console) as live:
            progress = partial(live.progress, _TITLE, total=len(x))
            started = time.monotonic()
            found = on_this_computer(compiled, x, progress)
            seconds = time.monotonic() - started
    else:
        with o.open_board(port, board, patience=patience) as client:

            def save() -> str:
                client.bye()
                return "interrupted; nothing was written, and what the board learned is unchanged"

            with on_interrupt(save), Live(console) as live:
                client.observer = live
                send_model(client, blob)
                info = client.info()
                about |= {"backend": info.backend, "platform": info.platform}
                progress = partial(live.progress, _TITLE, total=len(x))
                started = time.monotonic()
                found = on_board(client, compiled, x, progress)
                seconds = time.monotonic() - started
                client.bye()
    outputs = found.features if found.floats is None else found.floats
    written = ((output, outputs), (latents, found.latents), (features, found.features))
    for path, array in written:
        if path is not None:
            _write(path, array)
            shape = " x ".join(map(str, array.shape))
            console.print(f"wrote {path}: {array.dtype}, {shape}", highlight=False, markup=False)
    if output is not None and found.floats is None:
        console.print(
            "these are the features that a head learns from; for the outputs of a classifier "
            "compile the model with --keep-classifier",
            highlight=False,
        )
    console.print(f"{len(x)} samples in {seconds:.2f} s", highlight=False)
    result: dict[str, Any] = {
        "model": model.name,
        "model_fingerprint": compiled.fingerprint.hex(),
        **about,
        "samples": len(x),
        "features": compiled.features,
        "latent_shape": list(compiled.latent_shape),
        "float_outputs": 0 if found.floats is None else int(found.floats[0].size),
        "seconds": round(seconds, 3),
    }
    write_json(json, result)


def _pixels(path: Path, shape: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    """Read samples; one channel may be left out."""
    wanted = f"expected uint8 pixels (N, {', '.join(map(str, shape))})"
    try:
        x = np.load(io.BytesIO(read_file(path)), allow_pickle=False)
    except TinyclError:
        raise
    except Exception as error:  # ValueError, EOFError, BadZipFile, ... by what is damaged
        raise DataError(f"{path} is not a .npy file of numbers; {wanted}") from error
    if not isinstance(x, np.ndarray):
        raise DataError(f"{path} holds several arrays (.npz); {wanted} in a .npy file")
    if x.ndim == 3 and shape[2] == 1:
        x = x[..., None]
    if x.dtype != np.uint8:
        holds = f"{x.dtype} {x.shape}"
        if x.dtype.kind == "f" and not np.isfinite(x).all():
            raise DataError(f"{path} has NaN or infinite values in {holds}; {wanted}")
        raise DataError(
            f"{path} holds {holds}; {wanted}: "
            "bring values to 0..255 and save them with x.astype('uint8')"
        )
    if x.shape[1:] != shape or not len(x):
        raise DataError(f"{path} holds pixels {x.shape}; {wanted}, N at least 1")
    return np.ascontiguousarray(x)


def _write(path: Path, array: npt.NDArray[Any]) -> None:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    write_file(path, file.getvalue())
