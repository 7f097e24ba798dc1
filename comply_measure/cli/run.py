"""What ``comply-measure run`` does: check, run, write, tell."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from comply_measure.cli.progress import announcer

STEP_FAILED = 1
INTERRUPTED = 130


def run_command(
    study_file: Path, out: Path | None, steps: str | None, *, jobs: int, force: bool, quiet: bool
) -> int:
    """Run a study and write its results.

    Parameters
    ----------
    study_file : Path
        The study file.
    out : Path, optional
        Results folder instead of the study's.
    steps : str, optional
        Comma-separated names instead of the study's steps.
    jobs, force, quiet
        As on the command line.

    Returns
    -------
    int
        Exit code: 0, 1 if a step has no result, 130 if interrupted.

    Raises
    ------
    InputError
        If the study file, the data or the results folder cannot be used.
    ComplyError
        If a step is unknown.
    """
    from comply_measure.pipeline import STEPS, Store, load_study, require_usable, run_study, write_results
    from comply_measure.pipeline.store import FOLDER

    started = datetime.now(UTC)
    study = load_study(study_file, STEPS)
    folder = study.output() if out is None else out
    require_usable(folder)
    wanted = None if steps is None else [name.strip() for name in steps.split(",") if name.strip()]
    store = Store(folder / FOLDER)
    try:
        with announcer(quiet=quiet) as announce:
            run = run_study(study, STEPS, store, wanted=wanted, force=force, jobs=jobs, listen=announce)
    except KeyboardInterrupt:
        print("\ninterrupted; the same command goes on from here", file=sys.stderr)
        return INTERRUPTED
    write_results(run, folder, jobs=jobs, started=started)
    failed = [outcome for outcome in run.outcomes.values() if not outcome.ok]
    for outcome in failed:
        trace = f" (details in {folder / 'errors' / outcome.step}.txt)" if outcome.trace else ""
        print(f"step '{outcome.step}' {outcome.status}: {outcome.reason}{trace}", file=sys.stderr)
    if not quiet:
        print(f"report: {folder / 'report.html'}")
    return STEP_FAILED if failed else 0
