"""Measure the heap of a learner on an emulated board after each step.

    python -m tools.bench.ram                                   a 60 KiB backbone, cortex-m3
    python -m tools.bench.ram --board cortex-m0 --json ram.json
    python -m tools.bench.ram --model model.tcm --classes 10 --head cwr --replay 200

The runtime's code is read in place from memory-mapped flash (ROMFS), or loaded into the heap from
a file system, as on firmware without ROMFS, or compiled there from sources. The model's weights
are mapped, in the heap, or streamed from the file system, layer by layer. Without --model the
backbone is the one that `tinycl train --size 60k` makes for 32 x 32 x 3 pixels, with random
weights.
First the code alone:
the firmware's own, and that to learn, predict and save (or to predict). Steps: code with the
service, ready to stream ("runtime"); model file there; checked; learner made; service made; twelve
samples learned; state saved; state asked for by a host. Then one pass through the backbone is
counted: instructions, bytes read from the file system.
"""

from __future__ import annotations

import json
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from tinycl_rt.config import CWR, HEADS, Config
from tinycl_rt.model.loader import Model

from tinycl.boards import Board
from tinycl.boards.registry import BUILT, FROZEN
from tinycl.compiler.compiler import load_tcm
from tinycl.compiler.fit.memory import PLACES, learner_bytes
from tools.bench.synthetic_model import synthetic_model
from tools.boards.paths import ON_BOARD
from tools.boards.runtime import build_native, stage_runtime, write_runtime
from tools.boards.session import Session
from tools.boards.staging import stage
from tools.command import COUNTING, command_line, tool, write_json

_SMALL_FRAME = 500  # images of more bytes come in pieces and have a place in memory
LAST = ("saved", "predictor")  # what a board must reach to learn; a host may not ask for its state


@tool("bench.ram")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--board", choices=COUNTING, default="cortex-m3")
    parser.add_argument("--model", type=Path, help="compiled model")
    parser.add_argument("--size", default="60k", help="without --model: size of the backbone")
    parser.add_argument("--shape", type=int, nargs=3, default=[32, 32, 3], metavar="N")
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--head", choices=HEADS, default="lda")
    parser.add_argument("--replay", type=int, help="by default 200 with --head cwr, else 0")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    options = parser.parse_args(words)
    size, shape = options.size, tuple(options.shape)
    data = options.model.read_bytes() if options.model else synthetic_model(shape, size)
    load_tcm(data)  # says what is wrong with it
    board = BUILT[options.board]
    head = HEADS.index(options.head)
    replay = (0 if head else 200) if options.replay is None else options.replay
    case = (board, data, options.classes, replay)
    results = [
        measure(*case, code, model, head=head)
        for code, model in product(("romfs", "heap"), PLACES)
    ]
    results.append(measure(*case, "sources", "streamed", head=head))
    if board is BUILT["cortex-m3"]:
        results.append(measure(FROZEN, *case[1:], "frozen", "mapped", head=head))
    results += [
        measure(BUILT[options.board], data, options.classes, 0, code, "heap", "predict")
        for code in ("romfs", "heap")
    ]
    for profile in ("serve", "predict"):
        show([r for r in results if r["profile"] == profile])
    write_json(options.json, results)
    return 0


