"""Load a compiled model (.tcm) and check everything before a kernel sees it.

Basic example usage::

    from tinycl_rt.model.loader import Model
    from tinycl_rt.model.source import open_source

    model = Model(open_source("model.tcm"))
    print(model.input_shape, model.latent_shape, model.features)
"""

from tinycl_rt.model.graph import Operator, Tensor

__all__ = ["Model", "Operator", "Tensor"]


class Model:
    """A compiled model.

    Parameters
    ----------
    source : tinycl_rt.model.source.Memory, File, or bytes-like
        Of bytes: the whole file, kept and not copied, weights are views into it. Of a ``File``
        only what is small stays in memory: all is checked, weights come when ``fetch`` is called.

    Raises
    ------
    ValueError
        With the reason, when the file is damaged, of another version, or inconsistent.

    Attributes
    ----------
    input_shape, latent_shape : tuple of int
        Rows, columns, channels.
    input_bytes, latent_bytes : int
    arena_bytes, float_bytes : int
        Memory of all activations, and how much of it holds floats.
    output : int or None
        The tensor with the float outputs, of a model that was compiled with them.
    features : int
        Length of the int8 vector that the head sees.
    feature_range : int
        Largest absolute value of a feature.
    fingerprint : bytes
        8 bytes that name the model; states of other models are refused by it.
    """

    def __init__(self, source):
        from tinycl_rt.model import parser  # of no use any more, once the model is there

        parser.parse(self, source)

    @property
    def metadata(self):
        """UTF-8 JSON, for people and host tools."""
        return self.source.read(*self._text)

    def fetch(self, op):
        """Bring the weights of an operator into ``op.weights``; those of others may be lost.

        Nothing is to be done where all weights are in memory.
        """
        self.source.fetch(op)
