"""The learner in float32: what its integers are compared with."""
