"""Faults on purpose: kills, damaged bytes, hostile files."""
