freeze("frozen")  # noqa: F821
