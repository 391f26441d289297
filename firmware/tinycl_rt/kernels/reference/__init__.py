"""The kernels in plain Python: the specification."""
