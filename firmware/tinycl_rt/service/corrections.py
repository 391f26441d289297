"""Requests that forget or rename a class: the code is loaded when one comes.

Each one carries its number: how often the board forgot or renamed a class before. It is part of
the learned state, so a request is carried out once, across power cuts too.
"""

from tinycl_rt.link import protocol as p
from tinycl_rt.link.protocol import take
from tinycl_rt.service.commands import forget_recent, progress

__all__ = ["HANDLERS"]


def forget(service, payload):
    return _correct(service, payload, False)


def rename(service, payload):
    return _correct(service, payload, True)


def _correct(service, payload, renames):
    number, label, _ = take(p.CORRECTION_REQUEST, payload)
    learner = service.device.need()
    if number < learner.corrections:
        return progress(service, p.DONE_BEFORE)
    if number > learner.corrections:
        raise p.Refusal(p.BAD_VALUE, "correction %d is wanted next" % learner.corrections)
    name, at = p.read_text(payload, 8)
    if label >= len(learner.names) or learner.names[label].encode() != name:
        raise p.Refusal(p.BAD_VALUE, "class %d has another name" % label)
    if renames:
        learner.rename(label, str(p.read_text(payload, at)[0], "utf-8"))
    else:
        learner.forget(label)
    forget_recent(service)
    service.device.dirty = True
    service.device.save()
    return progress(service)


HANDLERS = {p.FORGET: forget, p.RENAME: rename}
