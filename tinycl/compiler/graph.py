"""Read a .tflite flatbuffer into plain Python: operators, tensors, constants.

The parsing itself is the ``tflite`` package's, and ``flatbuffers`` reads LCE's custom options.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tinycl.exceptions import CompileError, MissingExtraError

__all__ = ["Graph", "Node", "Value", "constant", "read_graph"]


@dataclass(frozen=True)
class Value:
    """A tensor of the graph: its name, shape without the batch, dtype, and data if constant."""

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    data: npt.NDArray[Any] | None = None
    position: int = 0
    """Byte position of the data in the flatbuffer."""


@dataclass(frozen=True)
class Node:
    """An operator: ``inputs`` holds None where an optional input is left out."""

    kind: str
    inputs: tuple[Value | None, ...]
    outputs: tuple[Value, ...]
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What messages call it: the kind and the tensor it makes."""
        return f"{self.kind} '{self.outputs[0].name}'" if self.outputs else self.kind


@dataclass(frozen=True)
class Graph:
    """One subgraph, operators in the order of execution."""

    nodes: tuple[Node, ...]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    output_position: int
    """Byte position, in the flatbuffer, of the int32 that names the first output tensor."""

    @property
    def input(self) -> Value:
        """The first input."""
        return self.inputs[0]

    @property
    def output(self) -> Value:
        """The first output."""
        return self.outputs[0]


_DTYPES = {0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 6: "bool", 9: "int8"}
_ACTIVATIONS = {0: "none", 1: "relu", 2: "relu_n1_to_1", 3: "relu6"}


def read_graph(flatbuffer: bytes) -> Graph:
    """Parse a .tflite file.

    Raises
    ------
    CompileError
        The bytes are not a whole .tflite flatbuffer with one subgraph.
    MissingExtraError
        The ``tflite`` package is not installed.
    """
    try:
        import tflite
    except ImportError as error:
        raise MissingExtraError(
            "reading .tflite files needs the 'tflite' package: pip install 'tinycl[train]'"
        ) from error
    if len(flatbuffer) < 8 or flatbuffer[4:8] != b"TFL3":
        raise CompileError("expected a .tflite flatbuffer (TFL3), got other bytes")
    try:
        return _read(tflite, flatbuffer)
    except CompileError:
        raise
    except Exception as error:  # struct.error, IndexError, ... by what is damaged
        raise CompileError("this .tflite is cut short or damaged: convert it again") from error


def constant(node: Node, index: int) -> npt.NDArray[np.generic]:
    """Data of a constant input; CompileError when it is missing or computed."""
    value = node.inputs[index] if index < len(node.inputs) else None
    if value is None or value.data is None:
        raise CompileError(
            f"{node.name} lacks its constant input {index}: convert the model again"
        )
    return value.data


def _read(tflite: Any, flatbuffer: bytes) -> Graph:
    model = tflite.Model.GetRootAsModel(flatbuffer, 0)
    if model.SubgraphsLength() != 1:
        raise CompileError(f"expected one subgraph, got {model.SubgraphsLength()}")
    graph = model.Subgraphs(0)
    values = [_value(model, graph, i) for i in range(graph.TensorsLength())]
    kinds = {
        code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)
    }
    nodes = []
    for i in range(graph.OperatorsLength()):
        op = graph.Operators(i)
        code = model.OperatorCodes(op.OpcodeIndex())
        custom = code.CustomCode()
        kind = custom.decode() if custom else kinds[max(code.BuiltinCode(), _deprecated(code))]
        read = [op.Inputs(k) for k in range(op.InputsLength())]
        made = [op.Outputs(k) for k in range(op.OutputsLength())]
        nodes.append(
            Node(
                kind,
                tuple(None if k < 0 else values[k] for k in read),
                tuple(values[k] for k in made),
                _custom_options(op) if custom else _builtin_options(tflite, kind, op),
            )
        )
    # Field 8 of a subgraph table is its vector of outputs.
    position = graph._tab.Vector(graph._tab.Offset(8))
    inputs = tuple(values[graph.Inputs(k)] for k in range(graph.InputsLength()))
    outputs = tuple(values[graph.Outputs(k)] for k in range(graph.OutputsLength()))
    return Graph(tuple(nodes), inputs, outputs, position)


def _deprecated(code: Any) -> int:
    return int(code.DeprecatedBuiltinCode())


def _value(model: Any, graph: Any, index: int) -> Value:
    tensor = graph.Tensors(index)
    dtype = _DTYPES.get(tensor.Type(), f"type {tensor.Type()}")
    shape = tuple(int(tensor.Shape(k)) for k in range(tensor.ShapeLength()))
    buffer = model.Buffers(tensor.Buffer())
    name = tensor.Name().decode(errors="replace")
    if not buffer.DataLength():
        return Value(index, name, shape[1:], dtype)
    # The vector is read by its position: a copy item by item would be slow.
    start = buffer._tab.Vector(buffer._tab.Offset(4))
    raw = bytes(buffer._tab.Bytes[start : start + buffer.DataLength()])
    data = np.frombuffer(raw, dtype).reshape(shape)
    return Value(index, name, shape, dtype, data, start)


def _custom_options(op: Any) -> dict[str, Any]:
    if not op.CustomOptionsLength():
        return {}
    from flatbuffers import flexbuffers

    raw = bytes(op.CustomOptions(k) for k in range(op.CustomOptionsLength()))
    options = dict(flexbuffers.Loads(raw))
    code = options.get("fused_activation_function", 0)
    options["activation"] = _ACTIVATIONS.get(code, f"code {code}")
    options["same"] = options.get("padding", 1) == 0
    return options


def _builtin_options(tflite: Any, kind: str, op: Any) -> dict[str, Any]:
    table = op.BuiltinOptions()
    classes = {
        "CONV_2D": "Conv2DOptions",
        "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
        "MAX_POOL_2D": "Pool2DOptions",
        "AVERAGE_POOL_2D": "Pool2DOptions",
        "FULLY_CONNECTED": "FullyConnectedOptions",
        "SOFTMAX": "SoftmaxOptions",
        "ADD": "AddOptions",
        "SUB": "SubOptions",
        "MUL": "MulOptions",
        "CONCATENATION": "ConcatenationOptions",
    }
    if table is None or kind not in classes:
        return {}
    options = getattr(tflite, classes[kind])()
    options.Init(table.Bytes, table.Pos)
    if kind == "SOFTMAX":
        return {"beta": options.Beta()}
    if kind == "CONCATENATION":
        return {"axis": options.Axis()}
    code = options.FusedActivationFunction()
    found: dict[str, Any] = {"activation": _ACTIVATIONS.get(code, f"code {code}")}
    if kind.endswith("_2D"):
        found["same"] = options.Padding() == 0
        found["stride_height"], found["stride_width"] = options.StrideH(), options.StrideW()
    if kind.endswith("CONV_2D"):
        found["dilation_height_factor"] = options.DilationHFactor()
        found["dilation_width_factor"] = options.DilationWFactor()
    if kind.endswith("POOL_2D"):
        found["filter_height"], found["filter_width"] = (
            options.FilterHeight(),
            options.FilterWidth(),
        )
    return found
