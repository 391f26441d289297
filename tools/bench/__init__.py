"""Benchmarks: counted instructions and bytes."""
