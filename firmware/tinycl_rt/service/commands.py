"""Requests that use or change what the board has learned.

Each one names where the host believes the board to be, and is carried out only there: what comes
twice is answered "done before", what comes too early is refused with the position that is wanted.
Nothing has to be remembered about earlier requests, so this holds across power cuts.
"""

import struct
from array import array

from tinycl_rt.lib import buffers
from tinycl_rt.link import protocol as p
from tinycl_rt.link.protocol import take
from tinycl_rt.service.uploads import Uploads

__all__ = ["RECENT", "Requests"]

RECENT = 16  # predictions kept to answer a repeated LEARN; at least the window


class Requests:
    """Handlers: payload in, length of the reply out, which they write to `out`.

    Parameters
    ----------
    device : tinycl_rt.device.Device
    out : memoryview
        Room for the payload of a reply.
    max_payload : int
        Of the largest request.
    """

    def __init__(self, device, out, max_payload):
        self._device = device
        self._out = out
        self._uploads = Uploads(device, max_payload)
        self._recent = array("H", bytes(2 * RECENT))
        self.repeated = 0  # requests that had been carried out before
        self.done = False  # the host said goodbye
        self.drop = self._uploads.drop
        self._forget()
        self.handlers = {
            p.PREDICT: self._predict,
            p.LEARN: self._learn,
            p.BEGIN: self._begin,
            p.END: self._end,
            p.SAVE: self._save,
            p.RESET: self._reset,
            p.PUT_BEGIN: self._put_begin,
            p.PUT_DATA: self._put_data,
            p.PUT_COMMIT: self._put_commit,
            p.BYE: self._bye,
            p.LATENTS: self._latents,
        }

    def _predict(self, payload):
        flags, _ = take(p.PREDICT_REQUEST, payload)
        learner = self._device.need()
        best = learner.predict(self._image(flags, payload[2:]), bool(flags & p.IMAGE_OPEN))
        scores = learner.scores if flags & p.IMAGE_SCORES else ()
        struct.pack_into(p.PREDICT_REPLY, self._out, 0, best, len(scores))
        at = 4
        for score in scores:
            struct.pack_into("<i", self._out, at, score)
            at += 4
        return at

    def _latents(self, payload):
        """What the model makes of an image, run anew for every piece: nothing is to be kept."""
        offset, most, flags, _ = take(p.LATENTS_REQUEST, payload)
        learner = self._device.need()
        backbone, x = learner.backbone, learner.head.x
        latent = backbone.run(self._image(flags, payload[8:]))
        backbone.count(latent, x)
        parts = [latent, x]
        if flags & p.IMAGE_FLOATS and backbone.output is not None:
            parts.append(backbone.output)
        total = buffers.nbytes(parts)
        if offset > total:
            raise p.Refusal(p.BAD_REQUEST, "the outputs have %d bytes" % total)
        at = struct.calcsize(p.LATENTS_REPLY)
        struct.pack_into(p.LATENTS_REPLY, self._out, 0, total, offset)
        room = len(self._out) - at
        end = offset + (min(most, room) if most else room)
        return buffers.copy(parts, offset, end, self._out, at)

    def _learn(self, payload):
        experience, position, label, flags, _ = take(p.LEARN_REQUEST, payload)
        learner = self._device.need()
        if experience < learner.experience:
            return self._progress(p.DONE_BEFORE)
        if experience > learner.experience:
            raise p.Refusal(p.GAP, "experience %d is wanted next" % learner.experience)
        if not learner.is_open:
            raise p.Refusal(p.NOT_OPEN, "experience %d is not open" % experience)
        behind = learner.position - position
        if behind > 0:
            known = behind <= RECENT
            predicted = self._recent[position % RECENT] if known else p.UNKNOWN_CLASS
            return self._progress(p.DONE_BEFORE, predicted)
        if behind < 0:
            raise p.Refusal(p.GAP, "sample %d is wanted next" % learner.position)
        predicted = learner.learn(self._image(flags, payload[12:]), label)
        self._recent[position % RECENT] = predicted
        self._device.learned()
        return self._progress(0, predicted)

    def _begin(self, payload):
        experience, announced, n = take(p.BEGIN_REQUEST, payload)
        learner = self._device.need()
        classes = take("<%dH" % n, payload[10:]) if n else ()
        names, at = [], 10 + 2 * n
        for _ in range(n):
            raw, at = p.read_text(payload, at)
            names.append(str(raw, "utf-8"))
        if experience + (0 if learner.is_open else 1) <= learner.experience:
            return self._progress(p.DONE_BEFORE)
        if experience > learner.experience:
            raise p.Refusal(p.GAP, "experience %d is wanted next" % learner.experience)
        for name in names:
            if len(name.encode()) > p.MAX_NAME_BYTES:
                raise ValueError("a class name is longer than %d bytes" % p.MAX_NAME_BYTES)
        learner.begin(experience, classes, announced)
        for j, name in zip(classes, names):
            if name:
                learner.name(j, name)
        self._device.dirty = True
        self._forget()
        return self._progress()

    def _end(self, payload):
        experience, samples = take(p.END_REQUEST, payload)
        learner = self._device.need()
        if experience < learner.experience:
            return self._progress(p.DONE_BEFORE)
        if experience > learner.experience or samples > learner.position:
            raise p.Refusal(p.GAP, "sample %d is wanted next" % learner.position)
        if not learner.is_open:
            raise p.Refusal(p.NOT_OPEN, "experience %d is not open" % experience)
        if samples < learner.position:
            raise p.Refusal(p.STALE, "%d samples were learned" % learner.position)
        learner.end()
        self._device.dirty = True
        self._device.save()
        return self._progress()

    def _save(self, payload):
        self._device.need()
        if not self._device.save():
            raise p.Refusal(p.STORAGE, self._device.warning)
        return self._progress()

    def _reset(self, payload):
        learned, experience, is_open, _ = take(p.RESET_REQUEST, payload)
        learner = self._device.need()
        config = bytes(payload[10:])
        here = (learner.learned, learner.experience, int(learner.is_open))
        if (learned, experience, is_open) != here:
            fresh = not (learner.learned or learner.experience or learner.is_open)
            if fresh and config == bytes(learner.config.pack()):
                return self._progress(p.DONE_BEFORE)
            raise p.Refusal(p.STALE, "%d samples were learned" % learner.learned)
        self._forget()
        learner = None  # the device may have to make another one, in the place of this
        self._device.reset(config)
        return self._progress()

    def _put_begin(self, payload):
        kind, _, _, total, crc = take(p.PUT_BEGIN_REQUEST, payload)
        return self._have(self._uploads.begin(kind, total, crc))

    def _put_data(self, payload):
        kind, _, _, crc, offset = take(p.PUT_DATA_REQUEST, payload)
        return self._have(self._uploads.data(kind, crc, offset, payload[12:]))

    def _put_commit(self, payload):
        kind, _, _, crc = take(p.PUT_COMMIT_REQUEST, payload)
        done = self._uploads.commit(kind, crc)
        if done:
            self._forget()
        return self._progress(0 if done else p.DONE_BEFORE)

    def _bye(self, payload):
        self._device.save()
        self.done = True
        return self._progress()

    def _forget(self):
        """The predictions so far belong to another experience."""
        for i in range(RECENT):
            self._recent[i] = p.UNKNOWN_CLASS

    def _have(self, count):
        struct.pack_into(p.PUT_REPLY, self._out, 0, count)
        return 4

    def _image(self, flags, data):
        if not flags & p.IMAGE_STAGED:
            return data
        return self._uploads.image(take("<I", data)[0])

    def _progress(self, flags=0, predicted=p.UNKNOWN_CLASS):
        """The common reply of requests that change something."""
        device, learner = self._device, self._device.learner
        values = (0, 0, 0)
        if learner:
            flags |= p.DONE_OPEN if learner.is_open else 0
            values = (learner.experience, learner.position, learner.learned)
        flags |= p.DONE_UNSAVED if device.unsaved else 0
        if flags & p.DONE_BEFORE:
            self.repeated += 1
        head = (flags, 0, predicted) + values + (device.generation,)
        struct.pack_into(p.PROGRESS, self._out, 0, *head)
        return struct.calcsize(p.PROGRESS)
