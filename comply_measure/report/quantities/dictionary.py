"""The dictionary: every quantity by its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from comply_measure.report.quantities.counts import COUNTS
from comply_measure.report.quantities.entry import Quantity
from comply_measure.report.quantities.general import GENERAL
from comply_measure.report.quantities.models import MODELS
from comply_measure.report.quantities.scales import SCALES
from comply_measure.report.quantities.units import UNITS
from comply_measure.report.quantities.words import WORDS
from comply_measure.statistics.words import require_known

#: Statistics first, in the order of the glossary.
QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {entry.key: entry for entry in (*GENERAL, *MODELS, *SCALES, *UNITS, *COUNTS, *WORDS)}
)


def quantity(name: str) -> Quantity:
    """The entry of a name.

    Raises
    ------
    ComplyError
        If the dictionary has no such name, with the nearest one.
    """
    if name not in QUANTITIES:
        require_known("quantity", name, QUANTITIES)
    return QUANTITIES[name]
