"""Feed mutated .tcm files to the loader, and to the kernels those that it accepts.

    python tests/helpers/fuzz_models.py RUNS [SEED]

Every file is loaded or refused with a ValueError, from memory and streamed from a file alike;
anything else ends the run with status 1. Of the accepted ones some are run, with every kernel set
the same integers: numpy's, and those in TINYCL_HOST_KERNELS, the C kernels built with sanitizers
(see tools/faults/fuzz.py), else the reference; streamed ones on the first of these.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from typing import Any

from tinycl_rt import tcm
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.kernels.reference import core as reference

from helpers.hostile import fields, load, patched, run_everywhere, signed
from helpers.tiny import compiled, random_program, tiny_model

EXTREMES = (0, 1, 2, 3, 4, 8, 31, 64, 127, 128, 255, 256, 1023, 1025, 4096, 4097, 65535, -1, -4)
EXTREMES += (2**16, 2**24, 2**31 - 4, 2**31 - 1, -(2**31), 2**32 - 4)
_PROGRAMS = 40
_RUN_ONE_OF = 8  # accepted files: running takes far longer than loading


def mutants(seed: int) -> Iterator[bytes]:
    """Yield damaged files without end; most have a checksum that is right again."""
    rng = random.Random(seed)
    pool = [tiny_model(), *(compiled(random_program(k)) for k in range(_PROGRAMS))]
    places = [list(fields(data)) for data in pool]
    while True:
        which = rng.randrange(len(pool))
        data, kind = pool[which], rng.randrange(8)
        if kind < 4:
            for _ in range(1 if kind < 3 else rng.randrange(2, 6)):
                _, at, code = rng.choice(places[which])
                near = rng.randrange(-2, 3) + data[at]
                value = rng.choice((rng.choice(EXTREMES), near, rng.getrandbits(32)))
                data = patched(data, at, code, value)
            yield data
            continue
        out = bytearray(data)
        if kind == 4:  # cut, or something behind the end
            del out[rng.randrange(len(out)) :]
            out += rng.randbytes(rng.randrange(20))
        elif kind == 5:  # garbage behind a right header
            out[tcm.CRC_FROM :] = rng.randbytes(rng.randrange(300))
        else:
            for _ in range(rng.randrange(1, 9)):
                out[rng.randrange(len(out))] = rng.getrandbits(8)
        # One kind stays as it is: the checksum, or magic and version, have to refuse it.
        yield signed(out) if kind != 6 and len(out) >= tcm.CRC_FROM else bytes(out)


def fuzz(runs: int, seed: int, sets: tuple[Any, ...]) -> tuple[int, int]:
    """Load `runs` mutants; return how many were accepted, and how many of these were run."""
    accepted = ran = 0
    for _, data in zip(range(runs), mutants(seed), strict=False):
        try:
            model, streamed = load(data)
        except ValueError as error:
            assert str(error).startswith("model: "), error
            continue
        accepted += 1
        if accepted % _RUN_ONE_OF == 0:
            ran += run_everywhere(model, sets, streamed)
    return accepted, ran


def main(words: list[str]) -> int:
    """Run the command line; return its exit status."""
    runs, seed = int(words[0]), int(words[1]) if len(words) > 1 else 1
    sets: tuple[Any, ...] = (reference, numpy_kernels)
    if os.environ.get("TINYCL_HOST_KERNELS"):
        from kernels.native.host_kernels import HostKernels

        sets = (HostKernels(), numpy_kernels, HostKernels(odd=True))
    accepted, ran = fuzz(runs, seed, sets)
    print(f"{runs} models, {accepted} accepted, {ran} run, no fault")
    return not (0 < accepted < runs and ran > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
