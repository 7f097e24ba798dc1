"""Numbers and remarks of comparisons of models, against the functions of two fits and by formula."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.measurement.fits import difference_test
from comply_measure.models import correlated_factors, one_factor
from comply_measure.models.cutoffs.moments import batched_moments
from comply_measure.models.informants.polynomial_model import latent_polynomial_model
from comply_measure.models.invariance import collapse_categories
from comply_measure.models.invariance.rules import Conditions, verdicts
from comply_measure.models.rivals import compare_rivals, edwards_tests, relation, vuong_test
from comply_measure.sem.implied import Implied

FACTORS = {key: [f"x{3 * i + j}" for j in (1, 2, 3)] for i, key in enumerate("COMP")}


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(Path(__file__).parent.parent / "reference" / "battery" / "battery.csv")


def test_claims_against_three_criteria(data: pd.DataFrame) -> None:
    """R² of every model and criterion from its residual and total variance; their mean; χ² differences."""
    rng = np.random.default_rng(1)
    data = data.assign(y3=0.2 * data["y1"] + rng.normal(size=len(data)))
    criteria = {name: [name] for name in ("y1", "y2", "y3")}
    found = edwards_tests(data, FACTORS, criteria, estimator="ML", missing="listwise")
    table = found.tidy().set_index("model")
    shares = found.r_squared.set_index(["model", "criterion"])["r_squared"]
    effects = found.effects
    for model, fit in found.fits.items():
        mine = effects[effects["model"] == model]
        paths = fit.estimates[fit.estimates["rhs"].isin(criteria) | fit.estimates["lhs"].isin(criteria)]
        paths = paths[paths["op"].isin(["~", "=~"])]
        ends = [
            (b, a, est, se) if op == "=~" else (a, b, est, se)
            for a, op, b, est, se in paths[["lhs", "op", "rhs", "est", "se"]].itertuples(index=False)
        ]
        weights = fit.estimates[(fit.estimates["op"] == "~") & ~fit.estimates["lhs"].isin(criteria)]
        ends += list(weights[["lhs", "rhs", "est", "se"]].itertuples(index=False, name=None))
        rows = mine[["criterion", "predictor", "est", "se"]].itertuples(index=False, name=None)
        assert sorted(rows, key=str) == sorted(ends, key=str), model
    assert len(table) == 5
    for model, fit in found.fits.items():
        at = fit.optimum.point.implied[0]
        residual = fit.estimates[fit.estimates["op"] == "~~"].set_index(["lhs", "rhs"])["est"]
        for y in criteria:
            total = at.sigma[at.layout.observed.index(y), at.layout.observed.index(y)]
            assert shares[model, y] == pytest.approx(1 - residual[y, y] / total, abs=1e-6)
        row = table.loc[model]
        assert row["r_squared_mean"] == pytest.approx(
            np.mean([shares[model, y] for y in criteria]), rel=1e-12
        )
        assert row["n_informants"] == len(data)
        assert row["chisq"] == pytest.approx(fit.measures["chisq"], rel=1e-12)
        if row["against"]:
            general = table.loc[row["against"]]
            assert row["chisq_difference"] == pytest.approx(row["chisq"] - general["chisq"], abs=1e-8)
            assert row["df_difference"] == row["df"] - general["df"]
            p = stats.chi2.sf(row["chisq_difference"], row["df_difference"])
            assert row["pvalue_difference"] == pytest.approx(p, rel=1e-9)


def test_pairs_hold_the_tests_of_two_fits_and_their_remarks(data: pd.DataFrame) -> None:
    firms = data.assign(firm=np.arange(len(data)) // 2)
    keys = ["one_factor", "correlated", "second_order", "bifactor"]
    found = compare_rivals(firms, FACTORS, estimator="MLR", missing="listwise", cluster="firm", keys=keys)
    fits = found.fits
    pairs = found.pairs().set_index(["first", "second"])
    assert len(pairs) == 6
    assert {"nested", "not nested"} <= set(pairs["relation"])
    for (a, b), row in pairs.iterrows():
        test = vuong_test(fits[a], fits[b])
        assert row["omega2"] == pytest.approx(test.omega2, rel=1e-9)
        assert row["p_distinguishable"] == pytest.approx(test.p_distinguishable, abs=1e-9)
        assert (row["bic_lower"], row["bic_upper"]) == pytest.approx((test.bic_lower, test.bic_upper))
        assert row["delta_bic"] == pytest.approx(test.bic_difference)
        assert row["delta_aic"] == pytest.approx(fits[a].measures["aic"] - fits[b].measures["aic"])
        assert "observations are clusters" in row["note"]
        if row["relation"] == "nested":
            difference = difference_test(fits[a], fits[b])
            assert row["chisq_difference"] == pytest.approx(difference.chisq)
            assert row["pvalue"] == pytest.approx(difference.pvalue)
            assert np.isnan(row["z"])
        else:
            assert row["z"] == pytest.approx(test.z)
            assert row["pvalue_vuong"] == pytest.approx(2 * stats.norm.sf(abs(test.z)))
        assert row["df_difference"] == fits[a].model.df - fits[b].model.df


def test_nesting_is_asked_of_the_smaller_model_first(data: pd.DataFrame) -> None:
    small, large = (
        sem.fit(f({"C": FACTORS["C"], "O": FACTORS["O"]}), data) for f in (_one, correlated_factors)
    )
    assert relation(small, large) == "nested"
    with pytest.raises(ComplyError, match="more degrees of freedom first"):
        relation(large, small)


def _one(factors: dict[str, list[str]]) -> str:
    return one_factor("F", [item for items in factors.values() for item in items])


def test_distinguishability_needs_more_clusters_than_parameters_of_both_models(data: pd.DataFrame) -> None:
    texts = ("f =~ x1 + x2 + x3 + x4", "f =~ x1 + a*x2 + a*x3 + x4")
    for extra in (0, 1):
        n = extra + sum(sem.fit(text, data, meanstructure=True).npar for text in texts)
        grouped = data.assign(firm=np.arange(len(data)) % n)
        one, two = (sem.fit(text, grouped, estimator="MLR", cluster="firm") for text in texts)
        assert one.npar + two.npar == n - extra
        found = vuong_test(one, two)
        assert found.n_observations == n
        assert np.isfinite(found.p_distinguishable) == bool(extra)
        if not extra:
            assert found.note.startswith(f"{n} clusters for {n} parameters")


@pytest.mark.parametrize(
    "text",
    [
        "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ f\nf ~ x7\nx8 ~ x7 + g",
        "f =~ x1 + x2 + x3\nx5 ~ f + x4\nx1 ~~ x4\nx6 ~ x5",
        "f =~ x1 + x2 + x3\nx5 ~ x4\nx1 ~~ x4",
    ],
)
def test_moments_of_many_parameter_vectors_are_those_of_each(text: str, data: pd.DataFrame) -> None:
    """Σ also by the reduced form Λ(I − B)⁻¹Ψ(I − B)⁻ᵀΛᵀ of the whole table, written out."""
    fit = sem.fit(text, data, fixed_x=False)
    layout = fit.model.layouts[0]
    rng = np.random.default_rng(2)
    theta = fit.theta + rng.normal(0, 0.1, (5, len(fit.theta)))
    sigma, TE, FV = batched_moments(layout, theta)
    names = list(dict.fromkeys([*layout.observed, *fit.estimates["lhs"], *fit.estimates["rhs"]]))
    for draw in range(5):
        one = Implied(layout, theta[draw])
        np.testing.assert_allclose(sigma[draw], one.sigma, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(TE[draw], one.TE, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(FV[draw], one.FV, rtol=1e-12, atol=1e-14)
    B, psi = np.zeros((len(names),) * 2), np.zeros((len(names),) * 2)
    for row in fit.estimates.to_dict("records"):
        a, b = names.index(row["lhs"]), names.index(row["rhs"]) if row["rhs"] else -1
        if row["op"] == "=~":
            B[b, a] = row["est"]
        elif row["op"] == "~":
            B[a, b] = row["est"]
        elif row["op"] == "~~":
            psi[a, b] = psi[b, a] = row["est"]
    reduced = np.linalg.inv(np.eye(len(names)) - B)
    p = len(layout.observed)
    whole = (reduced @ psi @ reduced.T)[:p, :p]
    np.testing.assert_allclose(batched_moments(layout, fit.theta[None])[0][0], whole, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("answers", "least", "expected"),
    [
        # every group uses every category: renumbered from 1 only
        ({"u": [2, 3, 5], "v": [5, 3, 2]}, 1, [1, 2, 3, 3, 2, 1]),
        # v never uses 5: joined with its neighbour nearer to the middle
        ({"u": [1, 2, 5], "v": [1, 2, 2]}, 1, [1, 2, 2, 1, 2, 2]),
        # the outermost rare category goes first, then what is still rare
        ({"u": [1, 2, 3, 4], "v": [2, 3, 3, 3]}, 1, [1, 1, 2, 2, 1, 2, 2, 2]),
        # once is too rare where twice is asked
        ({"u": [1, 2, 2, 3, 3], "v": [2, 2, 3, 3, 1]}, 2, [1, 1, 1, 2, 2, 1, 1, 2, 2, 1]),
        # two categories that the groups do not share: one is left
        ({"u": [1, 1], "v": [2, 2]}, 1, [1, 1, 1, 1]),
        ({"u": [1, None, 2], "v": [2, 1, None]}, 1, [1, None, 2, 2, 1, None]),
    ],
)
def test_sparse_categories_go_to_their_neighbour_nearer_to_the_middle(
    answers: dict[str, list], least: int, expected: list
) -> None:
    data = pd.DataFrame(
        [(group, value) for group, values in answers.items() for value in values], columns=["g", "x"]
    )
    found = collapse_categories(data.astype({"x": float}), ["x"], "g", least)
    assert found["x"].tolist() == pytest.approx([math.nan if v is None else v for v in expected], nan_ok=True)


def test_controls_of_a_polynomial_correlate_with_everything_once() -> None:
    text = latent_polynomial_model("F", ["i", "j"], ["m", "s"], "z", controls=["u", "v", "w"])
    lines = [line for line in text.splitlines() if " ~~ " in line]
    pairs = [frozenset(line.split(" ~~ ")) for line in lines if line[0] in "uvw"]
    others = ["F.by.m", "F.by.s", "F.xx", "F.xy", "F.yy"]
    expected = [frozenset({a, b}) for a in "uvw" for b in others]
    expected += [frozenset({a}) for a in "uvw"]
    expected += [frozenset(pair) for pair in ("uv", "uw", "vw")]
    assert sorted(map(sorted, pairs)) == sorted(map(sorted, expected))
    assert [line for line in text.splitlines() if line.endswith(" ~ 1")] == ["u ~ 1", "v ~ 1", "w ~ 1"]
    outcome = next(line for line in text.splitlines() if line.startswith("z ~ g1_raw"))
    assert outcome.endswith("g5_raw*F.yy + u + v + w")


#: By level the largest fall of CFI and the largest rises of RMSEA and SRMR, as the articles give them.
PUBLISHED = {
    "Cheung and Rensvold (2002)": (Conditions(2, False, 150, 300, False, 1), {
        "metric": (0.010, None, None), "scalar": (0.010, None, None), "strict": (0.010, None, None),
    }),
    "Chen (2007), N > 300": (Conditions(2, False, 250, 500, False, 1), {
        "metric": (0.010, 0.015, 0.030), "scalar": (0.010, 0.015, 0.010), "strict": (0.010, 0.015, 0.010),
    }),
    "Chen (2007), N ≤ 300": (Conditions(2, False, 100, 200, False, 1), {
        "metric": (0.005, 0.010, 0.025), "scalar": (0.005, 0.010, 0.005), "strict": (0.005, 0.010, 0.005),
    }),
    "Rutkowski and Svetina (2014)": (Conditions(20, False, 700, 14_000, False, 1), {
        "metric": (0.020, 0.030, None), "scalar": (0.010, 0.010, None),
    }),
}  # fmt: skip


@pytest.mark.parametrize("rule", PUBLISHED)
def test_rules_of_invariance_turn_at_their_published_values(rule: str) -> None:
    conditions, levels = PUBLISHED[rule]
    for level, limits in levels.items():
        names = ("cfi", "rmsea", "srmr")
        given = {name: limit for name, limit in zip(names, limits, strict=True) if limit is not None}

        beyond = {name: (-1.02 if name == "cfi" else 1.02) * given.get(name, 0.0) for name in names}

        def verdict(level: str = level, beyond: dict[str, float] = beyond, **factors: float) -> str:
            changes = {name: value * factors.get(name, 1.0) for name, value in beyond.items()}
            return verdicts(level, changes, conditions)[rule][0]

        assert verdict() == "not supported"  # every index two hundredths beyond its limit
        assert verdict(cfi=0.96) == "supported"
        others = [name for name in given if name != "cfi"]
        assert verdict(**dict.fromkeys(others, 0.96)) == ("supported" if others else "not supported")
        for one in others:  # one further index beyond its limit is enough
            assert verdict(**{name: 0.96 for name in others if name != one}) == "not supported"
