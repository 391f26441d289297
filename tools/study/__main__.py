"""The study: what continual learning in integers buys, and what it costs, in tables and plots.

    python -m tools.study --quick                    all parts in minutes, on small sets
    python -m tools.study --out runs/study           the study: hours on two cores
    python -m tools.study --part c --backend dask    one part, its runs on a cluster

Parts: (a) accuracy of every method, in integers and float32; (b) bits of forward weights, master
weights and errors; (c) accuracy against bytes of the replay memory, by the form of what is kept;
(d) instructions of a backward pass and (e) memory of training at full depth, from the JSON files
of the tools that measure them; (f) rules by which a tail's weights change; (g) what depth gains;
(h) heads, by samples a class, on backbones of the zoo; (i) the constant of the head lda;
(j) generative replay; (k) passes over the replay memory at the end of a stream; (l) few-shot
learning after 60 base classes.
OUT gets study.md with the plots beside it, and every run as CSV and JSON. Finished runs are kept
in OUT/runs: a study that was stopped goes on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from tinycl.experiment.settings import ExperimentSettings
from tinycl.experiment.sweep.runs import Bench, sweep
from tools.command import command_line, tool
from tools.study import heads
from tools.study.accuracy import accuracy
from tools.study.consolidation import consolidation
from tools.study.depths import depths
from tools.study.few_shot import few_shot
from tools.study.generated import generated
from tools.study.others import others
from tools.study.paper import Group, Page
from tools.study.rules import is_update, rules
from tools.study.shrinkage import shrinkage
from tools.study.storage import storage
from tools.study.tasks import FULL, QUICK, Task, bench
from tools.study.widths import widths

TITLES = {
    "a": "(a) Accuracy of every method",
    "b": "(b) Bits of weights and errors",
    "c": "(c) Accuracy against bytes of the replay memory",
    "d": "(d) Instructions of a backward pass",
    "e": "(e) Memory of training at full depth",
    "f": "(f) Update rules of the tail",
    "g": "(g) How deep it pays to learn",
    "h": "(h) Heads, by samples a class",
    "i": "(i) Shrinkage of the head lda",
    "j": "(j) Generative replay",
    "k": "(k) Consolidation of a tail",
    "l": "(l) Few-shot learning",
}
OTHERS = {
    "d": ("instructions.json", "python -m tools.bench.backward --board cortex-m3 --json FILE"),
    "e": (
        "memory.json",
        "python -m tools.bench.training --model mlp --data mnist --epochs 3 --json FILE",
    ),
}
KERNELS = ("kernels.json", "python -m tools.bench.kernels --board cortex-m3 --json FILE")


@tool("study")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument(
        "--part", default=",".join(TITLES), help=f"{','.join(TITLES)} unless given"
    )
    parser.add_argument("--quick", action="store_true", help="small sets, two seeds")
    parser.add_argument("--out", type=Path, default=Path("runs/study"), help="folder for results")
    parser.add_argument("--models", type=Path, help="folder of NAME/model.tcm; OUT/models")
    parser.add_argument("--task", help="only these, by name, with commas between")
    parser.add_argument("--seeds", type=int, help="runs of each setting")
    parser.add_argument("--jobs", type=int, help="runs at a time")
    parser.add_argument("--backend", default="loky", help="of joblib: loky, threading, dask, ray")
    options = parser.parse_args(words)
    parts = [part.strip() for part in options.part.split(",")]
    tasks = {task.name: task for task in (QUICK if options.quick else FULL)}
    names = options.task.split(",") if options.task else list(tasks)
    if unknown := [*(set(parts) - set(TITLES)), *(set(names) - set(tasks))]:
        known = f"parts are {', '.join(TITLES)}, tasks {', '.join(tasks)}"
        print(f"study: {known}; got {', '.join(unknown)}", file=sys.stderr)
        return 1
    study(options, parts, tuple(tasks[name] for name in names))
    return 0


def study(options: argparse.Namespace, parts: list[str], tasks: tuple[Task, ...]) -> None:
    """Carry out some parts for some tasks."""
    console = Console()
    out: Path = options.out
    benches: dict[str, Bench] = {}
    if set(parts) & {"a", "b", "c", "f", "g"}:
        models = options.models or out / "models"
        benches = {task.name: bench(task, models, console) for task in tasks}

    def run_all(
        bench: Bench, settings: list[ExperimentSettings], title: str, runs: int = 5
    ) -> list[Group]:
        with Progress(console=console, transient=True) as progress:
            bars = [
                progress.add_task(f"{title}: {what}", total=None) for what in ("backbone", "runs")
            ]
            return sweep(
                bench,
                settings,
                options.seeds or runs,
                options.jobs,
                options.backend,
                out / "runs",
                lambda done, total: progress.update(bars[0], completed=done, total=total),
                lambda done, total: progress.update(bars[1], completed=done, total=total),
            )

    def run(task: Task, settings: list[ExperimentSettings]) -> list[Group]:
        return run_all(benches[task.name], settings, task.title, task.seeds)

    for part in parts:
        page = Page(out, part, TITLES[part])
        if part == "a":
            accuracy(tasks, benches, run, page)
        elif part == "b":
            widths(tasks, run, page)
        elif part == "c":
            storage(tasks, benches, run, page)
        elif part == "g":
            depths(tasks, benches, run, page)
        elif part == "h":
            sets = heads.QUICK if options.quick else heads.FULL
            heads.heads(sets, run_all, options.seeds or 5, page)
        elif part == "i":
            shrinkage(heads.QUICK if options.quick else heads.FULL, options.seeds or 3, page)
        elif part == "j":
            generated(heads.QUICK if options.quick else heads.STILL, options.seeds or 3, page)
        elif part == "k":
            consolidation(
                (heads.QUICK if options.quick else heads.FULL)[0], options.seeds or 3, page
            )
        elif part == "l":
            few_shot(options.models or out / "models", options.seeds or 5, page)
        elif part == "f":
            rules(tasks, run, page)
            others(out / KERNELS[0], KERNELS[1], page, is_update)
        else:
            file, command = OTHERS[part]
            others(out / file, command, page)
        console.print(f"wrote {page.write()}", highlight=False)
    pages = [out / f"{part}.md" for part in TITLES]
    whole = "\n".join(page.read_text() for page in pages if page.exists())
    (out / "study.md").write_text(f"# Study\n\n{whole}")
    console.print(f"wrote {out / 'study.md'}", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
