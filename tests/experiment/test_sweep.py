"""Sweeps: the grid, its workers, the folder of results, tables and plots."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.tiny import tiny_model

from tinycl.cli import main
from tinycl.data import Dataset
from tinycl.exceptions import DataError, MissingExtraError
from tinycl.experiment.experiment import Experiment
from tinycl.experiment.settings import ExperimentSettings
from tinycl.experiment.sweep import runs
from tinycl.experiment.sweep.advice import best, compare, sentences
from tinycl.experiment.sweep.grid import grid
from tinycl.experiment.sweep.plots import write_plots
from tinycl.experiment.sweep.pool import each
from tinycl.experiment.sweep.runs import Bench, sweep
from tinycl.experiment.sweep.store import Store, key
from tinycl.experiment.sweep.tables import csv_text, varying

FAST = ExperimentSettings(scenario="nc:2", limit=8, replay=10)


def bench(seed: int = 0) -> Bench:
    """Six classes of noisy prototypes for the tiny model."""
    rng = np.random.default_rng(seed)
    prototypes = rng.integers(0, 256, (6, 8, 8, 1))
    y = np.tile(np.arange(6), 20)
    x = np.clip(prototypes[y] + rng.normal(0, 30, (len(y), 8, 8, 1)), 0, 255).astype(np.uint8)
    names = tuple("abcdef")
    return Bench("tiny.tcm", tiny_model(), Dataset("made", x[:90], y[:90], x[90:], y[90:], names))


def without_times(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        g | {"runs": [{k: v for k, v in r.items() if k != "seconds"} for r in g["runs"]]}
        for g in groups
    ]


def test_a_grid_is_every_combination_in_the_order_of_the_fields() -> None:
    found = grid({"qf": "4, 8", "replay": "0,25kB", "stochastic": True, "limit": None})
    assert [(s.replay, s.qf) for s in found] == [(0, 4), (0, 8), ("25kB", 4), ("25kB", 8)]
    assert all(s.stochastic and s.limit is None for s in found)


def test_a_grid_runs_nothing_twice() -> None:
    found = grid({"qf": "4,8,4", "arithmetic": "integer,float32"})
    assert [(s.arithmetic, s.qf) for s in found] == [
        ("integer", 4),
        ("integer", 8),
        ("float32", 8),
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"qf": "4,x"}, "--qf: expected whole numbers, got 'x'"),
        ({"lr_shift": "3,"}, "--lr-shift: a value is missing"),
        ({"bits": "3"}, "expected fields of ExperimentSettings, got bits"),
    ],
)
def test_mistakes_in_a_grid(given: dict[str, str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        grid(given)


@pytest.mark.parametrize(
    ("text", "slots"),
    [("64B", 1), ("63 B", 0), ("1kB", 15), ("1KiB", 16), ("0.5MB", 7812), ("1MiB", 16384)],
)
def test_a_replay_memory_in_bytes(text: str, slots: int) -> None:
    model = bench().model()
    assert model.latent_bytes == 64
    assert ExperimentSettings(replay=text).sized(model).replay == slots


def test_depths_in_one_grid() -> None:
    """A tail's settings are no difference to a head; bytes are slots of what each depth keeps."""
    found = grid({"learn": "head,tail:1", "tail_lr": "3,4", "replay": "1kB"})
    default = ExperimentSettings().tail_lr
    assert [(s.learn, s.tail_lr) for s in found] == [
        ("head", default),
        ("tail:1", 3),
        ("tail:1", 4),
    ]
    head, *tails = sweep(bench(), [replace(s, scenario="nc:2", limit=8) for s in found], jobs=1)
    # Bits of 4 x 4 x 12 channels, in words: after the last layer, and before it.
    assert [g["replay_bytes"] for g in (head, *tails)] == [960, 960, 960]
    prints = {g["runs"][0]["state_fingerprint"] for g in (head, *tails)}
    assert len(prints) == 3