def measure(
    board: Board,
    data: bytes,
    classes: int = 10,
    replay: int = 200,
    place: str = "romfs",
    model: str = "heap",
    profile: str = "serve",
    head: int = CWR,
) -> dict[str, Any]:
    """Measure one case on a freshly started board.

    Parameters
    ----------
    board : Board
        Any but the unix port.
    data : bytes
        A compiled model.
    classes, replay : int
        Rows of the head, slots of the replay memory.
    place : str
        "romfs": read in place; "heap": loaded into RAM; "frozen": part of the firmware;
        "sources": compiled on the board, with kernels in plain Python, as on CircuitPython.
    model : str
        Where its weights are: one of ``tinycl.compiler.fit.memory.PLACES``.

    profile : str
        Of ``tinycl.packing.parts``: ``serve``, or ``predict``, which only imports and predicts.
    head : int
        Of ``Config``.

    Returns
    -------
    dict
        What was given; ``computed``: the compiler's figures; ``heap_bytes``; ``steps``: for each
        step, bytes in use and the largest free block; ``fits``: it learned and saved; ``error``:
        why it did not go on. Where it learned: ``fingerprint`` of the state; of one pass through
        the backbone ``instructions``, ``reads`` of the file and ``read_bytes``.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rom, flash = folder / "rom", folder / "files"
        for made in (rom, flash):
            made.mkdir()
        lib = rom if place == "romfs" else flash
        workload = ON_BOARD / "ram_workload.py"
        if place == "frozen":
            stage([workload], lib, board, [build_native(board.native_arch)])
        elif place == "sources":
            write_runtime(lib, profile, None)
            stage([workload], lib, board)
        else:
            stage_runtime(lib, board, [workload], profile=profile)
        (rom if model == "mapped" else flash).joinpath("model.tcm").write_bytes(data)
        with Session(board, folder, rom) as session:
            session.copy(flash)
            session.soft_reset()  # so that what copying left in the heap is not measured
            code = "import gc; gc.collect(); print(gc.mem_alloc(), gc.mem_alloc() + gc.mem_free())"
            boot, total = map(int, session.run(code).split())
            path = "/rom/model.tcm" if model == "mapped" else "/model.tcm"
            given = f"{path!r}, {classes}, {replay}, {len(data) if model == 'heap' else 0}"
            given += f", {profile!r}, {head}"
            printed = session.run(f"import ram_workload; ram_workload.run({given})", timeout=300)
    said = [json.loads(line) for line in printed.splitlines()]
    steps = [line for line in said if "step" in line]
    taken = {line["code"]: line["used"] for line in said if "code" in line}
    learned: dict[str, Any] = next((line for line in said if "fingerprint" in line), {})
    return {
        "board": board.name,
        "profile": profile,
        "code": place,
        "model": model,
        "model_bytes": len(data),
        "classes": classes,
        "replay": replay,
        "head": head,
        "heap_bytes": total,
        "computed": learner_bytes(
            Model(data), Config(classes=classes, replay_slots=replay, head=head), model
        ),
        "code_bytes": taken,
        "runtime_bytes": _runtime(steps, boot - taken["firmware"], Model(data)),
        "steps": steps,
        "fits": any(line["step"] in LAST for line in steps),
        "error": said[-1].get("error"),
        **learned,
    }


def _runtime(steps: list[dict[str, Any]], before: int, model: Model) -> int | None:
    """Heap of firmware, runtime, head and service, without what a learner and an image take."""
    used = {step["step"]: step["used"] for step in steps}
    if "service" not in used:
        return None
    image = model.input_bytes if model.input_bytes > _SMALL_FRAME else 0
    code = used["runtime"] + used["head code"] - used["model"]
    return int(code + before + used["service"] - used["learner"] - image)


def show(results: list[dict[str, Any]]) -> None:
    """Print one table: bytes that each step adds, and what is left in the end."""
    first = results[0]
    about = f"{first['model_bytes']:,} bytes of model, {first['replay']} latents, "
    about += f"head {HEADS[first['head']]}"
    title = f"{first['board']}, profile {first['profile']}, {about}: "
    title += f"heap in use, of {first['heap_bytes']:,} bytes"
    table = Table("code in", "weights", title=title)
    longest = max((r["steps"] for r in results), key=len)
    for name in first["code_bytes"]:
        table.add_column(name, justify="right")
    for step in longest:
        table.add_column(step["step"], justify="right")
    for heading in ("largest free", "instr.", "read"):
        table.add_column(heading, justify="right")
    table.add_column("fits")
    for r in results:
        used = [f"{step['used']:,}" for step in r["steps"]]
        used += [""] * (len(longest) - len(used))
        left = f"{r['steps'][-1]['largest_free']:,}" if r["steps"] else ""
        work = [f"{r[name]:,}" if name in r else "" for name in ("instructions", "read_bytes")]
        code = [f"{used:,}" for used in r["code_bytes"].values()]
        verdict = "yes" if r["fits"] else "no"
        table.add_row(r["code"], r["model"], *code, *used, left, *work, verdict)
    Console(width=150).print(table)


if __name__ == "__main__":
    sys.exit(main())
