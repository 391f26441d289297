"""Learned state: its bytes, and saves that survive power cuts."""
