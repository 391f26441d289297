"""Predict with a model and what was learned for it: all that a board needs that learns no more.

Basic example usage::

    from tinycl_rt.predictor import Predictor

    predictor = Predictor("model.tcm")
    predictor.load("state.tcs")
    print(predictor.predict_name(pixels))
"""

from array import array

from tinycl_rt.forward import Forward
from tinycl_rt.lib.modules import forget
from tinycl_rt.model.backbone import Backbone

# Of no use once a model is loaded and its kernels are chosen.
_SETUP = ("model.source", "model.parser", "model.checks", "model.float_checks", "kernels.choose")


class Predictor:
    """A backbone and a head that classify.

    Parameters
    ----------
    model : Model or str
        A compiled model, or the path of a .tcm file.
    kernels : module, optional
        A kernel set; by default the one that ``tinycl_rt.kernels.choose.load`` chooses.

    Attributes
    ----------
    model : Model
    backend : str
        Name of the kernel set.
    names : list of str
        Class names; "" where a class has none.
    """

    def __init__(self, model, kernels=None):
        from tinycl_rt.kernels import choose

        if isinstance(model, str):
            from tinycl_rt.model.loader import Model
            from tinycl_rt.model.source import open_source

            model = Model(open_source(model))
        self.model = model
        self._kernels = kernels or choose.load()
        self.backend = self._kernels.NAME
        self.backbone = Backbone(model, self._kernels)
        self.latent_bytes = model.latent_bytes
        self.head = self.tail = None
        self.names = []
        for name in _SETUP:
            forget(name)

    def load(self, path):
        """Take the weights and names of a learned state, a .tcs file.

        Raises
        ------
        ValueError
            It is damaged, of another model, or of a learner that trained deeper than the head.
        OSError
            There is no such file.
        """
        from tinycl_rt.store import weights

        with open(path, "rb") as file:
            weights.load(self, file)
        forget("store.weights")

    def make_head(self, config):
        """Make the head for a configuration."""
        self.head = Forward(config.classes, self.model.features, self._kernels)
        self.head.scale(config)
        self.head.bias = array("i", bytes(4 * config.classes))
        self.backbone.narrow(self.head.wf_limit)

    def predict(self, pixels):
        """Class index of a sample; ``scores`` holds the logits.

        Parameters
        ----------
        pixels : bytes-like
            uint8, as ``model.input_shape``.
        """
        return self.predict_latent(self.backbone.run(pixels))

    def predict_latent(self, latent):
        """``predict`` from latent bits that the backbone made already."""
        self._features(latent)
        return self.head.scores(self.head.cw)

    def _features(self, latent):
        """Latent bits to features, in ``head.x``."""
        self._check_latent(latent)
        self.backbone.count(self.tail.run(latent) if self.tail else latent, self.head.x)

    def _check_latent(self, latent):
        if len(latent) != self.latent_bytes:
            raise ValueError(
                "expected %d bytes of latent bits, got %d" % (self.latent_bytes, len(latent))
            )

    def predict_name(self, pixels):
        """Name of the class of a sample, or its index as text where it has no name."""
        j = self.predict(pixels)
        return self.names[j] or str(j)

    @property
    def scores(self):
        """Logits of the last prediction, ``array('i')``, one a class."""
        return self.head.acc
