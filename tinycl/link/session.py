"""Stream a whole experience to a board that may be unplugged, reset or cut off meanwhile.

The board says where it is (``info``), the samples are here: so after every break the stream goes
on from the board's own position, and each sample is learned exactly once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from tinycl.exceptions import BoardError, UnsavedError
from tinycl.link.client import BoardClient
from tinycl.link.messages import Answer, Progress

__all__ = ["answer_all", "predict_all", "stream_experience"]

_PAUSE = 1.0  # seconds


def stream_experience(
    client: BoardClient,
    experience: int,
    images: Sequence[Any],
    labels: Sequence[int],
    *,
    classes: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
) -> Iterator[Progress]:
    """Teach one experience from wherever the board is in it; yields after each sample.

    ``progress.position`` is the number of samples learned: after a power cut it may go back to
    that of the board's last save. An experience that the board has closed already yields nothing.

    Parameters
    ----------
    client : BoardClient
        Its ``wait`` says how long to wait for an unplugged board. Its ``observer`` hears when the
        board goes and comes, and about once a second that nothing is under way.
    experience : int
        Number of the experience, from 0 after a reset.
    images : sequence of uint8 arrays (height, width, channels)
    labels : sequence of int
    classes : sequence of int, optional
        Classes that it brings; by default those of `labels`.
    names : sequence of str, optional
        Names of `classes`.

    Raises
    ------
    LinkError
        The board did not come back.
    BoardError
        The board is at another experience, has another model, or has no model.
    UnsavedError
        It restarted without its settings, since it could not save them.
    """
    if len(images) != len(labels):
        raise BoardError(f"expected one label an image, got {len(images)} and {len(labels)}")
    brings = sorted({int(y) for y in labels}) if classes is None else list(classes)
    settings: bytes | None = None

    def steps() -> Iterator[Progress]:
        nonlocal settings
        start = _place(client, experience, len(images))
        config = client.board.config.pack() if client.board and client.board.config else None
        if settings not in (None, config):
            raise UnsavedError(
                f"{client.name}: the board came back without its settings, so it could not "
                "save them; free some flash, then reset it and stream again"
            )
        settings = config
        if start is None:
            return
        client.begin(experience, brings, len(images), names)
        while start < len(images):
            some = _stretch(images, labels, start)
            for progress in client.learn_many(experience, start, some):
                start += 1
                yield progress
            client.observer.pause()
        client.end(experience, len(images))

    return client.resume(steps, lambda progress: progress.position)


def _stretch(
    images: Sequence[Any], labels: Sequence[int], start: int
) -> Iterator[tuple[Any, int]]:
    """Samples from `start` on until it is time for a pause, at least one."""
    until = time.monotonic() + _PAUSE
    for i in range(start, len(images)):
        yield images[i], labels[i]
        if time.monotonic() >= until:
            return


def answer_all(client: BoardClient, images: Sequence[Any]) -> Iterator[Answer]:
    """Answers for `images`, in order, across unplugs.

    Raises
    ------
    LinkError, BoardError
        As ``stream_experience``.
    """
    done = 0

    def steps() -> Iterator[Answer]:
        nonlocal done
        for answer in client.answer_many(images[i] for i in range(done, len(images))):
            done += 1
            yield answer

    return client.resume(steps)


def predict_all(client: BoardClient, images: Sequence[Any]) -> Iterator[int]:
    """Classes of `images`: see ``answer_all``."""
    return (answer.label for answer in answer_all(client, images))


def _place(client: BoardClient, experience: int, samples: int) -> int | None:
    """Samples of `experience` that the board has learned; None when it has closed it."""
    info = client.require_model()
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
