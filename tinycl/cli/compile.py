"""``tinycl compile``: LCE's .tflite to the .tcm that a board loads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from tinycl_rt.config import HEADS, Config

from tinycl import zoo
from tinycl.boards import Board, get
from tinycl.cli import options as o
from tinycl.cli.importing import importing
from tinycl.cli.interrupt import keeping
from tinycl.cli.steps import next_step
from tinycl.exceptions import CompileError, DataError
from tinycl.files import write_file, write_json
from tinycl.table import Table
from tinycl.text import size

if TYPE_CHECKING:
    from tinycl_rt.model.loader import Model

    from tinycl.compiler.compiler import Compiled
    from tinycl.compiler.fit.placement import Placement

__all__ = ["command"]

_TOLERANCE = 1e-4
_IN = {"mapped": "in mapped flash", "heap": "in the heap", "streamed": "streamed"}


def command(
    tflite: Annotated[Path, typer.Argument(metavar="MODEL.tflite", help="Converted backbone.")],
    output: Annotated[Path, o.written("Compiled model.", "--output", "-o")] = Path("model.tcm"),
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
    mirror: o.Mirror = False,
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
    head: Annotated[
        str, typer.Option(help="Head, for the RAM figures: auto, lda, mean, cwr.")
    ] = "auto",
    replay: Annotated[
        int | None,
        typer.Option(
            help="Replay slots, for the RAM figures: 200 with cwr, else 0, unless given."
        ),
    ] = None,
    learn: Annotated[
        str, typer.Option(help="Depth, for the RAM figures: head, tail:N, full.")
    ] = "head",
    json: o.Json = None,
) -> None:
    """Compile a converted backbone, and show what it takes on a board.

    Prints every layer with its shape, bits, flash, RAM and multiply-accumulates. With --board also
    whether its weights are read in place from memory-mapped flash, lie in the heap or are streamed
    from the file system; what each takes of the heap, the runtime included; and instructions and
    time of each layer, as counted on emulated processors, at one instruction a cycle: real ones
    wait for flash and branches, too. With --verify
    it also runs samples through LCE's interpreter and counts latent bits that differ: exit code
    1 if there are any. Float outputs (--keep-classifier) are compared too, and may differ by the
    rounding of float32: exit code 1 from an error of 0.0001 of a sample's largest output on. The
    JSON has that as max_relative_error; max_elementwise_error holds each output against its own
    value, or against a hundredth of the largest where it is smaller than that.

    With --mirror the board sees each image and its mirror image, and the head learns from the
    features of both together. It suits things in which left and right may change places, as in
    photographs, and not letters. A prediction takes twice the time, a replayed latent twice the
    bytes.

    Examples:

        tinycl compile backbone.tflite -o model.tcm

        tinycl compile backbone.tflite -o model.tcm --verify 100 --data digits

        tinycl compile quicknet.tflite -o model.tcm --keep-classifier --verify 20

        tinycl compile backbone.tflite -o model.tcm --board pico --replay 400 --learn tail:1
    """
    from tinycl.compiler.compiler import compile_file
    from tinycl.compiler.fit.memory import layer_rows, learner_bytes
    from tinycl.experiment.prepare import with_rows_that_fit
    from tinycl.experiment.settings import AUTO, ExperimentSettings

    console = Console()
    if str(tflite) in zoo.names() and not tflite.exists():
        raise DataError(
            f"{tflite} is a backbone of the zoo and compiled already: 'tinycl zoo get {tflite}' "
            "copies it, and --model takes its name"
        )
    target = get(board) if board else None
    flatbuffer, compiled = compile_file(tflite, grid, keep_classifier, mirror)
    model = compiled.model
    rows = layer_rows(compiled)
    slots = AUTO if replay is None else replay
    wanted = ExperimentSettings(learn=learn, head=head, replay=slots).config(classes)
    try:
        config, placing = wanted, None
        if target:
            config, placing = with_rows_that_fit(model, target, wanted)
        weights = placing.weights if placing else "heap"
        memory = learner_bytes(model, config, weights)
    except ValueError as error:
        raise CompileError(str(error)) from None
    instructions = _add_work(rows, compiled, target) if target else None
    result = {
        "fingerprint": model.fingerprint.hex(),
        "input_shape": list(model.input_shape),
        "latent_shape": list(model.latent_shape),
        "float_outputs": 0 if model.output is None else model.tensors[model.output].nbytes // 4,
        "features": model.features,
        "flash_bytes": model.nbytes,
        "head": HEADS[config.head],
        "rank": config.rows(model.features),
        "replay_slots": config.replay_slots,
        "ram_bytes": sum(memory.values()),
        "ram": memory,
        "weights": weights,
        "instructions": instructions,
        "seconds": _seconds(instructions, target),
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
        f"flash {size(model.nbytes)}; RAM with {classes} classes, {_learner(config, model)} and "
        f"weights {_IN[weights]}: "
        + ", ".join(f"{name} {size(n)}" for name, n in memory.items())
        + f"; together {size(sum(memory.values()))}",
        highlight=False,
    )
    fits = None
    if target and placing:
        fits = placing.fits(weights)
        result |= {"board": target.name, "fits": fits, "runtime_bytes": placing.runtime_bytes}
        result["heap_bytes"] = {name: placing.need(name) for name in placing.memory}
        _show_fit(console, target, placing, compiled)
    agrees = True
    if verify:
        with keeping(lambda: f"interrupted; {output} was not written"):
            agrees = _verify(console, flatbuffer, compiled, verify, data, result)
    write_file(output, compiled.data)
    console.print(f"wrote {output}", highlight=False, markup=False)
    write_json(json, result)
    if fits is False or not agrees:
        raise typer.Exit(1)
    next_step("simulate", "--model", output, "--data", data or "DATA")


def _learner(config: Config, model: Model) -> str:
    """What learns, in a few words."""
    rows = config.rows(model.features)
    head = HEADS[config.head] + (f" of {rows} rows" if rows else "")
    slots = config.replay_slots
    return f"head {head}" + (f", {slots} replayed latents" if slots else "")


def _table(rows: list[dict[str, Any]]) -> Table:
    """A row a layer; multiply-accumulates where there is room."""
    table = Table()
    table.words("layer")
    table.numbers("output")
    table.numbers("bits", optional=True)
    table.numbers("flash", "RAM")
    table.numbers("binary MACs", "8-bit MACs", optional=True)
    kinds = ["binary_macs", "int8_macs"]
    if any(row["float_macs"] for row in rows):
        table.numbers("float MACs", optional=True)
        kinds.append("float_macs")
    if rows[0].get("instructions"):
        table.numbers("instructions")
        kinds.append("instructions")
    timed = bool(rows[0].get("seconds"))
    if timed:
        table.numbers("ms")
    totals = [0] * (1 + len(kinds))
    for row in rows:
        numbers = [int(str(row[key] or 0)) for key in ("flash_bytes", *kinds)]
        totals = [a + b for a, b in zip(totals, numbers, strict=True)]
        table.add_row(
            str(row["kind"]),
            " x ".join(str(n) for n in row["shape"]),
            str(row["weight_bits"] or ""),
            size(numbers[0]) if numbers[0] else "",
            size(int(str(row["ram_bytes"]))),
            *(f"{n:,}" if n else "" for n in numbers[1:]),
            *([f"{1000 * row['seconds']:.1f}"] if timed else []),
        )
    table.add_section()
    time = [f"{1000 * sum(row['seconds'] for row in rows):.1f}"] if timed else []
    table.add_row("total", "", "", size(totals[0]), "", *(f"{n:,}" for n in totals[1:]), *time)
    return table


def _add_work(rows: list[dict[str, Any]], compiled: Compiled, board: Board) -> int | None:
    """Add instructions and seconds to the rows; return the sum, None where nothing was counted."""
    from tinycl.compiler.fit.cost import estimate

    found = [
        estimate(op.code, op.p, board.arch, board.kernels[0]) for op in compiled.model.operators
    ]
    for row, count in zip(rows, found, strict=True):
        row |= {"instructions": count, "seconds": _seconds(count, board)}
    return None if None in found else sum(n for n in found if n is not None)


def _seconds(instructions: int | None, board: Board | None) -> float | None:
    if instructions is None or board is None or board.clock_mhz is None:
        return None
    return instructions / (board.clock_mhz * 1e6)


def _show_fit(console: Console, board: Board, placing: Placement, compiled: Compiled) -> None:
    table = Table(board.title)
    table.words("weights")
    table.numbers("heap")
    table.words(f"of {size(placing.heap_bytes)}", "")
    for name in placing.memory:
        said = "fits" if placing.fits(name) else "does not fit"
        chosen = "used here" if name == placing.weights else ""
        table.add_row(name, size(placing.need(name)), said, chosen)
    console.print(table)
    memory = placing.memory[placing.weights]
    biggest = max(memory, key=lambda name: memory[name])
    verdict = "fits"
    if not placing.fits(placing.weights):
        verdict = f"does not fit: the largest part is {biggest}"
        if biggest == "activations":
            verdict += f" (layer {compiled.largest.name})"
        elif biggest == "model":
            verdict += f" (weights of layer {_heaviest(compiled)})"
    console.print(
        f"{board.title}: {size(placing.need(placing.weights))} of "
        f"{size(placing.heap_bytes)} heap, "
        f"the runtime's {size(placing.runtime_bytes)} with it: {verdict}",
        highlight=False,
        markup=False,
    )


def _heaviest(compiled: Compiled) -> str:
    program = compiled.program
    sizes = [0 if step.weights is None else step.weights.nbytes for step in program.steps]
    return program.activations[program.steps[sizes.index(max(sizes))].target].name


def _verify(
    console: Console,
    flatbuffer: bytes,
    compiled: object,
    samples: int,
    data: str | None,
    result: dict[str, object],
) -> bool:
    with importing():
        from tinycl.compiler.compiler import Compiled
        from tinycl.compiler.verify import random_pixels, verify
        from tinycl.data import load
        from tinycl.exceptions import DataError
        from tinycl.keras import import_lce

        import_lce()

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
