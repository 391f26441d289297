"""Compiled models: loading, checking, running."""
