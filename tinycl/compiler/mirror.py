"""Let a model see each image a second time, mirrored.

A head is linear in the features, so the sum of an image's features and of its mirror image's is
what a head sees of both: it learns and tells classes in which left and right may change places
from twice as much. The weights are the same; a prediction takes twice the time.
"""

from __future__ import annotations

from dataclasses import replace

from tinycl_rt import tcm

from tinycl.compiler.ir import Activation, Program, Step
from tinycl.exceptions import CompileError

__all__ = ["mirror"]


def mirror(program: Program, latent: int) -> int:
    """Append all steps once more, on mirrored pixels; returns the activation of both latents.

    The rows of the two latents lie by turns, so that cells of twice as many rows count the bits
    of both.

    Parameters
    ----------
    program
        All steps up to the latent.
    latent
        Activation of the latent bits, (h, w, c). The result is (2 h, w, c).

    Raises
    ------
    CompileError
        The input has one column: a signal has no left and right.
    """
    pixels = program.activations[0]
    if pixels.shape[1] == 1:
        raise CompileError(
            f"an input of {pixels.shape} has one column: there is nothing to mirror"
        )
    steps = list(program.steps)
    twin = {0: program.add(Activation(tcm.PIXELS, pixels.shape, "mirrored"))}
    program.steps.append(Step(tcm.MIRROR, 0, twin[0]))
    for step in steps:
        twin[step.target] = program.add(program.activations[step.target])
        program.steps.append(
            replace(
                step,
                source=twin[step.source],
                target=twin[step.target],
                other=None if step.other is None else twin[step.other],
            )
        )
    h, w, c = program.activations[latent].shape
    both = program.add(Activation(tcm.BITS, (2 * h, w, c), "both"))
    program.steps.append(Step(tcm.STACK, latent, both, other=twin[latent]))
    return both