def made_up(learn: str, finals: list[float], replay: int = 10, **more: Any) -> dict[str, Any]:
    """A group with only what a comparison reads; latents of 64 bytes, of 96 below a tail."""
    settings = vars(ExperimentSettings(learn=learn, replay=replay, **more))
    size = replay * (64 if learn == "head" else 96)
    runs = [{"seed": i, "final_accuracy": f} for i, f in enumerate(finals)]
    return {"settings": settings, "replay_bytes": size, "runs": runs}


def test_the_tool_says_whether_a_depth_pays() -> None:
    head = made_up("head", [0.5, 0.6])
    better = made_up("tail:1", [0.53, 0.61], rule="sign")
    unclear = made_up("tail:2", [0.53, 0.59])
    worse = made_up("tail:3", [0.45, 0.61])
    said = sentences([head, better, unclear, worse], ["h", "a", "b", "c"])
    assert said == [
        "a: pays here, +2.0 points against the head alone (+1.0 to +3.0 by seed)",
        "b: hardly pays here, +1.0 points against the head alone (-1.0 to +3.0 by seed)",
        "c: does not pay here, -2.0 points against the head alone (-5.0 to +1.0 by seed)",
        "use --learn tail:1 --rule sign: 57.0 %, and nothing cheaper does as well",
    ]


def test_the_cheapest_settings_that_nothing_surpasses() -> None:
    sums = made_up("head", [0.5, 0.6], replay=0, head="lda")
    memory = made_up("head", [0.49, 0.61], replay=10, head="cwr")
    deep = made_up("tail:1", [0.52, 0.62], replay=10, head="cwr")
    floats = made_up("head", [0.9, 0.9], replay=0, head="lda", arithmetic="float32")
    assert best([memory, sums]) is sums  # the same mean, and no bytes
    assert best([deep, memory, sums, floats]) is deep
    assert best([sums, floats]) is None  # no choice for a board
    assert best([sums, made_up("head", [0.7, 0.8], limit=5)]) is None  # another stream


def test_depths_are_compared_with_nothing_else_different() -> None:
    tail = made_up("tail:1", [0.6], replay=10)
    assert not compare([made_up("head", [0.5], qf=4), tail])
    assert not compare([made_up("head", [0.5], replay=12), tail])
    (same_bytes,) = compare([made_up("head", [0.5], replay=15), tail])
    assert same_bytes[1] == [pytest.approx(0.1)]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (ExperimentSettings(learn="tail:2"), "this model ends with 1 that can learn"),
        (ExperimentSettings(learn="tail:0"), "unknown depth 'tail:0'"),
        (ExperimentSettings(learn="tail:1", rule="adam"), "unknown rule 'adam'"),
        (
            ExperimentSettings(learn="tail:1", tail_margin=0),
            "tail_margin between 1 and 127, got 0",
        ),
    ],
)
def test_depths_that_there_are_not(settings: ExperimentSettings, message: str) -> None:
    with pytest.raises(DataError, match=message):
        sweep(bench(), [settings])


@pytest.mark.parametrize("text", ["kB", "25", "25 gB", "-1kB", "1e3B"])
def test_no_size(text: str) -> None:
    with pytest.raises(DataError, match="25kB"):
        ExperimentSettings(replay=text).sized(bench().model())


def test_bytes_need_the_model() -> None:
    with pytest.raises(DataError, match="--model"):
        ExperimentSettings(replay="25kB").config(10)


def test_replays_in_the_ratio_of_memory_and_experience() -> None:
    data = bench().dataset
    settings = ExperimentSettings(
        scenario="nc:1,first=2", limit=8, replay=40, replay_batch="ratio"
    )
    assert Experiment.make(data, settings).config.replay_batch == 5
    assert Experiment.make(data, replace(settings, epochs=3)).config.replay_batch == 5
    assert Experiment.make(data, replace(settings, replay=3)).config.replay_batch == 1
    assert Experiment.make(data, replace(settings, replay=0)).config.replay_batch == 0
    deep = replace(settings, learn="tail:1", replay="1kB").sized(bench().model())
    assert Experiment.make(data, deep).config.replay_batch == round(int(deep.replay) / 8)
    with pytest.raises(DataError, match="expected slots of a memory, got 1kB"):
        Experiment.make(data, replace(settings, replay="1kB"))
    with pytest.raises(DataError, match="a number of replays or ratio"):
        Experiment.make(data, replace(settings, replay_batch="many"))


