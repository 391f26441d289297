"""What a board's network makes of images: latent bits, features and float outputs."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import numpy as np
from tinycl_rt.link import protocol as p

from tinycl.exceptions import LinkError
from tinycl.link.images import ImageSender, Sample
from tinycl.link.messages import Info, unpack

__all__ = ["MOST_BYTES", "outputs_many"]

MOST_BYTES = 632  # of a reply to LATENTS: what a frame of every board takes


def outputs_many(
    sender: ImageSender,
    info: Info,
    images: Iterable[bytes],
    floats: int,
    most: int = MOST_BYTES,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Run a board's network on images, several in flight.

    Parameters
    ----------
    sender : ImageSender
    info : Info
        The board's hello.
    images : iterable of bytes
        Pixels, rows, columns, channels.
    floats : int
        Float outputs of the model; 0 for none.
    most : int
        Bytes of a reply; larger outputs come in pieces, and the board runs once for each.

    Yields
    ------
    tuple of numpy.ndarray
        Packed latent bits, uint8 (bytes,); the features as the head takes them, int8 (features,):
        of 8 bits, or of fewer if its weights have fewer; the outputs, float32 (floats,).

    Raises
    ------
    Refused
        There is no model, or an image has another size.
    LinkError
        No answer, or one of another size than expected.
    """
    ends = (info.latent_bytes, info.latent_bytes + info.features)
    total = ends[1] + 4 * floats
    most = min(max(most, 1), MOST_BYTES)
    places = range(0, max(total, 1), most)
    pieces = (
        Sample(image, struct.pack("<IH", place, most)) for image in images for place in places
    )
    whole = bytearray()
    for reply in sender.send(p.LATENTS, pieces, p.IMAGE_FLOATS if floats else 0):
        named, offset = unpack(p.LATENTS_REPLY, reply)
        piece = reply[struct.calcsize(p.LATENTS_REPLY) :]
        if (named, offset) != (total, len(whole)) or len(piece) != min(most, total - offset):
            raise LinkError(
                f"expected bytes from {len(whole)} of {total}, got {len(piece)} from {offset} of "
                f"{named}; is another model on the board now, or older firmware?"
            )
        whole += piece
        if len(whole) == total:
            raw = np.frombuffer(bytes(whole), np.uint8)
            bits, features = raw[: ends[0]], raw[ends[0] : ends[1]].view(np.int8)
            yield bits, features, np.frombuffer(bytes(whole[ends[1] :]), "<f4")
            whole.clear()
