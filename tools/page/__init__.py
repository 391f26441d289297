"""Builds what the page needs and git does not hold: see ``__main__``."""
