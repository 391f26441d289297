"""What a board has: a model, a learner, and the state it saved, in one folder.

Basic example usage:

    device = Device("/")
    device.open()
    if device.learner:
        device.learner.predict(pixels)
    device.save()
"""

from tinycl_rt.lib.files import reason
from tinycl_rt.lib.modules import forget
from tinycl_rt.link.protocol import NO_MODEL, Refusal

__all__ = ["Device"]

_SELDOM = ("changes", "config", "model.source", "model.parser", "model.checks")
_SELDOM += ("model.float_checks", "store.snapshot", "store.restore", "kernels.choose")


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
        self.packed = config.pack() if config else None  # the class would keep its code loaded
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
        try:
            from tinycl_rt import changes

            changes.open_folder(self)
        except Exception as e:  # the code itself may not fit; a board goes on answering
            self.model = self.learner = self.store = None
            self.warning = "nothing is loaded: %s" % reason(e)
        self.forget()

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
        from tinycl_rt import changes

        changes.reset(self, config)

    def restore(self, file):
        """Take over a state of the same model from a file; to be saved once that is closed."""
        from tinycl_rt import changes

        changes.restore(self, file)

    def install(self):
        """Put the checked file model.new in the place of model.tcm.

        Raises
        ------
        ValueError, MemoryError
            It is not a model, or does not fit; the old model is still in use.
        OSError
            The old model's learned state cannot be saved; it is still in use.
        """
        from tinycl_rt import changes

        changes.install(self)

    def forget(self):
        """Let go of the code that only changes of model, state or settings need."""
        for name in _SELDOM:
            forget(name)

    @property
    def generation(self):
        """Number of the newest save; 0: there is none."""
        return self.store.generation if self.store else 0

    @property
    def backend(self):
        """Name of the kernels in use."""
        return getattr(self.learner, "backend", "")

    # What a firmware of another kind may put other things in the place of.

    def _make_model(self, source):
        from tinycl_rt.model.loader import Model

        return Model(source)

    def _make_learner(self, model, config=None):
        from tinycl_rt import changes

        return changes.make_learner(self, model, config)

    def _make_store(self):
        from tinycl_rt.store.store import Store

        return Store(self.folder)
