"""Functions of arrays that answer with numbers alone: in bad cases, what is undefined is NaN."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from measurement_cases import CASES, Case, correlation, covariance, items, values

from comply_measure import measurement as m
from comply_measure.errors import ComplyError


def unit_rows(case: Case) -> np.ndarray:
    return case.some["unit"].to_numpy()


def matrix(case: Case) -> np.ndarray:
    """Correlations of the first construct's items, NaN included."""
    spread = case.some[case.scales["A"]]
    return spread.corr().to_numpy()


NUMBERS: dict[str, Callable[[Case], object]] = {
    "item_totals": lambda c: m.item_totals(covariance(c)).alpha_if_dropped,
    "level_covariances": lambda c: m.level_covariances(values(c), unit_rows(c)).within,
    "level_covariances anova": lambda c: m.level_covariances(values(c), unit_rows(c), "anova").between,
    "unit_answers": lambda c: m.unit_answers(values(c), unit_rows(c), c.some["role"].to_numpy()).values,
    "one_factor": lambda c: m.one_factor(covariance(c)[None]).omega(observed=True),
    "maximal_reliability": lambda c: m.maximal_reliability(m.one_factor(covariance(c)[None]).standardized),
    "guttman_lambda2": lambda c: m.guttman_lambda2(covariance(c)),
    "guttman_lambda6": lambda c: m.guttman_lambda6(covariance(c)),
    "kmo": lambda c: m.kmo(matrix(c))[0],
    "bartlett_sphericity": lambda c: m.bartlett_sphericity(matrix(c), len(c.some))[0],
    "feldt_interval": lambda c: m.feldt_interval(
        m.cronbach_alpha(values(c)).alpha, len(c.some), len(c.scales["A"])
    ),
    "retest": lambda c: m.retest(c.some[["a1", "b1"]].to_numpy()).icc_agreement,
    "bootstrap": lambda c: (
        m.bootstrap(
            values(c), lambda s: np.trace(s, axis1=1, axis2=2)[:, None], n_replications=100, seed=1
        ).lower
    ),
    "extract": lambda c: m.extract(matrix(c), 1, "ml").loadings,
    "factor_solution": lambda c: m.factor_solution(correlation(c, scale="A"), 1).loadings,
    "longstring": lambda c: m.longstring(values(c))[0],
    "individual_variability": lambda c: m.individual_variability(values(c)),
    "mahalanobis": lambda c: m.mahalanobis(values(c))[0],
    "even_odd": lambda c: m.even_odd(c.some[items(c.scales)].to_numpy(), [[0], [1, 2], [3, 4], [5, 6]]),
    "psychometric_pairs": lambda c: m.psychometric_pairs(c.some[items(c.scales)].to_numpy(), 0.4)[0],
    "person_total": lambda c: m.person_total(values(c)),
    "guttman_errors": lambda c: m.guttman_errors(values(c), 1, 5),
    "validity_matrix": lambda c: m.validity_matrix(c.some, c.scales).frame().to_numpy(),
}
# these ask for a matrix that can be factored
REFUSED = [("extract", case) for case in ("one item", "two items", "constant item", "unanswered item")]
REFUSED += [("feldt_interval", "one item")]
# what an array of numbers alone cannot be: NaN in each of these
UNDEFINED = [
    ("one_factor", "one item"),
    ("one_factor", "two items"),
    ("one_factor", "unanswered item"),
    ("one_factor", "perfect correlation"),
    ("guttman_lambda2", "one item"),
    ("guttman_lambda6", "constant item"),
    ("guttman_lambda6", "perfect correlation"),
    ("kmo", "one item"),
    ("kmo", "constant item"),
    ("kmo", "perfect correlation"),
    ("bartlett_sphericity", "unanswered item"),
    ("retest", "unanswered item"),
    ("bootstrap", "unanswered item"),
    ("factor_solution", "two items"),
    ("level_covariances", "nine informants"),
    ("level_covariances", "perfect correlation"),
    ("mahalanobis", "perfect correlation"),
    ("individual_variability", "one item"),
    ("person_total", "two items"),
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_without_a_note_are_defined_or_nan(name: str, case: str) -> None:
    if (name, case) in REFUSED:
        with pytest.raises(ComplyError, match=r"matri|factors|n_items"):
            NUMBERS[name](CASES[case])
        return
    found = np.asarray(NUMBERS[name](CASES[case]), dtype=np.float64)
    assert not np.isinf(found).any()
    if (name, case) in UNDEFINED:
        assert np.isnan(found).all()
