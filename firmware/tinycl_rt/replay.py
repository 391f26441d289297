"""Replay memory: packed latent bits and labels in small blocks, with a policy for what stays.

Policies (``Config.policy``):

0 ``random``
    After experience i, ``h = min(slots // (i + 1), n_i)`` random new latents stand in h random
    slots (Pellegrini et al., 1912.01100). Done while samples arrive, by keeping the newcomers of
    the open experience as a reservoir of h slots, so nothing has to be buffered.
1 ``reservoir``
    Every sample ever seen has the same chance to be in memory (Vitter's algorithm R).
2 ``class-balanced``
    Classes share the memory evenly; within a class, a reservoir (Chrysakis and Moens, 2020).
3 ``ring``
    A new sample replaces the oldest slot.
"""

from array import array

BLOCK = 1024  # bytes; a heap that was used for a while has no large piece

POLICIES = ("random", "reservoir", "class-balanced", "ring")


class Replay:
    """``slots`` latents of ``latent_bytes`` each, allocated once, some of them in each block.

    Parameters
    ----------
    slots : int
    latent_bytes : int
        Of one latent: its packed bits.
    classes : int
    policy : int
        Index into ``POLICIES``.
    rng : Rng

    Attributes
    ----------
    count : int
        Filled slots; slots 0..count-1 are valid.
    labels : bytearray
        Class of each slot.
    fresh : bytearray
        1 where the slot was written in the open experience.
    changed : tuple of bytearray
        A bit a slot, set when it is written; a log of saves clears its own (``store.store``).
    seen : array('I')
        Samples offered so far of each class, then in all, then in the open experience.
    sizes : array('I')
        Slots of each class.
    share : int
        Slots that the open experience may take under ``random``.
    policy : int
    """

    def __init__(self, slots, latent_bytes, classes, policy, rng):
        self.slots = slots
        self.latent_bytes = latent_bytes
        self._each = each = max(1, BLOCK // max(1, latent_bytes))
        self._blocks = [
            bytearray(min(each, slots - first) * latent_bytes) for first in range(0, slots, each)
        ]
        self.labels = bytearray(slots)
        self.fresh = bytearray(slots)
        some = (slots + 7) // 8
        self.changed = bytearray(some), bytearray(some)
        self.seen = array("I", bytes(4 * (classes + 2)))
        self.sizes = array("I", bytes(4 * classes))
        self._classes = classes
        self.reset(policy, rng)

    def reset(self, policy, rng):
        """Forget all samples; what slots held may stay there as long as none is filled."""
        self.count = 0
        self.policy = policy
        self._rng = rng
        self.share = self.slots
        for block, value in zip(self.changed + (self.seen, self.sizes), (255, 255, 0, 0)):
            for i in range(len(block)):
                block[i] = value

    def begin(self, experience):
        """Open experience number ``experience`` (0 is the first): nothing is fresh yet."""
        for i in range(self.slots):
            self.fresh[i] = 0
        self.seen[self._classes + 1] = 0
        self.share = max(self.slots // (experience + 1), self.slots - self.count)

    def recount(self):
        """Samples of each class, after the slots were restored."""
        for j in range(self._classes):
            self.sizes[j] = 0
        for i in range(self.count):
            self.sizes[self.labels[i]] += 1

    def latent(self, slot):
        """View of the packed bits of a slot."""
        at = slot % self._each * self.latent_bytes
        return memoryview(self._blocks[slot // self._each])[at : at + self.latent_bytes]

    def filled(self):
        """Views of the bits of all filled slots, one behind another."""
        left, found = self.count * self.latent_bytes, []
        for block in self._blocks:
            if left <= 0:
                break
            found.append(memoryview(block)[: min(left, len(block))])
            left -= len(block)
        return found

    @property
    def bits(self):
        """The bits of all slots, a copy."""
        whole = bytearray()
        for block in self._blocks:
            whole.extend(block)
        return whole

    def offer(self, latent, label):
        """Maybe keep a sample; returns its slot or -1."""
        if self.slots == 0:
            return -1
        self.seen[label] += 1
        self.seen[self._classes] += 1
        self.seen[self._classes + 1] += 1
        slot = (self._random, self._reservoir, self._balanced, self._ring)[self.policy](label)
        if slot < 0:
            return -1
        if slot == self.count:
            self.count += 1
        else:
            self.sizes[self.labels[slot]] -= 1
        self.sizes[label] += 1
        self.labels[slot] = label
        self.fresh[slot] = 1
        for bits in self.changed:
            bits[slot >> 3] |= 1 << (slot & 7)
        self.latent(slot)[:] = latent
        return slot

    def _random(self, label):
        arrived = self.seen[self._classes + 1]
        if arrived > self.share:
            # The share is full of newcomers: algorithm R among them.
            k = self._rng.below(arrived)
            return self._nth(k, 1) if k < self.share else -1
        if self.count < self.slots:
            return self.count
        return self._nth(self._rng.below(self.slots - arrived + 1), 0)

    def _nth(self, k, fresh):
        """The k-th slot whose fresh flag is as given."""
        for i in range(self.count):
            if self.fresh[i] == fresh:
                if k == 0:
                    return i
                k -= 1
        return -1

    def _reservoir(self, label):
        if self.count < self.slots:
            return self.count
        k = self._rng.below(self.seen[self._classes])
        return k if k < self.slots else -1

    def _balanced(self, label):
        if self.count < self.slots:
            return self.count
        largest = max(self.sizes)
        if self.sizes[label] == largest:
            k = self._rng.below(self.seen[label])
            return self._of_class(label, k) if k < largest else -1
        victim = 0
        while self.sizes[victim] != largest:
            victim += 1
        return self._of_class(victim, self._rng.below(largest))

    def _of_class(self, label, k):
        """The k-th slot of a class."""
        for i in range(self.count):
            if self.labels[i] == label:
                if k == 0:
                    return i
                k -= 1
        return -1

    def _ring(self, label):
        if self.count < self.slots:
            return self.count
        return (self.seen[self._classes] - 1) % self.slots
