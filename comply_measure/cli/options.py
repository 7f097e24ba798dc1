"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Language = Annotated[str | None, typer.Option(help="Language of texts, such as en or de.")]
