"""Designs of the zoo: the plan says what Keras builds, and the board's geometry."""

import pytest

from tinycl.exceptions import ModelError
from tinycl.models.designs import DESIGNS, architecture_for


@pytest.mark.parametrize("name", DESIGNS)
def test_plan_and_keras_agree(name: str) -> None:
    pytest.importorskip("larq")
    from tinycl.models.backbone import build_backbone

    shape, plan = DESIGNS[name]
    model = build_backbone(shape, name)
    assert tuple(model.output_shape[1:]) == plan.latent_shape
    for index, conv in enumerate(plan.convs):
        assert tuple(model.get_layer(f"conv{index}").output_shape[1:3]) == conv.conv_size


@pytest.mark.parametrize("name", DESIGNS)
def test_flash_stays_below_what_the_package_ships(name: str) -> None:
    assert DESIGNS[name][1].flash_bytes <= 200 * 1024


def test_other_shapes_and_names_are_refused() -> None:
    with pytest.raises(ModelError, match=r"colour-s is made for inputs of \(32, 32, 3\)"):
        architecture_for((28, 28, 1), "colour-s")
    with pytest.raises(ModelError, match=r"unknown backbone size 'big'.*8k.*colour-s"):
        architecture_for((28, 28, 1), "big")
