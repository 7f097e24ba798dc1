"""The actor-partner model: lavaan with equality constraints, least squares on complete units, bad cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import models
from comply_measure.errors import InputError

REFERENCE = Path(__file__).parent.parent / "reference" / "actor_partner"
ROLES = ("sales", "marketing")
LATENT = ({"X": ["x0", "x1", "x2"]}, {"Y": ["y0", "y1", "y2"]})


@pytest.fixture(scope="module")
def lavaan() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REFERENCE / "actor_partner.json").read_text())
    return found


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "dyads.csv")


@pytest.fixture(scope="module")
def complete(data: pd.DataFrame) -> pd.DataFrame:
    return data[data.groupby("unit")["role"].transform("nunique") == 2]


@pytest.mark.parametrize("kind", ["observed", "latent"])
def test_lavaan(kind: str, lavaan: dict[str, Any], data: pd.DataFrame) -> None:
    """Full information with absent partners: effects within 1e-4, errors and χ² differences within 1e-3."""
    x, y = ("x", "y") if kind == "observed" else LATENT
    found, known = models.actor_partner(data, x, y, ROLES), lavaan[kind]
    effects = found.effects.set_index(["outcome_role", "effect"])
    for row in known["effects"]:
        mine = effects.loc[
            (ROLES[int(row["label"][1]) - 1], "actor" if row["label"][0] == "a" else "partner")
        ]
        assert mine["est"] == pytest.approx(row["est"], abs=1e-4)
        assert mine["se"] == pytest.approx(row["se"], rel=1e-3)
        assert mine["est_std"] == pytest.approx(row["std"], abs=1e-4)
    tests = found.tests.set_index("test")
    expected = known["tests"] | {
        name: known[name] for name in ("loadings", "item_intercepts") if name in known
    }
    assert set(tests.index) == set(expected)
    for name, row in expected.items():
        assert tests.loc[name, "statistic"] == pytest.approx(row["statistic"], abs=2e-3), name
        assert tests.loc[name, "df"] == row["df"], name
    assert tests.loc["distinguishability", "df"] == 6
    assert tests.loc["distinguishability", "pvalue"] == pytest.approx(
        known["tests"]["distinguishability"]["p"], rel=1e-2
    )


def test_complete_units_are_regressions_and_sample_moments(complete: pd.DataFrame) -> None:
    """Each outcome's equation is least squares; means, SDs (divisor n) and correlation are those of the sample."""
    found = models.actor_partner(complete, "x", "y", ROLES, owner="sales")
    wide = complete.pivot_table(index="unit", columns="role", values=["x", "y"])
    effects = found.effects.set_index(["outcome_role", "effect"])
    for role, partner in (ROLES, ROLES[::-1]):
        Z = np.column_stack([np.ones(len(wide)), wide["x", role], wide["x", partner]])
        b = np.linalg.lstsq(Z, wide["y", role], rcond=None)[0]
        assert effects.loc[(role, "actor"), "est"] == pytest.approx(b[1], abs=1e-6)
        assert effects.loc[(role, "partner"), "est"] == pytest.approx(b[2], abs=1e-6)
        assert effects.loc[(role, "partner"), "predictor_role"] == partner
        assert set(effects.loc[role, "rating"]) == {"self" if role == "sales" else "other"}
    views = found.views.set_index("variable").loc["y"]
    y = wide["y"][list(ROLES)]
    difference = y["sales"] - y["marketing"]
    assert views["difference"] == pytest.approx(difference.mean(), abs=1e-6)
    assert views["se"] == pytest.approx(difference.std(ddof=0) / np.sqrt(len(y)), rel=1e-4)
    assert [views["sd_1"], views["sd_2"]] == pytest.approx(y.std(ddof=0).tolist(), rel=1e-5)
    assert views["correlation"] == pytest.approx(y.corr().iloc[0, 1], abs=1e-6)
    assert (found.n_units, found.n_pairs) == (len(wide), len(wide))


def test_ratio_of_partner_to_actor(data: pd.DataFrame) -> None:
    found = models.actor_partner(data, "x", "y", ROLES, draws=100_000)
    row = found.ratios.set_index("outcome_role").loc["sales"]
    effects = found.effects.set_index(["outcome_role", "effect"])["est"]
    assert row["k"] == effects["sales", "partner"] / effects["sales", "actor"]
    vcov = found.fit.vcov.loc[["a1_0", "p1_0"], ["a1_0", "p1_0"]]
    drawn = np.random.default_rng(8).multivariate_normal(
        [effects["sales", "actor"], effects["sales", "partner"]], vcov, 100_000
    )
    assert np.allclose(
        [row["lower"], row["upper"]], np.quantile(drawn[:, 1] / drawn[:, 0], [0.025, 0.975]), atol=0.01
    )
    noise = data.assign(y=np.random.default_rng(1).normal(size=len(data)))
    none = models.actor_partner(noise, "x", "y", ROLES).ratios
    assert (
        none["k"].isna().all()
        and (none["note"] == "the actor effect is not clearly different from zero").all()
    )


