"""Composition models: what a unit's score means and which evidence it needs (Chan 1998)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, get_args

from comply_measure.errors import InputError, Problem

Composition = Literal["direct_consensus", "referent_shift", "dispersion", "additive"]

#: Name of the composition model to what licenses the unit's score.
EVIDENCE = MappingProxyType(
    {
        "direct_consensus": "mean of informants about themselves; needs agreement within units",
        "referent_shift": "mean of informants about the unit; items must name the unit; needs agreement",
        "dispersion": "spread of informants is the construct; the mean is not interpreted",
        "additive": "mean whatever the agreement; agreement is not required",
    }
)


def check_composition(composition: str) -> None:
    """Raise an InputError unless the composition model is one of Chan's names above."""
    if composition not in get_args(Composition):
        fault = Problem("composition", value=composition, allowed=", ".join(get_args(Composition)))
        raise InputError("Informants cannot be aggregated with these options.", [fault])
