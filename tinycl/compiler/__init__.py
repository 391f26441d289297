"""From a trained Keras model to LCE's flatbuffer, and from there to the file a board loads."""
