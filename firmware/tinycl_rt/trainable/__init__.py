"""Layers that learn below the head."""
