"""ω and its relatives from factor models, against semTools, psych and closed forms."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.measurement.reliability.alpha import alpha_from_covariance
from comply_measure.measurement.reliability.categorical import categorical_omega
from comply_measure.measurement.reliability.coefficients import compute_all
from comply_measure.measurement.reliability.from_fit import fit_reliability
from comply_measure.measurement.reliability.hierarchical import hierarchical_omega
from comply_measure.measurement.reliability.one_factor import maximal_reliability, one_factor
from comply_measure.measurement.reliability.ordinal import ordinal_reliability
from comply_measure.measurement.reliability.table import reliability_table

FOLDER = Path(__file__).parent.parent / "reference" / "measurement"
ITEMS = [f"y{j}" for j in range(1, 13)]
THREE = "f1 =~ y1+y2+y3+y4\nf2 =~ y5+y6+y7+y8\nf3 =~ y9+y10+y11+y12"
# both optimisers stop at about 1e-6 in the estimates
FITTED = 2e-5


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def complete() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "answers.csv", na_values="NA").dropna(subset=ITEMS)


def test_one_factor_equals_semtools(complete, reference) -> None:
    expected = reference["one_factor"]
    # semTools takes the observed variance of the sum with divisor n
    C = np.cov(complete[ITEMS[:4]].to_numpy(), rowvar=False, ddof=0)
    implied, observed, maximal = compute_all(
        ("omega_implied", "omega_observed", "maximal_reliability"), C[None]
    )[0]
    assert implied == pytest.approx(expected["omega_implied"], abs=FITTED)
    assert observed == pytest.approx(expected["omega_observed"], abs=FITTED)
    assert maximal == pytest.approx(expected["maximal"], abs=FITTED)


def test_maximal_reliability_by_hand() -> None:
    """Hancock & Mueller (2001): an item of loading ℓ adds ℓ²/(1 − ℓ²) to the information."""
    lam = np.array([0.9, 0.6, 0.3])
    information = (lam**2 / (1 - lam**2)).sum()
    assert maximal_reliability(lam) == pytest.approx(information / (1 + information))
    assert maximal_reliability(np.array([0.7])) == pytest.approx(0.49)
    assert np.isnan(maximal_reliability(np.array([1.0, 0.5])))


def test_one_factor_recovers_its_loadings() -> None:
    lam = np.array([0.9, 1.4, 0.5, 0.8])
    theta = np.array([0.5, 0.7, 1.0, 0.3])
    found = one_factor((np.outer(lam, lam) + np.diag(theta))[None])
    np.testing.assert_allclose(np.abs(found.loadings[0]), lam, rtol=1e-6)
    omega = lam.sum() ** 2 / (lam.sum() ** 2 + theta.sum())
    assert found.omega(observed=False)[0] == pytest.approx(omega, rel=1e-7)
    assert found.omega(observed=True)[0] == pytest.approx(omega, rel=1e-7)


def test_correlated_factors_equal_semtools(complete, reference) -> None:
    expected = reference["factors"]
    table = fit_reliability(sem.fit(THREE, complete)).tidy().set_index("factor")
    for k, factor in enumerate(("f1", "f2", "f3", "total")):
        assert table.loc[factor, "omega_implied"] == pytest.approx(expected["implied"][k][0], abs=FITTED)
        assert table.loc[factor, "omega_observed"] == pytest.approx(expected["observed"][k][0], abs=FITTED)
    assert table.loc["total", "level"] == "total"
    assert table["omega_categorical_implied"].isna().all()


def test_second_order_factor_equals_semtools(complete, reference) -> None:
    expected = reference["second_order"]
    row = (
        fit_reliability(sem.fit(f"{THREE}\ng =~ f1 + f2 + f3", complete)).tidy().set_index("factor").loc["g"]
    )
    assert row["level"] == "factors"
    assert row["omega_implied"] == pytest.approx(expected["implied"], abs=FITTED)
    assert row["omega_observed"] == pytest.approx(expected["observed"], abs=FITTED)
    assert row["omega_partial"] == pytest.approx(expected["partial"], abs=FITTED)


def test_higher_order_and_hierarchical_by_hand() -> None:
    """Population moments: a second-order model and the bifactor model it equals have the same ω of g."""
    lam, gamma, p = np.array([0.8, 0.7, 0.6]), np.array([0.9, 0.7, 0.6]), 9
    loadings = np.kron(np.eye(3), lam[:, None])
    general = loadings @ gamma
    group = loadings * np.sqrt(1 - gamma**2)
    implied = np.outer(general, general) + group @ group.T
    np.fill_diagonal(implied, 1.0)
    names = [f"x{j + 1}" for j in range(p)]
    text = "\n".join(f"f{k + 1} =~ " + " + ".join(names[3 * k : 3 * k + 3]) for k in range(3))
    moments = pd.DataFrame(implied, index=names, columns=names)
    fit = sem.from_moments(f"{text}\ng =~ f1 + f2 + f3", moments, nobs=500)
    row = fit_reliability(fit).tidy().set_index("factor").loc["g"]
    share = general.sum() ** 2 / implied.sum()
    assert row["omega_implied"] == pytest.approx(share, abs=1e-5)
    common = share + (group.sum(axis=0) ** 2).sum() / implied.sum()
    assert row["omega_factors"] == pytest.approx(share / common, abs=1e-5)
    explored = hierarchical_omega(implied, 3, method="ml")
    assert explored.omega_hierarchical == pytest.approx(share, abs=1e-4)
    assert explored.omega_total == pytest.approx(common, abs=1e-4)
    np.testing.assert_allclose(np.abs(explored.general), general, atol=1e-3)


def test_bifactor_model_by_hand() -> None:
    """General factor of a bifactor model: ω_h; all factors together: ω_total (Zinbarg et al. 2005)."""
    general = np.array([0.6, 0.7, 0.5, 0.65, 0.55, 0.6, 0.7, 0.5, 0.6])
    group = np.kron(np.eye(3), np.array([[0.5], [0.4], [0.45]]))
    implied = np.outer(general, general) + group @ group.T
    np.fill_diagonal(implied, 1.0)
    names = [f"x{j + 1}" for j in range(9)]
    lines = ["g =~ " + " + ".join(names)]
    lines += [f"s{k + 1} =~ " + " + ".join(names[3 * k : 3 * k + 3]) for k in range(3)]
    moments = pd.DataFrame(implied, index=names, columns=names)
    fit = sem.from_moments("\n".join(lines), moments, nobs=500, std_lv=True, orthogonal=True)
    table = fit_reliability(fit).tidy().set_index("factor")
    assert table.loc["g", "omega_implied"] == pytest.approx(general.sum() ** 2 / implied.sum(), abs=1e-5)
    common = general.sum() ** 2 + (group.sum(axis=0) ** 2).sum()
    assert table.loc["total", "omega_implied"] == pytest.approx(common / implied.sum(), abs=1e-5)
    # a group factor's share of the variance of its own three items
    block = implied[:3, :3].sum()
    assert table.loc["s1", "omega_implied"] == pytest.approx(group[:, 0].sum() ** 2 / block, abs=1e-5)
    assert np.isnan(table.loc["g", "maximal"])


def test_residual_covariances_and_crossed_loadings_count_as_error(complete) -> None:
    fit = sem.fit("f =~ y1 + y2 + y3 + y4\ny1 ~~ y2", complete, std_lv=True)
    row = fit_reliability(fit).tidy().iloc[0]
    table = fit.estimates
    lam = table.loc[table["op"] == "=~", "est"].sum()
    errors = table[(table["op"] == "~~") & (table["lhs"] != "f")]
    twice = np.where(errors["lhs"] == errors["rhs"], 1.0, 2.0)
    assert row["omega_implied"] == pytest.approx(lam**2 / (lam**2 + (twice * errors["est"]).sum()), rel=1e-9)


def test_parts_that_are_negative_or_unknown_are_named_in_every_row() -> None:
    rng = np.random.default_rng(1)
    x, z = rng.normal(size=(2, 300, 1))
    y = 0.4 * x + 0.3 * z + 0.3 * x * z + rng.normal(size=(300, 1))
    parts = [f + 0.6 * rng.normal(size=(300, 2)) for f in (x, z, y)]
    data = pd.DataFrame(np.hstack(parts), columns=["x1", "x2", "z1", "z2", "y1", "y2"])
    text = "X =~ x1 + x2\nZ =~ z1 + z2\nY =~ y1 + y2\nY ~ X + Z + X:Z"
    latent = fit_reliability(sem.fit(text, data, interactions="lms", nodes=8)).tidy()
    # the variance of a product of factors is no parameter of the model
    assert latent["factor"].tolist() == ["X", "Z", "Y", "total"]
    assert set(latent["note"]) == {"variance of a factor unknown, predictors without variances: Y"}
    assert latent["omega_implied"].isna().all() and latent["alpha"].isna().all()
    for covariances, note in (
        ([0.55, 0.55, 0.25], "negative residual variance: a"),  # loadings 1.1, 0.5, 0.5
        ([-0.3, -0.3, -0.3], "negative variance of a factor: f"),
    ):
        cov = np.eye(3)
        cov[np.triu_indices(3, 1)] = cov.T[np.triu_indices(3, 1)] = covariances
        moments = pd.DataFrame(cov, list("abc"), list("abc"))
        (row,) = fit_reliability(sem.from_moments("f =~ a + b + c", moments, 200)).rows
        assert (row.note, row.n) == (note, 200) and np.isnan(row.omega_implied)


def test_exploratory_hierarchical_omega_equals_psych(complete, reference) -> None:
    """psych stops its rotation at 1e-5."""
    expected = reference["omega"]
    found = hierarchical_omega(np.corrcoef(complete[ITEMS].to_numpy(), rowvar=False), 3)
    assert found.omega_hierarchical == pytest.approx(expected["omega_h"], abs=5e-4)
    assert found.omega_total == pytest.approx(expected["omega_t"], abs=1e-4)
    assert found.omega_limit == pytest.approx(expected["limit"], abs=5e-4)
    assert found.explained_common_variance == pytest.approx(expected["ecv"], abs=5e-4)
    np.testing.assert_allclose(found.general, expected["general"], atol=1e-3)
    assert len(found.tidy()) == 1


def test_ordered_items_equal_semtools(complete, reference) -> None:
    expected = reference["ordered"]
    fit = sem.fit(THREE, complete, ordered=ITEMS, estimator="WLSMV", std_lv=True)
    table = fit_reliability(fit).tidy().set_index("factor")
    columns = {
        "omega_categorical_observed": "categorical_observed",
        "omega_categorical_implied": "categorical_implied",
        "omega_observed": "latent_observed",
        "omega_implied": "latent_implied",
    }
    for ours, key in columns.items():
        for k, factor in enumerate(("f1", "f2", "f3")):
            assert table.loc[factor, ours] == pytest.approx(expected[key][k][0], abs=1e-4), (ours, factor)


def test_correlations_of_ordered_items_are_those_of_pairs_whatever_is_fitted(complete) -> None:
    """Read from the fit or estimated alone; the true variance of the sum is shared by both forms of ω."""
    x = complete[ITEMS[:4]].to_numpy(dtype=float)
    gaps = x.copy()
    gaps[::7, 1] = gaps[3::11, 2] = np.nan
    for values in (x, gaps):
        fitted, alone = (ordinal_reliability(values, estimator=name) for name in ("wlsmv", "uls"))
        np.testing.assert_array_equal(fitted.correlation, alone.correlation)
        assert fitted.alpha == alone.alpha
        common = np.outer(fitted.loadings, fitted.loadings)
        for total, found in (
            (None, fitted.omega_categorical_implied),
            (fitted.correlation, fitted.omega_categorical_observed),
        ):
            assert found == categorical_omega(common, fitted.thresholds, total)


def test_one_ordered_scale_equals_semtools(complete, reference) -> None:
    expected = reference["ordered_one"]
    found = ordinal_reliability(complete[ITEMS[:4]].to_numpy())
    assert found.omega_categorical_observed == pytest.approx(expected["categorical_observed"], abs=1e-4)
    assert found.omega_categorical_implied == pytest.approx(expected["categorical_implied"], abs=1e-4)
    assert found.omega_latent_implied == pytest.approx(expected["latent_implied"], abs=1e-4)
    assert found.alpha == pytest.approx(expected["alpha"], abs=1e-4)
    loose = ordinal_reliability(complete[ITEMS[:4]].to_numpy(), estimator="uls")
    assert loose.omega_categorical_implied == pytest.approx(found.omega_categorical_implied, abs=0.01)


def test_categorical_omega_of_median_splits_by_hand() -> None:
    """Two categories cut at the median: Φ₂(0, 0; ρ) − ¼ = asin(ρ)/(2π) (Sheppard 1899)."""
    lam = np.array([0.9, 0.7, 0.5])
    common = np.outer(lam, lam)
    total = common.copy()
    np.fill_diagonal(total, 1.0)
    found = categorical_omega(common, [np.zeros(1)] * 3)
    assert found == pytest.approx(np.arcsin(common).sum() / np.arcsin(total).sum(), rel=1e-12)
    with pytest.raises(InputError, match="ascending"):
        categorical_omega(common, [np.array([1.0, 0.0])] * 3)


def test_many_categories_approach_the_latent_reliability() -> None:
    """With 200 narrow categories the sum of answers is nearly the sum of latent responses."""
    lam = np.array([0.8, 0.7, 0.6])
    cuts = np.linspace(-3.5, 3.5, 200)
    omega = lam.sum() ** 2 / (lam.sum() ** 2 + (1 - lam**2).sum())
    assert categorical_omega(np.outer(lam, lam), [cuts] * 3) == pytest.approx(omega, abs=2e-3)


def test_table_holds_every_coefficient(complete) -> None:
    coefficients = [
        "alpha",
        "omega_implied",
        "glb",
        "lambda4_max",
        "alpha_ordinal",
        "omega_categorical",
        "alpha_within",
        "omega_between",
    ]
    found = reliability_table(
        complete, {"s": ITEMS[:4]}, coefficients=coefficients, missing="listwise", seed=2
    )
    table = found.tidy()
    assert len(table) == 5 * len(coefficients)
    assert (table["note"].ne("") | table["estimate"].notna()).all()
    wide = found.wide().set_index("group")
    C = np.cov(complete[ITEMS[:4]].to_numpy(), rowvar=False)
    assert wide.loc["pooled", "alpha"] == pytest.approx(alpha_from_covariance(C), rel=1e-12)
    assert wide.loc["pooled", "glb"] >= wide.loc["pooled", "lambda4_max"] - 1e-9
    roles = table[(table["group"] == "sales") & table["coefficient"].isin(["alpha_within", "omega_between"])]
    assert roles["note"].str.contains("one informant per unit").all()