def test_joint_is_the_same_samples_in_one_experience() -> None:
    data = bench().dataset
    joint = Experiment.make(data, replace(FAST, method="joint", epochs=3))
    apart = Experiment.make(data, FAST)
    assert len(joint.experiences) == 1 and joint.config.method == 1
    stream = joint.experiences[0].indices.reshape(3, -1)
    assert all(np.array_equal(np.sort(stream[0]), np.sort(epoch)) for epoch in stream)
    assert not np.array_equal(stream[0], stream[1])
    samples = np.concatenate([e.indices for e in apart.experiences])
    assert np.array_equal(np.sort(samples), np.sort(stream[0]))


def test_workers_do_not_change_results() -> None:
    settings = [FAST, replace(FAST, arithmetic="float32"), replace(FAST, qf=4, stochastic=True)]
    alone = without_times(sweep(bench(), settings, seeds=2, jobs=1))
    assert without_times(sweep(bench(), settings, seeds=2, jobs=2)) == alone
    assert without_times(sweep(bench(), settings, 2, 2, "threading")) == alone
    assert [[r["seed"] for r in g["runs"]] for g in alone] == [[1, 2]] * 3
    prints = {r["state_fingerprint"] for g in alone for r in g["runs"]}
    assert len(prints) == 6


def test_mean_and_spread() -> None:
    (group,) = sweep(bench(), [FAST], seeds=3, jobs=1)
    finals = [r["final_accuracy"] for r in group["runs"]]
    assert finals == [r["accuracy_after_experience"][-1] for r in group["runs"]]
    assert group["final_accuracy_mean"] == pytest.approx(sum(finals) / 3)
    assert group["final_accuracy_std"] == pytest.approx(np.std(finals))
    assert group["replay_bytes"] == 640


def test_a_sweep_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: Any) -> None:
    calls = []
    simulate = runs.simulate

    def counted(b: Bench, settings: ExperimentSettings, *more: Any) -> Any:
        calls.append(settings)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return simulate(b, settings, *more)

    monkeypatch.setattr(runs, "simulate", counted)
    settings = [FAST, replace(FAST, qf=4)]
    with pytest.raises(KeyboardInterrupt):
        sweep(bench(), settings, seeds=2, jobs=1, results=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    found = sweep(bench(), settings, seeds=2, jobs=1, results=tmp_path)
    assert len(calls) == 5
    assert sweep(bench(), settings, seeds=2, jobs=1, results=tmp_path) == found
    assert len(calls) == 5
    for file in tmp_path.iterdir():
        file.write_text("{}")  # no result: it is run again
    again = sweep(bench(), settings, seeds=2, jobs=1, results=tmp_path)
    assert without_times(again) == without_times(found)
    assert without_times(found) == without_times(sweep(bench(), settings, seeds=2, jobs=1))
    sweep(bench(seed=1), settings[:1], jobs=1, results=tmp_path)  # other pixels, same name
    assert len(calls) == 14


def test_a_damaged_result_is_none(tmp_path: Path) -> None:
    store, name = Store(tmp_path), key(qf=8)
    assert store.get(name) is None
    store.put(name, {"seed": 1})
    assert store.get(name) == {"seed": 1}
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:5])
    assert store.get(name) is None


def test_a_killed_sweep_leaves_whole_files(tmp_path: Path) -> None:
    """Killed in the middle of its writing: what has a result's name is a result."""
    code = """
import sys
from pathlib import Path
from tinycl.experiment.sweep.store import Store
store, i = Store(Path(sys.argv[1])), 0
print("on", flush=True)
while True:
    store.put(str(i), {"i": i, "long": "x" * 500_000})
    i += 1
"""
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        while len(list(tmp_path.glob("*.json"))) < 5:
            assert writer.poll() is None
        writer.kill()
    for file in tmp_path.glob("*.json"):
        assert json.loads(file.read_text())["i"] == int(file.stem)


def test_mistakes_come_before_the_work(monkeypatch: Any) -> None:
    monkeypatch.setattr(runs, "Latents", None)
    with pytest.raises(DataError, match="qf between 4 and 8, got 9"):
        sweep(bench(), [FAST, replace(FAST, qf=9)])
    with pytest.raises(DataError, match="at least 1 seed"):
        sweep(bench(), [FAST], seeds=0)


