"""A model and learned states that version 0.1 wrote still load, at every depth.

``version_0_1/`` holds what version 0.1.0 wrote: a model, one state (.tcs) for each depth in the
middle of its second experience, the two logs of a board that learned with Bop, and the scores that
each learner gave.
"""

import json
import shutil
from pathlib import Path

import pytest
from tinycl_rt.config import BOP, Config
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.learner import Learner
from tinycl_rt.model.loader import Model
from tinycl_rt.store.store import Store

from tinycl.experiment.settings import ExperimentSettings

FILES = Path(__file__).parent / "version_0_1"
ANSWERS = json.loads((FILES / "answers.json").read_text())
PROBES = [bytes((64 * c + 3 * i * (c + 1)) % 256 for i in range(64)) for c in range(3)]


def new_learner() -> Learner:
    model = Model((FILES / "model.tcm").read_bytes())
    return Learner(model, Config(classes=3), kernels=numpy_kernels)


def answers(learner: Learner) -> dict[str, object]:
    scores = []
    for probe in PROBES:
        learner.predict(probe)
        scores.append(list(learner.scores))
    names = [learner.predict_name(probe) for probe in PROBES]
    return {"learned": learner.learned, "names": names, "scores": scores}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_state_loads_and_is_the_same_when_saved(name: str) -> None:
    data = (FILES / f"{name}.tcs").read_bytes()
    learner = new_learner()
    learner.restore(data)
    assert answers(learner) == ANSWERS[name]
    assert bytes(learner.dump()) == data


def test_the_logs_of_a_board_load(tmp_path: Path) -> None:
    for log in FILES.glob("state.*"):
        shutil.copy(log, tmp_path)
    learner = new_learner()
    assert Store(str(tmp_path)).load(learner)
    assert answers(learner) == ANSWERS["bop"]


def test_the_decay_of_bop_was_called_tail_step() -> None:
    learner = new_learner()
    learner.restore((FILES / "bop.tcs").read_bytes())
    assert learner.config.tail_decay == 4


def test_settings_by_their_old_names(capsys: pytest.CaptureFixture[str]) -> None:
    config = Config(replay=12, replays=2, rule=BOP, tail_step=4)
    assert (config.replay_slots, config.replay_batch, config.tail_decay) == (12, 2, 4)
    said = capsys.readouterr().out
    assert all(name in said for name in ("replay_slots", "replay_batch", "tail_decay"))


def test_the_decay_of_bop_by_its_old_option() -> None:
    with pytest.warns(FutureWarning, match="--tail-decay"):
        assert ExperimentSettings(rule="bop", tail_step=4).config(2).tail_decay == 4
    assert ExperimentSettings(rule="sign", tail_step=4).config(2).tail_decay == 1
