"""Training a binary network from scratch in little memory (2102.04270).

Activations are kept as bits, weights and momenta as 16 bits, weight gradients as signs.

* `memory`: the memory that training a network takes; ``tinycl memory`` prints it.
* `layers`, `optimizers`, `wrap`: drop-in Keras layers, for models of Larq's.
* `trainer`: the same equations in numpy alone, for Linux boards.

Importing this package imports neither TensorFlow nor numpy's trainer.
"""

__all__: list[str] = []
