"""Several informants of a role: levels of variance, agreement, views, weights and the nested study, against lme4,
the R package multilevel (tests/reference/informants/informants.R), brute force and by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import chi2, t as student

from comply_measure import triads
from comply_measure.errors import InputError
from comply_measure.triads.reml.nested import fit_nested, share_interval

HERE = Path(__file__).parent.parent / "reference" / "informants"
R = json.loads((HERE / "informants.json").read_text(encoding="utf-8"))
ITEMS = ["q1", "q2", "q3"]
ROLES = ["marketing", "sales", "it"]
ROLE_NAMES = {"Residual": "informant", "unit": "unit", "role:unit": "role", "unit:firm": "unit", "firm": "firm",
              "role:(unit:firm)": "role"}  # fmt: skip


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    table = pd.read_csv(HERE / "several.csv")
    return table.assign(score=table[ITEMS].mean(axis=1))


@pytest.mark.parametrize(
    ("name", "levels", "fixed"),
    [
        ("unit_role", ("unit", "role"), "role"),
        ("firm_unit", ("firm", "unit"), None),
        ("firm_unit_role", ("firm", "unit", "role"), "role"),
    ],
)
def test_levels_equal_lme4(rows: pd.DataFrame, name: str, levels: tuple[str, ...], fixed: str | None) -> None:
    found = triads.variance_levels(rows, ["score"], levels, fixed=fixed)
    table = found.tidy().set_index("level")
    expected = {ROLE_NAMES[key]: value for key, value in R[name]["variances"].items()}
    for level, value in expected.items():
        assert table.loc[level, "variance"] == pytest.approx(value, rel=1e-4)
    fit = found.fits["score"]
    assert fit is not None
    assert fit.deviance == pytest.approx(R[name]["criterion"], abs=1e-6)
    total = sum(expected.values())
    both = sum(expected[level] for level in levels[:2]) / total
    assert table.loc[levels[1], "icc"] == pytest.approx(both, rel=1e-4)
    assert table.loc[levels[0], "note"] == (
        "15 groups of the highest level are few: errors and intervals are rough"
        if levels[0] == "firm"
        else ""
    )


def _dense(y: np.ndarray, X: np.ndarray, groups: list[np.ndarray], variances: np.ndarray) -> float:
    """−2 restricted log-likelihood from the whole covariance matrix."""
    V = variances[-1] * np.eye(len(y))
    for variance, codes in zip(variances, groups, strict=False):
        V += variance * np.equal.outer(codes, codes)
    W = np.linalg.inv(V)
    K = X.T @ W @ X
    e = y - X @ np.linalg.solve(K, X.T @ W @ y)
    constant = (len(y) - X.shape[1]) * np.log(2 * np.pi)
    return float(np.linalg.slogdet(V)[1] + np.linalg.slogdet(K)[1] + e @ W @ e + constant)


def test_likelihood_errors_and_intervals_equal_brute_force(rows: pd.DataFrame) -> None:
    y = rows["score"].to_numpy()
    unit = pd.factorize(rows["unit"])[0].astype(np.int64)
    role = pd.factorize(rows["role"])[0].astype(np.int64)
    X = np.equal.outer(role, np.arange(3)).astype(float)
    fit = fit_nested(y, X, [unit, role])
    groups = [unit, unit * 3 + role]
    at = fit.variances
    assert fit.data.full_deviance(at) == pytest.approx(_dense(y, X, groups, at), abs=1e-8)
    hessian = np.empty((3, 3))
    step = 1e-3 * at
    for a in range(3):
        for b in range(3):
            corners = [
                s * u * _dense(y, X, groups, at + s * step[a] * np.eye(3)[a] + u * step[b] * np.eye(3)[b])
                for s in (1, -1)
                for u in (1, -1)
            ]
            hessian[a, b] = sum(corners) / (4 * step[a] * step[b])
    np.testing.assert_allclose(fit.covariance(), np.linalg.inv(hessian / 2), rtol=2e-4)

    def rise(rho: float) -> float:
        """With the share of unit and role held: split of it and scale searched."""

        def deviance(x: np.ndarray) -> float:
            split, total = 1 / (1 + np.exp(-x[0])), np.exp(x[1])
            parts = total * np.array([rho * split, rho * (1 - split), 1 - rho])
            return _dense(y, X, groups, parts)

        best = minimize(deviance, [0.0, 0.3], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-8})
        return float(best.fun) - fit.deviance

    for end in share_interval(fit, [0, 1], 0.95):
        assert rise(end) == pytest.approx(chi2.ppf(0.95, 1), abs=1e-4)


def test_ends_of_one_level_equal_those_of_the_one_way_search(rows: pd.DataFrame) -> None:
    y, unit = rows["score"].to_numpy(), pd.factorize(rows["unit"])[0].astype(np.int64)
    ends = share_interval(fit_nested(y, np.ones((len(y), 1)), [unit]), [0], 0.95)
    plain = triads.icc_oneway_reml(rows, ["score"]).tidy().iloc[0]
    assert ends == pytest.approx((plain["icc1_lower"], plain["icc1_upper"]), abs=1e-8)


def test_a_level_without_variance_is_on_the_boundary() -> None:
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"firm": np.repeat(np.arange(12), 20), "unit": np.repeat(np.arange(60), 4)})
    # firms differ less than chance: the mean of every firm is the same
    table["x"] = rng.normal(size=240) + np.repeat(rng.normal(size=60), 4)
    table["x"] -= table.groupby("firm")["x"].transform("mean")
    found = triads.variance_levels(table, ["x"], ("firm", "unit")).tidy().set_index("level")
    assert found.loc["firm", "variance"] == 0.0
    assert np.isnan(found.loc["firm", "se"])
    assert found.loc["firm", "note"].startswith(
        "zero (boundary): no error; 12 groups of the highest level are few"
    )
    assert found.loc["firm", "icc_lower"] == 0.0 < found.loc["firm", "icc_upper"] < 0.2
    plain = triads.icc_oneway_reml(table, ["x"]).tidy().iloc[0]
    assert found.loc["unit", "icc"] == pytest.approx(plain["icc1"], rel=1e-6)
    np.testing.assert_allclose(
        found.loc["unit", ["icc_lower", "icc_upper"]].astype(float),
        plain[["icc1_lower", "icc1_upper"]].astype(float),
        atol=0.02,
    )


@pytest.mark.parametrize(
    "name", ["lq2002.LEAD", "lq2002.HOSTILE", "bh1996.LEAD", "bh1996.HRS", "bh1996.COHES"]
)
def test_published_teams_equal_lme4_and_multilevel(name: str) -> None:
    """Rows are rebuilt from sizes and means of the teams and the sum of squares within: all that these need."""
    data, column = name.split(".")
    r = R[data][column]
    n, means = np.array(r["sizes"]), np.array(r["means"])
    team = np.repeat(np.arange(len(n)), n)
    shape = np.concatenate([np.linspace(-1, 1, size) for size in n])
    x = means[team] + shape * np.sqrt(r["within"] / (shape**2).sum())
    table = pd.DataFrame({"unit": team, "x": x})
    levels = triads.variance_levels(table, ["x"], ("unit",)).tidy()
    expected = [r["variances"]["g"], r["variances"]["Residual"]]
    np.testing.assert_allclose(levels["variance"], expected, rtol=1e-4)
    oneway = triads.icc_oneway(table, ["x"], size="mean").tidy().iloc[0]
    assert oneway["icc1"] == pytest.approx(r["icc1"], rel=1e-9)
    assert oneway["icc2"] == pytest.approx(r["icc2"], rel=1e-9)


def test_agreement_within_and_between_roles(rows: pd.DataFrame) -> None:
    found = triads.role_agreement(rows, {"q": ITEMS}, minimum=1, maximum=7, roles=ROLES)
    table = found.set_index(["kind", "role"])
    for role in ROLES:
        mine, v = table.loc[("within roles", role)], R["of_role"][role]["variances"]
        icc = v["unit"] / (v["unit"] + v["Residual"])
        k = rows[rows["role"] == role].groupby("unit").size().mean()
        assert mine["icc1"] == pytest.approx(icc, rel=1e-4)
        assert mine["icc_k"] == pytest.approx(k * icc / (1 + (k - 1) * icc), rel=1e-4)
        assert mine["rwg_j"] == pytest.approx(R["within"][role]["rwg_j"], rel=1e-9)
        assert mine["ad_mean"] == pytest.approx(R["within"][role]["ad"], rel=1e-9)
    v = R["unit_role"]["variances"]
    total = sum(v.values())
    pooled, between = table.loc[("within roles", "all roles")], table.loc[("between roles", "all roles")]
    assert pooled["icc1"] == pytest.approx((v["unit"] + v["role:unit"]) / total, rel=1e-4)
    assert pooled["rwg_j"] == pytest.approx(R["within"]["all"]["rwg_j"], rel=1e-9)
    assert between["icc1"] == pytest.approx(v["unit"] / total, rel=1e-4)
    assert between["rwg_j"] == pytest.approx(R["between"]["rwg_j"], rel=1e-9)
    assert between["ad_mean"] == pytest.approx(R["between"]["ad"], rel=1e-9)
    sizes, roles = rows.groupby(["unit", "role"]).size(), rows.groupby("unit")["role"].nunique()
    k, m = len(sizes) / (1 / sizes).sum(), len(roles) / (1 / roles).sum()
    icc_k = v["unit"] / (v["unit"] + (v["role:unit"] + v["Residual"] / k) / m)
    assert between["icc_k"] == pytest.approx(icc_k, rel=1e-4)
    assert (pooled["n_units"], between["n_units"]) == ((sizes > 1).sum(), (roles > 1).sum())


def test_reliability_of_a_view_by_its_number(rows: pd.DataFrame) -> None:
    table = triads.role_reliability(rows, ["score"], roles=ROLES).set_index(["role", "k"])
    v, whole = R["of_role"]["sales"]["variances"], R["unit_role"]["variances"]
    sizes = rows.groupby(["unit", "role"]).size()
    for k in (1, 2, 3, 4):
        mine = table.loc[("sales", k)]
        assert mine["reliability"] == pytest.approx(v["unit"] / (v["unit"] + v["Residual"] / k), rel=1e-4)
        assert mine["lower"] < mine["reliability"] < mine["upper"]
        assert mine["n_units"] == (sizes.xs("sales", level="role") == k).sum()
        every = table.loc[("all roles", k)]
        view = whole["unit"] + whole["role:unit"]
        assert every["reliability"] == pytest.approx(view / (view + whole["Residual"] / k), rel=1e-4)
        assert every["shared"] == pytest.approx(whole["unit"] / (view + whole["Residual"] / k), rel=1e-4)
    single = view / (view + whole["Residual"])
    assert table.loc[("all roles", 1), "n_needed"] == np.ceil(0.8 * (1 - single) / (0.2 * single))
    alone = rows.drop_duplicates(["unit", "role"])
    none = triads.role_reliability(alone, ["score"], roles=ROLES)
    assert none["reliability"].isna().all()
    assert set(none["note"]) == {
        "no unit has two informants of this role", "no role has two informants in a unit, or none vary",
    }  # fmt: skip


def test_gaps_of_views_by_hand(rows: pd.DataFrame) -> None:
    table = triads.view_gaps(rows, ["score"], roles=ROLES)
    place = rows.groupby(["unit", "role"])["score"]
    df = len(rows) - place.ngroups
    s = np.sqrt(((rows["score"] - place.transform("mean")) ** 2).sum() / df)
    row = table[table["pair"] == "marketing - it"].iloc[3]
    means, sizes = place.mean()[row["unit"]], place.size()[row["unit"]]
    gap, se = means["marketing"] - means["it"], s * np.sqrt(1 / sizes["marketing"] + 1 / sizes["it"])
    assert (row["gap"], row["se"], row["df"]) == pytest.approx((gap, se, df))
    assert row["p"] == pytest.approx(2 * student.sf(abs(gap / se), df))
    assert row["upper"] == pytest.approx(gap + student.ppf(0.975, df) * se)
    both = rows.pivot_table(index="unit", columns="role", values="score")
    assert len(table) == sum(both[[a, b]].notna().all(axis=1).sum() for a, b in
                             (("marketing", "sales"), ("marketing", "it"), ("sales", "it")))  # fmt: skip
    alone = triads.view_gaps(rows.drop_duplicates(["unit", "role"]), ["score"])
    assert set(alone["note"]) == {"no role has two informants in a unit: the error of a view is unknown"}


def test_weights_of_informants(rows: pd.DataFrame) -> None:
    found = {
        w: triads.weigh_informants(rows, ["score"], w, centring="none")
        for w in ("role", "informant", "reliability")
    }
    place = rows.groupby(["unit", "role"])["score"]
    role = found["role"].tidy().set_index("unit")["score"]
    pd.testing.assert_series_equal(role.sort_index(), place.mean().groupby("unit").mean(), check_names=False)
    informant = found["informant"].tidy().set_index("unit")["score"]
    pd.testing.assert_series_equal(
        informant.sort_index(), rows.groupby("unit")["score"].mean(), check_names=False
    )
    v = R["unit_role"]["variances"]
    best = found["reliability"]
    unit = list(best.views.units).index("U05")
    k = best.views.counts[unit, :, 0]
    raw = np.where(k > 0, 1 / (v["role:unit"] + v["Residual"] / np.maximum(k, 1)), 0)
    np.testing.assert_allclose(best.weights[unit, :, 0], raw / raw.sum(), rtol=1e-4)
    assert best.errors[unit, 0] == pytest.approx(raw.sum() ** -0.5, rel=1e-4)
    assert best.reliability[unit, 0] == pytest.approx(v["unit"] / (v["unit"] + 1 / raw.sum()), rel=1e-4)
    for other in ("role", "informant"):
        assert (best.errors <= found[other].errors + 1e-9).all()
    weights = best.weight_table()
    np.testing.assert_allclose(weights["weight_each"] * weights["k"], weights["weight"])
    with pytest.raises(InputError, match="role, informant, reliability"):
        triads.weigh_informants(rows, ["score"], "number")  # type: ignore[arg-type]


def test_a_unit_that_lacks_a_generous_role_is_not_scored_low() -> None:
    view = {"a": 2.0, "b": 0.0}
    table = pd.DataFrame(
        [
            (unit, role, view[role] + unit % 3 + 0.1 * i)
            for unit in range(9)
            for role in "ab"
            for i in range(2)
        ],
        columns=["unit", "role", "x"],
    )
    table = table[~((table["unit"] == 0) & (table["role"] == "a"))]
    scores = {
        c: triads.weigh_informants(table, ["x"], centring=c).tidy().set_index("unit")["score"]  # type: ignore[arg-type]
        for c in ("role", "none")
    }
    assert scores["none"][3] - scores["none"][0] == pytest.approx(1.0)
    assert scores["role"][3] - scores["role"][0] == pytest.approx(0.0, abs=0.15)


NAMES = {"person": "unit:role:informant", "unit:item": "unit:attribute", "item": "attribute",
         "role:item": "role:attribute", "firm:item": "firm:attribute", "unit:role:item": "unit:role:attribute",
         "Residual": "residual"}  # fmt: skip


@pytest.mark.parametrize(("name", "firm"), [("g_study", None), ("g_study_firm", "firm")])
def test_the_nested_study_equals_lme4(rows: pd.DataFrame, name: str, firm: str | None) -> None:
    study = triads.nested_g_study(rows, ITEMS, firm=firm)
    found = dict(zip(study.names, study.variances, strict=True))
    for key, value in R[name]["variances"].items():
        assert found[NAMES.get(key, key)] == pytest.approx(value, rel=1e-4, abs=1e-6)
    assert -2 * study.loglik == pytest.approx(R[name]["criterion"], abs=1e-4)


def test_coefficients_of_the_nested_study_by_formula(rows: pd.DataFrame) -> None:
    study = triads.nested_g_study(rows, ITEMS, firm="firm")
    v = dict(zip(study.names, study.variances, strict=True))
    table = study.d_study([3], [3], fixed=[("attribute",)], n_per_role=[1, 4]).set_index(
        ["object", "n_per_role"]
    )
    for k in (1, 4):
        inside = v["unit"] + v["unit:attribute"] / 3
        error = (
            v["unit:role"] + v["unit:role:attribute"] / 3 + (v["unit:role:informant"] + v["residual"] / 3) / k
        ) / 3
        within = table.loc[("unit within firm", k)]
        assert within["g"] == pytest.approx(inside / (inside + error), rel=1e-9)
        true = inside + v["firm"] + v["firm:attribute"] / 3
        error += v["firm:role"] / 3
        every = table.loc[("unit", k)]
        assert every["g"] == pytest.approx(true / (true + error), rel=1e-9)
        absolute = error + v["role"] / 3 + v["role:attribute"] / 9
        assert every["phi"] == pytest.approx(true / (true + absolute), rel=1e-9)
    sizes = rows.groupby(["unit", "role"]).size()
    assert study.sizes["informant"] == pytest.approx(len(sizes) / (1 / sizes).sum())
    one_each = triads.nested_g_study(rows.drop_duplicates(["unit", "role"]), ITEMS)
    assert one_each.note == "no role has two informants in a unit"
