"""Extraction against psych and factanal, factor_analyzer, and the derivatives against differences."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import InputError
from comply_measure.measurement.dimensionality.adequacy import sampling_adequacy
from comply_measure.measurement.dimensionality.correlations import correlate
from comply_measure.measurement.dimensionality.efa import explore, factor_solution
from comply_measure.measurement.dimensionality.efa_fit import ml_discrepancy
from comply_measure.measurement.dimensionality.extraction import (
    LOWER,
    _Problem,
    degrees_of_freedom,
    extract,
    most_factors,
    squared_multiple_correlations,
)
from comply_measure.measurement.dimensionality.factor_analyzer_engine import rotate_with_factor_analyzer
from comply_measure.measurement.dimensionality.rotation import RotationOptions

FOLDER = Path(__file__).parent.parent / "reference" / "measurement"
ITEMS = [f"y{j}" for j in range(1, 13)]


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def complete() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "answers.csv", na_values="NA").dropna(subset=ITEMS)


@pytest.fixture(scope="module")
def correlation(complete) -> np.ndarray:
    return np.corrcoef(complete[ITEMS].to_numpy(float), rowvar=False)


# psych and factanal stop L-BFGS-B at about 1e-5 in ψ; ours stops at a gradient of 1e-9
@pytest.mark.parametrize(("method", "key"), [("ml", "ml"), ("minres", "minres"), ("paf", "pa")])
def test_unique_variances_equal_psych(correlation, reference, method, key) -> None:
    tolerance = 1e-10 if method == "paf" else None
    found = extract(correlation, 3, method, tolerance=tolerance)
    expected = reference["extraction"][key]
    assert found.converged
    np.testing.assert_allclose(found.uniquenesses, expected["uniquenesses"], atol=2e-5)
    np.testing.assert_allclose(np.abs(found.loadings), np.abs(expected["loadings"]), atol=2e-5)


def test_principal_axes_with_psychs_stopping_rule_reach_the_minres_solution(correlation) -> None:
    minres = extract(correlation, 3, "minres")
    paf = extract(correlation, 3, "paf", tolerance=1e-13)
    np.testing.assert_allclose(paf.uniquenesses, minres.uniquenesses, atol=1e-10)
    early = extract(correlation, 3, "paf", tolerance=1e-3)
    assert early.n_iterations < paf.n_iterations
    assert np.abs(early.uniquenesses - minres.uniquenesses).max() > 1e-5


def test_optimum_is_at_least_as_good_as_factanal(correlation, reference) -> None:
    ours = extract(correlation, 3, "ml")
    loadings = np.array(reference["factanal"]["loadings"])
    theirs = ml_discrepancy(correlation, loadings, np.array(reference["factanal"]["uniquenesses"]))
    assert float(ours.discrepancy) <= theirs + 1e-12
    assert float(ours.discrepancy) == pytest.approx(theirs, abs=1e-8)


def test_fit_equals_psych(complete, reference) -> None:
    solution = explore(complete, ITEMS, 3, rotation="none")
    expected, fit = reference["extraction"]["ml"], solution.fit
    assert (fit.n, fit.df) == (reference["n"], expected["dof"])
    np.testing.assert_allclose(fit.objective, expected["objective"], rtol=1e-7)
    np.testing.assert_allclose(fit.chisq_bartlett, expected["statistic"], rtol=1e-7)
    np.testing.assert_allclose(fit.pvalue_bartlett, expected["pvalue"], rtol=1e-6)
    np.testing.assert_allclose(fit.rmsr, expected["rms"], rtol=1e-4)
    np.testing.assert_allclose(fit.rmsr_corrected, expected["crms"], rtol=1e-4)
    np.testing.assert_allclose(fit.chisq_bartlett, reference["factanal"]["statistic"], rtol=1e-7)


@pytest.mark.parametrize("method", ["ml", "minres"])
def test_derivatives_equal_central_differences(correlation, method) -> None:
    problem = _Problem(correlation[None], 2, method, LOWER)
    x = problem.start()
    _, gradient, hessian = problem.derivatives(x)
    h = 1e-6
    steps = np.eye(x.shape[1]) * h
    slope = [(problem.value(x + s) - problem.value(x - s))[0] / (2 * h) for s in steps]
    bend = [(problem.derivatives(x + s)[1] - problem.derivatives(x - s)[1])[0] / (2 * h) for s in steps]
    np.testing.assert_allclose(gradient[0], slope, atol=1e-7)
    np.testing.assert_allclose(hessian[0], bend, atol=1e-7)


def test_population_structure_is_recovered_exactly() -> None:
    loadings = np.zeros((9, 3))
    for k in range(3):
        loadings[3 * k : 3 * k + 3, k] = [0.8, 0.7, 0.6]
    sigma = loadings @ loadings.T
    np.fill_diagonal(sigma, 1.0)
    for method in ("ml", "minres"):
        found = extract(sigma, 3, method)
        assert float(found.discrepancy) == pytest.approx(0.0, abs=1e-12)
        np.testing.assert_allclose(1.0 - found.uniquenesses, (loadings**2).sum(axis=1), atol=1e-8)


def test_a_stack_gives_what_single_matrices_give(complete) -> None:
    rng = np.random.default_rng(3)
    values = complete[ITEMS].to_numpy(float)
    stack = np.stack([np.corrcoef(values[rng.integers(0, len(values), 150)].T) for _ in range(5)])
    for method in ("ml", "minres", "paf"):
        together = extract(stack, 2, method)
        alone = [extract(matrix, 2, method) for matrix in stack]
        np.testing.assert_allclose(
            together.uniquenesses, [one.uniquenesses for one in alone], rtol=1e-9, atol=1e-10
        )


def test_heywood_cases_stop_at_the_bound_and_are_named() -> None:
    sigma = np.array([[1.0, 0.85, 0.85], [0.85, 1.0, 0.6], [0.85, 0.6, 1.0]])
    found = extract(sigma, 1, "ml")
    assert found.heywood.tolist() == [True, False, False]
    assert float(found.uniquenesses[0]) == pytest.approx(LOWER)
    assert found.converged
    # data with exactly these correlations
    noise = np.random.default_rng(5).normal(size=(40, 3))
    exact = np.linalg.qr(noise - noise.mean(axis=0))[0] @ np.linalg.cholesky(sigma).T
    solution = explore(pd.DataFrame(exact, columns=list("abc")), list("abc"), 1)
    assert solution.heywood == ("a",)
    assert solution.note == "Heywood case: a"


def test_noise_always_converges() -> None:
    from comply_measure.measurement.dimensionality.null_correlations import normal_correlations

    for n, p, m in [(60, 9, 2), (100, 12, 3), (400, 12, 1)]:
        noise = normal_correlations(n, p, 100, np.random.default_rng(n))
        for method in ("ml", "minres"):
            assert extract(noise, m, method).converged.all(), (n, p, m, method)


@pytest.mark.parametrize(("method", "rotation"), [("ml", "oblimin"), ("minres", "none")])
def test_factor_analyzer_confirms(complete, method, rotation) -> None:
    own = explore(complete, ITEMS, 3, method=method, rotation=rotation)
    other = explore(complete, ITEMS, 3, method=method, rotation=rotation, engine="factor_analyzer")
    # factor_analyzer differentiates numerically
    np.testing.assert_allclose(other.loadings, own.loadings, atol=2e-4)
    np.testing.assert_allclose(other.factor_correlation, own.factor_correlation, atol=2e-4)
    np.testing.assert_allclose(other.communalities, own.communalities, atol=2e-5)
    np.testing.assert_allclose(other.communalities, 1 - other.uniquenesses, atol=1e-10)
    # the discrepancies are at their minima: differences of loadings count squared
    for name in ("chisq", "pvalue", "cfi", "tli", "rmsea", "srmr", "bic"):
        assert getattr(other.fit, name) == pytest.approx(getattr(own.fit, name), rel=1e-4, abs=1e-6), name
    assert (other.fit.df, other.fit.n) == (own.fit.df, own.fit.n)


@pytest.mark.parametrize(
    ("said", "converged"),
    [("Failed to converge: line search", False), ("This will change.", True), ("", True)],
)
def test_what_factor_analyzer_says_of_its_search_is_heard(monkeypatch, complete, said, converged) -> None:
    import factor_analyzer

    search = factor_analyzer.FactorAnalyzer.fit

    def fit(self, *args):
        search(self, *args)
        if said:
            warnings.warn(said, UserWarning, stacklevel=1)

    monkeypatch.setattr(factor_analyzer.FactorAnalyzer, "fit", fit)
    found = explore(complete, ITEMS, 2, method="minres", engine="factor_analyzer")
    assert found.converged is converged
    assert found.note == ("" if converged else "the extraction did not converge")


def test_factor_analyzer_is_refused_what_it_does_wrong(complete) -> None:
    found = correlate(complete, ITEMS)
    with pytest.raises(InputError, match="ml, minres with engine"):
        factor_solution(found, 2, method="paf", engine="factor_analyzer")
    with pytest.raises(InputError, match="gamma"):
        factor_solution(found, 2, rotation=RotationOptions("oblimin", gamma=-0.5), engine="factor_analyzer")


def test_factor_analyzer_is_an_extra(monkeypatch, complete) -> None:
    monkeypatch.setitem(sys.modules, "factor_analyzer", None)
    for name in [name for name in sys.modules if name.startswith("factor_analyzer.")]:
        monkeypatch.delitem(sys.modules, name)
    found = correlate(complete, ITEMS)
    calls = (
        lambda: factor_solution(found, 2, engine="factor_analyzer"),
        lambda: rotate_with_factor_analyzer(np.eye(4, 2), RotationOptions("varimax")),
        lambda: sampling_adequacy(found, "factor_analyzer"),
    )
    for call in calls:
        with pytest.raises(InputError, match=r"pip install 'comply-measure\[confirm\]'"):
            call()
    assert factor_solution(found, 2).converged


def test_factor_analyzer_runs_without_the_argument_scikit_learn_removed(monkeypatch, complete) -> None:
    """``check_array`` as scikit-learn 1.8 has it, whatever version is installed."""
    from factor_analyzer import factor_analyzer as module
    from sklearn.utils import check_array

    seen = []

    def check_array_of_1_8(X, *, ensure_all_finite=True, estimator=None, copy=False):
        seen.append(ensure_all_finite)
        return check_array(X, ensure_all_finite=ensure_all_finite, estimator=estimator, copy=copy)

    check_array_of_1_8.__module__ = check_array.__module__
    own = explore(complete, ITEMS, 3, rotation="none")
    monkeypatch.setattr(module, "check_array", check_array_of_1_8)
    other = explore(complete, ITEMS, 3, rotation="none", engine="factor_analyzer")
    np.testing.assert_allclose(other.loadings, own.loadings, atol=2e-4)
    assert seen == ["allow-nan"]


def test_communalities_count_the_factor_correlations(complete) -> None:
    solution = explore(complete, ITEMS, 3, rotation="oblimin")
    np.testing.assert_allclose(solution.communalities, 1.0 - solution.uniquenesses, atol=1e-10)
    naive = (solution.loadings**2).sum(axis=1)
    assert np.abs(naive - solution.communalities).max() > 0.02
    np.testing.assert_allclose(solution.structure, solution.loadings @ solution.factor_correlation)
    table = solution.variance()
    assert table["sum_of_squares"].sum() == pytest.approx(solution.communalities.sum())


def test_squared_multiple_correlations_are_those_of_regressions(complete) -> None:
    x = complete[ITEMS[:4]].to_numpy(float)
    smc = squared_multiple_correlations(np.corrcoef(x, rowvar=False))
    design = np.column_stack([np.ones(len(x)), x[:, 1:]])
    residual = x[:, 0] - design @ np.linalg.lstsq(design, x[:, 0], rcond=None)[0]
    assert smc[0] == pytest.approx(1 - residual.var() / x[:, 0].var(), rel=1e-10)
    assert np.isnan(squared_multiple_correlations(np.ones((3, 3)))).all()


def test_counting_of_factors() -> None:
    assert [most_factors(p) for p in (1, 2, 3, 4, 5, 6, 10)] == [0, 0, 1, 1, 2, 3, 6]
    assert degrees_of_freedom(25, 5) == 185


def test_unusable_input_is_listed() -> None:
    with pytest.raises(InputError, match="1 to 1 for 4 items"):
        extract(np.eye(4), 2)
    with pytest.raises(InputError, match="ones on the diagonal"):
        extract(np.eye(4) * 2, 1)
    with pytest.raises(InputError, match="finite square"):
        extract(np.full((4, 4), np.nan), 1)
    with pytest.raises(InputError, match="ml, minres, paf"):
        extract(np.eye(4), 1, "principal")


def test_matrix_that_is_not_positive_definite_has_no_ml_solution() -> None:
    rng = np.random.default_rng(1)
    few = pd.DataFrame(rng.normal(size=(6, 8)), columns=list("abcdefgh"))
    solution = explore(few, list(few), 1)
    assert np.isnan(solution.loadings).all() and "not positive definite" in solution.note
    assert np.isfinite(explore(few, list(few), 1, method="minres").loadings).all()
    assert not extract(np.corrcoef(few.to_numpy().T), 1, "ml").converged
