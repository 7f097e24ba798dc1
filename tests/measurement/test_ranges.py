"""Functions of plain numbers and matrices refuse what is outside their range, and name it."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from comply_measure import measurement as m
from comply_measure.errors import InputError

R = np.array([[1, 0.5, 0.4], [0.5, 1, 0.3], [0.4, 0.3, 1]])
ASKEW = np.array([[1, 0.5, 0.4], [0.1, 1, 0.3], [0.4, 0.3, 1]])
NEGATIVE = R - 2.0 * np.diag([1.0, 0, 0])
LOADINGS, ERRORS = [0.7, 0.6, 0.8], [0.5, 0.6, 0.4]
TAU = [np.array([0.0])] * 3
TWO = [[1.0, 2.0], [1.0, 3.0]]
ANSWERS = np.random.default_rng(0).integers(1, 6, (30, 6)).astype(float)

CASES: list[tuple[Callable[[], object], str]] = [
    (lambda: m.feldt_interval(1.5, 1, 1, 2.0), "alpha.*n .*n_items.*confidence"),
    (lambda: m.kmo(4.0 * R), "diagonal that is not 1"),
    (lambda: m.kmo(ASKEW), "not symmetric"),
    (lambda: m.bartlett_sphericity(4.0 * R, 100), "diagonal that is not 1"),
    (lambda: m.bartlett_sphericity(R, -5), r"n \(found -5\)"),
    (lambda: m.bartlett_sphericity(R, 10**400), "n "),
    (lambda: m.greatest_lower_bound(ASKEW), "not symmetric"),
    (lambda: m.greatest_lower_bound(NEGATIVE), "a negative variance"),
    (lambda: m.guttman_lambda2(ASKEW), "not symmetric"),
    (lambda: m.guttman_lambda2(np.stack([R, NEGATIVE])), "a negative variance"),
    (lambda: m.guttman_lambda6(ASKEW), "not symmetric"),
    (lambda: m.split_half(ASKEW), "not symmetric"),
    (lambda: m.split_half(R, max_splits=0), "max_splits"),
    (lambda: m.composite_reliability(LOADINGS, ERRORS, residual_covariances=np.nan), "residual covariances"),
    (lambda: m.omega_total(LOADINGS, ERRORS, total_variance=-1.0), "total variance"),
    (lambda: m.omega_total(LOADINGS, ERRORS, total_variance=np.nan), "total variance"),
    (lambda: m.omega_total(LOADINGS, ERRORS, factor_covariance=[[-1.0]]), "factor covariance"),
    (
        lambda: m.omega_total(np.eye(3)[:, :2], ERRORS, factor_covariance=[[1, 0.3], [0.1, 1]]),
        "factor covariance",
    ),
    (lambda: m.cvr_critical(10, 2.0), "alpha"),
    (lambda: m.cvr_critical(10, float("nan")), "alpha"),
    (lambda: m.cvr_critical(-3), "n_experts"),
    (lambda: m.sort_critical(10, 3, 2.0), "alpha"),
    (lambda: m.pool_scalars([1.0, 2.0], [-1.0, 1.0]), "variances"),
    (lambda: m.pool_wald(TWO, [-np.eye(2), np.eye(2)]), "a negative variance"),
    (lambda: m.pool_wald(TWO, [[[1, 0.5], [0, 1]]] * 2), "not symmetric"),
    (lambda: m.guttman_errors(ANSWERS, 5, 1), "maximum"),
    (lambda: m.guttman_errors(ANSWERS, 2, 4), r"answers .*1 to 5"),
    (lambda: m.psychometric_pairs(ANSWERS, 2.0), "threshold"),
    (lambda: m.psychometric_pairs(ANSWERS, float("nan")), "threshold"),
    (lambda: m.unit_answers(ANSWERS, np.repeat(np.arange(10), 3), None, 0), "min_informants"),
    (lambda: m.categorical_omega(0.5 * ASKEW, TAU), "not symmetric"),
    (lambda: m.categorical_omega(0.5 * R, TAU, ASKEW), "total"),
    (lambda: m.extract(ASKEW, 1), "not symmetric"),
    (lambda: m.extract(R, 1, tolerance=-1.0), "tolerance"),
    (lambda: m.extract(R, 1, max_iterations=0), "max_iterations"),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_what_is_outside_is_refused_by_name(case: int) -> None:
    call, named = CASES[case]
    with pytest.raises(InputError) as error:
        call()
    text = " ".join(str(error.value).split())
    assert re.search(named, text), text


def test_ends_of_the_ranges_are_inside() -> None:
    assert m.feldt_interval(1.0, 50, 3) == (1.0, 1.0)
    assert np.isnan(m.feldt_interval(float("nan"), 50, 3)).all()
    assert np.isnan(m.cvr_critical(0)) and m.cvr_critical(5) == 1.0
    assert np.isnan(m.bartlett_sphericity(R, 0)[0])
    assert np.isnan(m.omega_total(LOADINGS, ERRORS, total_variance=0.0))
    assert m.guttman_lambda2(np.where(np.eye(3) > 0, 4.0, np.nan)) != m.guttman_lambda2(4.0 * R)
    # residuals that would give the sum a negative error: no reliability above 1
    assert np.isnan(m.composite_reliability(LOADINGS, ERRORS, residual_covariances=-1.0))
    assert m.composite_reliability(LOADINGS, ERRORS, residual_covariances=-0.5) == pytest.approx(
        4.41 / 4.91, abs=1e-12
    )
