"""One step, run: its warnings collected, its failure contained."""

from __future__ import annotations

import time
import traceback
import warnings
from dataclasses import replace

from threadpoolctl import threadpool_limits

from comply_measure.errors import ComplyError, ComplyWarning
from comply_measure.pipeline.files import OutputError
from comply_measure.pipeline.outcome import Outcome
from comply_measure.pipeline.step import Context, Step, StepOptions, StepOutput
from comply_measure.pipeline.store import Store


def execute(step: Step, context: Context, options: StepOptions, key: str) -> Outcome:
    """Run a step.

    Parameters
    ----------
    step : Step
        What to run.
    context : Context
        What it may read.
    options : StepOptions
        Its options.
    key : str
        Key of its result.

    Returns
    -------
    Outcome
        ``done`` or ``failed``. Warnings of this package become problems of the output; those of libraries
        are kept beside it.
    """
    start = time.perf_counter()
    output: StepOutput | None = None
    reason = trace = ""
    # One thread for linear algebra: the matrices are small, and sums then do not depend on the machine's cores.
    with threadpool_limits(1), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            output = step.run(context, options)
        except ComplyError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - a defect in one step must not cost the others; it is kept and reported
            reason = f"{type(error).__name__}: {error}"
            trace = traceback.format_exc()
    seconds = time.perf_counter() - start
    own = tuple(dict.fromkeys(str(w.message) for w in caught if issubclass(w.category, ComplyWarning)))
    foreign = tuple(
        dict.fromkeys(
            f"{w.category.__name__}: {w.message}" for w in caught if not issubclass(w.category, ComplyWarning)
        )
    )
    if output is None:
        return Outcome(step.name, "failed", key, seconds, reason=reason, trace=trace, warnings=foreign)
    if own:
        output = replace(output, problems=(*output.problems, *own))
    return Outcome(step.name, "done", key, seconds, output, warnings=foreign)


def kept(outcome: Outcome, store: Store) -> Outcome:
    """The outcome, its result saved; failed if the result cannot be stored, which is a defect of the step.

    Raises
    ------
    OutputError
        If the system refuses to write: that ends the run.
    """
    if outcome.output is None:
        return outcome
    try:
        store.save(outcome.step, outcome.key, outcome.output)
    except OutputError:
        raise
    except ComplyError as error:
        return replace(outcome, status="failed", output=None, reason=str(error), trace=traceback.format_exc())
    return outcome
