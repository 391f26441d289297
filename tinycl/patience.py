"""How long whoever talks to a board waits for it; ``--patience`` gives another time.

What waits for one step of a conversation waits for a share of it.
"""

__all__ = ["PATIENCE"]

PATIENCE = 30.0
"""Seconds without an answer after which a board counts as silent; emulators may need more."""
