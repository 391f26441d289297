"""Many runs: a grid of settings and seeds, in parallel, each finished run kept."""
