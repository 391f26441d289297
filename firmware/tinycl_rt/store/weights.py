"""What predicting needs of a learned state: consolidated weights and class names."""

from tinycl_rt.forward import NEVER
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
    past = HEADER_BYTES
    at = past + 8 * n + 8  # seen of the replay memory comes between
    behind = at + 2 * n * features
    tail = behind + sum(head_bytes(config, features, is_open))
    tail += filled * (2 + predictor.model.latent_bytes)
    file.seek(begin + tail)
    found = names(file, size - tail, n)
    predictor.make_head(config)
    file.seek(begin + at)
    head = predictor.head
    read(file, head.cw)
    file.seek(begin + (behind + (5 * n if is_open else 0) if config.head else past))
    read(file, head.bias)
    if not config.head:  # counts of samples: a class without any is not to be predicted
        taught = any(head.bias)
        for j in range(n):
            head.bias[j] = NEVER if taught and not head.bias[j] else 0
    predictor.names = found
