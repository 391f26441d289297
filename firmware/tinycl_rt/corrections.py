"""Forget a class, or rename one: the code is loaded when a learner needs it and goes again."""

from tinycl_rt.forward import NEVER
from tinycl_rt.replay import POLICIES

__all__ = ["forget", "rename"]


def forget(learner, label):
    """What ``Learner.forget`` does; ValueError as there."""
    j = _class(learner, label)
    head = learner.head
    n, d = head.classes, head.features
    for block in head.cw, head.tw if head.replays else head.sums:
        for k in range(j * d, (j + 1) * d):
            block[k] = 0
    head.past[j] = head.cur[j] = 0
    if head.replays:
        head.active[j] = 0
    else:
        for k in range(j, 3 * n, n):
            head.fits[k] = 0
        head.bias[j] = NEVER
        head.refresh()
    _drop(learner.replay, j, n)
    learner.names[j] = ""
    learner.corrections += 1


def rename(learner, label, name):
    """What ``Learner.rename`` does; ValueError as there."""
    j = _class(learner, label)
    if not name:
        raise ValueError("expected a name for class %d" % j)
    if name in learner.names and learner.names.index(name) != j:
        raise ValueError("class %d is named %r already" % (learner.names.index(name), name))
    learner.name(j, name)
    learner.corrections += 1


def _class(learner, label):
    return learner.index(label) if isinstance(label, str) else learner._check(label)


def _drop(replay, label, classes):
    """Remove a class from the replay memory; the other samples keep their order.

    Next samples take the free slots first, whatever the policy.
    """
    n, kept, fresh, seen = replay.count, 0, 0, replay.seen
    gone = seen[label]
    seen[classes] -= gone
    seen[label] = 0
    if not replay.sizes[label]:
        return
    if replay.policy == POLICIES.index("ring"):
        if n == replay.slots:  # the oldest may stand anywhere: it is to stand first
            first = (seen[classes] + gone) % n
            for begin, end in ((0, first), (first, n), (0, n)):
                _reverse(replay, begin, end)
        seen[classes] = n - replay.sizes[label]
    for slot in range(n):
        if replay.labels[slot] != label:
            _move(replay, kept, replay.latent(slot), replay.labels[slot], replay.fresh[slot])
            fresh += replay.fresh[slot]
            kept += 1
    replay.count = kept
    replay.recount()
    # As if the open experience had brought no more than what is left of it.
    seen[classes + 1] = min(seen[classes + 1], fresh)
    replay.share = max(replay.share, replay.slots - kept + fresh)
    for changed in replay.changed:
        for i in range(len(changed)):
            changed[i] = 255


def _reverse(replay, begin, end):
    """Turn the order of slots around."""
    while end - begin > 1:
        end -= 1
        held = bytes(replay.latent(begin)), replay.labels[begin], replay.fresh[begin]
        _move(replay, begin, replay.latent(end), replay.labels[end], replay.fresh[end])
        _move(replay, end, *held)
        begin += 1


def _move(replay, slot, latent, label, fresh):
    replay.latent(slot)[:] = latent
    replay.labels[slot] = label
    replay.fresh[slot] = fresh
