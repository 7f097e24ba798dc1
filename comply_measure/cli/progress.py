"""Progress of a run: a live display on a terminal, one line per step elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from comply_measure.pipeline import Outcome
    from comply_measure.pipeline.plan import Listener

_MARKS = {"done": "✓", "printed": "✎", "cached": "=", "failed": "✗", "skipped": "-"}
_STYLES = {"done": "green", "printed": "cyan", "cached": "cyan", "failed": "red", "skipped": "yellow"}
_WORDS = {
    "done": "",
    "printed": " printed anew",
    "cached": " unchanged",
    "failed": " failed",
    "skipped": " skipped",
}


@contextmanager
def announcer(*, quiet: bool) -> Iterator[Listener]:
    """A listener for :func:`comply_measure.pipeline.run_study` that writes to standard error.

    Parameters
    ----------
    quiet : bool
        Say nothing.
    """
    if quiet:
        yield lambda name, outcome: None
    elif not sys.stderr.isatty():
        yield _print_line
    else:
        with _live() as listen:
            yield listen


def line(name: str, outcome: Outcome) -> str:
    """``✓ cfa (1.2 s)``."""
    seconds = f" ({outcome.seconds:.1f} s)" if outcome.status in ("done", "printed", "failed") else ""
    return f"{_MARKS[outcome.status]} {name}{_WORDS[outcome.status]}{seconds}"


def unchanged_line(name: str) -> str:
    """``= cfa unchanged``."""
    return f"{_MARKS['cached']} {name}{_WORDS['cached']}"


def _print_line(name: str, outcome: Outcome | None) -> None:
    if outcome is not None:
        print(line(name, outcome), file=sys.stderr, flush=True)


@contextmanager
def _live() -> Iterator[Listener]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        tasks: dict[str, object] = {}

        def listen(name: str, outcome: Outcome | None) -> None:
            if outcome is None:
                tasks[name] = progress.add_task(name, total=None)
                return
            if name in tasks:
                progress.remove_task(tasks.pop(name))  # type: ignore[arg-type]
            console.print(Text(line(name, outcome), style=_STYLES[outcome.status]))

        yield listen
