"""An entry of the dictionary of quantities."""

from __future__ import annotations

from dataclasses import dataclass

from comply_measure.report.format import Format
from comply_measure.report.quantities.names import Name
from comply_measure.report.translation.translator import translator


@dataclass(frozen=True, slots=True)
class Quantity:
    """What stands in a column, said once for the whole report.

    Parameters
    ----------
    key : str
        Name in the dictionary.
    heading : str
        Head of the column, and the symbol in the glossary.
    format : str
        How its values are printed: a key of :data:`comply_measure.report.format.FORMATS`.
    meaning : str
        What it is, in a sentence; quantities with a meaning stand in the glossary.
    source : str
        Who defined it.
    italic : bool
        Whether the heading is a symbol that APA sets in italics.
    data : tuple of str
        Data columns it is usually made of; the one called like the key if empty, for intervals ``lower`` and ``upper``.
    latex : str
        The heading in LaTeX; the escaped heading if empty.
    """

    key: Name
    heading: str
    format: Format = "text"
    meaning: str = ""
    source: str = ""
    italic: bool = False
    data: tuple[str, ...] = ()
    latex: str = ""

    def heading_in(self, language: str) -> str:
        """The heading in a language; the English one where there is no other."""
        return translator(language).heading(self.heading)
