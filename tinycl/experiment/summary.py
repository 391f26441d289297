"""``summary.json``: one run on a board, as the report and other programs read it."""

from __future__ import annotations

import math
from typing import Any

from tinycl_rt.model.loader import Model

from tinycl import __version__
from tinycl.compiler.fit.memory import head_bytes
from tinycl.experiment.board import StreamedBoard
from tinycl.experiment.experiment import Experiment
from tinycl.experiment.loop import Record
from tinycl.link.client import BoardClient

__all__ = ["summarise"]


def summarise(
    record: Record,
    experiment: Experiment,
    model: Model | None,
    client: BoardClient,
    subject: StreamedBoard,
    board: str,
    command: str,
) -> dict[str, Any]:
    """Everything that is known after a run on a board.

    Parameters
    ----------
    record, experiment
        What was measured, and what was done.
    model
        The board's model, where the host has it: for the sizes in bytes.
    client, subject
        The link, for its figures, and for whether the board has saved what it learned.
    board
        Name in ``tinycl boards``, or the port.
    command
        What made this run.
    """
    info = client.info()
    saved = not info.unsaved and f"{info.state or 0:08x}" == record.fingerprint
    counts, stats = client.counts, client.stats()
    rate = subject.samples / subject.seconds if subject.seconds else None
    summary: dict[str, Any] = {
        **record.summary(),
        "class_names": list(experiment.dataset.class_names),
        "samples_streamed": subject.samples,
        "samples_per_second": rate,
        "bytes_per_second": subject.bytes / subject.seconds if subject.seconds else None,
        "link_share": subject.link_share,
        "bytes_sent": counts.bytes_sent,
        "bytes_received": counts.bytes_received,
        "retransmissions": counts.retransmissions,
        "saved": saved,  # all of it is in the board's flash
        "saves": stats["saves"],  # since the board was started
        "bytes_saved": stats["save_bytes"],
        "board": {"name": board, "backend": info.backend, "firmware": info.platform},
        "board_fingerprint": record.fingerprint,
        "head": experiment.settings.head,
        "confidence": subject.confidence,
        "settings": experiment.describe(),
        "command": command,
        "version": __version__,
    }
    if model is not None:
        slots, latent = experiment.config.replay_slots, experiment.settings.latent(model)
        summary |= {
            "model_bytes": model.nbytes,
            "head_bytes": head_bytes(model, experiment.config),
            "replay_slots": slots,
            "replay_bytes": slots * latent.nbytes,
            "replay_bytes_float32": slots * math.prod(latent.shape) * 4,
        }
    return summary
