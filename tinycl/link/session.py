"""Stream a whole experience to a board that may be unplugged, reset or cut off meanwhile.

The board says where it is (``info``), the samples are here: so after every break the stream goes
on from the board's own position, and each sample is learned exactly once.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tinycl_rt.link import protocol as p

from tinycl.exceptions import BoardError, LinkError
from tinycl.link.client import BoardClient
from tinycl.link.messages import Progress, Refused

__all__ = ["predict_all", "stream_experience"]

_PAUSE = 1.0  # seconds
_ROUNDS = 10  # restarts in a row without a single sample learned
_RESTARTED = (p.GAP, p.NOT_OPEN, p.STALE)


def stream_experience(
    client: BoardClient,
    experience: int,
    images: Sequence[Any],
    labels: Sequence[int],
    *,
    classes: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
    wait: float = 60.0,
    on_message: Callable[[str], None] | None = None,
    on_pause: Callable[[], None] | None = None,
) -> Iterator[Progress]:
    """Teach one experience from wherever the board is in it; yields after each sample.

    ``progress.position`` is the number of samples learned: after a power cut it may go back to
    that of the board's last save. An experience that the board has closed already yields nothing.

    Parameters
    ----------
    client : BoardClient
    experience : int
        Number of the experience, from 0 after a reset.
    images : sequence of uint8 arrays (height, width, channels)
    labels : sequence of int
    classes : sequence of int, optional
        Classes that it brings; by default those of `labels`.
    names : sequence of str, optional
        Names of `classes`.
    wait : float
        Seconds to wait for an unplugged board.
    on_message : callable, optional
        Called with a sentence when the board goes and comes.
    on_pause : callable, optional
        Called about once a second, when nothing is in flight: the board may be asked how it fares.

    Raises
    ------
    LinkError
        The board did not come back.
    BoardError
        The board is at another experience, has another model, or has no model.
    """
    if len(images) != len(labels):
        raise BoardError(f"expected one label an image, got {len(images)} and {len(labels)}")
    brings = sorted({int(y) for y in labels}) if classes is None else list(classes)
    rounds, reached = 0, -1
    broken = False
    settings: bytes | None = None
    while True:
        if broken:
            client.reconnect(wait, on_message)
            broken = False
        try:
            start = _place(client, experience, len(images))
            config = client.board.config.pack() if client.board and client.board.config else None
            if settings not in (None, config):
                raise BoardError(
                    f"{client.name}: the board came back without its settings, so it could not "
                    "save them; free some flash, then reset it and stream again"
                )
            settings = config
            if start is None:
                return
            client.begin(experience, brings, len(images), names)
            while start < len(images):
                some = _stretch(images, labels, start, _PAUSE if on_pause else math.inf)
                for progress in client.learn_many(experience, start, some):
                    start += 1
                    if progress.position > reached:
                        rounds, reached = 0, progress.position
                    yield progress
                if on_pause:
                    on_pause()
            client.end(experience, len(images))
            return
        except LinkError:
            broken = True
            rounds += 1
            if rounds > _ROUNDS:
                raise
        except Refused as refused:
            rounds += 1
            if refused.code not in _RESTARTED or rounds > _ROUNDS:
                raise
            if on_message:
                on_message(f"{client.name}: the board restarted; going on from where it is")


def _stretch(
    images: Sequence[Any], labels: Sequence[int], start: int, seconds: float
) -> Iterator[tuple[Any, int]]:
    """Samples from `start` on until so much time has passed, at least one."""
    until = time.monotonic() + seconds
    for i in range(start, len(images)):
        yield images[i], labels[i]
        if time.monotonic() >= until:
            return


def predict_all(
    client: BoardClient,
    images: Sequence[Any],
    *,
    wait: float = 60.0,
    on_message: Callable[[str], None] | None = None,
) -> Iterator[int]:
    """Classes of `images`, in order, across unplugs.

    Raises
    ------
    LinkError, BoardError
        As ``stream_experience``.
    """
    done, rounds = 0, 0
    while done < len(images):
        if rounds:
            client.reconnect(wait, on_message)
        try:
            for label in client.predict_many(images[i] for i in range(done, len(images))):
                done, rounds = done + 1, 0
                yield label
        except LinkError:
            rounds += 1
            if rounds > _ROUNDS:
                raise


def _place(client: BoardClient, experience: int, samples: int) -> int | None:
    """Samples of `experience` that the board has learned; None when it has closed it."""
    info = client.hello()
    if not info.has_model:
        raise BoardError(
            f"{client.name}: {info.warning or 'there is no model on this board'}; "
            "send one first (tinycl flash, or BoardClient.put_model)"
        )
    if info.experience > experience:
        return None
    if info.experience < experience:
        raise BoardError(
            f"{client.name}: the board is at experience {info.experience}, this stream at "
            f"{experience}; stream the earlier ones first, or reset the board"
        )
    start = info.position if info.is_open else 0
    if start > samples:
        raise BoardError(
            f"{client.name}: the board has learned {start} samples of experience {experience}, "
            f"this stream has {samples}; it is another stream: reset the board, or go on with "
            "the one it began"
        )
    return start
