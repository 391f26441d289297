"""Whether a compiled model fits a board, and what work it is."""
