"""Rival structures two by two: nesting, difference tests, Vuong's tests."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from comply_measure.errors import ComplyError
from comply_measure.measurement.fits import difference_test
from comply_measure.models.rivals.casewise import CasewiseFit, casewise_fit
from comply_measure.models.rivals.nesting import Relation, relation
from comply_measure.models.rivals.vuong import compare_casewise
from comply_measure.sem import Fit

_NAN = math.nan


@dataclass(frozen=True, slots=True)
class PairComparison:
    """Two structures, the one with more degrees of freedom first.

    Attributes
    ----------
    first, second : str
        Keys.
    relation : str
        ``nested`` (first in second), ``equivalent``, ``not nested`` or ``undecided``.
    chisq_difference, df_difference, pvalue : float
        For nested pairs; p is approximate where the restriction lies on a boundary (a factor correlation of 1,
        a variance of 0).
    omega2, p_distinguishable, z, pvalue_vuong : float
        Vuong's tests; z and its two-sided p for pairs that are not nested (NaN for others). Positive z favours the
        first.
    delta_aic, delta_bic, bic_lower, bic_upper : float
        First minus second; positive favours the second. Interval of the BIC difference.
    note : str
    """

    first: str
    second: str
    relation: Relation
    chisq_difference: float
    df_difference: float
    pvalue: float
    omega2: float
    p_distinguishable: float
    z: float
    pvalue_vuong: float
    delta_aic: float
    delta_bic: float
    bic_lower: float
    bic_upper: float
    note: str


def compare_pairs(fits: Mapping[str, Fit]) -> tuple[PairComparison, ...]:
    """All pairs of fits that converged, the one with more degrees of freedom first.

    Parameters
    ----------
    fits : mapping of str to Fit
    """
    order = sorted((k for k in fits if fits[k].has_optimum), key=lambda key: -fits[key].model.df)
    casewise: dict[str, CasewiseFit | str] = {}
    for key in order:
        try:
            casewise[key] = casewise_fit(fits[key])
        except ComplyError as error:
            casewise[key] = " ".join(str(error).split())
        except np.linalg.LinAlgError:
            casewise[key] = "a covariance matrix is singular"
    return tuple(_pair(a, b, fits, casewise[a], casewise[b]) for a, b in combinations(order, 2))


def _pair(
    a: str, b: str, fits: Mapping[str, Fit], one: CasewiseFit | str, two: CasewiseFit | str
) -> PairComparison:
    first, second = fits[a], fits[b]
    how = relation(first, second)
    notes = []
    difference = (_NAN, float(first.model.df - second.model.df), _NAN)
    if how == "nested":
        test = difference_test(first, second)
        difference = (test.chisq, test.df, test.pvalue)
        notes.append(test.note)
    if how == "undecided":
        notes.append("whether the models are nested was not settled")
    vuong = (_NAN,) * 7
    if isinstance(one, str) or isinstance(two, str):
        notes.append(one if isinstance(one, str) else str(two))
    else:
        found = compare_casewise(one, two, (first.npar, second.npar), first.n)
        z = found.z if how == "not nested" else _NAN
        two_sided = 2.0 * min(found.p_first_better, found.p_second_better) if math.isfinite(z) else _NAN
        vuong = (
            found.omega2,
            found.p_distinguishable,
            z,
            two_sided,
            found.bic_difference,
            found.bic_lower,
            found.bic_upper,
        )
        notes.append(found.note)
    aic = [fit.measures.get("aic", _NAN) for fit in (first, second)]
    omega2, p_distinguishable, z, pvalue_vuong, bic, lower, upper = vuong
    return PairComparison(
        a,
        b,
        how,
        *difference,
        omega2,
        p_distinguishable,
        z,
        pvalue_vuong,
        float(aic[0] - aic[1]),
        bic,
        lower,
        upper,
        "; ".join(note for note in notes if note),
    )
