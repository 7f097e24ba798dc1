"""Exploratory SEM against lavaan's efa() blocks; resampled errors; split-sample workflow."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import InputError
from comply_measure.measurement.dimensionality.efa import explore
from comply_measure.measurement.dimensionality.esem import exploratory_sem
from comply_measure.measurement.dimensionality.rotation import RotationOptions
from comply_measure.measurement.dimensionality.split_sample import (
    assign_items,
    explore_and_confirm,
    split_units,
)

FOLDER = Path(__file__).parent.parent / "reference" / "measurement"
ITEMS = [f"y{j}" for j in range(1, 13)]


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "answers.csv", na_values="NA")


@pytest.fixture(scope="module")
def complete(answers) -> pd.DataFrame:
    return answers.dropna(subset=ITEMS)


def lavaan_solution(expected: dict) -> tuple[np.ndarray, np.ndarray]:
    loading = np.array(expected["loading"]).reshape(3, 12).T
    return loading, np.array(expected["se"]).reshape(3, 12).T


# lavaan's optimiser stops at 1e-6 in estimates, its rotation at 1e-5 of the gradient. Its standard errors come from
# numerical derivatives of that rotation and change by up to 8 % with its random starts, so that is the tolerance
# here; the exact check is the bordered information below
@pytest.mark.parametrize("rotation", ["oblimin", "geomin"])
def test_loadings_and_errors_equal_lavaan(complete, reference, rotation) -> None:
    expected = reference["esem"][rotation]
    found = exploratory_sem(complete, ITEMS, 3, rotation=rotation, missing="listwise")
    loading, se = lavaan_solution(expected)
    similarity = found.loadings.T @ loading
    order = np.abs(similarity).argmax(axis=1)
    signs = np.sign(similarity[np.arange(3), order])
    np.testing.assert_allclose(found.loadings, loading[:, order] * signs, atol=2e-4)
    np.testing.assert_allclose(found.errors.loading_se, se[:, order], atol=5e-3)
    assert found.fit.fit_measures["chisq"] == pytest.approx(expected["chisq"], rel=1e-7)
    assert found.fit.fit_measures["cfi"] == pytest.approx(expected["cfi"], rel=1e-7)
    pairs = {
        frozenset((a, b)): (abs(r), s)
        for a, b, r, s in zip(
            expected["one"],
            expected["other"],
            expected["correlation"],
            expected["correlation_se"],
            strict=True,
        )
        if str(a).startswith("f")
    }
    for i, j in [(0, 1), (0, 2), (1, 2)]:
        value, error = pairs[frozenset((f"f{order[i] + 1}", f"f{order[j] + 1}"))]
        assert abs(found.factor_correlation[i, j]) == pytest.approx(value, abs=5e-4)
        assert found.errors.correlation_se[i, j] == pytest.approx(error, rel=8e-2)


def test_errors_equal_the_bordered_information(complete) -> None:
    """Jennrich (1973): inverse of the information bordered by the rotation's stationary conditions.

    Oblimin with γ = 0 is stationary where Λ'(dQ/dΛ)Φ⁻¹ is diagonal, with dQ/dΛ = Λ ∘ (Λ∘Λ)(11' − I). All
    derivatives by complex steps.
    """
    found = exploratory_sem(complete, ITEMS, 3, rotation="oblimin", missing="listwise")
    (p, m), low = found.loadings.shape, np.tril_indices(3, -1)
    communality = np.einsum("ij,jk,ik->i", found.loadings, found.factor_correlation, found.loadings)
    theta = np.r_[found.loadings.ravel(), found.factor_correlation[low], 1.0 - communality]

    def parts(t):
        phi = np.zeros((m, m), dtype=t.dtype)
        phi[low] = t[p * m : p * m + len(low[0])]
        return t[: p * m].reshape(p, m), phi + phi.T + np.eye(m), t[-p:]

    def implied(t):
        loadings, phi, unique = parts(t)
        return loadings @ phi @ loadings.T + np.diag(unique)

    def standardised(t):
        return parts(t)[0] / np.sqrt(np.diag(implied(t)))[:, None]

    def stationary(t):
        loadings = standardised(t)
        slope = loadings * ((loadings**2) @ (1.0 - np.eye(m)))
        return (loadings.T @ slope @ np.linalg.inv(parts(t)[1]))[~np.eye(m, dtype=bool)]

    def jacobian(function):
        steps = theta + 1e-30j * np.eye(len(theta))
        return np.array([function(t).imag.ravel() / 1e-30 for t in steps]).T

    assert np.abs(stationary(theta)).max() < 1e-6
    weight, moments, border = np.linalg.inv(implied(theta)), jacobian(implied), jacobian(stationary)
    information = found.n / 2.0 * moments.T @ np.kron(weight, weight) @ moments
    k = len(border)
    bordered = np.block([[information, border.T], [border, np.zeros((k, k))]])
    variance = np.linalg.inv(bordered)[: len(theta), : len(theta)]
    turn = jacobian(standardised)
    se = np.sqrt(np.diag(turn @ variance @ turn.T)).reshape(p, m)
    np.testing.assert_allclose(found.errors.loading_se, se, rtol=1e-3)
    correlation_se = np.sqrt(np.diag(variance))[p * m : p * m + 3]
    np.testing.assert_allclose(found.errors.correlation_se[low], correlation_se, rtol=1e-3)


def test_units_of_measurement_leave_loadings_and_errors_alone(complete) -> None:
    found = exploratory_sem(complete, ITEMS, 3, missing="listwise")
    scaled = exploratory_sem(complete[ITEMS] * np.linspace(0.5, 3, 12), ITEMS, 3, missing="listwise")
    np.testing.assert_allclose(scaled.loadings, found.loadings, atol=1e-5)
    np.testing.assert_allclose(scaled.errors.loading_se, found.errors.loading_se, rtol=1e-3)


def test_fit_is_that_of_maximum_likelihood_factors(complete) -> None:
    model = exploratory_sem(complete, ITEMS, 3, rotation="oblimin", missing="listwise")
    factors = explore(complete, ITEMS, 3, rotation="oblimin", missing="listwise")
    measures = model.fit.fit_measures
    for name in ("chisq", "df", "cfi", "tli", "rmsea", "srmr"):
        assert measures[name] == pytest.approx(getattr(factors.fit, name), rel=1e-7), name
    assert measures["rmsea.ci.upper"] == pytest.approx(factors.fit.rmsea_upper, rel=1e-6)
    np.testing.assert_allclose(model.loadings, factors.loadings, atol=1e-5)


def test_bootstrap_and_delta_errors_agree(complete) -> None:
    model = exploratory_sem(complete, ITEMS, 3, rotation="oblimin", missing="listwise")
    factors = explore(complete, ITEMS, 3, rotation="oblimin", n_replications=300, seed=4)
    errors = factors.errors
    assert errors.n_used == errors.n_replications == 300
    # Monte Carlo error of a standard deviation from 300 draws is 4 %; non-normal answers add theirs
    ratio = errors.loading_se / model.errors.loading_se
    assert 0.85 < np.median(ratio) < 1.15
    assert (errors.loading_lower < factors.loadings).all() and (errors.loading_upper > factors.loadings).all()
    again = explore(complete, ITEMS, 3, rotation="oblimin", n_replications=300, seed=4)
    np.testing.assert_array_equal(again.errors.loading_se, errors.loading_se)


def test_clusters_are_resampled_whole(complete) -> None:
    twice = pd.concat([complete, complete], ignore_index=True).assign(
        copy=lambda d: np.arange(len(d)) % len(complete)
    )
    plain = explore(complete, ITEMS, 3, n_replications=200, seed=4).errors
    cluster = explore(twice, ITEMS, 3, n_replications=200, seed=4, cluster="copy").errors
    naive = explore(twice, ITEMS, 3, n_replications=200, seed=4).errors
    assert cluster.n_clusters == len(complete)
    np.testing.assert_allclose(cluster.loading_se, plain.loading_se, rtol=1e-5)
    assert np.median(naive.loading_se / plain.loading_se) == pytest.approx(np.sqrt(0.5), abs=0.1)


def test_target_full_information_and_clusters(answers) -> None:
    target = np.zeros((12, 3))
    for k in range(3):
        target[4 * k : 4 * k + 4, k] = np.nan
    options = RotationOptions("target", target=target)
    plain = exploratory_sem(answers, ITEMS, 3, rotation=options, factors=("a", "b", "c"))
    assert plain.factors == ("a", "b", "c")
    assert plain.n == answers[ITEMS].notna().any(axis=1).sum()
    own = [plain.loadings[4 * k : 4 * k + 4, k].mean() for k in range(3)]
    assert min(own) > 0.5
    robust = exploratory_sem(answers, ITEMS, 3, rotation=options, estimator="MLR", cluster="unit")
    np.testing.assert_allclose(robust.loadings, plain.loadings, atol=1e-5)
    assert robust.n_clusters == answers["unit"].nunique()
    assert not np.allclose(robust.errors.loading_se, plain.errors.loading_se, rtol=1e-3)
    table = plain.tidy()
    assert len(table) == 36 and table["se"].notna().all() and (table["pvalue"] <= 1).all()
    assert len(plain.factor_correlations()) == 3


def test_residual_pairs_cost_one_degree_of_freedom(complete) -> None:
    free = exploratory_sem(complete, ITEMS, 2, residual_pairs=[("y1", "y2")], missing="listwise")
    plain = exploratory_sem(complete, ITEMS, 2, missing="listwise")
    assert free.fit.fit_measures["df"] == plain.fit.fit_measures["df"] - 1
    assert free.fit.fit_measures["chisq"] < plain.fit.fit_measures["chisq"]


def test_ordered_answers(complete) -> None:
    found = exploratory_sem(complete, ITEMS, 3, rotation="oblimin", ordered=True)
    assert (found.estimator, found.missing, found.note) == ("WLSMV", "listwise", "")
    minres = explore(complete, ITEMS, 3, kind="polychoric", method="minres", rotation="oblimin")
    # diagonal weights against none: the same structure, not the same numbers
    np.testing.assert_allclose(found.loadings, minres.loadings, atol=0.1)
    assert np.isfinite(found.errors.loading_se).all()


def test_complete_answers_are_fitted_as_complete(answers, complete) -> None:
    """The same loadings as by full information, with complete data's expected information behind the errors."""
    found = exploratory_sem(complete, ITEMS, 3, rotation="oblimin")
    listwise = exploratory_sem(answers, ITEMS, 3, rotation="oblimin", missing="listwise")
    assert (found.missing, found.n) == ("listwise", len(complete))
    np.testing.assert_allclose(found.loadings, listwise.loadings, atol=1e-4)  # other starting values
    np.testing.assert_allclose(found.errors.loading_se, listwise.errors.loading_se, atol=1e-4)
    assert exploratory_sem(answers, ITEMS, 3, rotation="oblimin").missing == "ml"


