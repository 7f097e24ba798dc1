"""Factor scores against lavaan 0.6.14 (tests/reference/sem_extras), closed forms and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.stats import norm

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError

ORDINAL = "f =~ u1 + u2 + u3 + u4\ng =~ u5 + u6 + u7\n"
MIXED = "f =~ u1 + u2 + u3 + u4\ng =~ y1 + y2 + y3\nf ~ x1 + x2\ng ~ x1 + f\n"
EQUAL = {"group": "region", "group_equal": ("loadings", "intercepts")}


def numbers(rows) -> np.ndarray:
    return np.array(rows, dtype=float)


@pytest.mark.parametrize("method", ["regression", "bartlett"])
@pytest.mark.parametrize(
    ("case", "name", "options"),
    [("sem", "SEM", {}), ("means", "SEM", {"meanstructure": True}), ("second", "SECOND", {})],
)
def test_complete_data(case, name, options, method, models, simulated, reference) -> None:
    fit = sem.fit(getattr(models, name), simulated, **options)
    scores = fit.predict(method=method, se=True)
    k = scores.shape[1] // 2
    expected = reference("scores")[case]
    if name == "SECOND" and method == "bartlett":
        # no score of a factor without indicators of its own; lavaan gives zeros
        assert scores["G"].isna().all() and scores["G_se"].isna().all()
        k -= 1
    assert_allclose(scores.iloc[:40, :k], numbers(expected[method])[:, :k], atol=1e-5)
    errors = scores.filter(like="_se").iloc[0].to_numpy()
    assert_allclose(errors[:k], numbers(expected[f"{method}_se"])[0, :k], atol=1e-6)


@pytest.mark.parametrize(("method", "case"), [("regression", "groups"), ("Bartlett", "groups_bartlett")])
def test_groups_keep_the_order_of_the_data(method, case, models, simulated, reference) -> None:
    scores = sem.fit(models.CFA, simulated, **EQUAL).predict(method=method)
    assert list(scores.index) == list(range(len(simulated)))
    for name, expected in reference("scores")[case].items():
        mine = scores[(simulated["region"] == name).to_numpy()]
        assert_allclose(mine[:40], numbers(expected), atol=1e-5)


@pytest.mark.parametrize("method", ["regression", "bartlett"])
def test_incomplete_cases(method, models, incomplete, reference) -> None:
    scores = sem.fit(models.SEM, incomplete, missing="ml").predict(method=method, se=True)
    expected = reference("scores")["fiml"]
    assert len(scores) == len(incomplete)
    assert_allclose(scores.iloc[:40, :3], numbers(expected[method]), atol=1e-5)
    assert_allclose(scores.iloc[:40, 3:], numbers(expected[f"{method}_se"]), atol=1e-5)
    if method == "bartlett":
        assert scores.iloc[:2, :2].isna().all(axis=None)  # no indicator of these factors was seen


def test_new_cases(models, simulated, reference) -> None:
    fit = sem.fit(models.SEM, simulated.iloc[:200])
    scores = fit.predict(simulated.iloc[200:230])
    assert_allclose(scores, numbers(reference("scores")["new"]), atol=1e-5)
    assert_allclose(fit.predict(simulated.iloc[:200]), fit.predict(), atol=1e-12)
    gaps = simulated.iloc[200:230].copy()
    gaps.iloc[3, gaps.columns.get_loc("a1")] = np.nan
    given = fit.predict(gaps)
    assert list(given.index) == list(range(200, 230))
    assert np.flatnonzero(given.isna().any(axis=1)).tolist() == [3]
    assert_allclose(given.drop(index=203), scores.drop(index=203), atol=1e-12)
    with pytest.raises(InputError, match="'a1': infinite"):
        fit.predict(simulated.iloc[:3].assign(a1=np.inf))


def test_new_cases_of_groups(models, simulated) -> None:
    fit = sem.fit(models.CFA, simulated, **EQUAL)
    assert_allclose(fit.predict(simulated, group="region"), fit.predict(), atol=1e-12)
    with pytest.raises(InputError, match="tells the groups apart"):
        fit.predict(simulated)
    with pytest.raises(InputError, match="west"):
        fit.predict(simulated.assign(region="west"), group="region")


def test_closed_forms(models, simulated) -> None:
    fit = sem.fit("A =~ a1 + a2 + a3 + a4", simulated, std_lv=True)
    loading = fit.estimates.query("op == '=~'")["est"].to_numpy()
    theta = fit.estimates.query("op == '~~' and lhs != 'A'")["est"].to_numpy()
    centred = (
        simulated[["a1", "a2", "a3", "a4"]].to_numpy() - simulated[["a1", "a2", "a3", "a4"]].mean().to_numpy()
    )
    information = float(np.sum(loading**2 / theta))
    bartlett = centred @ (loading / theta) / information
    assert_allclose(fit.predict(method="Bartlett")["A"], bartlett, atol=1e-10)
    regression = fit.predict(se=True)
    assert_allclose(regression["A"], bartlett * information / (1 + information), atol=1e-10)
    assert_allclose(regression["A_se"], (1 + information) ** -0.5, atol=1e-10)


def test_mediators_carry_effects_of_factors_in_bartlett_scores(simulated) -> None:
    """With an observed mediator the scores do not depend on how it is written."""
    plain = "C =~ c1 + c2 + c3 + c4\ny ~ C\n"
    mediated = sem.fit(plain + "x1 ~ y", simulated, meanstructure=True)
    alone = sem.fit(plain, simulated, meanstructure=True)
    # x1 depends on C through y only: given y it tells nothing more about C
    gap = mediated.predict(method="Bartlett")["C"] - alone.predict(method="Bartlett")["C"]
    assert np.abs(gap).max() < 1e-6


@pytest.mark.parametrize("method", ["ebm", "ml"])
@pytest.mark.parametrize(
    ("case", "model", "ordered"), [("ordinal", ORDINAL, True), ("mixed", MIXED, ["u1", "u2", "u3", "u4"])]
)
def test_ordered_variables(case, model, ordered, method, ordinal, reference) -> None:
    scores = sem.fit(model, ordinal, ordered=ordered).predict(method=method, se=True)
    expected = numbers(reference("scores")[case][method])
    mine = scores.iloc[:40, :2].to_numpy()
    # lavaan's optimiser stops at 1e-4, far earlier for the flat likelihood of extreme answers
    inner = (np.abs(mine) < 2.0).all(axis=1)
    assert inner.sum() >= 28
    assert_allclose(mine[inner], expected[inner], atol=3e-4)
    assert (scores.iloc[:, 2:] > 0.0).all(axis=None)


@pytest.mark.parametrize(
    "options", [{"parameterization": "theta"}, {"group": "region", "group_equal": ("loadings", "thresholds")}]
)
def test_mode_by_brute_force(options, ordinal) -> None:
    """lavaan 0.6.14 mixes scales under theta and counts latent means twice; the mode itself decides."""
    fit = sem.fit(ORDINAL, ordinal, ordered=True, **options)
    scores = fit.predict(se=True)
    number = 2 if "group" in options else 1
    name = fit.model.sample.groups[number - 1].name
    rows = np.flatnonzero(ordinal["region"] == name)[:3] if name else np.arange(3)
    table = fit.estimates[fit.estimates["group"] == number]

    def value(lhs: str, op: str, rhs: str = "") -> float:
        return float(table[(table.lhs == lhs) & (table.op == op) & (table.rhs == rhs)]["est"].iloc[0])

    prior = np.array(
        [[value("f", "~~", "f"), value("f", "~~", "g")], [value("f", "~~", "g"), value("g", "~~", "g")]]
    )
    center = np.array([value("f", "~1"), value("g", "~1")])
    items = []
    for factor, name in [(0, f"u{i}") for i in range(1, 5)] + [(1, f"u{i}") for i in range(5, 8)]:
        loading = value("fg"[factor], "=~", name)
        if "parameterization" in options:
            residual = value(name, "~~", name)
        else:
            residual = 1.0 / value(name, "~*~", name) ** 2 - loading**2 * prior[factor, factor]
        cuts = [-np.inf, *table[(table.lhs == name) & (table.op == "|")]["est"], np.inf]
        items.append((name, factor, loading, residual**0.5, value(name, "~1"), cuts))
    precision = np.linalg.inv(prior)

    def minus_log(eta: np.ndarray, codes: list[int]) -> float:
        away = eta - center
        total = 0.5 * away @ precision @ away
        for code, (_, factor, loading, s, intercept, cuts) in zip(codes, items, strict=True):
            mean = intercept + loading * eta[factor]
            total -= np.log(norm.cdf((cuts[code + 1] - mean) / s) - norm.cdf((cuts[code] - mean) / s))
        return float(total)

    for row in rows:
        codes = [int(ordinal.loc[row, item[0]] - ordinal[item[0]].min()) for item in items]
        best = minimize(minus_log, center, args=(codes,), options={"gtol": 1e-8})
        assert_allclose(scores.loc[row, ["f", "g"]], best.x, atol=1e-5)
        curvature = np.array(
            [[second_difference(minus_log, best.x, codes, i, j) for j in (0, 1)] for i in (0, 1)]
        )
        errors = np.sqrt(np.linalg.inv(curvature).diagonal())
        assert_allclose(scores.loc[row, ["f_se", "g_se"]], errors, rtol=1e-4)


def second_difference(function, at, codes, i, j, step=1e-3) -> float:
    """Mixed second derivative by central differences."""
    a, b = step * np.eye(2)[i], step * np.eye(2)[j]
    corners = ((a + b, 1), (a - b, -1), (b - a, -1), (-a - b, 1))
    return sum(sign * function(at + shift, codes) for shift, sign in corners) / (4 * step**2)


def test_pairwise_ordered_data_have_scores_for_incomplete_cases(ordinal) -> None:
    gaps = ordinal.copy()
    gaps.loc[:4, "u1"] = np.nan
    full = sem.fit(ORDINAL, ordinal, ordered=True).predict(se=True)
    part = sem.fit(ORDINAL, gaps, ordered=True, missing="pairwise").predict(se=True)
    assert len(part) == len(ordinal) and part.notna().all(axis=None)
    assert (part.loc[:4, "f_se"] > full.loc[:4, "f_se"] - 0.05).all()


def test_refusals(models, simulated, ordinal) -> None:
    with pytest.raises(sem.ModelError, match="no latent variable"):
        sem.fit("y ~ x1", simulated).predict()
    with pytest.raises(InputError, match="method"):
        sem.fit(models.CFA, simulated).predict(method="thurston")
    cov = simulated[["a1", "a2", "a3", "a4"]].cov()
    with pytest.raises(sem.ModelError, match="moments"):
        sem.from_moments("A =~ a1 + a2 + a3 + a4", cov, 320).predict()
    unseen = ordinal.assign(u1=ordinal["u1"].where(np.arange(len(ordinal)) % 50 != 7, 9))
    with pytest.raises(InputError, match="category that the fit has not seen \\(12 cases") as caught:
        sem.fit(ORDINAL, ordinal, ordered=True).predict(unseen.assign(u2=-1))
    assert [problem.column for problem in caught.value.problems] == ["u1", "u2"]
    assert caught.value.problems[0].allowed == "1, 2"
    with pytest.raises(InputError, match="u2"):
        sem.fit(ORDINAL, ordinal, ordered=True).predict(ordinal.drop(columns="u2"))


@pytest.mark.parametrize("method", ["EBM", "ML"])
@pytest.mark.parametrize(
    ("model", "options", "group"),
    [
        (ORDINAL, {"ordered": True}, None),
        (ORDINAL, {"ordered": True, "group": "region"}, "region"),
        (
            "f =~ u1 + u2 + u3 + y1 + y2\nf ~ x1",
            {"ordered": ["u1", "u2", "u3"], "parameterization": "theta"},
            None,
        ),
    ],
)
def test_new_cases_with_ordered_items_are_scored_as_the_fit_scores_its_own(
    model: str, options: dict, group: str | None, method: str, ordinal
) -> None:
    fit = sem.fit(model, ordinal, **options)
    own = fit.predict(method=method, se=True)
    few = ordinal.iloc[[400, 3, 77]].set_axis(["c", "a", "b"])
    found = fit.predict(few.iloc[::-1], method=method, se=True, group=group)
    assert list(found.index) == ["b", "a", "c"]
    np.testing.assert_allclose(found, own.iloc[[77, 3, 400]], atol=1e-8)
    gaps = few.copy()
    gaps.loc["a", "u1"] = np.nan
    found = fit.predict(gaps, method=method, group=group)
    assert found["f"].isna().tolist() == [False, True, False]
    assert list(found.attrs["no score"].values()) == [(1,)] and "pairwise" in next(
        iter(found.attrs["no score"])
    )


def test_new_incomplete_cases_of_a_pairwise_fit_have_scores(ordinal) -> None:
    gaps = ordinal.copy()
    gaps.loc[::3, "u1"] = np.nan
    gaps.loc[6, ["u1", "u2", "u3", "u4"]] = np.nan
    fit = sem.fit("f =~ u1 + u2 + u3 + u4", gaps, ordered=True, missing="pairwise")
    own = fit.predict()
    found = fit.predict(gaps.iloc[[0, 1, 6]])
    np.testing.assert_allclose(found, own.iloc[[0, 1, 6]], atol=1e-8, equal_nan=True)
    assert found["f"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize("method", ["EBM", "ML"])
def test_scores_name_the_items_without_residual_variance(ordinal, method) -> None:
    model = "f =~ NA*u1 + 1.3*u2 + u3 + 1.2*u4\nf ~~ 1*f"
    fit = sem.fit(model, ordinal, ordered=["u1", "u2", "u3", "u4"])
    with pytest.raises(ComplyError, match=r"residual variances are not positive: u2, u4$"):
        fit.predict(method=method)
