"""What a search for unequal parameters gives: score tests, departures, tests of the levels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from comply_measure.measurement.fits import DifferenceTest
from comply_measure.models.invariance.designs import Design, Kind, Released, positions
from comply_measure.models.invariance.ladder import InvarianceLadder
from comply_measure.results import Result
from comply_measure.sem import Fit


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """Score test of releasing one item's parameter on one step.

    Attributes
    ----------
    level : str
    step : int
        From 1, within the level.
    kind, item : str
    chisq, df, pvalue, pvalue_adjusted : float
    released : bool
        Whether the search released it on this step.
    """

    level: str
    step: int
    kind: Kind
    item: str
    chisq: float
    df: float
    pvalue: float
    pvalue_adjusted: float
    released: bool


@dataclass(frozen=True, slots=True)
class Departure:
    """A released parameter in the final model.

    Attributes
    ----------
    kind, item : str
    estimates : mapping of str to float
        Group or role → estimate.
    odd : str
        The group or role farthest from the mean of the others, in standard errors.
    z : float
        That distance in standard errors; NaN without standard errors.
    follows_loading : bool
        An intercept that was released only because its item's loading was.
    """

    kind: Kind
    item: str
    estimates: dict[str, float]
    odd: str
    z: float
    follows_loading: bool


@dataclass(frozen=True, slots=True)
class PartialInvariance(Result):
    """Result of the search.

    Attributes
    ----------
    released : frozenset of (kind, item)
    rows : tuple of ScoreRow
        Every score test of every step.
    departures : tuple of Departure
    confirmation : mapping of str to DifferenceTest
        Level → difference test of the full against the partial model.
    ladder : InvarianceLadder
        The ladder with the exceptions.
    alpha : float
    adjust : str
    n_units : int
    gates : mapping of str to DifferenceTest
        Level → test of everything equal on it against the level below; without it no parameter is freed.
    gates_holm : mapping of str to float
        Its p after Holm's correction over the dimensions searched together; NaN where no test was asked for.
    """

    released: Released
    rows: tuple[ScoreRow, ...]
    departures: tuple[Departure, ...]
    confirmation: dict[str, DifferenceTest]
    ladder: InvarianceLadder
    alpha: float
    adjust: str
    n_units: int
    gates: Mapping[str, DifferenceTest] = field(default_factory=dict)
    gates_holm: Mapping[str, float] = field(default_factory=dict)

    @property
    def items(self) -> frozenset[str]:
        """Items with a released parameter, other than intercepts that follow a loading."""
        return frozenset(d.item for d in self.departures if not d.follows_loading)

    def tidy(self) -> pd.DataFrame:
        """One row per released parameter and group or role.

        Columns: kind, item, group, estimate, odd, z, follows_loading, n_units.
        """
        rows = [
            {
                "kind": d.kind,
                "item": d.item,
                "group": name,
                "estimate": value,
                "odd": d.odd,
                "z": d.z,
                "follows_loading": d.follows_loading,
                "n_units": self.n_units,
            }
            for d in self.departures
            for name, value in d.estimates.items()
        ]
        columns = ["kind", "item", "group", "estimate", "odd", "z", "follows_loading", "n_units"]
        return pd.DataFrame(rows, columns=columns)

    def steps(self) -> pd.DataFrame:
        """One row per score test; columns are the attributes of :class:`ScoreRow`."""
        names = list(ScoreRow.__dataclass_fields__)
        return pd.DataFrame([[getattr(row, name) for name in names] for row in self.rows], columns=names)


def departure(design: Design, fit: Fit, kind: Kind, item: str, follows: bool) -> Departure:
    """Estimates by group and the one that departs most from the mean of the others."""
    where = positions(design, fit, kind, item)
    theta, vcov = fit.theta, fit.vcov_array
    values = theta[where]
    G = len(where)
    contrasts = np.full((G, G), -1.0 / (G - 1))
    np.fill_diagonal(contrasts, 1.0)
    distance = contrasts @ values
    z = np.full(G, math.nan)
    if vcov is not None:
        variance = np.einsum("ij,jk,ik->i", contrasts, vcov[np.ix_(where, where)], contrasts)
        z = distance / np.sqrt(np.where(variance > 0, variance, math.nan))
    # two groups are equally far from each other: the one that is not the reference is named
    size = np.abs(z if np.isfinite(z).all() else distance)
    odd = 1 if G == 2 else int(np.argmax(size))
    estimates = {name: float(v) for name, v in zip(design.names, values, strict=True)}
    return Departure(kind, item, estimates, design.names[odd], float(z[odd]), follows)
