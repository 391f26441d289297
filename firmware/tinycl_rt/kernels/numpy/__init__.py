"""The kernels for whole batches, on computers and Linux boards."""
