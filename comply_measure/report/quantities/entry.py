"""An entry of the dictionary of quantities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from comply_measure.report.format import Format
from comply_measure.report.quantities.names import Name


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
    headings : mapping of str to str
        Language -> heading, where it differs from `heading`.
    """

    key: Name
    heading: str
    format: Format = "text"
    meaning: str = ""
    source: str = ""
    italic: bool = False
    data: tuple[str, ...] = ()
    latex: str = ""
    headings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def heading_in(self, language: str) -> str:
        """The heading in a language; the English one where there is no other."""
        return self.headings.get(language, self.heading)
