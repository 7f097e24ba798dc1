"""Paths by role: least squares and CR2 by hand, stacked; what the weights of differences are; bad cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy

from comply_measure import models
from comply_measure.errors import InputError
from comply_measure.models.role_views import role_views

ROLES = ("sales", "marketing", "it")


def answers(n: int = 60, seed: int = 3, slopes: tuple[float, ...] = (0.6, 0.3, 0.0)) -> pd.DataFrame:
    """Three roles in n units of n/3 firms; each sees x and y, whose path differs; a variable of the unit."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 1)) + rng.normal(size=(n, 3))
    z = rng.normal(size=(n, 3)) + 0.4 * x
    firm = np.repeat(np.arange(n // 3), 3)
    y = x * np.array(slopes) + 0.2 * z + rng.normal(size=n // 3)[firm][:, None] + rng.normal(size=(n, 3))
    return pd.DataFrame(
        {
            "unit": np.repeat([f"u{i}" for i in range(n)], 3), "role": list(ROLES) * n,
            "firm": np.repeat([f"f{i}" for i in firm], 3), "x": x.ravel(), "z": z.ravel(), "y": y.ravel(),
            "growth": np.repeat(x.sum(axis=1) + rng.normal(size=n), 3),
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    """A few answers are missing."""
    found = answers()
    found.loc[found.index[::17], "x"] = np.nan
    found.loc[found.index[5::23], "y"] = np.nan
    return found


def stacked_by_hand(
    data: pd.DataFrame, names: list[str], pairs: list[tuple[str, str]], by: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[int]]:
    """Slopes, CR2 covariance of them by whole matrices, the design and its clusters."""
    k, blocks, outcomes, codes, sizes = len(names) + 1, [], [], [], []
    for place, (r, s) in enumerate(pairs):
        left = data[data["role"] == r].set_index("unit", drop=False)[[*names, by]]
        table = left.join(data[data["role"] == s].set_index("unit")["y"]).dropna()
        X = np.column_stack([np.ones(len(table)), table[names]])
        b, rest, *_ = np.linalg.lstsq(X, table["y"], rcond=None)
        sd = np.sqrt(rest[0] / (len(table) - k))
        wide = np.zeros((len(table), k * len(pairs)))
        wide[:, k * place : k * (place + 1)] = X / sd
        blocks.append(wide)
        outcomes.append(table["y"].to_numpy() / sd)
        codes += table[by].tolist()
        sizes.append(len(table))
    X, y, groups = np.concatenate(blocks), np.concatenate(outcomes), np.array(codes)
    M = np.linalg.inv(X.T @ X)
    b = M @ X.T @ y
    e, meat = y - X @ b, np.zeros((X.shape[1], X.shape[1]))
    for group in np.unique(groups):
        rows = groups == group
        values, vectors = np.linalg.eigh(np.eye(rows.sum()) - X[rows] @ M @ X[rows].T)
        A = (vectors / np.sqrt(values)) @ vectors.T
        u = X[rows].T @ A @ e[rows]
        meat += np.outer(u, u)
    return b, M @ meat @ M, X, sizes


def test_every_equation_and_their_common_covariance(data: pd.DataFrame) -> None:
    """Two predictors, nine pairs of raters, firms; exact but for rounding."""
    found = models.role_paths(data, ["x", "z"], "y", ROLES, cluster="firm")
    pairs = [(r, r) for r in ROLES] + [(r, s) for r in ROLES for s in ROLES if r != s]
    b, V, _, sizes = stacked_by_hand(data, ["x", "z"], pairs, "firm")
    for k, name in enumerate(("x", "z")):
        mine = found.paths[found.paths["predictor"] == name]
        assert list(zip(mine["predictor_role"], mine["outcome_role"], strict=True)) == pairs
        places = [3 * i + 1 + k for i in range(9)]
        assert np.allclose(mine["est"], b[places], atol=1e-10)
        assert np.allclose(mine["se"], np.sqrt(np.diag(V)[places]), rtol=1e-8)
        assert mine["n_units"].tolist() == sizes
        assert mine["same"].tolist() == [True] * 3 + [False] * 6
        test = found.tests.set_index("predictor").loc[name]
        differences = found.differences[found.differences["predictor"] == name].set_index("kind")
        assert differences.index.tolist() == ["role", "role", "role", "source"]
        assert test["df1"] == 2
        L = np.zeros((2, 27))
        L[:, 1 + k], L[0, 4 + k], L[1, 7 + k] = 1.0, -1.0, -1.0
        wald = (L @ b) @ np.linalg.solve(L @ V @ L.T, L @ b)
        eta = test["df2"] + 1  # F = (η − q + 1)/(η q) Q
        assert test["statistic"] == pytest.approx(test["df2"] / (2 * eta) * wald)
        assert test["pvalue"] == pytest.approx(scipy.stats.f.sf(test["statistic"], 2, test["df2"]))
        same, other = b[places[:3]].mean(), b[places[3:]].mean()
        source = np.zeros(27)
        source[places] = [1 / 3] * 3 + [-1 / 6] * 6
        assert differences.loc["source", "difference"] == pytest.approx(same - other)
        assert differences.loc["source", "se"] == pytest.approx(np.sqrt(source @ V @ source))
        first = differences.loc["role"].iloc[0]
        assert (first["first"], first["second"]) == ROLES[:2]
        assert first["difference"] == pytest.approx(b[places[0]] - b[places[1]])
    assert (found.n_units, found.n_clusters, found.roles) == (60, 20, ROLES)
    assert found.notes == ("20 clusters are few: degrees of freedom are Satterthwaite's, power is low",)
    assert found.tidy().equals(found.paths)


def test_two_roles_have_one_difference_with_its_interval(data: pd.DataFrame) -> None:
    """t with Satterthwaite's df; F is its square; intervals at a level; every unit is a cluster."""
    found = models.role_paths(data, "x", "y", ROLES[:2], owner="marketing", level=0.9)
    b, V, X, _ = stacked_by_hand(data, ["x"], [(r, r) for r in ROLES[:2]], "unit")
    row, test = found.differences.set_index("kind").loc["role"], found.tests.iloc[0]
    contrast = np.array([0.0, 1.0, 0.0, -1.0])
    assert (row["first"], row["second"], test["df1"]) == ("sales", "marketing", 1)
    assert row["difference"] == pytest.approx(b[1] - b[3])
    assert row["se"] == pytest.approx(np.sqrt(contrast @ V @ contrast))
    t = row["difference"] / row["se"]
    assert test["statistic"] == pytest.approx(t**2)
    assert [test["df2"], test["pvalue"]] == pytest.approx([row["df"], row["pvalue"]])
    assert row["pvalue"] == pytest.approx(2 * scipy.stats.t.sf(abs(t), row["df"]))
    half = scipy.stats.t.ppf(0.95, row["df"]) * row["se"]
    assert [row["lower"], row["upper"]] == pytest.approx([row["difference"] - half, row["difference"] + half])
    assert 20 < row["df"] < len(X)
    paths = found.paths.set_index(["predictor_role", "outcome_role"])
    assert paths["rating"].to_dict() == {
        (r, s): "self" if s == "marketing" else "other" for r in ROLES[:2] for s in ROLES[:2]
    }
    owner = found.differences.set_index("kind").loc["owner"]
    own, other = (paths.xs(role, level="outcome_role")["est"].mean() for role in ("marketing", "sales"))
    assert owner["difference"] == pytest.approx(own - other)
    assert owner["first"] == "marketing"
    table = data.pivot_table(index="unit", columns="role", values=["x", "y"])[
        [("x", "sales"), ("y", "marketing")]
    ].dropna()
    assert paths.loc[("sales", "marketing"), "est_std"] == pytest.approx(table.corr().iloc[0, 1])


def test_variables_of_units_have_no_rater(data: pd.DataFrame) -> None:
    """The role's view of x and the growth of the unit; growth and the role's view of y."""
    found = models.role_paths(data, "x", "growth", unit_variables=["growth"], cluster="firm")
    assert found.paths["predictor_role"].tolist() == list(ROLES)
    assert (found.paths["outcome_role"] == "").all() and not found.paths["same"].any()
    assert found.differences["kind"].tolist() == ["role"] * 3
    mine = data[data["role"] == "it"].dropna(subset=["x"])
    slope = np.polyfit(mine["x"], mine["growth"], 1)[0]
    assert found.paths["est"].iloc[2] == pytest.approx(slope)
    back = models.role_paths(data, ["growth", "x"], "y", unit_variables=["growth"], owner="it")
    kinds = back.differences.loc[back.differences["predictor"] == "growth", "kind"].tolist()
    assert kinds == ["role", "role", "role", "source", "owner"]
    alone = models.role_paths(data, "growth", "y", unit_variables=["growth"], owner="it")
    assert alone.differences["kind"].tolist() == ["role", "role", "role", "owner"]


def test_both_sides_of_a_difference_have_as_many_paths_with_one_rater(data: pd.DataFrame) -> None:
    """Sums of weights by rater of predictors, and of paths with one rater, are zero or those that are meant."""
    asked = data.assign(x=data["x"].where(data["role"] != "it"))  # IT rates the outcome alone

    def weights(table: pd.DataFrame, owner: str) -> dict[tuple[str, str], float]:
        return role_views(table, ("x",), "y", ROLES, (), None).owner_weights(owner)

    full = weights(data, "sales")
    for r in ROLES:
        assert sum(w for (one, _), w in full.items() if one == r) == pytest.approx(0.0)
    assert sum(w for (r, s), w in full.items() if r == s) == pytest.approx(0.0)
    assert sum(w for (_, s), w in full.items() if s == "sales") == pytest.approx(1.0)
    assert {s for _, s in weights(asked, "sales")} == {"sales", "marketing"}
    assert weights(asked, "it") == {}
    source = role_views(data, ("x",), "y", ROLES, (), None).source_weights
    for role in ROLES:
        assert sum(w for (r, _), w in source.items() if r == role) == pytest.approx(0.0)
        assert sum(w for (_, s), w in source.items() if s == role) == pytest.approx(0.0)
    told = models.role_paths(asked, "x", "y", ROLES, owner="it")
    row = told.differences.set_index("kind").loc["owner"]
    assert row["note"].startswith("who else rates the outcome")
    assert np.isnan(row["difference"]) and told.tests.loc[0, "df1"] == 1


def test_equal_paths_are_rarely_told_apart_and_others_found() -> None:
    """Where the three paths are equal the test rejects at its level (binomial error .03); .6, .3, 0 are found."""
    p = [
        models.role_paths(answers(90, seed, (0.4, 0.4, 0.4)), "x", "y", cluster="firm")
        .tests["pvalue"]
        .iloc[0]
        for seed in range(60)
    ]
    assert np.mean(np.array(p) < 0.05) <= 0.14
    apart = models.role_paths(answers(150, 1), "x", "y", cluster="firm").tests
    assert apart.loc[0, "pvalue"] < 1e-4


def test_what_cannot_be_estimated_says_why(data: pd.DataFrame) -> None:
    one = data.groupby("unit").head(1).assign(role=list(ROLES) * 20)  # one informant per unit
    found = models.role_paths(one, "x", "y", ROLES)
    paths = found.paths.set_index("same")
    assert paths.loc[True, "pvalue"].notna().all()
    assert set(paths.loc[False, "note"]) == {"0 units have all values; the equation has 2 coefficients"}
    assert np.isfinite(found.tests.loc[0, "pvalue"])
    source = found.differences.set_index("kind").loc["source"]
    assert source["note"] == "0 units have all values; the equation has 2 coefficients"
    exact = data.assign(y=data["y"].where(data["role"] != "it", 2 * data["x"]))
    row = models.role_paths(exact, "x", "y").paths.iloc[2]
    assert row["est"] == pytest.approx(2.0) and row["note"] == "predictors determine the outcome"
    assert np.isnan(row["se"])
    flat = models.role_paths(data.assign(x=data["x"].where(data["role"] != "it", 1.0)), "x", "y").tests
    assert flat["note"].iloc[0] == "a predictor or the outcome has no variance"
    twice = models.role_paths(data.assign(z=2 * data["x"] + 1), ["x", "z"], "y")
    assert set(twice.paths["note"]) == {"predictors determine each other"}
    assert (twice.n_units, twice.n_clusters) == (0, 0)
    single = models.role_paths(data.assign(firm="f"), "x", "y", cluster="firm")
    assert set(single.tests["note"]) == {"one cluster: no standard errors"}
    assert single.paths["est"].notna().all() and single.paths["se"].isna().all()
    double = models.role_paths(pd.concat([data, data.iloc[:4]]), "x", "y")
    assert double.notes == ("several informants of one role in 4 places: their mean is taken",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"predictors": []}, "nothing is named"),
        ({"predictors": "w"}, "column is absent"),
        ({"predictors": ["x", "y"]}, "stands in two places"),
        ({"roles": ("sales", "markting")}, "did you mean 'marketing'"),
        ({"roles": ("sales", "sales")}, "fewer than two roles"),
        ({"roles": ("sales",)}, "fewer than two roles"),
        ({"owner": "boss"}, "does not rate the outcome"),
        ({"unit_variables": ["z"]}, "neither predictor nor outcome"),
        ({"unit_variables": ["x"]}, "more than one value in a unit"),
        ({"cluster": "region"}, "column is missing"),
        ({"cluster": "role"}, "more than one value in a unit"),
        ({"level": 1.0}, "0.95"),
        ({"outcome": "role"}, "holds no numbers"),
    ],
)
def test_bad_cases(change: dict[str, Any], words: str, data: pd.DataFrame) -> None:
    given: dict[str, Any] = {"data": data, "predictors": "x", "outcome": "y", "roles": ROLES}
    with pytest.raises(InputError, match=words):
        models.role_paths(**(given | change))


def test_an_end_that_roles_do_not_share_is_refused(data: pd.DataFrame) -> None:
    alone = data.assign(y=data["y"].where(data["role"] == "it"))
    with pytest.raises(InputError, match="roles that rate predictors and outcome"):
        models.role_paths(alone, "x", "y")
    lost = data.assign(firm=data["firm"].where(data["unit"] != "u3"))
    with pytest.raises(InputError, match="a cluster for every informant"):
        models.role_paths(lost, "x", "y", cluster="firm")
