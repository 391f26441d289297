"""``tinycl simulate``: a learner on this computer, bit for bit what a board would learn."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from tinycl.cli import options as o
from tinycl.cli.live import Live
from tinycl.cli.output import read_file, write_file, write_json
from tinycl.exceptions import DataError

__all__ = ["command"]


def command(
    model: o.ModelFile,
    data: o.Data,
    scenario: o.Scenario = "nc:2",
    learn: o.Learn = "head",
    method: o.Method = "cwr",
    replay: o.Replay = 200,
    policy: o.Policy = "class-balanced",
    replays: o.Replays = 4,
    qf: o.Qf = 8,
    qb: o.Qb = 16,
    gbits: o.Gbits = 8,
    lr_shift: o.LrShift = 3,
    stochastic: o.Stochastic = False,
    order: o.Order = "natural",
    limit: o.Limit = None,
    seed: o.Seed = 1,
    seeds: Annotated[int, typer.Option(help="Runs, with seeds SEED, SEED + 1, ...")] = 1,
    experiences: Annotated[
        int | None, typer.Option(help="Only the first N experiences; with --save-state.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="Go on from this state (.tcs), as a board saved it.")
    ] = None,
    save_state: Annotated[
        Path | None, typer.Option(help="Write the final state (.tcs); a board can go on from it.")
    ] = None,
    json: o.Json = None,
) -> None:
    """Learn a data set, class by class, with the board's own code and numpy kernels.

    The final state is the one that a board would have after the same stream: its fingerprint is
    printed.

    Examples:

        tinycl simulate --model model.tcm --data digits --scenario nc:1,first=5

        tinycl simulate --model model.tcm --data mnist --limit 1000 --seeds 5 --json result.json

        tinycl simulate --model model.tcm --data digits --scenario nc:1,first=5
        --experiences 1 --save-state first.tcs
    """
    from tinycl.convert.compiler import load_model
    from tinycl.data import load
    from tinycl.run.loop import run
    from tinycl.run.plan import Plan, Settings
    from tinycl.run.simulated import Latents, Simulator, check_shape

    if seeds < 1 or (seeds > 1 and save_state):
        raise DataError("expected --seeds of at least 1, and only 1 with --save-state")
    console = Console()
    compiled = load_model(read_file(model))
    dataset = load(data)
    settings = Settings(
        scenario=scenario,
        order=order,
        limit=limit,
        seed=seed,
        learn=learn,
        method=method,
        replay=replay,
        policy=policy,
        replays=replays,
        qf=qf,
        qb=qb,
        gbits=gbits,
        lr_shift=lr_shift,
        stochastic=stochastic,
    )
    before = read_file(state) if state else None
    runs: list[dict[str, Any]] = []
    cache: Latents | None = None
    with Live(console, dataset.class_names, quiet=False) as live:
        for s in range(seed, seed + seeds):
            plan = Plan.make(dataset, replace(settings, seed=s))
            if experiences is not None:
                plan = plan.first(experiences)
            check_shape(compiled, plan)
            started = time.monotonic()
            if cache is None or not cache.covers(plan):
                cache = Latents(compiled, plan, live.bar("running the backbone"))
            subject = Simulator(compiled, plan, cache, before)
            record = run(plan, subject, live)
            runs.append(
                {
                    "seed": s,
                    **record.summary(),
                    "state_fingerprint": record.fingerprint,
                    "seconds": round(time.monotonic() - started, 2),
                }
            )
    if save_state:
        write_file(save_state, bytes(subject.learner.dump()))
        console.print(f"wrote {save_state}", highlight=False, markup=False)
    finals = np.array([r["final_accuracy"] for r in runs])
    console.print(_table(runs))
    if seeds > 1:
        console.print(f"mean {finals.mean():.1%}, standard deviation {finals.std():.1%}")
    write_json(
        json,
        {
            "model": model.name,
            "model_fingerprint": compiled.fingerprint.hex(),
            "settings": plan.describe() | {"seed": seed},
            "runs": runs,
            "final_accuracy_mean": float(finals.mean()),
            "final_accuracy_std": float(finals.std()),
        },
    )


def _table(runs: list[dict[str, Any]]) -> Table:
    table = Table("seed", "after each experience", "final", "forgetting", "state", "seconds")
    for r in runs:
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
    return table