def test_what_cannot_be_modelled_is_noted() -> None:
    rng = np.random.default_rng(3)
    data = pd.DataFrame(rng.normal(size=(50, 4)), columns=list("abcd")).assign(flat=1.0)
    many = exploratory_sem(data, [*"abcd", "flat"], 2)
    assert many.dropped == (("flat", "all answers equal"),) and "need more than the 4 items" in many.note
    assert np.isnan(many.loadings).all() and many.tidy()["loading"].isna().all()
    twin = data.assign(e=data["a"], g=data["b"])
    singular = exploratory_sem(twin, ["a", "b", "c", "d", "e", "g"], 1, missing="listwise")
    assert singular.note == (
        "linearly dependent variables: a, b, e, g; leave one out, or check for sums and copies; "
        "the matrix is not positive definite: perfectly correlated: a and e, b and g"
    )
    with pytest.raises(InputError, match="two different items"):
        exploratory_sem(data, list("abcd"), 1, residual_pairs=[("a", "z")])
    with pytest.raises(InputError, match="2 different names"):
        exploratory_sem(data, list("abcd"), 2, factors=("x", "x"))


def test_items_left_out_are_named_beside_whatever_else_is_noted() -> None:
    rng = np.random.default_rng(3)
    data = pd.DataFrame(
        0.7 * rng.normal(size=(200, 1)) + 0.6 * rng.normal(size=(200, 5)), columns=list("abcde")
    )
    data = data.assign(flat=2.0, none=np.nan, k=np.arange(200) % 7)
    left_out = "left out: flat: all answers equal; none: no answers"
    plain = exploratory_sem(data, [*"abcde", "flat", "none"], 1)
    assert plain.note == left_out and np.isfinite(plain.errors.loading_se).all()
    assert set(plain.tidy()["note"]) == {left_out}
    few = exploratory_sem(data, [*"abcde", "flat", "none"], 1, cluster="k", estimator="MLR")
    assert few.note == f"7 clusters for 15 parameters; {left_out}" and few.n_clusters == 7
    many = exploratory_sem(data, [*"abcde", "flat", "none"], 6)
    assert many.note == f"6 factors need more than the 5 items that vary; {left_out}"
    twin = data.assign(e=data["a"])
    singular = exploratory_sem(twin, [*"abcde", "flat", "none"], 1)
    assert singular.note.startswith("linearly dependent variables: a, e") and singular.note.endswith(left_out)


