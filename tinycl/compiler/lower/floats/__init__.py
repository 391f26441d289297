"""Operators that stay real-valued."""
