"""What a board has: a model, a learner, and the state it saved, in one folder.

Basic example usage:

    device = Device("/")
    device.open()
    if device.learner:
        device.learner.predict(pixels)
    device.save()
"""

import gc
import os
import sys

from tinycl_rt.protocol import NO_MODEL, Refusal

__all__ = ["Device", "heap", "platform", "unique_id"]

MODEL_FILE = "model.tcm"
ROM_MODEL_FILE = "/rom/model.tcm"  # comes with the firmware; one in the folder goes first
NEW_MODEL_FILE = "model.new"
NEW_STATE_FILE = "state.new"


class Device:
    """Model, learner and store of one board.

    Parameters
    ----------
    folder : str
        Where model.tcm and the state files are.
    autosave : int
        Save after this many learned samples, 0 for never; an end of an experience always saves.
    heap_limit : int
        Refuse models of which file and arena need more bytes; 0: whatever the heap holds.
    config : tinycl_rt.config.Config, optional
        Of a learner that has no saved state.
    """

    def __init__(self, folder=".", autosave=64, heap_limit=0, config=None):
        self.folder = folder
        self.autosave = autosave
        self.heap_limit = heap_limit
        self.config = config
        self.model = self.learner = self.store = None
        self.model_bytes = 0
        self.warning = ""  # why there is no model, or why the last save failed
        self.unsaved = False  # the last save failed
        self.dirty = False
        self.saves = self.save_bytes = self.save_failures = 0
        self._since_save = 0

    def path(self, name):
        return name if self.folder in ("", ".") else self.folder.rstrip("/") + "/" + name

    def open(self):
        """Load what the folder holds. Never raises: without a usable model, ``model`` is None."""
        self.model = self.learner = self.store = None
        self.model_bytes = 0
        self.warning = ""
        gc.collect()
        try:
            path = self.path(MODEL_FILE)
            if not exists(path) and exists(ROM_MODEL_FILE):
                path = ROM_MODEL_FILE
            model = self._load_model(path)
        except OSError:
            self.warning = "no model: " + MODEL_FILE + " is missing"
            return
        except (ValueError, MemoryError) as e:
            self.warning = "model.tcm is not usable: %s" % _reason(e)
            return
        self._take(model)

    def need(self):
        """Return the learner; Refusal when there is none."""
        if self.learner is None:
            raise Refusal(NO_MODEL, self.warning or "there is no model on this board")
        return self.learner

    def save(self):
        """Save the learner if it changed; True when all that was learned is in flash."""
        if self.learner is None or not (self.dirty or self.unsaved):
            return True
        self._since_save = 0
        try:
            self.save_bytes += self.store.save(self.learner)
        except (OSError, MemoryError) as e:
            self.save_failures += 1
            self.unsaved = True
            self.warning = "not saved: %s" % _reason(e)
            return False
        self.saves += 1
        self.dirty = self.unsaved = False
        self.warning = ""
        return True

    def learned(self, samples=1):
        """The learner changed; save when it is time to."""
        self.dirty = True
        self._since_save += samples
        if self.autosave and self._since_save >= self.autosave:
            self.save()

    def reset(self, config):
        """Forget everything learned; `config` as of ``Config.pack()``."""
        from tinycl_rt.config import Config

        self._change(self.learner.reset, Config.unpack(bytes(config)))

    def restore(self, file):
        """Take over a state of the same model, from a file that stands at its begin."""
        self._change(self.learner.restore, file)

    def install(self):
        """Put the checked file model.new in the place of model.tcm.

        Raises
        ------
        ValueError, MemoryError
            It is not a model, or does not fit; the old model is still in use.
        """
        try:
            model = self._load_model(self.path(NEW_MODEL_FILE))
            learner = self._make_learner(model)
        except MemoryError:
            # Both do not fit at once: make room, and take the old one back if it is in vain.
            self.save()
            model = learner = None
            self.model = self.learner = self.store = None
            gc.collect()
            try:
                model = self._load_model(self.path(NEW_MODEL_FILE))
                learner = self._make_learner(model)
            except (MemoryError, ValueError):
                model = None
                self.open()
                raise
        self.save()
        rename(self.path(NEW_MODEL_FILE), self.path(MODEL_FILE))
        self._take(model, learner)

    @property
    def generation(self):
        return self.store.generation if self.store else 0

    @property
    def backend(self):
        """Name of the kernels in use."""
        return getattr(self.learner, "backend", "")

    def _change(self, action, argument):
        config = self.learner.config
        try:
            action(argument)
        except MemoryError:
            self._go_back(config)
            raise
        self.dirty = True
        self.save()

    def _go_back(self, config):
        """A change was half done: go back to what was saved."""
        gc.collect()
        try:
            self.learner.reset(config)  # in the same learner: there is no room for another
            self.store.load(self.learner)
            self.dirty = False
        except (ValueError, OSError, MemoryError):
            self._take(self.model)

    def _load_model(self, path):
        buffer = contents(path)
        size = len(buffer)
        model = self._make_model(buffer)
        if self.heap_limit and size + model.arena_bytes > self.heap_limit:
            raise MemoryError(
                "the model needs %d bytes of %d" % (size + model.arena_bytes, self.heap_limit)
            )
        self.model_bytes = size
        return model

    def _take(self, model, learner=None):
        """Use `model`, with a new learner if none is given, and the state saved for it."""
        self.learner = None
        gc.collect()
        self.dirty = self.unsaved = False
        self._since_save = 0
        self.warning = ""
        try:
            self.learner = learner or self._make_learner(model)
            self.store = self._make_store()
            self.store.load(self.learner)
        except (ValueError, OSError, MemoryError) as e:
            self.warning = "state not loaded: %s" % _reason(e)
        self.model = model if self.learner else None

    # What a firmware of another kind may put other things in the place of.

    def _make_model(self, buffer):
        from tinycl_rt.model import Model

        return Model(buffer)

    def _make_learner(self, model):
        from tinycl_rt.config import Config
        from tinycl_rt.learner import Learner

        if self.config is not None:
            return Learner(model, self.config)
        try:
            return Learner(model, Config())
        except MemoryError:  # a first hello must succeed on the smallest heap
            gc.collect()
            return Learner(model, Config(replay=0))

    def _make_store(self):
        from tinycl_rt.store import Store

        return Store(self.folder)


