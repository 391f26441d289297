"""Compile LCE's .tflite to a .tcm that a board loads."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from tinycl_rt import __version__, tcm
from tinycl_rt.model.loader import Model

from tinycl.compiler.arena import plan_memory
from tinycl.compiler.graph import Graph, read_graph
from tinycl.compiler.ir import Activation, Program, Step, Window
from tinycl.compiler.lower.lower import lower
from tinycl.compiler.lower.symbols import Accumulator
from tinycl.compiler.mirror import mirror
from tinycl.compiler.writer import write
from tinycl.exceptions import CompileError
from tinycl.models.architecture import feature_grid

__all__ = [
    "Compiled",
    "compile_file",
    "compile_tflite",
    "count_bits",
    "load_tcm",
    "read_metadata",
]


@dataclass(frozen=True)
class Compiled:
    """A compiled model and what it came from.

    ``sign_tensor`` is the index of the graph's tensor with the latent signs, ``first`` the 8-bit
    convolution, ``mirrored`` whether the model sees mirrored pixels too: for verification.
    """

    data: bytes
    model: Model
    program: Program
    arena_bytes: int
    largest: Activation
    graph: Graph
    sign_tensor: int
    sign_tensor_is_packed: bool
    first: Accumulator | None
    mirrored: bool = False


def compile_tflite(
    flatbuffer: bytes, grid: int | None = None, outputs: bool = False, mirrored: bool = False
) -> Compiled:
    """Compile a converted backbone.

    Parameters
    ----------
    flatbuffer
        What LCE's converter made of a model. What stands behind its last signs is left out: the
        board's head takes its place.
    grid
        The head sees the latent signs summed over ``grid`` x ``grid`` cells (fewer along a side
        that is shorter). By default what `tinycl.models.architecture.feature_grid` says.
    outputs
        Keep what stands behind the last signs: the model also computes the float outputs.
    mirrored
        The model sees each image mirrored too (`tinycl.compiler.mirror`).

    Raises
    ------
    CompileError
        Not a .tflite, an operator that is not supported, a grid that does not fit, or nothing to
        mirror.
    """
    if mirrored and outputs:
        raise CompileError(
            "a mirrored model has two latents and no float outputs: leave the classifier out"
        )
    graph = read_graph(flatbuffer)
    try:
        lowered = lower(graph, outputs)
    except CompileError:
        raise
    except Exception as error:  # KeyError, ValueError, ... by what is damaged
        raise CompileError(
            f"this .tflite is inconsistent ({type(error).__name__}): convert it again"
        ) from error
    program, latent = lowered.program, lowered.latent
    h, w, c = program.activations[latent].shape
    if grid is not None and not 1 <= grid <= max(h, w):
        raise CompileError(
            f"a grid of {grid} does not fit latents of {h} x {w}: use 1..{max(h, w)}"
        )
    gh, gw = feature_grid((h, w, c)) if grid is None else (min(grid, h), min(grid, w))
    if gh * gw * c > tcm.MAX_FEATURES:
        raise CompileError(f"a grid of {grid} makes {gh * gw * c} features: use a smaller one")
    if mirrored:
        latent = mirror(program, latent)
    count_bits(program, latent, (gh, gw, c))
    arena = plan_memory(program)
    metadata: dict[str, object] = {
        "tinycl": __version__,
        "dropped": [_lasting(name) for name in program.dropped],
        "layers": [_lasting(a.name) for a in program.activations],
    }
    if outputs:
        metadata["output_shape"] = list(graph.output.shape)
    data = write(program, arena, metadata)
    return Compiled(
        data,
        load_tcm(data),
        program,
        arena.nbytes,
        program.activations[arena.largest],
        graph,
        lowered.sign_tensor.index,
        lowered.sign_tensor.dtype == "int32",
        lowered.first,
        mirrored,
    )


def count_bits(program: Program, latent: int, shape: tuple[int, int, int]) -> None:
    """Append the last step, which counts the latent's bits in cells: features of this shape."""
    h, w, _ = program.activations[latent].shape
    cell = -(-h // shape[0]) * -(-w // shape[1])
    shift = max(0, cell.bit_length() - 7)
    features = program.add(Activation(tcm.COUNTS, shape, "features"))
    program.steps.append(Step(tcm.SUM_POOL, latent, features, Window(), shift=shift))


def compile_file(
    path: Path, grid: int | None = None, outputs: bool = False, mirrored: bool = False
) -> tuple[bytes, Compiled]:
    """Read and compile a file; returns its flatbuffer too. CompileError when it cannot be read."""
    try:
        flatbuffer = path.read_bytes()
    except OSError as error:
        raise CompileError(f"cannot read {path}: {error.strerror}") from error
    try:
        return flatbuffer, compile_tflite(flatbuffer, grid, outputs, mirrored)
    except CompileError as error:
        raise CompileError(f"{path}: {error}") from error


def load_tcm(data: bytes) -> Model:
    """Load a .tcm as the board does; CompileError with the loader's reason."""
    try:
        return Model(data)
    except ValueError as error:
        raise CompileError(str(error)) from error


def _lasting(name: str) -> str:
    """A layer's name without the numbers that Keras counts up in a session.

    The fingerprint covers metadata: equal weights would otherwise have another fingerprint when
    they are trained again, and a board would refuse to go on with what it has learned.
    """
    return re.sub(r"_\d+(?=[/; (]|$)", "", name.partition(";")[0])


def read_metadata(model: Model) -> dict[str, object]:
    """The metadata section of a .tcm."""
    return dict(json.loads(bytes(model.metadata)))
