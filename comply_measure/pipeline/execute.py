"""One step, run: evidence computed or taken from the cache, printed; warnings collected, failure contained."""

from __future__ import annotations

import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from comply_measure.errors import ComplyError, ComplyWarning, NotApplicableError
from comply_measure.evidence.options import TopicOptions
from comply_measure.measurement.threads import one_thread
from comply_measure.pipeline.files import OutputError
from comply_measure.pipeline.outcome import Outcome
from comply_measure.pipeline.step import Context, Found, Step
from comply_measure.pipeline.store import Store
from comply_measure.pipeline.usage import release
from comply_measure.report.translation.parts import said

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of a step's evidence and of its printed output in the cache."""

    evidence: str
    output: str


@dataclass(frozen=True, eq=False)
class _Attempt(Generic[Result]):
    """What a computation gave: a result, or why there is none; and what was warned of."""

    result: Result | None
    own: tuple[str, ...]
    foreign: tuple[str, ...]
    reason: str = ""
    trace: str = ""
    applies: bool = True


def execute(
    step: Step, context: Context, options: TopicOptions, keys: Keys, store: Store, *, anew: bool = False
) -> Outcome:
    """Run a step and keep what it gives.

    Parameters
    ----------
    step : Step
        What to run.
    context : Context
        What it may read.
    options : TopicOptions
        Its options.
    keys : Keys
        Keys of its evidence and of its output.
    store : Store
        The cache.
    anew : bool
        Compute even what the cache holds.

    Returns
    -------
    Outcome
        ``done``, ``printed`` (the evidence was there), ``skipped`` (the data do not carry it) or ``failed``.
        Warnings of this package become problems of the output; those of libraries are kept beside it.

    Raises
    ------
    OutputError
        If the system refuses to write: that ends the run.
    """
    start = time.perf_counter()
    found: Found | None = None if anew else store.load_evidence(step.name, keys.evidence)
    known = found is not None
    foreign: tuple[str, ...] = ()
    if found is None:
        computed = _computed(step, context, options, keys, store)
        release()  # what only the computation needed, before the chapter is drawn on top of it
        if computed.result is None:
            return _failed(step, keys, start, computed)
        found, foreign = computed.result, computed.foreign
    labels = context.labels
    evidence = found
    informants = step.informants(context)
    printed = _tried(lambda: step.print(evidence, labels, context.cutoffs, informants))
    foreign = tuple(dict.fromkeys((*foreign, *printed.foreign)))
    if printed.result is None:
        return _failed(step, keys, start, printed)
    output = replace(printed.result, problems=(*printed.result.problems, *said(labels.language, printed.own)))
    stored = _tried(lambda: store.save(step.name, keys.output, output))
    if stored.reason:
        return _failed(step, keys, start, stored)
    release()
    seconds = time.perf_counter() - start
    return Outcome(
        step.name, "printed" if known else "done", keys.evidence, seconds, output, warnings=foreign
    )


def _computed(
    step: Step, context: Context, options: TopicOptions, keys: Keys, store: Store
) -> _Attempt[Found]:
    """Evidence of a step, kept in the cache, and as the cache gives it back: a second run then prints the same."""
    computed = _tried(lambda: step.compute(context, options))
    if computed.result is None:
        return _without_result(computed)
    fresh = Found(computed.result, computed.own)
    stored = _tried(lambda: store.save_evidence(step.name, keys.evidence, fresh))
    if stored.reason:
        return _without_result(stored)
    kept = store.load_evidence(step.name, keys.evidence) or fresh
    return _Attempt(kept, computed.own, computed.foreign)


def _without_result(attempt: _Attempt[Any]) -> _Attempt[Found]:
    """Why there is nothing."""
    return _Attempt(None, attempt.own, attempt.foreign, attempt.reason, attempt.trace, attempt.applies)


def _tried(compute: Callable[[], Result]) -> _Attempt[Result]:
    result: Result | None = None
    reason = trace = ""
    applies = True
    # One thread for linear algebra: the matrices are small, and sums then do not depend on the machine's cores.
    with one_thread(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = compute()
        except OutputError:  # the system refuses to write: that ends the run
            raise
        except NotApplicableError as error:
            reason, applies = str(error), False
        except ComplyError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - a defect in one step must not cost the others; it is kept and reported
            reason = f"{type(error).__name__}: {error}"
            trace = traceback.format_exc()
    own = tuple(dict.fromkeys(str(w.message) for w in caught if issubclass(w.category, ComplyWarning)))
    foreign = tuple(
        dict.fromkeys(
            f"{w.category.__name__}: {w.message}" for w in caught if not issubclass(w.category, ComplyWarning)
        )
    )
    return _Attempt(result, own, foreign, reason, trace, applies)


def _failed(step: Step, keys: Keys, start: float, attempt: _Attempt[Result]) -> Outcome:
    seconds = time.perf_counter() - start
    return Outcome(
        step.name,
        "failed" if attempt.applies else "skipped",
        keys.evidence,
        seconds,
        reason=attempt.reason,
        trace=attempt.trace,
        warnings=attempt.foreign,
    )
