"""Choose a kernel set: the fastest that this interpreter can load, or the one asked for.

The environment variable ``TINYCL_KERNELS`` (where there is an environment) forces a choice.
"""

_MODULES = {"reference": "kernels_ref", "numpy": "kernels_numpy"}


def load(name=None):
    """Return a kernel module.

    Parameters
    ----------
    name : str, optional
        ``reference`` or ``numpy``; by default ``TINYCL_KERNELS``, else ``reference``.

    Raises
    ------
    ValueError
        An unknown name, or kernels that this interpreter cannot load.
    """
    name = name or _wanted() or "reference"
    if name not in _MODULES:
        raise ValueError(
            "kernels: expected one of %s, got %r" % (", ".join(sorted(_MODULES)), name)
        )
    try:
        package = __import__("tinycl_rt." + _MODULES[name])
    except (ImportError, SyntaxError) as e:
        raise ValueError("kernels %r do not load here: %s" % (name, e))  # noqa: B904
    return getattr(package, _MODULES[name])


def _wanted():
    try:
        from os import getenv
    except ImportError:
        return None
    return getenv("TINYCL_KERNELS")
