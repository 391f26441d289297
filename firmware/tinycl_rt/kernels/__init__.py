"""Kernel sets, which give the same integers, and the choice of one."""