def test_split_is_by_unit_and_reproducible(answers) -> None:
    split = split_units(answers, "unit", seed=11)
    assert not set(split.explored) & set(split.confirmed)
    assert len(split.explored) + len(split.confirmed) == answers["unit"].nunique()
    assert abs(len(split.explored) - len(split.confirmed)) <= 1
    assert split == split_units(answers.sample(frac=1, random_state=1).sort_index(), "unit", seed=11)
    assert split != split_units(answers, "unit", seed=12)
    firms = split_units(answers, "firm", seed=1, share=0.3)
    assert len(firms.explored) == round(0.3 * answers["firm"].nunique())
    table = firms.tidy()
    assert table["key"].tolist() == [*firms.explored, *firms.confirmed]
    assert set(table["key"]) == set(answers["firm"]) and len(table) == answers["firm"].nunique()
    assert set(table.loc[table["half"] == "explored", "key"]) == set(firms.explored)
    assert set(table.loc[table["half"] == "confirmed", "key"]) == set(firms.confirmed)
    assert (table["column"] == "firm").all() and (table["seed"] == 1).all()


def test_items_go_where_they_load_by_cutoff_and_distance(complete) -> None:
    solution = explore(complete.assign(flat=1.0), [*ITEMS[:7], "flat"], 2)
    loadings = np.array(
        [[0.8, 0.1], [-0.7, 0.65], [0.3, 0.1], [np.nan, np.nan], [0.1, -0.7], [-0.5, 0.2], [0.5, 0.4]]
    )
    found = replace(solution, loadings=loadings)
    assignment, left = assign_items(found, 0.4, 0.2)
    assert assignment == {"F1": ("y1", "y6")}
    assert left == (
        ("flat", "all answers equal"),
        ("y2", "next loading within 0.2"),
        ("y3", "largest loading below 0.4"),
        ("y4", "no solution"),
        ("y7", "next loading within 0.2"),
        ("y5", "alone on F2"),
    )
    # both limits are closed: a loading of the cutoff and a distance of the gap are enough
    edges = np.array(
        [[0.5, 0.25], [0.25, 0.5], [0.75, 0.5], [0.0, 1.0], [0.5, 0.26], [0.49, 0.0], [0.0, 0.5]]
    )
    assignment, left = assign_items(replace(solution, loadings=edges), 0.5, 0.25)
    assert assignment == {"F1": ("y1", "y3"), "F2": ("y2", "y4", "y7")}
    assert [item for item, _ in left] == ["flat", "y5", "y6"]
    one = explore(complete, ITEMS[:4], 1)
    single = replace(one, loadings=np.array([[0.9], [-0.1], [0.5], [0.3]]))
    assert assign_items(single, 0.4, 0.5) == (
        {"F1": ("y1", "y3")},
        (("y2", "largest loading below 0.4"), ("y4", "largest loading below 0.4")),
    )


def test_split_sample_confirms_what_it_explored(answers) -> None:
    found = explore_and_confirm(answers, ITEMS, seed=11)
    assert found.parallel is not None and len(found.exploration.factors) == 3
    assert sorted(found.assignment.values()) == sorted(
        [("y1", "y2", "y3", "y4"), ("y5", "y6", "y7", "y8"), ("y9", "y10", "y11", "y12")]
    )
    assert found.confirmation.fit_measures["df"] == 51
    assert found.confirmation.fit_measures["cfi"] > 0.95
    assert (found.congruence > 0.9).all()
    assert found.n_explored + found.n_confirmed == len(answers)
    assert len(found.tidy()) == 12
    strict = explore_and_confirm(answers, ITEMS, seed=11, n_factors=3, cutoff=0.99)
    assert strict.confirmation is None and "nothing to confirm" in strict.note
    assert len(strict.unassigned) == 12


def test_halves_need_units(answers) -> None:
    with pytest.raises(InputError, match="rows without a unit"):
        split_units(answers.assign(unit=answers["unit"].where(answers.index > 3)), seed=1)
    with pytest.raises(InputError, match="at least 4"):
        split_units(answers.assign(unit="one"), seed=1, share=2.0)
