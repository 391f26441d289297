"""From LCE's operators to those of a board."""
