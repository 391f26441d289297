"""What several tests share: small models made without TensorFlow, and random Larq models."""
