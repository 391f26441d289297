"""One class-incremental run: on the simulator or on a board, by the same loop."""
