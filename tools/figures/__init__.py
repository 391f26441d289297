"""The figures that README and docs quote, and the commands that they come from."""
