"""Answer requests of a host over a byte stream: learn, predict, save, back up.

Nothing that is received is ever executed; every size is checked; whatever a request holds, the
answer is a reply or a typed error. A sample carries its position in its experience and is learned
exactly when it is the next one, however often its frame is lost, doubled or damaged.

Basic example usage:

    from tinycl_rt.service.service import serve
    serve()                                   # until the host says goodbye

    service = Service(stream, device)         # or inside a loop of your own
    stream.open()
    while not service.done:
        service.poll_once(0)
        button_pressed() and device.learner.predict(camera())
"""

import gc
import struct
from array import array

from tinycl_rt.device import Device
from tinycl_rt.lib.clock import since, ticks_ms
from tinycl_rt.lib.files import reason
from tinycl_rt.lib.heap import heap
from tinycl_rt.lib.modules import forget
from tinycl_rt.link import protocol as p
from tinycl_rt.link.frames import (
    ERROR,
    HEADER_BYTES,
    OVERHEAD_BYTES,
    REPLY,
    VERSION,
    FrameReader,
    seal,
)
from tinycl_rt.service import commands

__all__ = ["Service", "largest_payload", "serve"]

RECENT = commands.RECENT
_STALLED_MS = 500  # the rest of a frame that has not come after this time will not come
_REPLY_BYTES = 1024  # largest payload of a reply
_LEAST_REPLY_BYTES = 640  # the longest hello
_LINGER_MS = 300  # after BYE: a repeated BYE must not reach the REPL


