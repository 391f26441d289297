"""``tinycl simulate``: learners on this computer, bit for bit what a board would learn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tinycl.cli import options as o
from tinycl.cli.importing import importing
from tinycl.cli.interrupt import keeping
from tinycl.cli.models import read_model
from tinycl.exceptions import DataError
from tinycl.experiment.settings import ExperimentSettings
from tinycl.files import read_file, write_file, write_json
from tinycl.table import Table
from tinycl.ui.progress import Live

__all__ = ["command"]

_MOST_ROWS = 60


@o.with_settings
def command(
    model: o.ModelFile,
    data: o.Data,
    settings: list[ExperimentSettings],
    seeds: Annotated[
        int, typer.Option(help="Runs of each setting, with seeds SEED, SEED + 1, ...")
    ] = 1,
    jobs: Annotated[
        int | None, typer.Option(help="Runs at a time; as many as there are cores unless given.")
    ] = None,
    backend: Annotated[
        str, typer.Option(help="Where runs go: loky (processes), threading, dask or ray.")
    ] = "loky",
    results: Annotated[
        Path | None, typer.Option(help="Folder that keeps finished runs: they are not run again.")
    ] = None,
    experiences: Annotated[
        int | None, typer.Option(help="Only the first N experiences; with --save-state.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="Go on from this state (.tcs), as a board saved it.")
    ] = None,
    save_state: Annotated[
        Path | None, o.written("Write the final state (.tcs); a board can go on from it.")
    ] = None,
    csv: Annotated[
        Path | None, o.written("Write a table: a row for every run and experience.")
    ] = None,
    plots: Annotated[
        Path | None, o.written_folder("Folder for plots: accuracy, with its spread over seeds.")
    ] = None,
    json: o.Json = None,
) -> None:
    """Learn a data set, class by class, with the board's own code and numpy kernels.

    The final state is the one that a board would have after the same stream: its fingerprint is
    printed. Options of the learner and of the stream take several values, with commas between:
    all their combinations are run, on all cores.

    Examples:

        tinycl simulate --model model.tcm --data digits --scenario nc:1,first=5

        tinycl simulate --model model.tcm --data mnist --limit 1000 --seeds 5 --json result.json

        tinycl simulate --model model.tcm --data mnist --qf 4,6,8 --qb 8,12,16
        --replay 0,100,25kB --seeds 5 --results sweep --csv sweep.csv --plots sweep

        tinycl simulate --model model.tcm --data mnist --arithmetic integer,float32 --seeds 5

        tinycl simulate --model model.tcm --data mnist --learn head,tail:1 --replay 25kB --seeds 5

        tinycl simulate --model model.tcm --data digits --scenario nc:1,first=5
        --experiences 1 --save-state first.tcs
    """
    with importing():
        from tinycl.data import load
        from tinycl.experiment.simulator import Latents, check_shape
        from tinycl.experiment.sweep.advice import best, sentences
        from tinycl.experiment.sweep.plots import write_plots
        from tinycl.experiment.sweep.runs import Bench, group, simulate, sweep
        from tinycl.experiment.sweep.tables import csv_text, varying

    console = Console()
    blob = read_model(model, [s.learn for s in settings])
    before = read_file(state) if state else None
    alone = len(settings) == 1 and seeds == 1
    if save_state and not alone:
        raise DataError("--save-state writes one state: give one value an option, and one seed")
    integers = all(s.arithmetic == "integer" for s in settings)
    if (state or save_state) and not integers:
        raise DataError("a state holds integers: no --state or --save-state with float32")
    bench = Bench(model.name, blob, load(data), experiences, before)

    def kept() -> str:
        if results is None or (alone and save_state):
            return "interrupted; no run was kept, --results FOLDER would keep finished ones"
        return f"interrupted; {results} keeps the finished runs: the same command runs the others"

    with keeping(kept), Live(console, bench.dataset.class_names) as live:
        if alone and (save_state or results is None):  # watched sample by sample
            compiled = bench.model()
            experiment = bench.experiment(settings[0].sized(compiled))
            check_shape(compiled, experiment)
            latents = Latents(compiled, experiment, progress=live.bar("running the backbone"))
            result, subject = simulate(bench, experiment.settings, latents, live)
            groups = [group(bench, compiled, experiment, [result])]
        else:
            bars = live.bar("running the backbone"), live.bar("runs")
            groups = sweep(bench, settings, seeds, jobs, backend, results, *bars)
    if save_state:
        write_file(save_state, bytes(subject.learner.dump()))
        console.print(f"wrote {save_state}", highlight=False, markup=False)
    console.print(_runs(groups[0]) if len(groups) == 1 else _settings(groups))
    for one in groups:
        if "unknown_auroc" in one:
            console.print(_unknown(one), highlight=False, markup=False)
    for verdict in sentences(groups, varying(groups)):
        console.print(verdict, highlight=False, markup=False)
    chosen = best(groups)
    for one in groups if chosen else ():
        one["advised"] = one is chosen
    write_json(json, groups[0] if len(groups) == 1 else groups)
    if csv:
        write_file(csv, csv_text(groups).encode())
    written = [csv] if csv else []
    for path in [*written, *(write_plots(groups, plots) if plots else [])]:
        console.print(f"wrote {path}", highlight=False, markup=False)


def _runs(group: dict[str, Any]) -> Table:
    """A row a run."""
    table = Table()
    table.numbers("seed")
    table.words("after each experience")
    table.numbers("final", "forgetting")
    table.words("state", whole=True)
    table.numbers("seconds", optional=True)
    for r in group["runs"]:
        steps = [f"{a:.1%}" for a in r["accuracy_after_experience"]]
        shown = steps if len(steps) <= 8 else [*steps[:3], "...", *steps[-3:]]
        table.add_row(
            str(r["seed"]),
            " ".join(shown),
            f"{r['final_accuracy']:.1%}",
            f"{r['forgetting']:.1%}",
            r["state_fingerprint"],
            f"{r['seconds']:.1f}",
        )
    if len(group["runs"]) > 1:
        table.caption = _spread(group)
    return table


def _settings(groups: list[dict[str, Any]]) -> Table:
    """A row a setting, by what tells them apart."""
    from tinycl.experiment.sweep.tables import varying

    table = Table()
    table.words("setting", "final")
    table.numbers("worst", "best", "forgetting", optional=True)
    for name, group in list(zip(varying(groups), groups, strict=True))[:_MOST_ROWS]:
        finals = [r["final_accuracy"] for r in group["runs"]]
        lost = sum(r["forgetting"] for r in group["runs"]) / len(finals)
        table.add_row(
            name, _spread(group), f"{min(finals):.1%}", f"{max(finals):.1%}", f"{lost:.1%}"
        )
    if len(groups) > _MOST_ROWS:
        table.caption = f"and {len(groups) - _MOST_ROWS} more settings"
    return table


def _unknown(group: dict[str, Any]) -> str:
    return (
        f"{group['settings']['unknown']} classes were not taught: AUROC "
        f"{group['unknown_auroc']:.3f} (by the margin {group['unknown_auroc_margin']:.3f}), "
        f"{group['unknown_accepted_at_90']:.1%} of them accepted where 90 % of the others are"
    )


def _spread(group: dict[str, Any]) -> str:
    return f"mean {group['final_accuracy_mean']:.1%}, s.d. {group['final_accuracy_std']:.1%}"
