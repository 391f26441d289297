"""``tinycl compile``: LCE's .tflite to the .tcm that a board loads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tinycl.boards import Board, get
from tinycl.cli.options import Json
from tinycl.cli.output import size, write_file, write_json
from tinycl.exceptions import BoardError

__all__ = ["command"]

_TOLERANCE = 1e-4


def command(
    tflite: Annotated[Path, typer.Argument(metavar="MODEL.tflite", help="Converted backbone.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Compiled model.")] = Path(
        "model.tcm"
    ),
    grid: Annotated[
        int | None,
        typer.Option(help="Cells a side over which latents are summed for the head."),
    ] = None,
    keep_classifier: Annotated[
        bool,
        typer.Option(
            "--keep-classifier", help="Compute the float outputs behind the last signs too."
        ),
    ] = False,
    verify: Annotated[
        int, typer.Option(metavar="N", help="Hold N samples against LCE's interpreter.")
    ] = 0,
    data: Annotated[
        str | None, typer.Option(help="Data set to verify with; default: random pixels.")
    ] = None,
    board: Annotated[
        str | None, typer.Option(help="Say whether it fits this board (see 'tinycl boards').")
    ] = None,
    classes: Annotated[int, typer.Option(help="Classes of the head, for the RAM figures.")] = 10,
    replay: Annotated[int, typer.Option(help="Replay slots, for the RAM figures.")] = 200,
    json: Json = None,
) -> None:
    """Compile a converted backbone, and show what it takes on a board.

    Prints every layer with its shape, bits, flash, RAM and multiply-accumulates. With --verify
    it also runs samples through LCE's interpreter and counts latent bits that differ: exit code
    1 if there are any. Float outputs (--keep-classifier) are compared too, and may differ by the
    rounding of float32: exit code 1 from an error of 0.0001 of a sample's largest output on. The
    JSON has that as max_relative_error; max_elementwise_error holds each output against its own
    value, or against a hundredth of the largest where it is smaller than that.

    Examples:

        tinycl compile backbone.tflite -o model.tcm

        tinycl compile backbone.tflite -o model.tcm --verify 100 --data digits

        tinycl compile quicknet.tflite -o model.tcm --keep-classifier --verify 20

        tinycl compile backbone.tflite -o model.tcm --board pico --replay 400
    """
    from tinycl.convert.compiler import compile_file
    from tinycl.convert.fit import layer_rows, learner_bytes

    console = Console()
    target = get(board) if board else None
    flatbuffer, compiled = compile_file(tflite, grid, keep_classifier)
    model = compiled.model
    rows = layer_rows(compiled)
    memory = learner_bytes(model, classes, replay)
    result = {
        "fingerprint": model.fingerprint.hex(),
        "input_shape": list(model.input_shape),
        "latent_shape": list(model.latent_shape),
        "float_outputs": 0 if model.output is None else model.tensors[model.output].nbytes // 4,
        "features": model.features,
        "flash_bytes": model.nbytes,
        "ram_bytes": sum(memory.values()),
        "ram": memory,
        "layers": rows,
        "dropped": compiled.program.dropped,
        "bits_checked": 0,
        "bits_differing": 0,
        "max_relative_error": None,
        "max_elementwise_error": None,
    }
    console.print(_table(rows))
    real = sum(int(str(row["float_macs"])) for row in rows)
    if real:
        console.print(
            f"{real:,} multiply-accumulates are real-valued: float32 operators, slow on boards; a "
            "first layer with an 8-bit kernel (tinycl.models.quantizers) runs in integers",
            style="yellow",
            highlight=False,
        )
    for name in compiled.program.dropped:
        console.print(
            f"left out: {name} (the board's head takes its place)", highlight=False, markup=False
        )
    console.print(
        f"flash {size(model.nbytes)}; RAM with {classes} classes and {replay} replayed latents: "
        + ", ".join(f"{name} {size(n)}" for name, n in memory.items())
        + f"; together {size(sum(memory.values()))}",
        highlight=False,
    )
    fits = _fit(console, target, memory, compiled.largest.name) if target else None
    if target:
        result |= {"board": target.name, "fits": fits}
    write_file(output, compiled.data)
    console.print(f"wrote {output}", highlight=False, markup=False)
    if verify:
        agrees = _verify(console, flatbuffer, compiled, verify, data, result)
        write_json(json, result)
        if not agrees:
            raise typer.Exit(1)
    write_json(json, result)
    if fits is False:
        raise typer.Exit(1)


def _table(rows: list[dict[str, object]]) -> Table:
    table = Table("layer", "output", "bits", "flash", "RAM", "binary MACs", "8-bit MACs")
    kinds = ["binary_macs", "int8_macs"]
    if any(row["float_macs"] for row in rows):
        table.add_column("float MACs")
        kinds.append("float_macs")
    for column in table.columns[2:]:
        column.justify = "right"
    totals = [0] * (1 + len(kinds))
    for row in rows:
        numbers = [int(str(row[key])) for key in ("flash_bytes", *kinds)]
        totals = [a + b for a, b in zip(totals, numbers, strict=True)]
        table.add_row(
            str(row["kind"]),
            " x ".join(str(n) for n in list(row["shape"])),  # type: ignore[call-overload]
            str(row["weight_bits"] or ""),
            size(numbers[0]) if numbers[0] else "",
            size(int(str(row["ram_bytes"]))),
            *(f"{n:,}" if n else "" for n in numbers[1:]),
        )
    table.add_section()
    table.add_row("total", "", "", size(totals[0]), "", *(f"{n:,}" for n in totals[1:]))
    return table


def _fit(console: Console, board: Board, memory: dict[str, int], largest: str) -> bool:
    if board.heap_bytes is None:
        raise BoardError(f"no heap size is known for {board.name}: choose another board")
    need = sum(memory.values())
    fits = need <= board.heap_bytes
    biggest = max(memory, key=lambda name: memory[name])
    verdict = "fits" if fits else f"does not fit: the largest part is {biggest}"
    if biggest == "activations":
        verdict += f" (layer {largest})"
    console.print(
        f"{board.title}: {size(need)} of {size(board.heap_bytes)} heap, before the runtime's own "
        f"code: {verdict}",
        highlight=False,
        markup=False,
    )
    return fits


def _verify(
    console: Console,
    flatbuffer: bytes,
    compiled: object,
    samples: int,
    data: str | None,
    result: dict[str, object],
) -> bool:
    from tinycl.convert.compiler import Compiled
    from tinycl.convert.verify import random_pixels, verify
    from tinycl.data import load
    from tinycl.exceptions import DataError

    assert isinstance(compiled, Compiled)
    if samples < 1:
        raise DataError(f"expected a number of samples to verify of at least 1, got {samples}")
    if data is None:
        x = random_pixels(samples, compiled.model.input_shape)
    else:
        x = load(data).x_test[:samples]
    with console.status("running LCE's interpreter"):
        parity = verify(flatbuffer, compiled, x)
    result |= {
        "samples_verified": parity.samples,
        "bits_checked": parity.bits_checked,
        "bits_differing": parity.bits_differing,
        "bits_untied": parity.bits_untied,
        "max_relative_error": parity.max_relative_error,
        "max_elementwise_error": parity.max_elementwise_error,
    }
    console.print(
        f"held against LCE: {parity.samples} samples, {parity.bits_checked:,} latent bits, "
        f"{parity.bits_differing} differ",
        highlight=False,
    )
    if parity.bits_untied < parity.bits_differing:
        console.print(
            f"{parity.bits_untied} differ once the first layer's thresholds lie between integers: "
            "the rest are ties that float32 rounding decides in LCE; 'tinycl convert' avoids them",
            highlight=False,
        )
    error = parity.max_relative_error
    if error is not None:
        console.print(
            f"float outputs: errors up to {error:.2g} of a sample's largest output, "
            f"{parity.max_elementwise_error:.2g} of their own value",
            highlight=False,
        )
    return not parity.bits_differing and (error is None or error < _TOLERANCE)
