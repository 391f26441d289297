"""Choose a kernel set: the fastest that this interpreter can load, or the one asked for.

The environment variable ``TINYCL_KERNELS`` (where there is an environment) forces a choice.
"""

_MODULES = {
    "native": "tinycl_core",
    "viper": "tinycl_rt.kernels.viper.core",
    "reference": "tinycl_rt.kernels.reference.core",
    "numpy": "tinycl_rt.kernels.numpy.core",
}
_TAIL_MODULES = {
    "native": "tinycl_tail",
    "viper": "tinycl_rt.kernels.viper.tail",
    "reference": "tinycl_rt.kernels.reference.tail",
    "numpy": "tinycl_rt.kernels.numpy.tail",
}
_CWR_MODULES = dict(_MODULES, native="tinycl_cwr")
_LDA_MODULES = {
    "native": "tinycl_lda",
    "viper": "tinycl_rt.kernels.viper.lda",
    "reference": "tinycl_rt.kernels.reference.lda",
    "numpy": "tinycl_rt.kernels.numpy.lda",
}
_FULL_MODULES = {
    "native": "tinycl_full",
    "reference": "tinycl_rt.kernels.reference.full",
    "numpy": "tinycl_rt.kernels.numpy.full",
}
_FASTEST_FIRST = ("native", "viper", "reference")

# A native module for another processor or MicroPython is a ValueError, viper code where there is
# no viper a SyntaxError, and a small board may have no room left for either.
_NOT_HERE = (ImportError, SyntaxError, ValueError, MemoryError)


def load(name=None, modules=_MODULES):
    """Return a kernel module.

    Parameters
    ----------
    name : str, optional
        ``native``, ``viper``, ``reference`` or ``numpy``; by default ``TINYCL_KERNELS``, else the
        first of the first three that loads.
    modules : dict
        Paths of modules by those names.

    Raises
    ------
    ValueError
        An unknown name, or kernels that this interpreter cannot load.
    """
    name = name or _wanted()
    if name:
        if name not in modules:
            raise ValueError(
                "kernels: expected one of %s, got %r" % (", ".join(sorted(modules)), name)
            )
        try:
            return _import(modules[name])
        except _NOT_HERE as e:
            raise ValueError("kernels %r do not load here: %s" % (name, e))  # noqa: B904
    for name in _FASTEST_FIRST[:-1]:
        try:
            return _import(modules[name])
        except _NOT_HERE:
            pass
    return _import(modules[_FASTEST_FIRST[-1]])


def floats(kernels):
    """Kernels of the real-valued operators that go with a kernel set: native where they load."""
    if kernels.NAME == "numpy":
        return _import("tinycl_rt.kernels.numpy.floats")
    if kernels.NAME == "native":
        try:
            return _import("tinycl_float")
        except _NOT_HERE:
            pass
    return _import("tinycl_rt.kernels.reference.floats")


def tail(kernels):
    """Kernels of the trainable tail that go with a kernel set; the reference where they lack."""
    return _matching(_TAIL_MODULES, kernels)


def cwr(kernels):
    """Kernels with which the head cwr learns, likewise."""
    return _matching(_CWR_MODULES, kernels)


def lda(kernels):
    """Kernels of the heads that keep class sums, likewise."""
    return _matching(_LDA_MODULES, kernels)


def full(kernels):
    """The further kernels of full depth, likewise."""
    return _matching(_FULL_MODULES, kernels)


def _matching(modules, kernels):
    try:
        return _import(modules.get(kernels.NAME, modules["reference"]))
    except _NOT_HERE:
        if kernels.NAME == "numpy":
            raise  # a mistake, no lack
        return _import(modules["reference"])


def _import(path):
    module = __import__(path)
    for part in path.split(".")[1:]:
        module = getattr(module, part)
    return module


def _wanted():
    try:
        from os import getenv
    except ImportError:
        return None
    return getenv("TINYCL_KERNELS")
