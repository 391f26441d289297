"""A program that learns and saves until it is killed: ``saver.py MODEL FOLDER DEPTH``.

It runs on any Python, and prints the state's fingerprint before each save (``+``) and after it
(``=``).
"""

import sys

from tinycl_rt.learner import Learner
from tinycl_rt.store.store import Store


def main(model="/rom/model.tcm", folder="", depth="0"):
    deep = int(depth)
    learner = Learner(model, classes=4, replay_slots=150, depth=deep, thresholds=int(deep > 0))
    store = Store(folder)
    store.load(learner)  # most saves append to a log, some write one afresh
    print("@", learner.fingerprint())
    while True:
        for _ in range(1 + learner.learned % 3):
            learner.learn(bytes([learner.learned * 37 % 256]) * 64, learner.learned % 4)
        if not learner.learned % 5:
            learner.forget(learner.learned % 4)
        print("+", learner.fingerprint())
        store.save(learner)
        print("=", learner.fingerprint())


if __name__ == "__main__":
    main(*sys.argv[1:])
