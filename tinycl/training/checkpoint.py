"""Checkpoints: after a kill, training goes on where it was and ends with the same weights.

Keras' own ``BackupAndRestore`` restores weights inside ``fit``: too late for batches, which are a
function of the epoch. Neither it nor ``ModelCheckpoint`` keeps the history and the best accuracy
before the kill, or refuses a run with other settings.
"""

import json
import shutil
import time
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from tinycl.exceptions import ModelError
from tinycl.files import replacing
from tinycl.models.files import load_model, save_model
from tinycl.training.settings import TrainingSettings

__all__ = ["Checkpoint"]

_SECONDS = 2.0


class Checkpoint:
    """The folder ``checkpoints`` of a run: settings, history, last and best model.

    ``last.keras`` holds the classifier with its optimizer; ``best.keras`` the backbone with the
    best validation accuracy so far. Both are replaced whole, at most every two seconds. At the
    end `finish` adds ``final.keras``: the classifier, with averaged weights if they are wanted.

    Parameters
    ----------
    folder
        Where to keep them; it is made.
    settings
        Of this run.
    resume
        Go on from what is there; otherwise it is cleared.

    Raises
    ------
    ModelError
        ``resume``, but the folder belongs to a run with other settings; or it cannot be made.
    """

    def __init__(self, folder: Path, settings: TrainingSettings, resume: bool) -> None:
        self._folder = folder
        self._saved_at = 0.0
        self._best: Any = None
        self.history: list[dict[str, float]] = []
        if resume and (folder / "settings.json").is_file():
            self._compare(settings)
            return
        try:
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir(parents=True)
            _write(folder / "settings.json", settings.as_dict())
        except OSError as error:
            raise ModelError(f"cannot write {folder}: {error.strerror}") from error

    def restore(self, steps: int) -> Any | None:
        """Read the last classifier, and the history up to it.

        Parameters
        ----------
        steps
            Optimizer steps in an epoch.

        Returns
        -------
        tf.keras.Model or None
            None when nothing was saved yet. ``len(history)`` is the epoch to go on with.

        Raises
        ------
        ModelError
            A file of the checkpoint is damaged.
        """
        last = self._folder / "last.keras"
        if not last.is_file():
            return None
        classifier = load_model(last)
        epochs = int(classifier.optimizer.iterations.numpy()) // steps
        self.history = _read(self._folder / "history.json")[:epochs]
        return classifier

    def epoch_done(self, classifier: Any, backbone: Any, figures: dict[str, float]) -> None:
        """Note an epoch's figures (``val_accuracy`` among them) and save when it is time."""
        before = [past["val_accuracy"] for past in self.history]
        self.history.append(figures)
        if figures["val_accuracy"] >= max(before, default=0.0):
            self._best = backbone.get_weights()
        if time.monotonic() - self._saved_at >= _SECONDS:
            self.save(classifier, backbone)

    def save(self, classifier: Any, backbone: Any) -> None:
        """Write history, best and last model, in this order: `restore` starts from the last."""
        _write(self._folder / "history.json", self.history)
        if self._best is not None:
            now = backbone.get_weights()
            backbone.set_weights(self._best)
            save_model(backbone, self._folder / "best.keras")
            backbone.set_weights(now)
            self._best = None
        save_model(classifier, self._folder / "last.keras")
        self._saved_at = time.monotonic()

    def finish(self, classifier: Any) -> None:
        """Write the classifier as training leaves it."""
        save_model(classifier, self._folder / "final.keras")

    def _compare(self, settings: TrainingSettings) -> None:
        before = _read(self._folder / "settings.json")
        now = settings.as_dict()
        for later in fields(settings):  # an earlier version did not know them
            if later.default is not MISSING:
                before.setdefault(later.name, later.default)
        changed = [name for name, value in now.items() if before.get(name) != value]
        if changed:
            raise ModelError(
                f"{self._folder} belongs to a run with {changed[0]} "
                f"{before.get(changed[0])!r}, not {now[changed[0]]!r}: resume with the same "
                "settings, or start anew without --resume"
            )


def _write(path: Path, value: Any) -> None:
    """Replace a JSON file whole, so that a kill never leaves a part of it."""
    with replacing(path, ModelError) as fresh:
        fresh.write_text(json.dumps(value, indent=1))


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is missing or damaged: start anew without --resume") from error
