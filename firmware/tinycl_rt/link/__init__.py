"""Frames on a byte stream, and what is said in them."""
