"""Makes the backbones of the zoo."""
