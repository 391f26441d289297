"""A process that learns and saves until it is killed: ``python saver.py MODEL FOLDER``.

It prints the state's fingerprint before each save (``+``) and after it (``=``).
"""

import sys

from tinycl_rt.learner import Learner
from tinycl_rt.store import Store


def main(model: str, folder: str) -> None:
    learner = Learner(model, classes=4, replay=150)
    store = Store(folder)
    store.load(learner)  # most saves append to a log, some write one afresh
    print("@", learner.fingerprint(), flush=True)
    while True:
        learner.learn(bytes([learner.learned * 37 % 256]) * 64, learner.learned % 4)
        print("+", learner.fingerprint(), flush=True)
        store.save(learner)
        print("=", learner.fingerprint(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
