"""A board saves before a command leaves it; what it cannot save goes to a file here."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tinycl.exceptions import BoardError, DataError, LinkError, UnsavedError
from tinycl.files import write_file
from tinycl.observer import Observer

if TYPE_CHECKING:
    from tinycl.link import BoardClient

__all__ = ["Keeper"]


@dataclass
class Keeper:
    """Keeps what a board has learned when a command leaves that board.

    Attributes
    ----------
    client : BoardClient
    port, board, flash
        What the options of these names say.
    folder : Path
        Where the state is written that the board cannot save.
    """

    client: BoardClient
    port: str | None
    board: str | None
    flash: Path | None
    folder: Path = Path()

    def keep(self) -> UnsavedError | None:
        """Make the board save. Where it cannot, write its state to a file.

        Do not say goodbye to a board that could not save: it would forget what it learned.

        Returns
        -------
        UnsavedError or None
            To be raised at the end of the command. None: the board has saved.
        """
        why = self.client.retry(self.client.try_save)
        if not why:
            return None
        return UnsavedError(f"the board could not save what it learned ({why}); {self._rescue()}")

    def interrupted(self, again: str, end: Callable[[], object] | None = None) -> str:
        """Save after Ctrl-C, and let the board go back to its REPL.

        Parameters
        ----------
        again : str
            How to go on.
        end : callable, optional
            Ends what is under way, before the board saves.

        Returns
        -------
        str
            What is kept, and how to go on.
        """
        client, unsaved = self.client, None
        client.observer = Observer()
        try:
            info = client.hello()
            if info.has_model:
                if end is not None:
                    end()
                info = client.hello()
                unsaved = self.keep()
            if not unsaved:
                client.bye()
        except (BoardError, LinkError) as error:
            return f"interrupted; the board could not save ({error}), what it learned may be lost"
        if unsaved:
            return f"interrupted; {unsaved}"
        if not info.has_model:
            return f"interrupted before the board had a model; {again} begins again"
        learned = f"interrupted; the board has learned {info.learned} samples"
        if self.port is None and self.flash is None:
            return f"{learned}, which end with this emulated board: --flash FOLDER keeps them"
        return f"{learned} and saved them; {again} goes on from there"

    def _rescue(self) -> str:
        """Write the board's state to a folder that takes it; a sentence that says which."""
        from tinycl.link.backup import backup

        try:
            state, found, _ = backup(self.client)
        except (BoardError, LinkError, DataError) as error:
            return f"its state could not be fetched either ({error}){self._left()}"
        emulated = f"--board {self.board} --flash {self.flash or 'FOLDER'}"
        where = f"--port {self.port}" if self.port else emulated
        for folder in (self.folder, Path(), Path(tempfile.gettempdir())):
            path = folder / f"unsaved-{found.fingerprint:08x}.tcs"
            try:
                write_file(path, state)
            except DataError as error:
                failure = error
                continue
            return (
                f"{path} is a backup of it: make room on the board, then put it back with "
                f"'tinycl restore {path} {where}'"
            )
        return f"its state could not be written to a file either ({failure}){self._left()}"

    def _left(self) -> str:
        """What is left to do where the state is on the board alone."""
        if self.port is None:
            return ", so it is lost"
        return f": 'tinycl backup --port {self.port} -o FILE' fetches it while the board has power"