def heap():
    """Return (free, used) bytes of the heap; zeros where Python does not know."""
    if not hasattr(gc, "mem_free"):
        return 0, 0
    return gc.mem_free(), gc.mem_alloc()


def platform():
    """Return interpreter, version and machine in one line."""
    implementation = sys.implementation
    version = ".".join([str(n) for n in implementation.version[:3]])
    machine = getattr(implementation, "_machine", None) or sys.platform
    return "%s %s %s" % (implementation.name, version, machine)


def unique_id():
    """Return the serial number of this chip in hex; empty where there is none."""
    try:
        from machine import unique_id as raw

        return bytes(raw()).hex()
    except (ImportError, AttributeError):
        pass
    try:
        from microcontroller import cpu

        return bytes(cpu.uid).hex()
    except (ImportError, AttributeError):
        return ""


def contents(path):
    """Bytes of a file: where they lie in memory-mapped flash (ROMFS), else read into the heap."""
    size = os.stat(path)[6]
    with open(path, "rb") as f:
        try:
            return memoryview(f)
        except TypeError:  # its bytes have no address
            pass
        buffer = bytearray(size)
        if f.readinto(buffer) != size:
            raise ValueError("the file ended early")
        return buffer


def exists(path):
    """Whether there is such a file or folder."""
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def rename(old, new):
    """Rename over an existing file, also where the file system refuses to."""
    try:
        os.rename(old, new)
    except OSError:
        remove(new)
        os.rename(old, new)


def remove(path):
    """Remove a file if it is there."""
    try:
        os.remove(path)
    except OSError:
        pass


def _reason(error):
    return str(error) or type(error).__name__
