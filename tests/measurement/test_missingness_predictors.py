"""What is missing beside what is known: a generalised linear model, CR2 errors, what cannot be fitted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy
import statsmodels.api as sm

from comply_measure.errors import InputError
from comply_measure.measurement import MissingCounts, missingness_predictors
from comply_measure.measurement.missingness.predictors import normal_scores
from comply_measure.statistics.cluster_robust import cluster_robust

N = 240


def counts(seed: int = 1) -> MissingCounts:
    rng = np.random.default_rng(seed)
    firm = np.repeat(np.arange(40), 6)
    known = pd.DataFrame(
        {
            "role": np.tile(["m", "s", "i"], N // 3),
            "size": np.exp(rng.normal(size=N)),
            "rating": rng.integers(1, 6, N).astype(float),
        }
    )
    logit = -2.5 + 0.5 * np.log(known["size"]) + 0.6 * (known["role"] == "i")
    asked = np.full(N, 30.0)
    missing = rng.binomial(30, 1 / (1 + np.exp(-logit))).astype(float)
    return MissingCounts("left out", missing, asked, firm, known)


def test_coefficients_are_those_of_a_generalised_linear_model_with_cr2_errors() -> None:
    kind = counts()
    table = missingness_predictors([kind]).set_index("predictor")
    x = normal_scores(kind.predictors["size"])
    rating = normal_scores(kind.predictors["rating"])
    roles = [(kind.predictors["role"] == role).to_numpy(dtype=float) for role in ("s", "i")]
    X = np.column_stack([np.ones(N), *roles, x, rating])
    fit = sm.GLM(
        np.column_stack([kind.missing, kind.asked - kind.missing]), X, family=sm.families.Binomial()
    ).fit()
    assert table.loc["size", "odds_ratio"] == pytest.approx(np.exp(fit.params[3]), rel=1e-7)
    root = np.sqrt(kind.asked * fit.mu * (1 - fit.mu))
    robust = cluster_robust(X * root[:, None], (kind.missing - kind.asked * fit.mu) / root, kind.cluster)
    t = fit.params[3] / np.sqrt(robust.covariance[3, 3])
    assert table.loc["size", "statistic"] == pytest.approx(t, rel=1e-6)
    df = robust.degrees_of_freedom(np.eye(5)[[3]])[0]
    assert table.loc["size", "p"] == pytest.approx(2 * scipy.stats.t.sf(abs(t), df), rel=1e-5)
    F, _, p = robust.wald(np.eye(5)[[1, 2]], fit.params[[1, 2]])
    assert table.loc["role", ["statistic", "p"]].tolist() == pytest.approx([F, p], rel=1e-5)
    assert (table["beside"] == "all").all() and (table["n_clusters"] == 40).all()
    assert table.loc["size", "p_holm"] == pytest.approx(3 * table.loc["size", "p"])
    assert table.loc["rating", "p"] > 0.05 > table.loc["role", "p"]


def test_normal_scores_do_not_depend_on_the_scale() -> None:
    values = pd.Series([3.0, 1.0, np.nan, 2.0, 2.0, 10.0])
    found = normal_scores(values)
    np.testing.assert_allclose(found, normal_scores(np.exp(values)), atol=1e-12)
    known = found[~np.isnan(found)]
    assert (
        np.isnan(found[2]) and known.mean() == pytest.approx(0, abs=1e-12) and known.std() == pytest.approx(1)
    )
    assert (normal_scores(pd.Series([2.0, 2.0])) == 0).all()


def test_what_cannot_be_fitted_says_why() -> None:
    kind = counts()
    known = kind.predictors.assign(copy=kind.predictors["size"] ** 2, same="one", empty=np.nan)
    table = missingness_predictors([replace(kind, predictors=known)]).set_index("predictor")
    assert table["note"].to_dict() == {
        "role": "categories tested together: no single odds ratio", "size": "", "rating": "",
        "copy": "the predictor follows from those before it",
        "same": "the predictor does not vary", "empty": "no value is known",
    }  # fmt: skip
    assert table.loc[["copy", "same", "empty"], ["odds_ratio", "p"]].isna().all(axis=None)
    nothing = missingness_predictors([replace(kind, missing=np.zeros(N))])
    assert set(nothing["note"]) == {"nothing is missing"} and nothing["p"].isna().all()
    assert set(missingness_predictors([replace(kind, missing=kind.asked)])["note"]) == {
        "everything is missing"
    }
    split = (kind.predictors["role"] == "i").to_numpy()
    apart = replace(kind, missing=np.where(split, 30.0, 0.0), predictors=kind.predictors[["role"]])
    assert missingness_predictors([apart])["note"].tolist() == ["the predictors separate who answers"]
    with pytest.raises(InputError, match="cannot be regressed"):
        missingness_predictors([replace(kind, predictors=known.head(3))])


def test_few_clusters_take_one_predictor_at_a_time() -> None:
    kind = replace(counts(), cluster=np.arange(N) // 30)
    table = missingness_predictors([kind]).set_index("predictor")
    assert (table["beside"] == "none").all()
    assert table.loc["size", "note"].startswith("8 clusters are few")
    assert table.loc["size", "p"] < 0.05
    alone = missingness_predictors([replace(kind, predictors=kind.predictors[["size"]])])
    assert alone["odds_ratio"][0] == pytest.approx(table.loc["size", "odds_ratio"])


def test_intervals_and_counts_of_one_predictor() -> None:
    """exp(b ± t SE) with the error and degrees of freedom of CR2; rows without anything asked are left out."""
    kind = counts()
    asked, missing = kind.asked.copy(), kind.missing.copy()
    asked[:6] = missing[:6] = 0.0
    missing[6:9] = asked[6:9] - 1.0
    kind = replace(kind, asked=asked, missing=missing, predictors=kind.predictors[["size"]])
    row = missingness_predictors([kind]).iloc[0]
    used = slice(6, None)
    X = np.column_stack([np.ones(N - 6), normal_scores(kind.predictors["size"])[used]])
    y = np.column_stack([missing[used], asked[used] - missing[used]])
    fit = sm.GLM(y, X, family=sm.families.Binomial()).fit()
    root = np.sqrt(asked[used] * fit.mu * (1 - fit.mu))
    robust = cluster_robust(
        X * root[:, None], (missing[used] - asked[used] * fit.mu) / root, kind.cluster[used]
    )
    b, se = fit.params[1], np.sqrt(robust.covariance[1, 1])
    half = scipy.stats.t.ppf(0.975, robust.degrees_of_freedom(np.eye(2)[[1]])[0]) * se
    assert row[["odds_ratio", "lower", "upper"]].tolist() == pytest.approx(
        [np.exp(b), np.exp(b - half), np.exp(b + half)], rel=1e-6
    )
    assert row["df"] == pytest.approx(robust.degrees_of_freedom(np.eye(2)[[1]])[0], rel=1e-6)
    assert (row["n"], row["n_asked"], row["n_clusters"]) == (N - 6, asked.sum(), 39)
    assert (
        row["n_missing"] == missing.sum()
        and row["note"] == "39 clusters are few: degrees of freedom are Satterthwaite's, power is low"
    )


@pytest.mark.parametrize(("clusters", "beside"), [(10, "all"), (9, "none")])
def test_predictors_stand_together_from_twice_as_many_clusters_as_columns(clusters: int, beside: str) -> None:
    """Intercept, two indicators of roles, size and rating are five columns."""
    table = missingness_predictors([replace(counts(), cluster=np.arange(N) % clusters)])
    assert set(table["beside"]) == {beside} and set(table["n_clusters"]) == {clusters}


def test_a_model_needs_more_clusters_than_columns() -> None:
    kind = replace(counts(), predictors=counts().predictors[["role"]])
    for clusters, why in (
        (4, "categories tested together: no single odds ratio"),
        (3, "3 clusters are too few"),
    ):
        (note,) = missingness_predictors([replace(kind, cluster=np.arange(N) % clusters)])["note"]
        assert note.startswith(why)


def test_categories_are_known_where_they_are_and_truth_values_are_categories() -> None:
    kind = counts()
    role = kind.predictors["role"].mask(np.arange(N) < 12)
    known = pd.DataFrame({"role": role, "yes": np.arange(N) % 2 == 0})
    table = missingness_predictors([replace(kind, predictors=known)]).set_index("predictor")
    assert set(table["n"]) == {N - 12} and table["odds_ratio"].isna().all()
    assert (
        table["note"].tolist()
        == [
            "categories tested together: no single odds ratio; 38 clusters are few: degrees "
            "of freedom are Satterthwaite's, power is low"
        ]
        * 2
    )
    renamed = known.assign(role=role.map({"m": "z", "s": "a", "i": "k"}))
    again = missingness_predictors([replace(kind, predictors=renamed)]).set_index("predictor")
    assert again["p"].to_numpy() == pytest.approx(table["p"].to_numpy(), rel=1e-9)
