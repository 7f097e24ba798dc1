"""What ``comply-measure run`` does: check, run, write, tell."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from comply_measure.cli.progress import announcer, unchanged_line

STEP_FAILED = 1
INTERRUPTED = 130


def run_command(
    study_file: Path,
    out: Path | None,
    steps: str | None,
    *,
    jobs: int,
    force: bool,
    quiet: bool,
    package: Path | None = None,
    pdf: Path | None = None,
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
    package : Path, optional
        Folder of the replication package.
    pdf : Path, optional
        PDF of the report; a file that is there is replaced.

    Returns
    -------
    int
        Exit code: 0, 1 if a step failed, 130 if interrupted.

    Raises
    ------
    InputError
        If the study file, the data or the results folder cannot be used.
    ComplyError
        If a step is unknown, or no browser prints the PDF.
    """
    if pdf is not None:
        _check_pdf(pdf)
    wanted = None if steps is None else [name.strip() for name in steps.split(",") if name.strip()]
    if not force and package is None and (done := _nothing_to_do(study_file, out, wanted)):
        folder, names = done
        if not quiet:
            print("\n".join(unchanged_line(name) for name in names), file=sys.stderr)
            print(f"report: {folder / 'report.html'}")
        if pdf is not None:
            _print(folder / "report.html", pdf, quiet)
        return 0
    from comply_measure.pipeline.usage import pandas_alone, settled

    pandas_alone()
    from comply_measure.pipeline import run_study
    from comply_measure.pipeline.files import leave_nothing

    leave_nothing()
    try:
        with settled(), announcer(quiet=quiet) as announce:
            run = run_study(study_file, out=out, wanted=wanted, force=force, jobs=jobs, listen=announce)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # asked again while it ends: it is ending
        print("\ninterrupted; the same command goes on from here", file=sys.stderr)
        return INTERRUPTED
    for outcome in (outcome for outcome in run.outcomes.values() if not outcome.ok):
        trace = f" (details in {run.folder}/errors/{outcome.step}.txt)" if outcome.trace else ""
        print(f"step '{outcome.step}' {outcome.status}: {outcome.reason}{trace}", file=sys.stderr)
    if not quiet:
        print(f"report: {run.report}")
    if package is not None and run.ok:
        from comply_measure.pipeline import write_package

        files = write_package(run, package)
        if not quiet:
            print(f"package: {package} ({len(files)} files); prove it with: comply-measure verify {package}")
    if pdf is not None and run.report is not None:
        _print(run.report, pdf, quiet)
    return 0 if run.ok else STEP_FAILED


def _check_pdf(target: Path) -> None:
    """Before anything is computed.

    Raises
    ------
    ComplyError
        Without a browser that prints, or without the folder of the file.
    """
    from comply_measure.errors import ComplyError
    from comply_measure.report.printing import browser

    if browser() is None:
        raise ComplyError(
            "the PDF needs Chromium or Chrome, which is not installed; report.html prints from any browser"
        )
    if not target.parent.is_dir() or target.is_dir():
        raise ComplyError(f"{target} cannot be written: it is a folder, or its folder does not exist")


def _print(report: Path, target: Path, quiet: bool) -> None:
    """Print the report, and say where.

    Raises
    ------
    ComplyError
        If the browser fails.
    """
    from comply_measure.errors import ComplyError
    from comply_measure.report.printing import print_report

    if not print_report(report, target):
        raise ComplyError(f"{report} could not be printed to {target}")
    if not quiet:
        print(f"pdf: {target}")


def _nothing_to_do(
    study_file: Path, out: Path | None, wanted: list[str] | None
) -> tuple[Path, list[str]] | None:
    """The results folder and its steps, if all is as the last run left it; found without loading the steps."""
    from comply_measure.documents import read_yaml
    from comply_measure.documents.confined import confined
    from comply_measure.errors import ComplyError
    from comply_measure.pipeline.unchanged import FOLDER, unchanged_steps

    folder = out
    try:
        if folder is None:
            document = read_yaml(study_file).data
            named = document.get("output") if isinstance(document, dict) else None
            folder = confined(study_file.parent, str(named)) if named else Path("results") / study_file.stem
        names = unchanged_steps(study_file, folder, folder / FOLDER, wanted)
    except (ComplyError, OSError):  # told, with all else, where the file is read for the run
        return None
    return None if names is None else (folder, names)
