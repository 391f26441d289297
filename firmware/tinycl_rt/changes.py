"""What a device does seldom: load what its folder holds, take another model, state or settings.

The code is loaded when it is needed and goes again (``Device.forget``).
"""

import gc
import sys

from tinycl_rt.lib.files import (
    MODEL_FILE,
    NEW_MODEL_FILE,
    NEW_STATE_FILE,
    ROM_MODEL_FILE,
    exists,
    reason,
    remove,
    rename,
)
from tinycl_rt.lib.modules import forget

__all__ = ["install", "make_learner", "open_folder", "reset", "restore"]


def open_folder(device):
    """Load what the folder holds; without a usable model, ``device.model`` is None."""
    _clear_up(device)
    _reopen(device)


def _clear_up(device):
    """Uploads that a power cut ended: they take room.

    A whole model takes the place of one that is gone: FAT cannot rename over a file.
    """
    path, new = device.path(MODEL_FILE), device.path(NEW_MODEL_FILE)
    if exists(new) and not exists(path):
        try:
            _load_model(device, new, 0).source.close()
            rename(new, path)
        except (ValueError, MemoryError, OSError):
            pass
    remove(new)
    remove(device.path(NEW_STATE_FILE))


def _reopen(device):
    """Use the model of the folder, or say in ``device.warning`` why there is none."""
    _drop(device)
    device.warning = ""
    try:
        path = device.path(MODEL_FILE)
        if not exists(path) and exists(ROM_MODEL_FILE):
            path = ROM_MODEL_FILE
        device.model = _load_model(device, path)
    except OSError:
        device.warning = "no model: " + MODEL_FILE + " is missing"
        return
    except (ValueError, MemoryError) as e:
        device.warning = "model.tcm is not usable: %s" % reason(e)
        return
    _take(device)


def reset(device, config):
    """Forget everything learned; `config` as of ``Config.pack()``."""
    from tinycl_rt.config import Config

    config = Config.unpack(bytes(config))
    device.save()  # where it fails half way, this is what is left
    _change(device, lambda: device.learner.reset(config), config)
    device.save()


def restore(device, file):
    """Take over a state of the same model from a file; to be saved once that is closed."""

    def take():
        file.seek(0)
        device.learner.restore(file)

    _change(device, take)


def install(device):
    """Put the checked file model.new in the place of model.tcm.

    Raises
    ------
    ValueError, MemoryError
        It is not a model, or does not fit; the old model is still in use.
    OSError
        The old model's learned state cannot be saved; it is still in use.
    """
    path = device.path(NEW_MODEL_FILE)
    try:
        _load_model(device, path, 0).source.close()
    except MemoryError:  # there may be room without the old one
        gc.collect()
    if not device.save():
        raise OSError(device.warning)
    _drop(device)
    try:
        device.model = _load_model(device, path)
        _set_up(device)
    except (MemoryError, ValueError):
        _reopen(device)
        raise
    _rename_model(device, path)
    _take(device)


def _rename_model(device, path):
    """The file of a model that proved good takes the place of the old one's."""
    source = device.model.source
    source.close()
    rename(path, device.path(MODEL_FILE))
    device._model_path = device.path(MODEL_FILE)
    source.open(device._model_path)


def _change(device, action, config=None):
    """Do something to the learner; where the heap is too small, all is as before.

    `config` are the settings that come of it, if it changes them.
    """
    before, deep = device.learner.packed, bool(device.learner.tail)
    try:
        try:
            action()
            trouble = None
        except MemoryError as e:
            trouble = e  # what was made of it is held until here
        if trouble:
            if not _lighten(device, config):
                raise trouble
            action()
    except MemoryError:
        if not deep:  # code that was loaded for this change
            forget("trainable.layers")
            forget("trainable.full")
            sys.modules.pop("tinycl_tail", None)
            sys.modules.pop("tinycl_full", None)
        if device.learner is None or device.learner.packed is not before:
            _go_back(device, before)
        raise
    device.dirty = True


