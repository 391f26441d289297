"""Requests that only look: what the board is, what it did, how fast it is, what it learned."""

import gc
import struct

from tinycl_rt.device import heap, platform
from tinycl_rt.lib import buffers
from tinycl_rt.lib.clock import since, ticks_ms
from tinycl_rt.lib.crc import crc32
from tinycl_rt.link import protocol as p
from tinycl_rt.link.frames import VERSION
from tinycl_rt.link.protocol import put, take
from tinycl_rt.store import state
from tinycl_rt.version import __version__

__all__ = ["Reports"]


class Reports:
    """Handlers: payload in, length of the reply out, which they write to `out`.

    Parameters
    ----------
    device : tinycl_rt.device.Device
    out : memoryview
        Room for the payload of a reply.
    limits : tuple of int
        Window and largest payload, as said to the host.
    uid : str
        Name of this very board.
    counters : callable
        Returns (frames, bad frames, refused, repeated, busy ms).
    """

    def __init__(self, device, out, limits, uid, counters):
        self._device = device
        self._out = out
        self._limits = limits
        self._uid = uid
        self._counters = counters
        self._started = ticks_ms()
        self._fetched = None  # the state while the host fetches it: views, bytes, CRC, place
        self.handlers = {
            p.HELLO: self._hello,
            p.STATS: self._stats,
            p.NAMES: self._names,
            p.BENCH: self._bench,
            p.GET_STATE: self._get_state,
        }

    def drop(self):
        """Forget what is being fetched: the state may change now."""
        self._fetched = None

    def _hello(self, payload):
        _, want = take(p.HELLO_REQUEST, payload)
        device, learner, model = self._device, self._device.learner, self._device.model
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
            config = learner.config.pack()
        window, max_payload = self._limits
        head = (VERSION, flags, window, 0, max_payload, device.autosave)
        head += (heap()[0], mark) + shape + sizes + state + (device.generation,)
        struct.pack_into(p.INFO, self._out, 0, *head)
        at = put(self._out, struct.calcsize(p.INFO), p.text(config))
        for part in (__version__, device.backend, platform(), self._uid, device.warning):
            at = put(self._out, at, p.text(part, 100))
        return at

    def _stats(self, payload):
        device = self._device
        frames, bad, refused, repeated, busy_ms = self._counters()
        values = (since(self._started), frames, bad, refused, repeated)
        values += (device.saves, device.save_bytes, device.save_failures)
        values += heap() + (busy_ms,)
        struct.pack_into(p.STATS_REPLY, self._out, 0, *values)
        at = put(self._out, struct.calcsize(p.STATS_REPLY), p.text(device.warning, 100))
        if device.learner:
            for slots in device.learner.replay.sizes[: (len(self._out) - at) // 2]:
                struct.pack_into("<H", self._out, at, slots)
                at += 2
        return at

    def _names(self, payload):
        first = take(p.NAMES_REQUEST, payload)[0]
        names = self._device.need().names
        at, n = struct.calcsize(p.NAMES_REPLY), 0
        for name in names[first:]:
            if at + 1 + p.MAX_NAME_BYTES > len(self._out):
                break
            at = put(self._out, at, p.text(name, p.MAX_NAME_BYTES))
            n += 1
        struct.pack_into(p.NAMES_REPLY, self._out, 0, len(names), first, n)
        return at

    def _bench(self, payload):
        n = take(p.BENCH_REQUEST, payload)[0]
        learner = self._device.need()
        if not 1 <= n <= p.MAX_BENCH:
            raise p.Refusal(p.BAD_VALUE, "expected 1 to %d predictions" % p.MAX_BENCH)
        gc.collect()
        pixels = bytearray(self._device.model.input_bytes)
        start = ticks_ms()
        for _ in range(n):
            learner.predict(pixels)
        struct.pack_into(p.BENCH_REPLY, self._out, 0, n, since(start))
        return struct.calcsize(p.BENCH_REPLY)

    def _get_state(self, payload):
        """A piece of the state, read from where the learner has it: there is no second copy."""
        offset, crc, most = take(p.GET_REQUEST, payload)
        learner = self._device.need()
        # What is learned without a request, in a loop of the board's own, shows here.
        place = learner.experience, learner.is_open, learner.learned
        if not offset and not crc:
            self._fetched = None
            parts, whole = state.pieces(learner), 0
            for part in parts:
                whole = crc32(part, whole)
            self._fetched = parts, state.size(parts), whole, place
        elif self._fetched is None or self._fetched[2:] != (crc, place):
            raise p.Refusal(p.STALE, "the state changed meanwhile")
        parts, total, crc, _ = self._fetched
        if offset > total:
            raise p.Refusal(p.BAD_REQUEST, "the state has %d bytes" % total)
        at = struct.calcsize(p.GET_REPLY)
        struct.pack_into(p.GET_REPLY, self._out, 0, total, crc, offset)
        room = len(self._out) - at
        end = offset + (min(most, room) if most else room)
        return buffers.copy(parts, offset, end, self._out, at)
