"""The kernels as machine code of MicroPython's viper emitter."""
