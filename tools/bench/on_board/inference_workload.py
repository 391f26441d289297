"""What tools.bench.inference runs on a board: one prediction of a learner with ten classes.

Prints one line of JSON for each kernel set: backend, instructions.
"""

import gc
import json

import tinyclboard
from tinycl_rt import Learner
from tinycl_rt.kernels import choose
from tinycl_rt.lib.modules import forget
from tinycl_rt.model.loader import Model
from tinycl_rt.model.source import open_source


def run(path, names):
    model = Model(open_source(path))
    forget("model.parser")  # as a device does: a learner of the largest model needs the room
    forget("model.checks")
    gc.collect()
    for name in names:
        # All heads predict alike; this one takes the least room.
        kernels = choose.load(name)
        learner = Learner(model, kernels=kernels, classes=10, replay_slots=0, head="cwr")
        pixels = bytes(i * 31 & 255 for i in range(model.input_bytes))
        learner.learn(pixels, 0)
        learner.predict(pixels)
        gc.collect()
        print(
            json.dumps(
                {"backend": name, "instructions": tinyclboard.count(learner.predict, pixels)}
            )
        )
