"""What is said about files that were written to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from comply_measure.pipeline import NewFiles


def tell(written: NewFiles, then: str) -> None:
    """Print what was found and written, what to check, and the next command."""
    for line in written.found:
        typer.echo(f"found: {line}")
    for path in written.files:
        typer.echo(f"written: {path}")
    for line in written.checks:
        typer.echo(f"check: {line}")
    typer.echo(f"then: {then}")