def _go_back(device, packed):
    """A change was half done: go back to what was saved, with the settings of before."""
    from tinycl_rt.config import Config

    if device.staged:
        device.staged.give_up()
    gc.collect()
    if device.learner is not None:
        try:
            device.learner.reset(
                Config.unpack(packed)
            )  # in the same learner: there is no room for another
            device.store.load(device.learner)
            device.dirty = False
            return
        except (ValueError, OSError, MemoryError):
            pass
    _reopen(device)


def _load_model(device, path, room=None):
    """Check a model; `room` as of ``open_source``."""
    from tinycl_rt.model.source import open_source

    rooms = (device.heap_limit or None, 0) if room is None else (room,)
    for most in rooms:
        source = open_source(path, most)
        try:
            model = device._make_model(source)
            need = source.resident + model.arena_bytes
            if device.heap_limit and need > device.heap_limit:
                raise MemoryError("the model needs %d bytes of %d" % (need, device.heap_limit))
            break
        except (ValueError, MemoryError) as e:
            source.close()
            if isinstance(e, ValueError) or source.place != "heap":
                raise
        source = model = None
        gc.collect()
    device.model_bytes = source.size
    device._model_path = path
    return model


def _drop(device):
    """Let go of model and learner."""
    if device.model is not None:
        device.model.source.close()
    device.model = device.learner = device.store = None
    device.model_bytes = 0
    gc.collect()


def _take(device):
    """Use the model, with a new learner if there is none, and the state saved for it."""
    device.dirty = device.unsaved = False
    device._since_save = 0
    device.warning = ""
    try:
        trouble = _trouble(_restore, device)
        if trouble:
            if not _lighten(device):
                raise trouble
            _restore(device)
    except (ValueError, OSError, MemoryError) as e:
        _drop(device)  # what it learned now would take the place of what it could not load
        device.warning = "state not loaded: %s" % reason(e)


def _set_up(device):
    """Make the learner, if there is none, and the store."""
    if device.learner is None:
        trouble = _trouble(_make, device)
        if trouble and not _lighten(device):
            raise trouble
    device.store = device._make_store()


def _make(device):
    device.learner = device._make_learner(device.model)


def _restore(device):
    _set_up(device)
    device.store.load(device.learner)


def _trouble(action, device):
    """The MemoryError of doing something to a device, or None.

    Python's stack keeps what a call was given until another call takes its place, and the heap
    with it. So whoever lets go of the model afterwards must not have called with it himself.
    """
    try:
        action(device)
    except MemoryError as e:
        return e
    return None


def make_learner(device, model, config=None):
    """A learner with these settings, or those of the state that was saved, or what has room.

    MemoryError: there is no room; with the weights in the heap, that others may take it first.
    """
    from tinycl_rt.config import CWR, MEAN, Config
    from tinycl_rt.learner import Learner

    # A learner of other settings would leave its code, and holes, where this one needs room.
    config = config or device._make_store().settings(model)
    gc.collect()
    if config or device.packed:
        return Learner(model, config or Config.unpack(device.packed))
    # A first hello must succeed on the smallest heap, so what takes less comes next. Weights
    # give way before rows: read from the file system they take time, but no accuracy.
    heap = model.source.place == "heap"
    less = () if heap else ({"rank": 16}, {"rank": 8}, {"head": MEAN})
    for given in ({}, {"rank": 32}) + less:
        try:
            return Learner(model, Config(**given))
        except MemoryError:
            pass  # not in here: what was made of it is held until the end
        gc.collect()
    if heap:
        raise MemoryError("the weights leave no room for a learner")
    return Learner(model, Config(head=CWR, replay_slots=0))


def _lighten(device, config=None):
    """Let the weights go from the heap: a new learner, with the weights streamed.

    With `config` it has these settings at once: others may not fit. False if the weights are not
    in the heap.
    """
    if device.model is None or device.model.source.place != "heap":
        return False
    device.learner = device.model = None
    gc.collect()
    device.model = _load_model(device, device._model_path, 0)
    device.learner = device._make_learner(device.model, config)
    return True
