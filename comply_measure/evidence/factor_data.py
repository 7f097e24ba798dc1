"""Text of the factors of a scale, and the data that they are fitted to."""

from __future__ import annotations

from itertools import combinations

import pandas as pd

from comply_measure import sem
from comply_measure.evidence.focal import Focal
from comply_measure.models import correlated_factors
from comply_measure.tables.roles import role_centred


def measurement_text(chosen: Focal, *, correlate: bool) -> str:
    """Factors with their indicators; indices are columns, which the text lets correlate as factors do by themselves."""
    factors, indices = chosen.reflective, chosen.indices
    text = correlated_factors(factors) if factors else ""
    if not correlate:
        return text
    pairs = [(a, b) for a, b in combinations(chosen.factors, 2) if a in indices or b in indices]
    return "\n".join((text, *(f"{sem.quoted(a)} ~~ {sem.quoted(b)}" for a, b in pairs)))


def measured_data(chosen: Focal, *, centred: bool) -> pd.DataFrame:
    """Unit, firm, role, indicators and indices; each role's means taken off if asked."""
    data = chosen.measured()
    return role_centred(data, list(chosen.measure_names)) if centred else data


def indicator_data(chosen: Focal, *, centred: bool) -> pd.DataFrame:
    """Unit, firm, role and indicators, the items of indices among them; each role's means taken off if asked."""
    data = chosen.indicators()
    names = list(chosen.indicator_names)
    return role_centred(data, names) if centred else data


def rows_used(data: pd.DataFrame, missing: str) -> pd.Series[bool]:
    """Informants a fit rests on: complete ones, or with full information those with any indicator."""
    present = data.drop(columns=["unit", "firm", "role"]).notna()
    return present.all(axis=1) if missing == "listwise" else present.any(axis=1)