def test_back_ends_that_are_not_there(monkeypatch: Any) -> None:
    with pytest.raises(DataError, match="no back end 'nosuch'"):
        list(each(abs, [(1,)], backend="nosuch"))
    with pytest.raises(DataError, match="at least 1 job"):
        list(each(abs, [(1,)], jobs=0))
    for backend, package in (("dask", "distributed"), ("ray", "ray")):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(MissingExtraError, match="pip install"):
            list(each(abs, [(1,)], backend=backend))


def test_the_table_has_a_row_for_every_run_and_experience() -> None:
    groups = sweep(bench(), [FAST, replace(FAST, method="joint")], seeds=2, jobs=1)
    table = list(csv.DictReader(io.StringIO(csv_text(groups))))
    assert len(table) == 2 * 3 + 2 * 1
    assert [row["classes_seen"] for row in table] == ["2", "4", "6"] * 2 + ["6", "6"]
    assert table[2]["accuracy"] == table[2]["final_accuracy"]
    assert {row["seed"] for row in table} == {"1", "2"}


def test_settings_are_told_apart_by_what_differs() -> None:
    groups = sweep(
        bench(), grid({"limit": "3", "qf": "4,8", "method": "cwr,naive", "head": "cwr"}), jobs=1
    )
    assert varying(groups) == ["cwr, qf 4", "cwr, qf 8", "naive, qf 4", "naive, qf 8"]
    assert varying(groups[:1]) == ["cwr"]


def test_plots(tmp_path: Path) -> None:
    groups = sweep(bench(), [FAST, replace(FAST, method="joint")], seeds=2, jobs=1)
    for path in write_plots(groups, tmp_path / "plots"):
        assert path.read_bytes().startswith(b"\x89PNG")
    assert [p.name for p in write_plots(groups * 6, tmp_path)] == ["final_accuracy.png"]


def call(monkeypatch: Any, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", ["tinycl", *map(str, words)])
    main()


def test_the_command(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    b = bench()
    (tmp_path / "m.tcm").write_bytes(b.blob)
    d = b.dataset
    arrays = {"x_train": d.x_train, "y_train": d.y_train, "x_test": d.x_test, "y_test": d.y_test}
    np.savez(tmp_path / "d.npz", **arrays)
    monkeypatch.chdir(tmp_path)
    words = (
        "simulate",
        "--model",
        "m.tcm",
        "--data",
        "npz:d.npz",
        "--limit",
        8,
        "--json",
        "r.json",
    )
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, *words)
    assert not stop.value.code
    one = json.loads(Path("r.json").read_text())
    more = ("--seeds", 2, "--qf", "8,4", "--results", "kept", "--csv", "t.csv", "--jobs", 1)
    with pytest.raises(SystemExit):
        call(monkeypatch, *words, *more)
    groups = json.loads(Path("r.json").read_text())
    assert [g["settings"]["qf"] for g in groups] == [8, 4]
    assert len(Path("t.csv").read_text().splitlines()) == 1 + 2 * 2 * 3
    first = groups[0]["runs"][0]
    assert first["state_fingerprint"] == one["runs"][0]["state_fingerprint"]
    assert first["accuracy_after_experience"] == one["runs"][0]["accuracy_after_experience"]
    for options, message in (
        (("--qf", "4,8", "--save-state", "s.tcs"), "one state"),
        (("--arithmetic", "float32", "--save-state", "s.tcs"), "integers"),
        (("--qf", "nine"), "whole numbers"),
        (("--replay", "9miles"), "25kB"),
    ):
        with pytest.raises(SystemExit) as stop:
            call(monkeypatch, *words, *options)
        assert stop.value.code == 1
        assert message in capsys.readouterr().err


def test_a_board_takes_one_setting(monkeypatch: Any, capsys: Any) -> None:
    with pytest.raises(SystemExit):
        call(monkeypatch, "stream", "--data", "digits", "--qf", "4,8")
    assert "one value" in capsys.readouterr().err
