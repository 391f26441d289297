"""A learner: a binary backbone, a replay memory of packed bits, an integer CWR* head.

The backbone is frozen, or its last layers or all learn with the head (``Config.depth``).

Basic example usage::

    from tinycl_rt import Learner

    learner = Learner("model.tcm", classes=10, replay_slots=200)
    learner.begin()
    learner.learn(pixels, "cup")
    learner.end()
    print(learner.predict_name(pixels))
"""

import sys

from tinycl_rt.config import MAX_EXPERIENCES
from tinycl_rt.lib.integers import Rng
from tinycl_rt.lib.modules import forget
from tinycl_rt.predictor import Predictor
from tinycl_rt.replay import Replay

NAME_BYTES = 24


class Learner(Predictor):
    """Learns classes one experience after another without forgetting the earlier ones.

    An experience is a stretch of samples between ``begin`` and ``end``; ``end`` consolidates what
    was learned (CWR*), and ``predict`` answers from the consolidated head.

    Parameters
    ----------
    model : Model or str
        A compiled model, or the path of a .tcm file.
    config : Config, optional
        Or its fields as keywords: ``Learner(model, classes=5, replay_slots=100)``.
    kernels : module, optional
        A kernel set; by default the one that ``tinycl_rt.kernels.choose.load`` chooses.

    Attributes
    ----------
    experience : int
        Number of the open experience, or of the next one.
    is_open : bool
    position : int
        Samples learned in the open experience.
    learned : int
        Samples learned ever.
    names : list of str
        Class names; "" where a class has none yet.
    corrections : int
        How often a class was forgotten or renamed.
    packed : bytes
        The settings, as ``Config.pack`` makes them.
    """

    def __init__(self, model, config=None, kernels=None, **settings):
        from tinycl_rt.config import Config

        if config is not None and settings:
            raise ValueError("learner: give a Config or keywords, not both")
        config = config or Config(**settings)
        Predictor.__init__(self, model, kernels)
        self.rng = Rng(1)
        self.replay = None
        self.reset(config)
        forget("config")

    @property
    def config(self):
        """The settings, unpacked anew: what is needed at each step has a place of its own."""
        from tinycl_rt.config import Config

        return Config.unpack(self.packed)

    def reset(self, config):
        """Forget everything and go on with these settings.

        Raises
        ------
        ValueError
            The model has no tail of that depth.
        MemoryError
            More replay slots, or a deeper tail, than there is room for.
        """
        model = self.model
        latent_bytes = model.latent_bytes
        if config.depth:
            from tinycl_rt.trainable import layers  # only learners that go so deep need the code

            latent_bytes = layers.check_room(self, config)
        # Memory of the right size is used again: a heap that is all but full has no other place
        # for it. What else there is goes first: a board has no room for both.
        old = self.replay
        shape = config.classes, config.head, config.rank
        if self.head and config.head and self._head_shape[1]:
            self.head.check_room(config)
        if old and (config.replay_slots, latent_bytes) != (old.slots, old.latent_bytes):
            config._check_room(self, latent_bytes, shape != self._head_shape)
            self.replay = None
        if self.head and shape != self._head_shape:
            self.head = self.replay = None
            forget("head")  # another head's code may take their place
            forget("lda")
            sys.modules.pop("tinycl_cwr", None)
            sys.modules.pop("tinycl_lda", None)
        self._head_shape = shape
        self.tail = old = None
        self.packed, self.latent_bytes = config.pack(), latent_bytes
        self.batch = config.replay_batch
        self.rng.seed(config.seed)
        if config.depth:
            from tinycl_rt.trainable import learning

            self.tail = learning.make(model, config, self._kernels, self.rng)
            self._step_deep = learning.step
        self.backbone.stop(self.tail.first if self.tail else -1)
        top = self.backbone.narrow((1 << (config.qf - 1)) - 1)
        if self.head:
            self.head.reset(config, top, self.rng)
        else:
            given = config, model.features, top, self._kernels, self.rng
            if config.head:  # a board has the code of one of them
                from tinycl_rt.lda import Lda

                self.head = Lda(*given)
            else:
                from tinycl_rt.head import Head

                self.head = Head(*given)
        self._make_replay(config, latent_bytes)  # after what takes large pieces of the heap
        self.batch_labels = bytearray(config.replay_batch + 1)
        self.names = [""] * config.classes
        self.experience = 0
        self.is_open = False
        self.position = 0
        self.learned = self.corrections = 0

    def _make_replay(self, config, latent_bytes):
        if self.replay:
            self.replay.reset(config.policy, self.rng)
            return
        try:
            self.replay = Replay(
                config.replay_slots, latent_bytes, config.classes, config.policy, self.rng
            )
        except MemoryError:
            raise config._too_many(latent_bytes)  # noqa: B904

    def begin(self, experience=None, classes=(), n=0):
        """Open an experience.

        Parameters
        ----------
        experience : int, optional
            Its number; must be the next one.
        classes : sequence of int
            Classes that it brings. CWR* starts from their consolidated rows; a class that is not
            named joins when its first sample comes.
        n : int
            Samples announced; only kept for progress.

        Raises
        ------
        ValueError
            One is open, another number is due, or a class that there is not.
        """
        if self.is_open:
            raise ValueError("experience %d is open, end it first" % self.experience)
        if experience is not None and experience != self.experience:
            raise ValueError("expected experience %d, got %d" % (self.experience, experience))
        if self.experience >= MAX_EXPERIENCES:
            raise ValueError("there were %d experiences, the most" % MAX_EXPERIENCES)
        for j in classes:
            self._check(j)
        replay, head = self.replay, self.head
        replay.begin(self.experience)
        head.begin(classes)
        for i in range(replay.count if head.replays else 0):
            head.count(replay.labels[i])
        self.position = 0
        self.is_open = True

    def learn(self, pixels, label):
        """Learn one labelled sample; opens an experience if none is open.

        Parameters
        ----------
        pixels : bytes-like
            uint8, as ``model.input_shape``.
        label : int or str
            Class index, or a name: a new name takes the next free class.

        Returns
        -------
        int
            The class that the training weights gave the sample before it was learned.

        Raises
        ------
        ValueError
            Another number of pixels, no such class, or no class left for a new name.
        """
        return self.learn_latent(self.backbone.run(pixels), label)

    def learn_latent(self, latent, label):
        """``learn`` from latent bits that the backbone made already."""
        self._check_latent(latent)
        label = self.index(label, True) if isinstance(label, str) else self._check(label)
        if not self.is_open:
            self.begin()
        head, replay = self.head, self.replay
        head.count(label)
        if self.tail:
            best = self._step_deep(self, latent, label)
        else:
            best = self._step(latent, label)
        replay.offer(latent, label)
        self.position += 1
        self.learned += 1
        return best

    def _step(self, latent, label):
        """The head learns a new sample, then old ones."""
        head, replay = self.head, self.replay
        self.backbone.count(latent, head.x)
        best = head.step(label)
        if replay.count and head.replays:
            for _ in range(self.batch):
                slot = self.rng.below(replay.count)
                self.backbone.count(replay.latent(slot), head.x)
                head.step(replay.labels[slot])
        return best

    def end(self):
        """Consolidate the open experience (``Head.end``) and close it; ValueError: none is."""
        if not self.is_open:
            raise ValueError("no experience is open")
        if self.position:  # without a sample there is nothing to consolidate
            self.head.end()
        self.is_open = False
        self.position = 0
        self.experience += 1

    def predict(self, pixels, training=False):
        """Class index of a sample; ``scores`` holds the logits.

        By the consolidated head; with ``training`` by the one that the open experience trains, if
        one is open: it knows what was taught a moment ago.
        """
        return self.predict_latent(self.backbone.run(pixels), training)

    def predict_latent(self, latent, training=False):
        """``predict`` from latent bits."""
        self._features(latent)
        self._best = self.head.predict(training and self.is_open)
        return self._best

    @property
    def confidence(self):
        """How often predictions like the last one are right, 0..255."""
        return self.head.confidence(self._best)

    @property
    def known(self):
        """Whether the last sample seems to be of a class taught (see ``Config.tolerance``)."""
        return self.head.known(self._best)

    def predict_name(self, pixels, unknown=True):
        """Name of the class of a sample, or its index as text where it has no name.

        None for a sample of none that was taught, if ``unknown``.
        """
        j = self.predict(pixels)
        if unknown and not self.known:
            return None
        return self.names[j] or str(j)

    def set_names(self, names):
        """Name the classes, in order; ValueError: more names than classes."""
        if len(names) > len(self.names):
            raise ValueError("%d names for %d classes" % (len(names), len(self.names)))
        for j in range(len(names)):
            self.name(j, names[j])

    def name(self, j, name):
        """Name one class; ValueError: no such class, or more than 24 bytes of UTF-8."""
        self._check(j)
        if len(name.encode()) > NAME_BYTES:
            raise ValueError("name %r is longer than %d bytes" % (name, NAME_BYTES))
        self.names[j] = name

    def index(self, name, add=False):
        """Class of a name; with ``add`` a new name takes the next free one; else ValueError."""
        if name and name in self.names:
            return self.names.index(name)
        if not add or not name:
            known = ", ".join(filter(None, self.names))
            raise ValueError("no class is named %r; there are: %s" % (name, known))
        for j in range(len(self.names)):
            if not self.names[j] and not self.head.past[j] and not self.head.cur[j]:
                self.name(j, name)
                return j
        raise ValueError(
            "all %d classes are taken, %r has no place: make the learner with more"
            % (len(self.names), name)
        )

    def forget(self, label):
        """Forget a class: its samples, weights, latents and name. Its index is free for a new one.

        What the other classes learned stays, and with it what they share: the layers of a tail,
        and the covariance of ``lda``. That tells how samples spread around the mean of their
        class; samples of the class that goes told as much about it as others, and the rows that
        keep it are sums in which no class is apart.

        Parameters
        ----------
        label : int or str
            Class index, or a name.

        Raises
        ------
        ValueError
            No such class.
        """
        from tinycl_rt import corrections

        corrections.forget(self, label)
        forget("corrections")

    def rename(self, label, name):
        """Give a class another name.

        Parameters
        ----------
        label : int or str
            Class index, or its name.
        name : str

        Raises
        ------
        ValueError
            No such class, the name of another class, no name, or more than 24 bytes of UTF-8.
        """
        from tinycl_rt import corrections

        corrections.rename(self, label, name)
        forget("corrections")

    def _check(self, label):
        if not 0 <= label < len(self.names):
            raise ValueError(
                "expected a class between 0 and %d, got %d" % (len(self.names) - 1, label)
            )
        return label

    def dump(self):
        """The whole learned state as bytes, see ``tinycl_rt.store.state``."""
        from tinycl_rt.store import state

        return state.dump(self)

    def restore(self, source):
        """Take over a state made by ``dump``: bytes, or a binary file that stands at its begin.

        ValueError, and no change, if it does not fit.
        """
        from tinycl_rt.store import restore

        if not hasattr(source, "readinto"):
            from io import BytesIO

            source = BytesIO(source)
        restore.restore(self, source)
        forget("store.restore")

    def fingerprint(self):
        """CRC32 of the state: equal on two boards exactly when they have learned the same."""
        from tinycl_rt.store import state

        return state.fingerprint(self)
