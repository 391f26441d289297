"""Requests that use or change what the board has learned.

Each one names where the host believes the board to be, and is carried out only there: what comes
twice is answered "done before", what comes too early is refused with the position that is wanted.
Nothing has to be remembered about earlier requests, so this holds across power cuts.
"""

import struct

from tinycl_rt.link import protocol as p
from tinycl_rt.link.protocol import take

__all__ = ["HANDLERS", "RECENT", "forget_recent", "image", "progress"]

RECENT = 16  # predictions kept to answer a repeated LEARN; at least the window


def predict(service, payload):
    flags, _ = take(p.PREDICT_REQUEST, payload)
    learner = service.device.need()
    best = learner.predict(image(service, flags, payload[2:]), bool(flags & p.IMAGE_OPEN))
    scores = learner.scores if flags & p.IMAGE_SCORES else ()
    struct.pack_into(p.PREDICT_REPLY, service.out, 0, best, len(scores))
    at = 4
    for score in scores:
        struct.pack_into("<i", service.out, at, score)
        at += 4
    if flags & p.IMAGE_SURE:
        struct.pack_into(p.PREDICT_END, service.out, at, learner.confidence, int(learner.known))
        at += 2
    return at


def learn(service, payload):
    experience, position, label, flags, _ = take(p.LEARN_REQUEST, payload)
    learner = service.device.need()
    if experience < learner.experience:
        return progress(service, p.DONE_BEFORE)
    if experience > learner.experience:
        raise p.Refusal(p.GAP, "experience %d is wanted next" % learner.experience)
    if not learner.is_open:
        raise p.Refusal(p.NOT_OPEN, "experience %d is not open" % experience)
    behind = learner.position - position
    if behind > 0:
        known = behind <= RECENT
        predicted = service.recent[position % RECENT] if known else p.UNKNOWN_CLASS
        return progress(service, p.DONE_BEFORE, predicted)
    if behind < 0:
        raise p.Refusal(p.GAP, "sample %d is wanted next" % learner.position)
    predicted = learner.learn(image(service, flags, payload[12:]), label)
    service.recent[position % RECENT] = predicted
    service.device.learned()
    return progress(service, 0, predicted)


def begin(service, payload):
    experience, announced, n = take(p.BEGIN_REQUEST, payload)
    learner = service.device.need()
    classes = take("<%dH" % n, payload[10:]) if n else ()
    names, at = [], 10 + 2 * n
    for _ in range(n):
        raw, at = p.read_text(payload, at)
        names.append(str(raw, "utf-8"))
    if experience + (0 if learner.is_open else 1) <= learner.experience:
        return progress(service, p.DONE_BEFORE)
    if experience > learner.experience:
        raise p.Refusal(p.GAP, "experience %d is wanted next" % learner.experience)
    for name in names:
        if len(name.encode()) > p.MAX_NAME_BYTES:
            raise ValueError("a class name is longer than %d bytes" % p.MAX_NAME_BYTES)
    learner.begin(experience, classes, announced)
    for j, name in zip(classes, names):
        if name:
            learner.name(j, name)
    service.device.dirty = True
    forget_recent(service)
    return progress(service)


def end(service, payload):
    experience, samples = take(p.END_REQUEST, payload)
    learner = service.device.need()
    if experience < learner.experience:
        return progress(service, p.DONE_BEFORE)
    if experience > learner.experience or samples > learner.position:
        raise p.Refusal(p.GAP, "sample %d is wanted next" % learner.position)
    if not learner.is_open:
        raise p.Refusal(p.NOT_OPEN, "experience %d is not open" % experience)
    if samples < learner.position:
        raise p.Refusal(p.STALE, "%d samples were learned" % learner.position)
    learner.end()
    service.device.dirty = True
    service.device.save()
    return progress(service)


def save(service, payload):
    service.device.need()
    if not service.device.save():
        raise p.Refusal(p.STORAGE, service.device.warning)
    return progress(service)


def bye(service, payload):
    service.device.save()
    service.done = True
    return progress(service)


def forget_recent(service):
    """The predictions so far belong to another experience."""
    for i in range(RECENT):
        service.recent[i] = p.UNKNOWN_CLASS


def image(service, flags, data):
    """Pixels of a request, or the image that came in pieces before. Refusal: it did not."""
    if not flags & p.IMAGE_STAGED:
        return data
    if not service.device.staged:
        raise p.Refusal(p.STALE, "no such image is here")
    return service.device.staged.image(take("<I", data)[0])


def progress(service, flags=0, predicted=p.UNKNOWN_CLASS):
    """The common reply of requests that change something."""
    device, learner = service.device, service.device.learner
    values = (0, 0, 0)
    if learner:
        flags |= p.DONE_OPEN if learner.is_open else 0
        values = (learner.experience, learner.position, learner.learned)
    flags |= p.DONE_UNSAVED if device.unsaved else 0
    if flags & p.DONE_BEFORE:
        service.repeated += 1
    head = (flags, 0, predicted) + values + (device.generation,)
    struct.pack_into(p.PROGRESS, service.out, 0, *head)
    return struct.calcsize(p.PROGRESS)


# Payload of a request in, length of the reply out, which they write to ``service.out``.
HANDLERS = {
    p.PREDICT: predict,
    p.LEARN: learn,
    p.BEGIN: begin,
    p.END: end,
    p.SAVE: save,
    p.BYE: bye,
}
