"""Factor scores of two-level models against lavaan 0.6-14 (tests/reference/sem_twolevel/scores.R) and by brute force.

lavaan's scores of level 2 leave out what variables of the cluster alone say (``sem``, ``outcomes``); there the
conditional expectation in the joint distribution of a cluster's data decides. Tolerance 2e-4: its optimiser.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem

REFERENCE = Path(__file__).parent.parent / "reference" / "sem_twolevel"
LAVAAN: dict[str, dict[str, Any]] = json.loads((REFERENCE / "scores.json").read_text(encoding="utf-8"))
DATA = pd.read_csv(REFERENCE / "twolevel.csv")
AGREE = [("cfa", 1), ("cfa", 2), ("sem", 1), ("outcomes", 1)]


@lru_cache
def fitted(case: str) -> sem.Fit:
    return sem.fit(LAVAAN[case]["model"], DATA, cluster="unit")


@pytest.mark.parametrize(("case", "level"), AGREE)
@pytest.mark.parametrize("method", ["regression", "Bartlett"])
def test_scores(case: str, level: int, method: str) -> None:
    asked = LAVAAN[case]
    word = {1: "within", 2: "between"}[level] + ("_bartlett" if method == "Bartlett" else "")
    scores = fitted(case).predict(level=level, method=method)
    ours = scores.iloc[:15] if level == 1 else scores.loc[asked["clusters"]]
    theirs = np.asarray(asked[word], dtype=float).reshape(15, -1)
    np.testing.assert_allclose(ours.to_numpy(), theirs, atol=2e-4)


@pytest.mark.parametrize("case", list(LAVAAN))
def test_parameters_are_named_as_in_lavaan(case: str) -> None:
    assert list(fitted(case).vcov.index) == LAVAAN[case]["names"]


@pytest.mark.parametrize("case", list(LAVAAN))
def test_regression_scores_are_conditional_means_given_all_data_of_the_cluster(case: str) -> None:
    """The joint normal distribution of factors and stacked cases of one cluster, without any shortcut."""
    fit = fitted(case)
    table = fit.estimates
    mean, cov, names = moments_by_level(fit)
    unit = DATA["unit"].value_counts().index[3]
    rows = DATA[DATA["unit"] == unit]
    n = len(rows)
    within, between = names
    both = [v for v in between if v in within]
    alone = [v for v in between if v not in within and v in DATA]
    factors = [v for v in between if v not in DATA]
    inner = [v for v in within if v not in DATA]
    seen_in = [v for v in within if v in DATA]
    # loadings of (between variables and factors, n copies of within variables) on the stacked observations
    size_b, size_w = len(between), len(within)
    big = np.zeros((size_b + n * size_w, size_b + n * size_w))
    big[:size_b, :size_b] = cov[1]
    for i in range(n):
        place = slice(size_b + i * size_w, size_b + (i + 1) * size_w)
        big[place, place] = cov[0]
    centre = np.concatenate([mean[1], *([mean[0]] * n)])
    pick, values = [], []
    for i in range(n):
        for v in seen_in:
            row = np.zeros(len(big))
            row[size_b + i * size_w + within.index(v)] = 1.0
            if v in both:
                row[between.index(v)] = 1.0
            pick.append(row)
            values.append(rows[v].iloc[i])
    for v in alone:
        row = np.zeros(len(big))
        row[between.index(v)] = 1.0
        pick.append(row)
        values.append(rows[v].iloc[0])
    A, y = np.array(pick), np.array(values)
    gain = big @ A.T @ np.linalg.inv(A @ big @ A.T)
    expected = centre + gain @ (y - A @ centre)
    variance = (big - gain @ A @ big).diagonal()
    scores = fit.predict(level=2, se=True).loc[unit]
    for name in factors:
        assert scores[name] == pytest.approx(expected[between.index(name)], abs=1e-9)
        assert scores[f"{name}_se"] ** 2 == pytest.approx(variance[between.index(name)], rel=1e-9)
    scores_within = fit.predict(level=1, se=True).loc[rows.index]
    for name in inner:
        places = [size_b + i * size_w + within.index(name) for i in range(n)]
        np.testing.assert_allclose(scores_within[name], expected[places], atol=1e-9)
        np.testing.assert_allclose(scores_within[f"{name}_se"] ** 2, variance[places], rtol=1e-9)
    assert set(table["level"]) >= {1, 2}


def moments_by_level(fit: sem.Fit) -> tuple[list[np.ndarray], list[np.ndarray], list[list[str]]]:
    """Means and covariances of all variables of each level from the table of estimates (reticular form)."""
    means, covs, names = [], [], []
    for level in (1, 2):
        rows = fit.estimates[fit.estimates["level"] == level]
        known = list(dict.fromkeys([*rows["lhs"], *rows.loc[rows["op"] != "~1", "rhs"]]))
        at = {name: i for i, name in enumerate(known)}
        A, S, m = np.zeros((len(known), len(known))), np.zeros((len(known), len(known))), np.zeros(len(known))
        for row in rows.itertuples():
            if row.op == "=~":
                A[at[row.rhs], at[row.lhs]] = row.est
            elif row.op == "~":
                A[at[row.lhs], at[row.rhs]] = row.est
            elif row.op == "~~":
                S[at[row.lhs], at[row.rhs]] = S[at[row.rhs], at[row.lhs]] = row.est
            elif row.op == "~1":
                m[at[row.lhs]] = row.est
        E = np.linalg.inv(np.eye(len(known)) - A)
        means.append(E @ m)
        covs.append(E @ S @ E.T)
        names.append(known)
    return means, covs, names


def test_what_two_level_scores_are_not_is_said() -> None:
    fit = fitted("cfa")
    with pytest.raises(sem.ModelError, match="level 3"):
        fit.predict(level=3)
    with pytest.raises(sem.ModelError, match="regression"):
        fit.predict(method="Bartlett", se=True)
    with pytest.raises(sem.ModelError, match="new cases"):
        fit.predict(DATA)
