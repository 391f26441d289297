"""What a board says, as objects: the payloads of ``tinycl_rt.link.protocol`` unpacked."""

from __future__ import annotations

import struct
from dataclasses import asdict, dataclass
from typing import Any

from tinycl_rt.config import Config
from tinycl_rt.link import protocol as p

from tinycl.exceptions import BoardError, LinkError

__all__ = ["Answer", "Info", "Progress", "Refused", "unpack"]


@dataclass(frozen=True)
class Answer:
    """A prediction.

    Attributes
    ----------
    label : int
    confidence : float or None
        0..1: how often such predictions are right; None where a board does not tell.
    known : bool
        False: the sample seems to be of no class that was taught.
    """

    label: int
    confidence: float | None = None
    known: bool = True


class Refused(BoardError):
    """A typed error of a board.

    Attributes
    ----------
    code : int
        ``GAP``, ``NO_MODEL``... of ``tinycl_rt.link.protocol``.
    reason : str
        The board's own words.
    experience, position : int
        Where the board is; with ``GAP`` what it wants next.
    """

    def __init__(self, code: int, reason: str, experience: int = 0, position: int = 0) -> None:
        super().__init__(f"the board refuses: {reason}")
        self.code = code
        self.reason = reason
        self.experience = experience
        self.position = position

    @classmethod
    def unpack(cls, payload: bytes) -> Refused:
        """Read the payload of an error reply."""
        code, _, experience, position = unpack(p.ERROR_REPLY, payload)
        raw, _ = p.read_text(payload, struct.calcsize(p.ERROR_REPLY))
        return cls(code, raw.decode("utf-8", "replace"), experience, position)


@dataclass(frozen=True)
class Progress:
    """Where a board is after a request that changes something.

    Attributes
    ----------
    repeated : bool
        The request had been carried out before; nothing was done now.
    is_open : bool
        An experience is open.
    unsaved : bool
        The last save failed: what is learned lives in RAM only.
    predicted : int or None
        Class that the board gave the sample before learning it; None when it forgot.
    experience, position, learned : int
        Number of the open or next experience, samples learned in it, samples learned ever.
    generation : int
        Number of the newest save.
    """

    repeated: bool
    is_open: bool
    unsaved: bool
    predicted: int | None
    experience: int
    position: int
    learned: int
    generation: int

    @classmethod
    def unpack(cls, payload: bytes) -> Progress:
        """Read the payload of a ``PROGRESS`` reply."""
        flags, _, predicted, *rest = unpack(p.PROGRESS, payload)
        return cls(
            bool(flags & p.DONE_BEFORE),
            bool(flags & p.DONE_OPEN),
            bool(flags & p.DONE_UNSAVED),
            None if predicted == p.UNKNOWN_CLASS else predicted,
            *rest,
        )


@dataclass(frozen=True)
class Info:
    """A board's answer to hello; sizes in bytes, `fingerprint` names the model.

    `state` is the CRC-32 of the whole learned state, where it was asked for.
    """

    protocol: int
    window: int
    max_payload: int
    autosave: int
    heap_free: int
    has_model: bool
    fingerprint: str
    input_shape: tuple[int, int, int]
    features: int
    latent_bytes: int
    model_bytes: int
    arena_bytes: int
    is_open: bool
    experience: int
    position: int
    learned: int
    state: int | None
    generation: int
    unsaved: bool
    config: Config | None
    version: str
    backend: str
    platform: str
    uid: str
    warning: str
    corrections: int | None  # how often it forgot or renamed a class; None: it cannot

    @property
    def input_bytes(self) -> int:
        """Bytes of one image."""
        height, width, channels = self.input_shape
        return height * width * channels

    @classmethod
    def unpack(cls, payload: bytes) -> Info:
        """Read the payload of a reply to ``HELLO``."""
        fields = unpack(p.INFO, payload)
        protocol, flags, window, _, max_payload, autosave, heap_free, mark = fields[:8]
        h, w, c, features, latent_bytes, model_bytes, arena_bytes = fields[8:15]
        experience, position, learned, state, generation = fields[15:]
        at, texts = struct.calcsize(p.INFO), []
        for _ in range(6):
            raw, at = p.read_text(payload, at)
            texts.append(raw)
        words = [raw.decode("utf-8", "replace") for raw in texts[1:]]
        return cls(
            protocol=protocol,
            window=window,
            max_payload=max_payload,
            autosave=autosave,
            heap_free=heap_free,
            has_model=bool(flags & p.HAS_MODEL),
            fingerprint=mark.hex() if flags & p.HAS_MODEL else "",
            input_shape=(h, w, c),
            features=features,
            latent_bytes=latent_bytes,
            model_bytes=model_bytes,
            arena_bytes=arena_bytes,
            is_open=bool(flags & p.HAS_OPEN),
            experience=experience,
            position=position,
            learned=learned,
            state=state if flags & p.HAS_FINGERPRINT else None,
            generation=generation,
            unsaved=bool(flags & p.HAS_UNSAVED),
            config=_config(texts[0]),
            version=words[0],
            backend=words[1],
            platform=words[2],
            uid=words[3],
            warning=words[4],
            corrections=unpack("<I", payload[at:])[0] if at < len(payload) else None,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        plain = {name: value for name, value in asdict(self).items() if name != "config"}
        plain["input_shape"] = list(self.input_shape)
        plain["config"] = vars(self.config) if self.config else None
        return plain


def _config(packed: bytes) -> Config | None:
    if not packed:
        return None
    try:
        return Config.unpack(packed)
    except ValueError as error:
        raise LinkError(
            f"the board's settings are not readable here ({error}); flash the board again"
        ) from None


def unpack(layout: str, payload: bytes) -> tuple[Any, ...]:
    """Unpack the front of a reply; LinkError when it is too short."""
    if len(payload) < struct.calcsize(layout):
        raise LinkError(
            f"expected a reply of at least {struct.calcsize(layout)} bytes, got {len(payload)}; "
            "is the firmware of another version?"
        )
    return struct.unpack_from(layout, payload, 0)
