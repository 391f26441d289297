"""Milliseconds that wrap, on every Python: `start = ticks_ms()`, later `since(start)`."""

__all__ = ["since", "ticks_ms"]

try:
    from time import ticks_diff, ticks_ms

    def since(start):
        """Milliseconds from `start` (of ``ticks_ms``) to now."""
        return ticks_diff(ticks_ms(), start)

except ImportError:
    _WRAP = 0x1FFFFFFF  # small integers on boards too

    try:
        from supervisor import ticks_ms  # CircuitPython: exact however long the board is up
    except ImportError:
        from time import monotonic

        def ticks_ms():
            """Milliseconds from an arbitrary point, modulo 2**29."""
            return int(monotonic() * 1000) & _WRAP

    def since(start):
        """Milliseconds from `start` (of ``ticks_ms``) to now."""
        return (ticks_ms() - start) & _WRAP
