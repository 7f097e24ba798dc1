"""A study from its file to its results folder: what the command line does, and what a notebook calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from comply_measure.pipeline.files import locked, sweep
from comply_measure.pipeline.folder import require_usable, write_results
from comply_measure.pipeline.plan import Listener
from comply_measure.pipeline.registry import STEPS
from comply_measure.pipeline.replication.cost import remember_cost
from comply_measure.pipeline.run import Run, run_steps
from comply_measure.pipeline.step import Step
from comply_measure.pipeline.store import Store
from comply_measure.pipeline.study import Study, load_study
from comply_measure.pipeline.unchanged import FOLDER, remember


def run_study(
    study: Study | str | Path,
    registry: Mapping[str, Step] | None = None,
    store: Store | None = None,
    *,
    out: str | Path | None = None,
    write: bool | None = None,
    wanted: Iterable[str] | None = None,
    force: bool = False,
    jobs: int = 1,
    listen: Listener = lambda name, outcome: None,
) -> Run:
    """Run a study: ``run_study("study.yaml")`` does what ``comply-measure run study.yaml`` does.

    Parameters
    ----------
    study : path-like or Study
        A study file, or one that was loaded.
    registry : mapping of str to Step, optional
        All steps; those of this package and of installed ones by default.
    store : Store, optional
        A cache of one's own instead of that of the results folder; each result is saved as soon as it is there, so that
        an interrupted run resumes.
    out : path-like, optional
        Results folder instead of the study file's (``results/<name>`` in the current folder).
    write : bool, optional
        Whether the results folder is written; by default where no `store` is given, or `out` is.
    wanted : iterable of str, optional
        Steps to run (with what they need) instead of the study file's.
    force : bool
        Compute everything anew.
    jobs : int
        Worker processes; results do not depend on them.
    listen : callable
        Told when a step starts and ends.

    Returns
    -------
    Run
        With ``tables``, ``figures``, ``verdicts`` and the path of the ``report``. A step that failed is told there
        (``ok``, ``outcomes``) and raises nothing.

    Raises
    ------
    InputError
        If the study file or the data have problems (found before any step runs), or the folder holds something else.
    ComplyError
        If `wanted` names an unknown step.
    """
    steps = STEPS if registry is None else registry
    known = study if isinstance(study, Study) else load_study(study, steps)
    names = None if wanted is None else list(wanted)

    def run(cache: Store) -> Run:
        return run_steps(known, steps, cache, wanted=names, force=force, jobs=jobs, listen=listen)

    if write if write is not None else store is None or out is not None:
        folder = known.output() if out is None else Path(out)
        return _written(run, folder, store, names, jobs)
    if store is not None:
        return run(store)
    with TemporaryDirectory() as aside:
        return run(Store(Path(aside)))


def _written(
    run: Callable[[Store], Run], folder: Path, store: Store | None, wanted: list[str] | None, jobs: int
) -> Run:
    """The run, with its results in the folder."""
    require_usable(folder)
    with locked(folder):
        return _alone(run, folder, store, wanted, jobs)


def _alone(
    run: Callable[[Store], Run], folder: Path, store: Store | None, wanted: list[str] | None, jobs: int
) -> Run:
    sweep(folder)
    sweep(folder / FOLDER)
    started = datetime.now(UTC)
    done = replace(run(store or Store(folder / FOLDER)), folder=folder)
    if store is None:
        remember_cost(done, folder / FOLDER)
    files = write_results(done, folder, jobs=jobs, started=started)
    if store is None:
        remember(done, folder, folder / FOLDER, wanted, files)
    return done
