"""The request for other settings. It is apart: a new learner needs the room of other code."""

from tinycl_rt.link import protocol as p
from tinycl_rt.link.protocol import take
from tinycl_rt.service.commands import forget_recent, progress

__all__ = ["HANDLERS"]


def reset(service, payload):
    learned, experience, is_open, _ = take(p.RESET_REQUEST, payload)
    learner = service.device.need()
    config = bytes(payload[10:])
    here = (learner.learned, learner.experience, int(learner.is_open))
    if (learned, experience, is_open) != here:
        fresh = not (learner.learned or learner.experience or learner.is_open)
        if fresh and config == bytes(learner.packed):
            return progress(service, p.DONE_BEFORE)
        raise p.Refusal(p.STALE, "%d samples were learned" % learner.learned)
    forget_recent(service)
    learner = None  # the device may have to make another one, in the place of this
    service.device.reset(config)
    return progress(service)


HANDLERS = {p.RESET: reset}
