"""What every result shows in a notebook, in LaTeX and in Word: views of its tidy table.

Results stand in all rooms, printing and drawing in one of the highest. So this base asks the package's public door for
that room when a view is wanted; a result that is never shown loads none of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pandas as pd


class Drawn(Protocol):
    """A drawn figure, which a notebook shows by itself."""

    @property
    def svg(self) -> bytes:
        """As vectors."""
        ...

    @property
    def png(self) -> bytes:
        """As a bitmap."""
        ...

    def save(self, path: str | Path) -> Path:
        """Write it as ``.svg`` or ``.png``."""
        ...


class Result:
    """Base of results: a class with ``tidy()``, its main table, which these methods show.

    Numbers are rounded here only; ``tidy()`` has them at full precision.
    """

    __slots__ = ()

    if TYPE_CHECKING:

        def tidy(self) -> pd.DataFrame:
            """The main table."""
            ...

    def _repr_html_(self) -> str:
        """The table for a notebook, all texts escaped."""
        import comply_measure

        return comply_measure.report.views.html(self)

    def plot(self) -> Drawn:
        """Estimates with their intervals, or the main numbers, a row each.

        Raises
        ------
        ComplyError
            If the table holds no numbers.
        """
        import comply_measure

        return comply_measure.report.views.figure(self)

    def to_latex(self) -> str:
        """The table as LaTeX, to be put into an article."""
        import comply_measure

        return comply_measure.report.views.latex(self)

    def to_word(self, path: str | Path) -> Path:
        """Write the table as a Word document.

        Parameters
        ----------
        path : path-like
            The new ``.docx`` file; one that is there is replaced.
        """
        import comply_measure

        return comply_measure.report.views.word(self, path)
