"""What tools.bench.ram runs on a board: it measures a learner and its service step by step.

Prints one line of JSON for each step: step, heap in use after it (bytes), largest free block. Then
what it learned, and what one pass through the backbone takes: instructions, reads of the file and
their bytes. Ends early with an ``error`` where the heap is full.
"""

import gc
import json
import sys

import micropython
import tinyclboard

gc.threshold(4096)  # as main.py

_GET_STATE = bytes.fromhex(
    "b1c7091001000a00f0e10000000000000000000013fc6557"
)  # a host asks for the state
_SELDOM = ("_setup", "_config", "config", "model.source", "kernels.choose")
_SELDOM += ("_snapshot", "_restore", "model.parser", "model.checks", "store.restore")
_SELDOM += ("store.snapshot",)


def largest():
    """Bytes of the largest block that the heap gives."""
    gc.collect()
    low, high = 0, gc.mem_free()
    while high - low > 16:
        middle = (low + high) // 2
        try:
            bytearray(middle)
            low = middle
        except MemoryError:
            high = middle
        gc.collect()
    return low


def say(step):
    gc.collect()
    used = gc.mem_alloc()
    print(json.dumps({"step": step, "used": used, "largest_free": largest()}))


def note(name):
    """Heap in use for code alone."""
    gc.collect()
    print(json.dumps({"code": name, "used": gc.mem_alloc()}))


class Mute:
    """A stream without data, which ignores what is written."""

    exact = False

    def __init__(self):
        self.incoming = b""

    def wait(self, timeout_ms):
        return bool(self.incoming)

    def readinto(self, view):
        count = min(len(view), len(self.incoming))
        view[:count] = self.incoming[:count]
        self.incoming = self.incoming[count:]
        return count

    def write(self, view):
        if view[3] & 2:
            raise MemoryError(str(view[21 : len(view) - 4], "utf-8"))


def run(path, classes, replay, room=None, profile="serve", head=0):
    """Measure a learner of the model at `path`; `room` as of ``open_source``."""
    note("firmware")
    try:
        if profile == "predict":
            _predict(path)
        else:
            _serve(path, classes, replay, room, head)
    except MemoryError as e:
        print(json.dumps({"error": str(e) or "the heap is full"}))


def _predict(path):
    from tinycl_rt.predictor import Predictor

    _load_kernels()
    _forget()
    note("predict")
    predictor = Predictor(path)
    say("predictor")
    predictor.backbone.run(bytearray(predictor.model.input_bytes))


def _serve(path, classes, replay, room, head):
    import tinycl_rt.store.store  # else it comes with the first save

    _load_kernels()
    _forget()
    note("learn")
    from tinycl_rt.device import Device
    from tinycl_rt.service.service import Service, largest_payload

    if "tinycl_rt._device" not in sys.modules:  # sources: as code.py does
        from tinycl_rt.lib import modules

        modules.load("service.queries", "service.uploads", "service.settings")

    _forget()
    say("runtime")
    source = _source(path, room)
    _forget()
    say("file")
    model = tinycl_rt.Model(source)
    _forget()
    say("model")
    _load_head(head)
    _forget()
    say("head code")
    learner = _learner(model, classes, replay, head)
    _forget()
    say("learner")
    device = Device(".", 0)
    device.model, device.learner, device.store = model, learner, tinycl_rt.store.store.Store(".")
    device.store.load(learner)  # as Device.open does
    stream = Mute()
    service = Service(stream, device, largest_payload(model), 4)
    _forget()
    say("service")
    one = (device.staged and device.staged.data) or bytearray(model.input_bytes)
    line = memoryview(bytes(range(256)) + bytes(range(12)))
    learner.begin(0, range(classes))
    for i in range(12):
        for at in range(0, len(one), 256):
            count = min(256, len(one) - at)
            one[at : at + count] = line[i : i + count]
        learner.learn(one, i % classes)
    learner.end()
    say("learned")
    run_backbone = learner.backbone.run
    micropython.heap_lock()  # it is to allocate nothing
    run_backbone(one)
    micropython.heap_unlock()
    before = getattr(source, "reads", 0), getattr(source, "read_bytes", 0)
    instructions = tinyclboard.count(run_backbone, one)
    result = {"fingerprint": learner.fingerprint(), "instructions": instructions}
    result["reads"] = getattr(source, "reads", 0) - before[0]
    result["read_bytes"] = getattr(source, "read_bytes", 0) - before[1]
    print(json.dumps(result))
    one = None
    device.dirty = True
    if not device.save():
        raise MemoryError(device.warning)
    say("saved")
    stream.incoming = _GET_STATE
    service.poll_once(0)
    say("state asked for")


# In functions of their own: a name that stays would keep the code of its module.


def _load_kernels():
    from tinycl_rt.kernels.choose import load

    load()


def _load_head(head):
    """The code of a head, from its part or, of sources, from its modules."""
    part, module = ("_lda", "lda") if head else ("_cwr", "head")
    try:
        __import__("tinycl_rt." + part)
    except ImportError:
        __import__("tinycl_rt." + module)
    try:
        __import__("tinycl_lda" if head else "tinycl_cwr")
    except ImportError:
        __import__("tinycl_rt.kernels.reference." + ("lda" if head else "core"))


def _source(path, room):
    from tinycl_rt.model.source import open_source

    return open_source(path, room)


def _learner(model, classes, replay, head):
    from tinycl_rt import Learner
    from tinycl_rt.config import Config

    settings = {"classes": classes, "replay_slots": replay, "head": head}
    try:
        return Learner(model, Config(**settings))
    except MemoryError:
        pass  # not in here: what was made of it is held until the end
    gc.collect()
    return Learner(model, Config(rank=8, **settings))  # as a board does whose heap is in pieces


def _forget():
    """As after a model was opened: the code for that goes again, and the stubs that lead to it."""
    for name in _SELDOM:
        if sys.modules.pop("tinycl_rt." + name, None):
            package, _, name = ("tinycl_rt." + name).rpartition(".")
            if hasattr(sys.modules[package], name):
                delattr(sys.modules[package], name)