def test_equal_roles_are_not_told_apart(complete: pd.DataFrame) -> None:
    """With every unit twice, roles swapped, roles have the same moments: all differences are zero."""
    swapped = complete.assign(
        unit=complete["unit"] + "b", role=complete["role"].map({"sales": "marketing", "marketing": "sales"})
    )
    found = models.actor_partner(pd.concat([complete, swapped]), "x", "y", ROLES)
    assert found.tests["statistic"].abs().max() < 1e-6
    assert found.effects.groupby("effect")["est"].agg(np.ptp).max() < 1e-6


def test_several_predictors_and_informants(complete: pd.DataFrame) -> None:
    """Two predictors: two of each equality, one intercept, one residual; several informants count as their mean."""
    found = models.actor_partner(complete, ["x", "x1"], "y", ROLES)
    tests = found.tests.set_index("test")["df"]
    assert tests["distinguishability"] == 12 and tests["covariances"] == 2
    twice = pd.concat([complete.assign(y=complete["y"] + 0.5), complete.assign(y=complete["y"] - 0.5)])
    several = models.actor_partner(twice, ["x", "x1"], "y", ROLES)
    assert np.allclose(several.effects["est"], found.effects["est"], atol=1e-7)
    assert (
        several.notes[0] == f"several informants of one role in {len(complete)} places: their mean is taken"
    )


def test_two_values_are_variance_enough(complete: pd.DataFrame) -> None:
    """A yes or no of each informant as predictor: effects are those of least squares."""
    data = complete.assign(x=(complete["x"] > complete["x"].median()).astype(float))
    found = models.actor_partner(data, "x", "y", ROLES)
    wide = data.set_index(["role", "unit"])[["x", "y"]]
    seen = {role: wide.loc[role].sort_index() for role in ROLES}
    design = np.column_stack([np.ones(len(seen["sales"])), *(seen[role]["x"] for role in ROLES)])
    for role, own in zip(ROLES, (1, 2), strict=True):
        beta = np.linalg.lstsq(design, seen[role]["y"], rcond=None)[0]
        mine = found.effects[found.effects["outcome_role"] == role].set_index("effect")["est"]
        assert mine["actor"] == pytest.approx(beta[own], abs=1e-6)
        assert mine["partner"] == pytest.approx(beta[3 - own], abs=1e-6)


def test_clusters_scale_the_differences(data: pd.DataFrame) -> None:
    firm = data.assign(firm=data["unit"].str[1:].astype(int) // 2)
    found = models.actor_partner(firm, "x", "y", ROLES, estimator="MLR", cluster="firm")
    plain = models.actor_partner(data, "x", "y", ROLES)
    assert (found.tests["method"] == "satorra.bentler.2001").all()
    assert np.allclose(found.effects["est"], plain.effects["est"], atol=1e-6)
    assert not np.allclose(found.effects["se"], plain.effects["se"], rtol=0.01)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: {"data": d[d["role"] == "sales"], "roles": ROLES}, "no such role"),
        (lambda d: {"data": d.assign(x=d["x"].where(d["role"] == "sales"), y=d["y"].where(d["role"] == "sales"))},
         "no informant of this role has a value"),
        (lambda d: {"data": d[d["unit"] == d.loc[d["unit"].duplicated(), "unit"].iloc[0]]}, "no variance"),
        (lambda d: {"data": d[d["unit"].isin(d.loc[d["unit"].duplicated(), "unit"].iloc[:5])]},
         "units with both roles"),
        (lambda d: {"data": d.assign(x=d["x"].where(d["role"] == "sales", 2.0))}, "no variance"),
        (lambda d: {"roles": ("sales", "sales")}, "not two roles"),
        (lambda d: {"roles": ("sales", "markting")}, "did you mean 'marketing'"),
        (lambda d: {"predictors": "z"}, "column is missing"),
        (lambda d: {"outcome": "x"}, "stands in two places"),
        (lambda d: {"owner": "it"}, "not one of the two roles"),
        (lambda d: {"cluster": "unit"}, "needs estimator MLR"),
        (lambda d: {"data": pd.concat([d, d.assign(role="it")]), "roles": None}, "say which two roles"),
    ],
)  # fmt: skip
def test_bad_cases(change: Any, words: str, data: pd.DataFrame) -> None:
    given: dict[str, Any] = {"data": data, "predictors": "x", "outcome": "y", "roles": ROLES}
    with pytest.raises(InputError, match=words):
        models.actor_partner(**(given | change(data)))
