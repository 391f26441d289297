"""Answers requests of a host."""
