"""Which modules of the runtime make up which file of a board, for each profile."""

from __future__ import annotations

__all__ = ["PROFILES", "PUBLIC", "RECORDING", "SOUND", "STUBS"]

_MODEL = "tcm model.graph model.loader model.backbone"
_PREDICT = f"version lib.crc lib.modules lib.files {_MODEL} forward predictor"
_LEARN = "lib.integers replay learner"
_SAVE = "lib.buffers store.state store.log store.store"

_SETUP = {
    "_config": "config",
    "_memory": "model.memory",
    "_file": "model.file",
    "_setup": "kernels.choose model.source model.checks model.parser",
    "_floats": "model.float_checks",
    "_channels": "model.channels",
    "_float_ops": "model.float_ops",
    "_restore": "store.reading store.restore store.weights",
}
_CORRECTIONS = "corrections"
_HEADS = {"_cwr": "head", "_lda": "cholesky lda"}
_TRAINABLE = {
    "_layers": "trainable.layers trainable.tail trainable.learning",
    "_full": "trainable.full",
}

PROFILES: dict[str, dict[str, str]] = {
    "predict": {
        "": _PREDICT,
        **_SETUP,
        "_restore": "lib.buffers store.state store.reading store.weights",
    },
    "learn": {
        "": f"{_PREDICT} {_LEARN}",
        "_save": _SAVE,
        **_SETUP,
        **_HEADS,
        **_TRAINABLE,
        "_corrections": _CORRECTIONS,
        "_snapshot": "store.snapshot",
        "_device": "link.protocol device",
        "_changes": "changes",
    },
    "serve": {
        "": f"{_PREDICT} {_LEARN}",
        "_save": _SAVE,
        **_SETUP,
        **_HEADS,
        **_TRAINABLE,
        "_snapshot": "store.snapshot",
        "_device": "lib.clock lib.heap link.protocol device link.frames link.streams "
        "service.commands service.service",
        "_changes": "changes",
        "_staged": "service.staged",
        "_queries": "lib.board service.queries",
        "_uploads": "service.uploads",
        "_settings": "service.settings",
        "_corrections": f"{_CORRECTIONS} service.corrections",
    },
}
"""By profile and by part, whose module is named from the package on: the modules that it holds.

What comes first is needed by what follows. Parts are loaded as a whole, and let go as a whole.
"""

SOUND = {"_sound": "sound listener"}
"""The part of boards that hear, whatever their profile."""

RECORDING = {"_sent_sound": "service.sound"}
"""The part of boards that hear what a host sends."""

STUBS = (
    "config",
    "device",
    "head",
    "learner",
    "listener",
    "predictor",
    "replay",
    "sound",
    "model.file",
    "model.loader",
    "model.memory",
    "model.source",
    "kernels.choose",
    "lib.integers",
    "link.streams",
    "service.service",
    "service.sound",
    "store.store",
)
"""Modules that programs import: where they lie in a part, a file of theirs points to it."""

PUBLIC = (
    "Backbone CdcStream File Memory Service Staged StdioStream Store Stream cells clear close "
    "count data default device done exact give_up have key limit max_payload narrow open_source "
    "place poll_once port read_bytes reader readinto reads resident room run serve size stop "
    "stream take_place timeout_ms uid view wait window write"
)
"""Names that programs may use, besides those of the type stubs (``.pyi``): they stay."""
