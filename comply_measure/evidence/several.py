"""What several informants of a role, and units in firms, say of a unit's scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from comply_measure.evidence.focal import Focal, chosen_focal
from comply_measure.measurement.frames import joined
from comply_measure.responses import each_informant
from comply_measure.statistics.multiplicity import rejects
from comply_measure.triads import (
    nested_g_study,
    role_agreement,
    role_reliability,
    variance_levels,
    view_gaps,
    weigh_informants,
)
from comply_measure.triads.several.weights import Weighting

#: Informants of a role for which generalizability is projected.
NUMBERS = (1, 2, 3, 5)
_WEIGHTINGS: tuple[Weighting, ...] = ("role", "informant", "reliability")


def of_persons(chosen: Focal) -> Focal:
    """The scale with every informant as they answered."""
    return chosen_focal(each_informant(chosen.responses), chosen.scale.key)


def levels_table(chosen: Focal, names: Sequence[str]) -> pd.DataFrame:
    """Variance of scores by firm, unit, and role where it has several informants; empty with units alone."""
    people = of_persons(chosen)
    levels = [
        *(["firm"] if people.responses.n_firms > 1 else []),
        "unit",
        *(["role"] if people.several and len(people.roles) > 1 else []),
    ]
    if len(levels) < 2:
        return pd.DataFrame()
    fixed = "role" if len(people.roles) > 1 else None
    table = variance_levels(people.scores("dimension"), names, levels, fixed=fixed).tidy()
    last = table["level"] == "informant"
    own = np.where(last, "nothing below informants to correlate", "")
    return table.assign(note=[joined(*pair) for pair in zip(own, table["note"], strict=True)])


def unit_mean_by_levels(
    levels: pd.DataFrame, icc: pd.DataFrame
) -> dict[str, tuple[tuple[float, float], float]]:
    """Reliability of the unit mean from variances of firms, units and informants; empty without firms.

    By column the 95 % interval for all units, and the value for units of one firm.

    Of k informants (the size of the one-way analysis), by Spearman and Brown from the correlation of two informants of
    a unit; between units of one firm the firm's variance is no difference: ``σ_u²/(σ_u² + σ_i²/k)`` with all variance
    below units in σ_i². Means of roles are fixed.
    """
    found: dict[str, tuple[tuple[float, float], float]] = {}
    sizes = icc.set_index("column")["n0"]
    for name, own in [] if levels.empty else levels.groupby("column", sort=False):
        if not {"firm", "unit"} <= set(own["level"]) or name not in sizes:
            continue
        k, rows = float(sizes.loc[name]), own.set_index("level")
        low, high = rows["icc_lower"].astype(float)["unit"], rows["icc_upper"].astype(float)["unit"]
        variance = rows["variance"].astype(float)
        unit, below = float(variance["unit"]), float(variance.drop(["firm", "unit"]).sum())
        within = unit / (unit + below / k) if unit + below > 0 else math.nan
        found[str(name)] = (_stepped_up(float(low), k), _stepped_up(float(high), k)), within
    return found


def _stepped_up(correlation: float, k: float) -> float:
    """Reliability of the mean of k (Spearman 1910, Brown 1910)."""
    return k * correlation / (1 + (k - 1) * correlation)


def agreement_table(chosen: Focal) -> pd.DataFrame:
    """``role_agreement`` of the dimensions; empty where no role has several informants."""
    people = of_persons(chosen)
    if not people.several:
        return pd.DataFrame()
    response = people.scale.response
    answers, scores = people.answers(), people.scores("dimension")
    scales = {
        name: items for name, items in people.wholes.items() if answers[list(items)].notna().any(axis=None)
    }
    found: pd.DataFrame = role_agreement(
        answers,
        scales,
        minimum=response.minimum,
        maximum=response.maximum,
        scores=scores,
        roles=people.roles,
    )
    return found


def number_table(people: Focal, names: Sequence[str]) -> pd.DataFrame:
    """``role_reliability``; empty where no role has several informants."""
    if not people.several:
        return pd.DataFrame()
    found: pd.DataFrame = role_reliability(people.scores("dimension"), names, roles=people.roles)
    return found


def nested_table(people: Focal, names: Sequence[str]) -> pd.DataFrame:
    """G and Φ by number of informants of each role, dimensions fixed; empty where no role has several informants."""
    if not people.several or len(names) < 2:
        return pd.DataFrame()
    study = nested_g_study(people.scores("dimension"), names, roles=people.roles)
    role, attribute = int(study.sizes["role"]), int(study.sizes["attribute"])
    return study.d_study(
        [role], [attribute], fixed=[("attribute",), ("role", "attribute")], n_per_role=NUMBERS
    )


def gap_table(people: Focal, names: Sequence[str], alpha: float = 0.05) -> pd.DataFrame:
    """Gaps of views beside the error that their informants have, by variable and pair.

    Columns: column, pair, n_units, mean_absolute, se (mean over units), share (of units beyond chance at α), n_beyond
    (after Holm over the gaps of the variable), note.
    """
    if not people.several or len(people.roles) < 2:
        return pd.DataFrame()
    gaps = view_gaps(people.scores("dimension"), names, roles=people.roles)
    rows = []
    for (column, pair), mine in gaps.groupby(["column", "pair"], sort=False):
        known = mine["p"].notna()
        rows.append(
            {
                "column": column,
                "pair": pair,
                "n_units": len(mine),
                "mean_absolute": float(mine["gap"].abs().mean()),
                "se": float(mine["se"].mean()),
                "share": float(rejects(mine.loc[known, "p"], alpha).mean()) if known.any() else np.nan,
                "n_beyond": int(rejects(mine.loc[known, "p_holm"], alpha).sum()),
                "note": "" if known.all() else str(mine.loc[~known, "note"].iloc[0]),
            }
        )
    return pd.DataFrame(rows)


def weight_table(people: Focal, names: Sequence[str], centring: Literal["role", "none"]) -> pd.DataFrame:
    """Unit scores by what informants weigh: column, scheme, n_units, reliability (mean), r_equal, note."""
    if not people.several:
        return pd.DataFrame()
    scores = people.scores("dimension")
    found = {
        w: weigh_informants(scores, names, w, centring=centring, roles=people.roles) for w in _WEIGHTINGS
    }
    rows = []
    for j, column in enumerate(names):
        equal = found["role"].scores[:, j]
        for weighting, result in found.items():
            x, worth = result.scores[:, j], result.reliability[:, j]
            both = ~np.isnan(x) & ~np.isnan(equal)
            varies = both.sum() > 2 and x[both].std() > 0 and equal[both].std() > 0
            rows.append(
                {
                    "column": column,
                    "scheme": weighting,
                    "n_units": int((~np.isnan(x)).sum()),
                    "reliability": float(np.nanmean(worth)) if (~np.isnan(worth)).any() else np.nan,
                    "r_equal": float(np.corrcoef(x[both], equal[both])[0, 1]) if varies else np.nan,
                    "note": joined(result.notes[j], "" if varies else "too few units, or no variance"),
                }
            )
    return pd.DataFrame(rows)
