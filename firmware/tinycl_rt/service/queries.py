"""Requests that only look: what the board is, what it did, how fast it is, what it learned.

The code is loaded when such a request comes and goes with the next one that teaches.
"""

import gc
import struct

from tinycl_rt.lib import buffers
from tinycl_rt.lib.board import platform, unique_id
from tinycl_rt.lib.clock import since, ticks_ms
from tinycl_rt.lib.crc import crc32
from tinycl_rt.lib.heap import heap
from tinycl_rt.link import protocol as p
from tinycl_rt.link.frames import VERSION
from tinycl_rt.link.protocol import put, take
from tinycl_rt.service.commands import image
from tinycl_rt.store import state
from tinycl_rt.version import __version__

__all__ = ["HANDLERS"]


def hello(service, payload):
    _, want = take(p.HELLO_REQUEST, payload)
    device, learner, model = service.device, service.device.learner, service.device.model
    flags = p.HAS_UNSAVED if device.unsaved else 0
    shape, sizes, state, config = (0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0), b""
    mark = b"\0" * 8
    if learner:
        flags |= p.HAS_MODEL | (p.HAS_OPEN if learner.is_open else 0)
        shape, mark = model.input_shape, bytes(model.fingerprint)
        sizes = (model.features, model.latent_bytes, device.model_bytes, model.arena_bytes)
        fingerprint = 0
        if want & p.WANT_FINGERPRINT:
            flags |= p.HAS_FINGERPRINT
            fingerprint = learner.fingerprint()
        state = (learner.experience, learner.position, learner.learned, fingerprint)
        config = learner.packed
    window, max_payload = service.window, service.reader.max_payload
    if heap()[0]:  # of a board: elsewhere it takes long, and says nothing
        gc.collect()
    head = (VERSION, flags, window, 0, max_payload, device.autosave)
    head += (heap()[0], mark) + shape + sizes + state + (device.generation,)
    struct.pack_into(p.INFO, service.out, 0, *head)
    at = put(service.out, struct.calcsize(p.INFO), p.text(config))
    uid = unique_id() if service.uid is None else service.uid
    for part in (__version__, device.backend, platform(), uid, device.warning):
        at = put(service.out, at, p.text(part, 100))
    struct.pack_into("<I", service.out, at, learner.corrections if learner else 0)
    return at + 4


def stats(service, payload):
    device = service.device
    values = (since(service.started), service.frames, service.reader.bad, service.refused)
    values += (service.repeated, device.saves, device.save_bytes, device.save_failures)
    values += heap() + (service.busy_ms,)
    struct.pack_into(p.STATS_REPLY, service.out, 0, *values)
    at = put(service.out, struct.calcsize(p.STATS_REPLY), p.text(device.warning, 100))
    if device.learner:
        for slots in device.learner.replay.sizes[: (len(service.out) - at) // 2]:
            struct.pack_into("<H", service.out, at, slots)
            at += 2
    return at


def names(service, payload):
    first = take(p.NAMES_REQUEST, payload)[0]
    names = service.device.need().names
    at, n = struct.calcsize(p.NAMES_REPLY), 0
    for name in names[first:]:
        if at + 1 + p.MAX_NAME_BYTES > len(service.out):
            break
        at = put(service.out, at, p.text(name, p.MAX_NAME_BYTES))
        n += 1
    struct.pack_into(p.NAMES_REPLY, service.out, 0, len(names), first, n)
    return at


def bench(service, payload):
    n = take(p.BENCH_REQUEST, payload)[0]
    learner = service.device.need()
    if not 1 <= n <= p.MAX_BENCH:
        raise p.Refusal(p.BAD_VALUE, "expected 1 to %d predictions" % p.MAX_BENCH)
    gc.collect()
    pixels = bytearray(service.device.model.input_bytes)
    start = ticks_ms()
    for _ in range(n):
        learner.predict(pixels)
    struct.pack_into(p.BENCH_REPLY, service.out, 0, n, since(start))
    return struct.calcsize(p.BENCH_REPLY)


def get_state(service, payload):
    """A piece of the state, read from where the learner has it: there is no second copy."""
    offset, crc, most = take(p.GET_REQUEST, payload)
    learner = service.device.need()
    # What is learned without a request, in a loop of the board's own, shows here.
    place = learner.experience, learner.is_open, learner.learned, learner.corrections
    if not offset and not crc:
        service.fetched = None
        parts, whole = state.pieces(learner), 0
        for part in parts:
            whole = crc32(part, whole)
        service.fetched = parts, state.size(parts), whole, place
    elif service.fetched is None or service.fetched[2:] != (crc, place):
        raise p.Refusal(p.STALE, "the state changed meanwhile")
    parts, total, crc, _ = service.fetched
    if offset > total:
        raise p.Refusal(p.BAD_REQUEST, "the state has %d bytes" % total)
    at = struct.calcsize(p.GET_REPLY)
    struct.pack_into(p.GET_REPLY, service.out, 0, total, crc, offset)
    room = len(service.out) - at
    end = offset + (min(most, room) if most else room)
    return buffers.copy(parts, offset, end, service.out, at)


def latents(service, payload):
    """What the model makes of an image, run anew for every piece: nothing is to be kept."""
    offset, most, flags, _ = take(p.LATENTS_REQUEST, payload)
    learner = service.device.need()
    backbone, x = learner.backbone, learner.head.x
    latent = backbone.run(image(service, flags, payload[8:]))
    backbone.count(latent, x)
    parts = [latent, x]
    if flags & p.IMAGE_FLOATS and backbone.output is not None:
        parts.append(backbone.output)
    total = buffers.nbytes(parts)
    if offset > total:
        raise p.Refusal(p.BAD_REQUEST, "the outputs have %d bytes" % total)
    at = struct.calcsize(p.LATENTS_REPLY)
    struct.pack_into(p.LATENTS_REPLY, service.out, 0, total, offset)
    room = len(service.out) - at
    end = offset + (min(most, room) if most else room)
    return buffers.copy(parts, offset, end, service.out, at)


HANDLERS = {
    p.HELLO: hello,
    p.STATS: stats,
    p.NAMES: names,
    p.BENCH: bench,
    p.GET_STATE: get_state,
    p.LATENTS: latents,
}
