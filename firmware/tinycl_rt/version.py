"""The one place where the version of tinycl stands; host package, wheel and board read it here."""

__version__ = "0.1.0"
