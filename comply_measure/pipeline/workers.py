"""Independent steps side by side, each in a worker process; results travel through the cache."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing import get_all_start_methods, get_context, parent_process
from multiprocessing.connection import wait as wait_for
from multiprocessing.context import BaseContext
from pathlib import Path
from threading import Thread, current_thread, main_thread
from typing import Any

from comply_measure.errors import ComplyError
from comply_measure.pipeline.execute import execute
from comply_measure.pipeline.files import leave_nothing, remove_unfinished
from comply_measure.pipeline.outcome import Outcome
from comply_measure.pipeline.plan import Listener, Plan, skipped
from comply_measure.pipeline.registry import STEPS
from comply_measure.pipeline.signature import adopt, secret
from comply_measure.pipeline.store import Store
from comply_measure.pipeline.study import load_study
from comply_measure.pipeline.usage import Usage, settled
from comply_measure.sem.remembered import remembering

#: Steps that take longest, in this order.
_LONG = (
    "reliability",
    "triads",
    "congruence",
    "invariance",
    "rivals",
    "validity",
    "dimensionality",
    "informants",
)


@dataclass(frozen=True, slots=True)
class _Worked:
    """How a step went without its output, in which process, and what that process has used by then."""

    outcome: Outcome
    process: int
    usage: Usage


def run_parallel(
    plan: Plan, store: Store, outcomes: dict[str, Outcome], listen: Listener
) -> tuple[Usage, ...]:
    """Run what is missing in `outcomes`, several steps at a time where their needs allow it.

    Parameters
    ----------
    plan : Plan
        What is due; its steps must be those of the registry, which workers know by name.
    store : Store
        Cache that workers write to and read from.
    outcomes : dict
        Receives the outcomes.
    listen : callable
        Told when a step starts and ends.

    Returns
    -------
    tuple of Usage
        What each worker used.
    """
    pool = _Pool(plan.jobs, mp_context=_context(), initializer=_begin, initargs=(secret(),))
    try:
        return _drive(pool, plan, store, outcomes, listen)
    finally:
        # After an interruption the steps under way finish and are kept; no new one starts. A second one ends them.
        try:
            pool.shutdown(wait=True, cancel_futures=True)
        except KeyboardInterrupt:
            pool.end()
            raise


class _Pool(ProcessPoolExecutor):
    """Workers that load this program alone, not the script it was called from, which would run once more in each."""

    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        """A task; processes are made here."""
        with _interrupt_later(), _script_unseen():
            return super().submit(*args, **kwargs)

    def end(self) -> None:
        """End the workers at once; what they were writing goes."""
        for process in tuple((self._processes or {}).values()):
            process.terminate()
            process.join(5)


@contextmanager
def _interrupt_later() -> Iterator[None]:
    """Interrupts wait until a process that is being made is there: one that nobody knows would fail when it begins."""
    before = signal.getsignal(signal.SIGINT)
    if current_thread() is not main_thread() or not callable(before):
        yield
        return
    asked: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        raise KeyboardInterrupt


@contextmanager
def _script_unseen() -> Iterator[None]:
    """The main module without the names by which new processes would find and run it."""
    main = vars(sys.modules["__main__"])
    kept: dict[str, Any] = {name: main[name] for name in ("__spec__", "__file__") if name in main}
    main["__spec__"] = None
    main.pop("__file__", None)
    try:
        yield
    finally:
        main.update(kept)


def _result(future: Future[_Worked], name: str) -> _Worked:
    """What came back from a worker; one clear error where it was ended from outside."""
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise ComplyError(
            f"a worker ended abruptly while step '{name}' was running (memory may have run out); what was finished "
            "is kept: run again, with fewer jobs"
        ) from error


def _drive(
    pool: ProcessPoolExecutor, plan: Plan, store: Store, outcomes: dict[str, Outcome], listen: Listener
) -> tuple[Usage, ...]:
    running: dict[Future[_Worked], str] = {}
    workers: dict[int, Usage] = {}
    while len(outcomes) < len(plan.steps):
        _settle_skipped(plan, outcomes, listen)
        # Long steps first, so that none of them is the last one running alone.
        for name in sorted(_ready(plan, outcomes, set(running.values())), key=_rank):
            listen(name, None)
            task = (str(plan.study.path), str(store.folder), name, tuple(plan.steps), plan.anew)
            running[pool.submit(_work, *task)] = name
        if not running:
            continue
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            name = running.pop(future)
            worked = _result(future, name)
            # Usage only grows, and results of one worker may arrive together in any order.
            known = workers.get(worked.process, worked.usage)
            workers[worked.process] = max(known, worked.usage, key=lambda used: used.cpu_seconds or 0.0)
            outcomes[name] = _with_output(worked.outcome, plan, store)
            listen(name, outcomes[name])
    return tuple(workers.values())


def _context() -> BaseContext:
    """New processes that have the program loaded already, where the system can make them; else bare ones."""
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


# A worker is set up for runs until it ends.
_FOR_LIFE = ExitStack()


def _begin(key: bytes) -> None:
    """Sign with the parent's key, leave interrupts to it, and end with it: a killed parent tells nobody."""
    adopt(key)
    _FOR_LIFE.enter_context(settled())
    _FOR_LIFE.enter_context(remembering())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    leave_nothing()
    parent = parent_process()
    if parent is not None:
        Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    remove_unfinished()
    os._exit(1)


def _settle_skipped(plan: Plan, outcomes: dict[str, Outcome], listen: Listener) -> None:
    for name in plan.steps:
        if name not in outcomes and (outcome := skipped(plan, name, outcomes)) is not None:
            outcomes[name] = outcome
            listen(name, outcome)


def _rank(name: str) -> int:
    return _LONG.index(name) if name in _LONG else len(_LONG)


def _ready(plan: Plan, outcomes: dict[str, Outcome], busy: set[str]) -> list[str]:
    return [
        name
        for name in plan.steps
        if name not in outcomes and name not in busy and all(other in outcomes for other in plan.reads(name))
    ]


def _with_output(outcome: Outcome, plan: Plan, store: Store) -> Outcome:
    if outcome.status not in ("done", "printed"):
        return outcome
    output = store.load(outcome.step, plan.keys[outcome.step].output)
    if output is None:
        raise ComplyError(f"the result of step '{outcome.step}' could not be read back from {store.folder}")
    return replace(outcome, output=output)


@lru_cache(maxsize=1)
def _plan(path: str, wanted: tuple[str, ...]) -> Plan:
    return Plan(load_study(Path(path), STEPS, checked=True), STEPS, wanted)


def _work(path: str, folder: str, name: str, wanted: tuple[str, ...], anew: bool) -> _Worked:
    """Run one step in a worker; its output stays in the cache, only the rest returns."""
    plan, store = _plan(path, wanted), Store(Path(folder))
    outcome = execute(
        plan.steps[name], plan.context(name, store), plan.options(name), plan.keys[name], store, anew=anew
    )
    return _Worked(replace(outcome, output=None), os.getpid(), Usage.of_this_process())
