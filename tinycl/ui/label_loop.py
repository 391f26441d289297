"""A sitting of ``tinycl label``: show a sample, take a key, teach the board."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.live import Live

from tinycl.data.capture import Frame
from tinycl.data.microphone import play
from tinycl.exceptions import BoardError, DataError, MissingExtraError
from tinycl.link.teacher import Teacher
from tinycl.observer import Observer
from tinycl.ui.keyboard import BACKSPACE, ESCAPE, Keyboard
from tinycl.ui.keys import ACCEPT, END, FORGET, NEW, PLAY, RENAME, SAVE, SKIP, Keys
from tinycl.ui.label_view import Screen

__all__ = ["Labelling"]

_FRAME = 0.03  # seconds that a camera waits for a key


class Labelling(Observer):
    """Loop of samples and keys; the observer of the board meanwhile.

    Parameters
    ----------
    teacher : Teacher
    title : str
        Name of the board.
    live : bool
        Samples go on by themselves, as a camera's do, until a key comes.

    Attributes
    ----------
    unread : list of str
        Why samples were skipped, a sentence each.
    """

    def __init__(self, teacher: Teacher, title: str, live: bool) -> None:
        self.teacher = teacher
        self.screen = Screen(title, teacher.names)
        self.unread: list[str] = []
        self._live = live
        self._view = Live(
            self.screen, console=Console(), screen=True, auto_refresh=False, transient=True
        )

    def run(self, shots: Iterator[Frame], keyboard: Keyboard) -> None:
        """Until the samples or the patience end; the board has consolidated and saved then.

        Raises
        ------
        LinkError, BoardError
            The board did not come back.
        """
        try:
            with keyboard, self._view:
                for shot in shots:
                    if not self._one(shot, keyboard):
                        break
        finally:
            shots_close = getattr(shots, "close", None)
            if shots_close:
                shots_close()
        self.teacher.end()

    def message(self, text: str) -> None:
        """See ``Observer``."""
        self.screen.message = text
        self._view.refresh()

    def skipped(self, sentence: str) -> None:
        """A sample cannot be read: say why, now and at the end."""
        self.unread.append(sentence)
        self.screen.message = sentence

    def _one(self, shot: Frame, keyboard: Keyboard) -> bool:
        """Show a sample until it is labelled or skipped; False when it is time to end."""
        screen = self.screen
        self._predict(shot)
        if not self._live:
            keyboard.forget()
        while True:
            self._view.refresh()
            key = keyboard.key(_FRAME if self._live else None)
            if key is None:
                return True
            screen.message = ""
            label = Keys(screen.names).label(key)
            if key == END:
                return False
            if key == SKIP:
                screen.counts.skipped += 1
                return True
            if key == SAVE:
                self._save()
            elif key == PLAY and shot.sound is not None:
                self._play(shot.sound)
            elif key == NEW:
                label = self._new(keyboard)
            elif key in (RENAME, FORGET):
                self._correct(keyboard, key)
                self._predict(shot)
            elif key == ACCEPT:
                label = screen.predicted
                if label is None:
                    screen.message = "there is no prediction to accept: press the key of a name"
            elif label is None and key.isprintable():
                screen.message = f"no name has the key {key}; n gives a new one"
            if label is not None:
                self._teach(shot, label, key == ACCEPT)
                return True

    def _predict(self, shot: Frame) -> None:
        screen = self.screen
        screen.shot, screen.predicted = shot, self.teacher.predict(shot.pixels)
        screen.answer = self.teacher.answer

    def _teach(self, shot: Frame, label: int, accepted: bool) -> None:
        screen, names = self.screen, self.screen.names
        self.teacher.learn(shot.pixels, label)
        before = None if screen.predicted is None else names[screen.predicted]
        screen.counts.label(names[label], before, accepted)
        screen.message = f"learned: {names[label]}"
        if self.teacher.unsaved:
            screen.message += "; the board cannot save, see at the end"

    def _save(self) -> None:
        try:
            self.teacher.save()
            self.screen.message = "saved"
        except BoardError as error:
            self.screen.message = str(error)

    def _play(self, samples: NDArray[np.int16]) -> None:
        try:
            play(samples)
        except (DataError, MissingExtraError) as error:
            self.screen.message = str(error)

    def _new(self, keyboard: Keyboard) -> int | None:
        """The class of a new name; None where there is none."""
        try:
            name = self._name(keyboard)
            return None if name is None else self.teacher.add(name)
        except DataError as error:
            self.screen.message = str(error)
            return None

    def _correct(self, keyboard: Keyboard, key: str) -> None:
        """Rename or forget the class whose key is pressed next."""
        screen, counts = self.screen, self.screen.counts
        verb = "rename" if key == RENAME else "forget"
        screen.message = f"{verb} which name? Press its key, or Esc"
        self._view.refresh()
        label = Keys(screen.names).label(keyboard.key() or "")
        screen.message = ""
        if label is None:
            return
        before = screen.names[label]
        try:
            if key == FORGET:
                self.teacher.forget(label)
                counts.forget(before)
                screen.message = f"forgotten: {before}"
            elif (name := self._name(keyboard)) is not None:
                self.teacher.rename(label, name)
                counts.rename(before, screen.names[label])
                screen.message = f"renamed: {before} is {screen.names[label]}"
        except (BoardError, DataError) as error:
            screen.message = str(error)

    def _name(self, keyboard: Keyboard) -> str | None:
        """Let a name be typed; None when it was cancelled."""
        screen, typed = self.screen, ""
        try:
            while True:
                screen.typed = typed
                self._view.refresh()
                key = keyboard.key() or ""
                if key == ESCAPE:
                    return None
                if key == "\n":
                    return typed
                if key == BACKSPACE:
                    typed = typed[:-1]
                elif key.isprintable():
                    typed += key
        finally:
            screen.typed = None
