"""Feed hostile files and buffers to the loader and the C kernels, under sanitizers.

    python -m tools.faults.fuzz                          a million executions on two processors
    python -m tools.faults.fuzz --runs 5000000 --seed 7

Half of the runs call C kernels with damaged geometries and buffers of wrong sizes
(firmware/native/fuzz.c); half load damaged .tcm files, and run what is accepted through the C
kernels and numpy's (tests/helpers/fuzz_models.py). The C code is built with the address and
undefined-behaviour sanitizers. Exit status 1: a crash, another exception than ValueError, or
other integers; the command that repeats it is printed.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.command import command_line

PROJECT = Path(__file__).resolve().parents[2]
NATIVE = PROJECT / "firmware" / "native"


def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000, help="executions in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    options = parser.parse_args(words)
    if options.runs < 100 or options.jobs < 1:
        parser.error("expected at least 100 runs and one job")
    lack = [program for program in ("gcc", "make") if not shutil.which(program)]
    if lack:
        print(f"fuzz: {' and '.join(lack)} missing: run tools/boards/setup.sh", file=sys.stderr)
        return 1
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        ok = fuzz(Path(name), options.runs, options.seed, options.jobs)
    print(f"fuzz: {options.runs} executions in {time.monotonic() - started:.0f} s")
    return not ok


def fuzz(build: Path, runs: int, seed: int, jobs: int) -> bool:
    """Build in the folder `build`, run everything; return whether all went well."""
    make = ["make", "-s", "-C", str(NATIVE), f"BUILD={build}", "CC=gcc"]
    first = [*make, "host", "fuzz", "RUNS=100"]
    built = subprocess.run(first, capture_output=True, text=True)
    if built.returncode:
        print(f"fuzz: the C kernels do not build:\n{built.stderr}", file=sys.stderr)
        return False
    find = ["gcc", "-print-file-name=libasan.so"]
    sanitizer = subprocess.run(find, capture_output=True, text=True, check=True).stdout.strip()
    sanitized = {
        "TINYCL_HOST_KERNELS": str(build / "libtinycl.so"),
        "LD_PRELOAD": sanitizer,
        "ASAN_OPTIONS": "detect_leaks=0",
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": str(PROJECT / "tests"),
    }
    # Seeds that no other call with a near seed has.
    shares = [(runs * (i + 1) // (2 * jobs) - runs * i // (2 * jobs)) for i in range(2 * jobs)]
    work: list[tuple[list[str], dict[str, str]]] = []
    for job in range(jobs):
        number = str(1000 * seed + job)
        models = [sys.executable, "-m", "helpers.fuzz_models", str(shares[2 * job]), number]
        work.append((models, sanitized))
        work.append(([str(build / "fuzz"), str(shares[2 * job + 1]), number], {}))
    with ThreadPoolExecutor(jobs) as pool:
        return all(list(pool.map(lambda given: _run(*given), work)))


def _run(command: list[str], variables: dict[str, str]) -> bool:
    ran = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True)
    words = shlex.join([*(f"{k}={v}" for k, v in variables.items()), *command])
    if ran.returncode:
        print(f"fuzz: status {ran.returncode} of {words}\n{ran.stdout}{ran.stderr}")
        return False
    print(f"{command[-3].rsplit('/')[-1]}: {ran.stdout.strip()}")
    return True


if __name__ == "__main__":
    sys.exit(main())
