"""Work in parallel through joblib: processes here, or a cluster of Dask or Ray.

``dask`` takes the scheduler that ``DASK_SCHEDULER_ADDRESS`` names, ``ray`` the cluster of
``RAY_ADDRESS``; without one, each starts its own on this computer. Any other name is a back end
that joblib knows.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from tinycl.exceptions import DataError, MissingExtraError

__all__ = ["each", "one_thread"]


def each(
    function: Callable[..., Any],
    arguments: Sequence[tuple[Any, ...]],
    jobs: int | None = None,
    backend: str = "loky",
) -> Generator[tuple[int, Any], None, None]:
    """Call a function with each of the arguments; yield (place, result) as they are done.

    Large arrays among the arguments are shared by the workers of this computer: they map one
    copy into memory. Ray's back end has no results before all are done.

    Parameters
    ----------
    jobs
        Workers; as many as there are cores unless given. 1 works in this process.
    backend
        A back end of joblib.

    Raises
    ------
    DataError
        No such back end, or less than one worker.
    MissingExtraError
        The back end is not installed.
    """
    if jobs is not None and jobs < 1:
        raise DataError(f"expected at least 1 job, got {jobs}")
    jobs = jobs and min(jobs, max(1, len(arguments)))
    if backend == "loky" and (jobs or os.cpu_count()) == 1:
        yield from ((i, function(*given)) for i, given in enumerate(arguments))
        return
    import joblib

    calls = (joblib.delayed(_numbered)(i, function, *given) for i, given in enumerate(arguments))
    with ExitStack() as stack:
        _connect(backend, stack)
        try:
            stack.enter_context(joblib.parallel_config(backend, n_jobs=jobs or -1))
            streams = joblib.parallel.get_active_backend()[0].supports_return_generator
            parallel = joblib.Parallel(return_as="generator_unordered" if streams else "list")
        except (ValueError, ImportError) as error:
            raise DataError(f"joblib has no back end {backend!r}: {error}") from error
        with _deaf_workers(backend):
            found = parallel(calls)
        yield from found


def one_thread() -> Any:
    """A context in which BLAS has one thread.

    So workers do not fight for cores, and float sums are added in the same order whatever the
    number of workers.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


@contextmanager
def _deaf_workers(backend: str) -> Iterator[None]:
    """Processes that start in this block do not hear Ctrl-C: a terminal sends it to them, too.

    This process ends them; by themselves they would print a traceback each.
    """
    if backend != "loky" or not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from joblib.externals.loky.backend import resource_tracker

    resource_tracker.ensure_running()  # it starts by itself otherwise, and unblocks the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _numbered(i: int, function: Callable[..., Any], *given: Any) -> tuple[int, Any]:
    if multiprocessing.current_process().name.startswith("Loky"):
        # One that was started later, in the place of another, hears Ctrl-C.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return i, function(*given)


def _connect(backend: str, stack: ExitStack) -> None:
    """Find the cluster of a back end that needs one."""
    try:
        if backend == "dask":
            from distributed import Client

            stack.enter_context(Client())
        elif backend == "ray":
            import ray
            from ray.util.joblib import register_ray

            ray.init(ignore_reinit_error=True)
            register_ray()
    except ImportError as error:
        package = {"dask": "'dask[distributed]'"}.get(backend, backend)
        raise MissingExtraError(
            f"the back end {backend} is not installed ({error}): pip install {package}"
        ) from error
