"""Models without weights, and runs that teach them all layers."""

from pathlib import Path

import numpy as np
import pytest
from tinycl_rt.config import FULL
from tinycl_rt.model.loader import Model

from tinycl.cli.models import read_model
from tinycl.compiler.untrained import UNTRAINED, untrained
from tinycl.data import load
from tinycl.exceptions import DataError, ModelError
from tinycl.experiment.experiment import Experiment
from tinycl.experiment.settings import ExperimentSettings
from tinycl.experiment.simulator import Simulator
from tinycl.observer import Observer


@pytest.mark.parametrize(
    "name, inputs, features",
    [("mlp", (28, 28, 1), 256), ("cnv", (32, 32, 3), 512), ("mlp-small", (8, 8, 1), 64)],
)
def test_a_built_in_model_loads(name: str, inputs: tuple[int, ...], features: int) -> None:
    model = Model(untrained(name))
    assert (model.input_shape, model.features) == (inputs, features)
    shapes = [model.tensors[op.target].shape for op in model.operators]
    wanted = [s.pooled for s in UNTRAINED[name].shapes()][:-1]
    assert all(shape in shapes for shape in wanted)


def test_names_stand_for_models_where_there_is_no_such_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_model(Path("mlp-small"), ["full"]) == untrained("mlp-small")
    with pytest.raises(DataError, match=r"mlp-small has no weights.*--learn full"):
        read_model(Path("mlp-small"), ["full", "head"])
    with pytest.raises(DataError, match="cannot read mlp-tiny"):
        read_model(Path("mlp-tiny"), ["full"])
    Path("mlp").write_bytes(b"mine")
    assert read_model(Path("mlp"), ["head"]) == b"mine"
    with pytest.raises(ModelError, match="choose one of mlp, cnv"):
        untrained("mlp-tiny")


def test_settings_name_the_depth() -> None:
    assert ExperimentSettings(learn="full").config(10).depth == FULL
    for learn in ("tail:255", "tail:0", "fully"):
        with pytest.raises(DataError, match="expected head, tail:N with N from 1, or full"):
            ExperimentSettings(learn=learn).config(10)
    assert ExperimentSettings(learn="full", arithmetic="float32").config(10).depth == FULL


def test_a_whole_test_set_is_predicted_as_sample_by_sample() -> None:
    dataset = load("digits")
    settings = ExperimentSettings(learn="full", method="joint", replay=60, replay_batch=5, limit=8)
    experiment = Experiment.make(dataset, settings)
    subject = Simulator(Model(untrained("mlp-small")), experiment)
    subject.learn(experiment.experiences[0], Observer())
    indices = np.arange(40)
    alone = [subject.learner.predict(dataset.x_test[k].tobytes()) for k in indices]
    assert subject.predict(indices).tolist() == alone
    assert len(set(alone)) > 4