class Service:
    """One board at one stream.

    Parameters
    ----------
    stream : see ``tinycl_rt.link.streams``
    device : tinycl_rt.device.Device
    max_payload : int
        Largest payload taken; the buffers are made once from it. 1024 suits small heaps: larger
        images come in pieces.
    window : int
        Frames that the host may have in flight.
    uid : str
        Name of this very board; by default the serial number of its chip.
    """

    def __init__(self, stream, device, max_payload=4096, window=4, uid=None):
        if not 256 <= max_payload <= 65000 or not 1 <= window <= RECENT:
            raise ValueError("expected 256..65000 bytes and a window of 1..%d" % RECENT)
        self.stream = stream
        self.device = device
        self.reader = FrameReader(max_payload)
        self.window = window
        self.uid = uid
        most = min(_REPLY_BYTES, max(_LEAST_REPLY_BYTES, max_payload))
        self._frame = memoryview(bytearray(most + OVERHEAD_BYTES))
        self.out = self._frame[HEADER_BYTES : len(self._frame) - 4]
        self.started = self._last_byte = ticks_ms()
        self.frames = self.refused = self.repeated = self.busy_ms = 0
        self.recent = array("H", bytes(2 * RECENT))
        self.uploads = None  # a model or a state on its way
        self.committed = (0, 0)  # kind and CRC-32 of the last one that was put to use
        self.fetched = None  # the state while the host fetches it
        self.done = False  # the host said goodbye
        self._seldom = ""  # the code for seldom requests that is loaded
        commands.forget_recent(self)
        self.make_place()

    def make_place(self):
        """Take memory for images that no frame holds, before it is taken by others."""
        device, most = self.device, self.reader.max_payload - struct.calcsize(p.LEARN_REQUEST)
        if device.model and device.model.input_bytes > most and not device.staged:
            from tinycl_rt.service.staged import Staged

            device.staged = Staged(device)

    def serve(self):
        """Answer until the host says goodbye or the stream ends; then save."""
        self.done = False
        self.stream.open()
        try:
            while not self.done or self.stream.wait(_LINGER_MS):
                self.poll_once(0 if self.done else 1000)
        except EOFError:
            pass
        finally:
            self.stream.close()
            if self.uploads:
                self.uploads.drop()
            self.device.save()

    def poll_once(self, timeout_ms=0):
        """Wait at most `timeout_ms` for bytes and answer what is complete; returns the count."""
        stream, reader = self.stream, self.reader
        if not stream.wait(timeout_ms):
            if since(self._last_byte) > _STALLED_MS:
                reader.skip()
                self._last_byte = ticks_ms()
            return self._answer_all()
        left = reader.max_payload  # noise without end must not keep the caller from its loop
        while True:
            count = stream.readinto(reader.room(stream.exact))
            reader.fed(count)
            left -= count
            answered = self._answer_all()
            if answered or left <= 0 or not stream.wait(0):
                self._last_byte = ticks_ms()
                return answered

    def _answer_all(self):
        """Answer every request that is complete; returns how many there were."""
        count = 0
        while self.reader.next():
            if not self.reader.flags & REPLY:
                self._answer()
                count += 1
        return count

    def _answer(self):
        reader = self.reader
        start = ticks_ms()
        self.frames += 1
        flags = REPLY | ERROR
        try:
            if reader.version != VERSION:
                raise p.Refusal(
                    p.WRONG_VERSION,
                    "this board speaks version %d, not %d" % (VERSION, reader.version),
                )
            length = self._handler(reader.code)(self, reader.payload)
            flags = REPLY
        except p.Refusal as e:
            length = self._error(e.code, e.reason, e.position)
        except MemoryError as e:
            self.fetched = None
            gc.collect()
            length = self._error(p.NO_MEMORY, str(e) or "the heap is full")
        except OSError as e:
            length = self._error(p.STORAGE, "the file system refused: %s" % reason(e))
        except ValueError as e:
            length = self._error(p.BAD_VALUE, str(e))
        except Exception as e:
            # A board in the field must go on answering; the host hears what happened.
            length = self._error(p.INTERNAL, "%s: %s" % (type(e).__name__, e))
        total = seal(self._frame, reader.code, flags, reader.seq, length)
        self.busy_ms += since(start)
        self.stream.write(self._frame[:total])

    def _handler(self, code):
        if code == p.HELLO:
            self.done = False  # a new host came right after the goodbye of another
        handler = commands.HANDLERS.get(code)
        if handler:
            self.fetched = None
            if self._seldom:
                self._forget()
            return handler
        part = _part(code)
        if part != self._seldom:  # a heap that is all but full has room for one of them
            self._forget()
            self._seldom = part
        if part != "queries":
            self.fetched = None
        if part == "uploads":
            from tinycl_rt.service import uploads

            handlers = uploads.HANDLERS
        elif part == "settings":
            from tinycl_rt.service import settings

            handlers = settings.HANDLERS
        elif part == "corrections":
            from tinycl_rt.service import corrections

            handlers = corrections.HANDLERS
        else:
            from tinycl_rt.service import queries

            handlers = queries.HANDLERS
        handler = handlers.get(code)
        if not handler:
            raise p.Refusal(p.UNKNOWN_REQUEST, "request %d is unknown" % code)
        return handler

    def _forget(self):
        """Let go of code that was needed for a while."""
        self._seldom = ""
        forget("service.queries")
        forget("service.settings")
        forget("service.corrections")
        if not self.uploads:
            forget("service.uploads")
        self.device.forget()

    def _error(self, code, reason, position=None):
        self.refused += 1
        learner = self.device.learner
        experience = learner.experience if learner else 0
        if position is None:
            position = learner.position if learner else 0
        struct.pack_into(p.ERROR_REPLY, self.out, 0, code, 0, experience, position)
        at = struct.calcsize(p.ERROR_REPLY)
        return p.put(self.out, at, p.text(reason, p.MAX_REASON_BYTES))


def serve(folder=".", max_payload=0, window=4, autosave=64, stream=None):
    """Serve this board's own stream until the host says goodbye.

    Parameters
    ----------
    folder : str
        Where the model is, and where the learned state is kept.
    max_payload : int
        Largest payload in bytes; 0: 4096, on a heap below 200 KB 1024, or 512 where images are
        so large that they come in pieces anyway.
    window : int
        Requests in flight; 1 suits a UART whose buffer is smaller than an image.
    autosave : int
        Samples between saves; 0: only at the end of an experience.
    stream : optional
        See ``tinycl_rt.link.streams``; by default the one that this board has.
    """
    from tinycl_rt.link import streams

    device = Device(folder, autosave)
    device.open()
    if not max_payload:
        max_payload = largest_payload(device.model)
    Service(stream or streams.default(), device, max_payload, window).serve()


def _part(code):
    """Where the code for a seldom request is; unknown requests are refused there."""
    if p.PUT_BEGIN <= code <= p.PUT_COMMIT:
        return "uploads"
    if code == p.RESET:
        return "settings"
    return "corrections" if code in (p.FORGET, p.RENAME) else "queries"


def largest_payload(model):
    """Bytes of payload that suit this heap, and the images of a model."""
    if not 0 < sum(heap()) < 200000:
        return 4096
    small = model is None or model.input_bytes <= 1024 - struct.calcsize(p.LEARN_REQUEST)
    return 1024 if small else 512
