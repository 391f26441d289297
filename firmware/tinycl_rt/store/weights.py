"""What predicting needs of a learned state: consolidated weights and class names."""

from tinycl_rt.store.reading import head_bytes, names, open_state, read
from tinycl_rt.store.state import HEADER_BYTES

__all__ = ["load"]


def load(predictor, file):
    """Put weights and names into a predictor.

    Parameters
    ----------
    predictor : Predictor
    file : file
        Binary, standing where the state begins and ending with it.

    Raises
    ------
    ValueError
        The bytes are damaged, of another model, or of a learner that trained deeper than the head.
    """
    begin = file.tell()
    _, head, config = open_state(file, predictor.model)
    if config.depth:
        raise ValueError("state: its layers were trained too, which takes a Learner")
    size, is_open, filled = head[1], head[6], head[11]
    n, features = config.classes, predictor.model.features
    at = HEADER_BYTES + 8 * n + 8  # past, seen
    behind = at + 2 * n * features
    tail = behind + sum(head_bytes(config, features, is_open))
    tail += filled * (2 + predictor.model.latent_bytes)
    file.seek(begin + tail)
    found = names(file, size - tail, n)
    predictor.make_head(config)
    file.seek(begin + at)
    read(file, predictor.head.cw)
    if config.head:
        file.seek(begin + behind + (5 * n if is_open else 0))
        read(file, predictor.head.bias)
    predictor.names = found
