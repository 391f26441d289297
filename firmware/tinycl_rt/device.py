"""What a board has: a model, a learner, and the state it saved, in one folder.

Basic example usage:

    device = Device("/")
    device.open()
    if device.learner:
        device.learner.predict(pixels)
    device.save()
"""

import gc
import sys

from tinycl_rt.lib.files import exists, remove, rename
from tinycl_rt.lib.modules import forget
from tinycl_rt.link.protocol import NO_MODEL, Refusal

__all__ = ["Device", "exists", "heap", "platform", "reason", "remove", "rename", "unique_id"]

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
        Refuse models of which weights and arena need more bytes; 0: whatever the heap holds.
    config : tinycl_rt.config.Config, optional
        Of a learner that has no saved state.
    """

    def __init__(self, folder=".", autosave=64, heap_limit=0, config=None):
        self.folder = folder
        self.autosave = autosave
        self.heap_limit = heap_limit
        self.config = config
        self.model = self.learner = self.store = None
        self.staged = None  # memory for images that is given up while a file is open
        self.model_bytes = 0
        self._model_path = ""
        self.warning = ""  # why there is no model, or why the last save failed
        self.unsaved = False  # the last save failed
        self.dirty = False
        self.saves = self.save_bytes = self.save_failures = 0
        self._since_save = 0

    def path(self, name):
        """Path of a file in the folder."""
        return name if self.folder in ("", ".") else self.folder.rstrip("/") + "/" + name

    def open(self):
        """Load what the folder holds. Never raises: without a usable model, ``model`` is None."""
        self._clear_up()
        self._open()

    def _clear_up(self):
        """Uploads that a power cut ended: they take room.

        A whole model takes the place of one that is gone: FAT cannot rename over a file.
        """
        path, new = self.path(MODEL_FILE), self.path(NEW_MODEL_FILE)
        if exists(new) and not exists(path):
            try:
                self._load_model(new, 0).source.close()
                rename(new, path)
            except (ValueError, MemoryError, OSError):
                pass
        remove(new)
        remove(self.path(NEW_STATE_FILE))

    def _open(self):
        self._drop()
        self.warning = ""
        try:
            path = self.path(MODEL_FILE)
            if not exists(path) and exists(ROM_MODEL_FILE):
                path = ROM_MODEL_FILE
            self.model = self._load_model(path)
        except OSError:
            self.warning = "no model: " + MODEL_FILE + " is missing"
            return
        except (ValueError, MemoryError) as e:
            self.warning = "model.tcm is not usable: %s" % reason(e)
            return
        self._take()

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
        if self.staged:
            self.staged.give_up()
        try:
            self.save_bytes += self.store.save(self.learner)
        except (OSError, MemoryError) as e:
            self.save_failures += 1
            self.unsaved = True
            self.warning = "not saved: %s" % reason(e)
            return False
        finally:
            if self.staged:
                self.staged.take_place()
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

        config = Config.unpack(bytes(config))
        self.save()  # where it fails half way, this is what is left
        self._change(lambda: self.learner.reset(config))
        self.save()

    def restore(self, file):
        """Take over a state of the same model from a file; to be saved once that is closed."""

        def take():
            file.seek(0)
            self.learner.restore(file)

        self._change(take)

    def install(self):
        """Put the checked file model.new in the place of model.tcm.

        Raises
        ------
        ValueError, MemoryError
            It is not a model, or does not fit; the old model is still in use.
        OSError
            The old model's learned state cannot be saved; it is still in use.
        """
        path = self.path(NEW_MODEL_FILE)
        try:
            self._load_model(path, 0).source.close()
        except MemoryError:  # there may be room without the old one
            gc.collect()
        if not self.save():
            raise OSError(self.warning)
        self._drop()
        try:
            self.model = self._load_model(path)
            self._set_up()
        except (MemoryError, ValueError):
            self._open()
            raise
        source = self.model.source
        source.close()
        rename(path, self.path(MODEL_FILE))
        self._model_path = self.path(MODEL_FILE)
        source.open(self._model_path)
        self._take()

    @property
    def generation(self):
        """Number of the newest save; 0: there is none."""
        return self.store.generation if self.store else 0

    @property
    def backend(self):
        """Name of the kernels in use."""
        return getattr(self.learner, "backend", "")

    def _change(self, action):
        config = self.learner.config
        try:
            try:
                action()
            except MemoryError:
                if not self._lighten():
                    raise
                action()
        except MemoryError:
            if self.learner is None or self.learner.config is not config:
                self._go_back(config)
            raise
        self.dirty = True

    def _go_back(self, config):
        """A change was half done: go back to what was saved."""
        if self.staged:
            self.staged.give_up()
        gc.collect()
        if self.learner is not None:
            try:
                self.learner.reset(config)  # in the same learner: there is no room for another
                self.store.load(self.learner)
                self.dirty = False
                return
            except (ValueError, OSError, MemoryError):
                pass
        self._open()

    def _load_model(self, path, room=None):
        """Check a model; `room` as of ``open_source``."""
        from tinycl_rt.model.source import open_source

        rooms = (self.heap_limit or None, 0) if room is None else (room,)
        for most in rooms:
            source = open_source(path, most)
            try:
                model = self._make_model(source)
                need = source.resident + model.arena_bytes
                if self.heap_limit and need > self.heap_limit:
                    raise MemoryError("the model needs %d bytes of %d" % (need, self.heap_limit))
                break
            except (ValueError, MemoryError) as e:
                source.close()
                if isinstance(e, ValueError) or source.place != "heap":
                    raise
            source = model = None
            gc.collect()
        forget("model.checks")
        forget("model.float_checks")
        self.model_bytes = source.size
        self._model_path = path
        return model

    def _drop(self):
        """Let go of model and learner."""
        if self.model is not None:
            self.model.source.close()
        self.model = self.learner = self.store = None
        self.model_bytes = 0
        gc.collect()

    def _take(self):
        """Use the model, with a new learner if there is none, and the state saved for it."""
        self.dirty = self.unsaved = False
        self._since_save = 0
        self.warning = ""
        try:
            try:
                self._set_up()
                self.store.load(self.learner)
            except MemoryError:
                if not self._lighten():
                    raise
                self.store.load(self.learner)
        except (ValueError, OSError, MemoryError) as e:
            self.warning = "state not loaded: %s" % reason(e)
        if self.learner is None:
            self.model = None

    def _set_up(self):
        """Make the learner, if there is none, and the store."""
        if self.learner is None:
            try:
                self.learner = self._make_learner(self.model)
            except MemoryError:
                if not self._lighten():
                    raise
        self.store = self._make_store()

    def _lighten(self):
        """Let the weights go from the heap: a new learner, with the weights streamed.

        False if they are not in the heap.
        """
        if self.model is None or self.model.source.place != "heap":
            return False
        self.learner = self.model = None
        gc.collect()
        self.model = self._load_model(self._model_path, 0)
        self.learner = self._make_learner(self.model)
        return True

    # What a firmware of another kind may put other things in the place of.

    def _make_model(self, source):
        from tinycl_rt.model.loader import Model

        return Model(source)

    def _make_learner(self, model):
        from tinycl_rt.config import Config
        from tinycl_rt.learner import Learner

        if self.config is not None:
            return Learner(model, self.config)
        try:
            return Learner(model, Config())
        except MemoryError:
            pass  # not in here: what was made of it is held until the end
        gc.collect()
        return Learner(
            model, Config(replay_slots=0)
        )  # a first hello must succeed on the smallest heap

    def _make_store(self):
        from tinycl_rt.store.store import Store

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


def reason(error):
    """Why something failed, in words."""
    if isinstance(error, OSError) and error.errno == 30:  # EROFS
        return "the files are read-only: see storage.remount in boot.py"
    if isinstance(error, OSError) and error.errno == 28:  # ENOSPC
        return "the file system is full"
    return str(error) or type(error).__name__
