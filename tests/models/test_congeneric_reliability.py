"""ω_total and AVE from one-factor models: closed forms, tau-equivalence, and cases without an answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.measurement import cronbach_alpha
from comply_measure.models.congeneric import congeneric_model, congeneric_reliability


def exact(covariance: np.ndarray, n: int = 200) -> pd.DataFrame:
    """Data whose covariance matrix (divisor n) is exactly the one given."""
    rng = np.random.default_rng(4)
    raw = rng.normal(size=(n, len(covariance)))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(raw.T @ raw / n)).T
    values = white @ np.linalg.cholesky(covariance).T
    return pd.DataFrame(values, columns=[f"x{i}" for i in range(len(covariance))])


def implied(loadings: list[float], errors: list[float]) -> np.ndarray:
    return np.outer(loadings, loadings) + np.diag(errors)


def test_omega_and_ave_equal_their_closed_forms() -> None:
    loadings, errors = [0.8, 0.6, 0.7, 0.5], [0.36, 0.5, 0.4, 0.9]
    data = exact(implied(loadings, errors))
    row = congeneric_reliability(data, {"f": data.columns}, by=None).rows[0]
    omega = sum(loadings) ** 2 / (sum(loadings) ** 2 + sum(errors))
    standardised = [a / np.sqrt(a * a + e) for a, e in zip(loadings, errors, strict=True)]
    # The data reproduce the model exactly, so only the optimiser's tolerance is left.
    assert row.omega == pytest.approx(omega, abs=1e-6)
    assert row.average_variance_extracted == pytest.approx(np.mean(np.square(standardised)), abs=1e-6)
    assert (row.loading_min, row.loading_max) == pytest.approx(
        (min(standardised), max(standardised)), abs=1e-6
    )
    assert row.lower < row.omega < row.upper
    assert row.note == ""


def test_the_interval_is_that_of_the_defined_parameter() -> None:
    data = exact(implied([0.8, 0.6, 0.7, 0.5], [0.36, 0.5, 0.4, 0.9]))
    data.loc[:20, "x0"] = np.nan
    row = congeneric_reliability(data, {"f": data.columns}, by=None).rows[0]
    table = sem.fit(congeneric_model(list(data.columns)), data, missing="ml").estimates.set_index("op")
    defined = table.loc[":="]
    # Equal within the tolerance of the engine's search: a millionth of a standard error.
    assert (row.lower, row.upper) == pytest.approx((defined["ci_lower"], defined["ci_upper"]), abs=1e-7)
    assert row.omega == pytest.approx(defined["est"], abs=1e-7)


def test_tau_equivalent_items_have_omega_equal_to_alpha() -> None:
    data = exact(implied([0.7] * 4, [0.5, 0.6, 0.4, 0.3]))
    row = congeneric_reliability(data, {"f": data.columns}, by=None).rows[0]
    assert row.omega == pytest.approx(cronbach_alpha(data.to_numpy()).alpha, abs=1e-6)


def test_the_sign_of_the_factor_does_not_matter() -> None:
    data = exact(implied([0.8, 0.6, 0.7], [0.36, 0.5, 0.4]))
    usual, turned = (
        congeneric_reliability(sign * data, {"f": data.columns}, by=None).rows[0] for sign in (1, -1)
    )
    loadings = np.array([0.8, 0.6, 0.7]) / np.sqrt([1.0, 0.86, 0.89])
    for row in (usual, turned):
        assert (row.loading_min, row.loading_max) == pytest.approx((loadings.min(), loadings.max()), abs=1e-6)
        assert row.omega == pytest.approx(2.1**2 / (2.1**2 + 1.26), abs=1e-6)
        assert (row.lower, row.upper) == pytest.approx((usual.lower, usual.upper), abs=1e-9)


def test_groups_and_missing_answers() -> None:
    data = exact(implied([0.8, 0.6, 0.7], [0.36, 0.5, 0.4]))
    data["role"] = ["a", "b"] * 100
    data.loc[:20, "x0"] = np.nan
    data.loc[5, ["x0", "x1", "x2"]] = np.nan
    table = congeneric_reliability(data, {"f": ["x0", "x1", "x2"]}).tidy()
    assert table["group"].tolist() == ["pooled", "a", "b"]
    assert table["n_informants"].tolist() == [199, 100, 99]
    listwise = congeneric_reliability(data, {"f": ["x0", "x1", "x2"]}, missing="listwise").tidy()
    assert (listwise["omega"] != table["omega"]).all()


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (exact(implied([0.8, 0.6], [0.4, 0.4])), "fewer than 3 indicators"),
        (exact(implied([0.8, 0.6, 0.7], [0.4, 0.4, 0.4])).head(3), "3 informants are too few"),
        (exact(implied([0.8, 0.6, 0.7], [0.4, 0.4, 0.4])).assign(x1=3.0), "no variance: x1"),
        (exact(implied([0.8, 0.6, 0.7], [0.4, 0.4, 0.4])).assign(x0=np.nan, x1=3.0), "no variance: x0, x1"),
        (exact(np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]])), "Heywood"),
    ],
)
def test_where_there_is_no_answer_there_is_a_reason(data: pd.DataFrame, note: str) -> None:
    row = congeneric_reliability(data, {"f": data.columns}, by=None).rows[0]
    assert np.isnan(row.omega)
    assert np.isnan(row.average_variance_extracted)
    assert note in row.note


def test_the_model_text_defines_omega() -> None:
    assert congeneric_model(["a", "b", "c"]).splitlines() == [
        "f =~ NA*a + l0*a + NA*b + l1*b + NA*c + l2*c",
        "f ~~ 1*f",
        "a ~~ e0*a",
        "b ~~ e1*b",
        "c ~~ e2*c",
        "omega := (l0 + l1 + l2)^2 / ((l0 + l1 + l2)^2 + e0 + e1 + e2)",
    ]


@pytest.mark.parametrize("missing", ["ml", "listwise", "two.stage"])
def test_every_treatment_of_missing_answers_is_that_of_the_engine(missing: str) -> None:
    """Estimates, interval, AVE and range of loadings of a row are those of the model fitted by itself."""
    data = exact(implied([0.8, 0.6, 0.7, 0.5], [0.36, 0.5, 0.4, 0.9]))
    data.loc[:40, "x0"], data.loc[30:60, "x1"] = np.nan, np.nan
    row = congeneric_reliability(data, {"f": data.columns}, by=None, missing=missing).rows[0]
    fit = sem.fit(congeneric_model(list(data.columns)), data, missing=missing)
    defined = fit.estimates.set_index("op").loc[":="]
    bounds = (defined["est"], defined["ci_lower"], defined["ci_upper"])
    assert (row.omega, row.lower, row.upper) == pytest.approx(bounds, abs=1e-6)
    loadings = fit.standardized("all").query("op == '=~'")["est_std"]
    assert row.average_variance_extracted == pytest.approx((loadings**2).mean(), abs=1e-6)
    assert (row.loading_min, row.loading_max) == pytest.approx((loadings.min(), loadings.max()), abs=1e-6)
    assert (row.n_indicators, row.n_informants, row.note) == (4, 200, "")
