"""Odd data give NaN with a reason and odd options one clear error; nothing crashes and nothing is silent."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from drawn_triads import drawn_triads

from comply_measure import triads
from comply_measure.errors import InputError
from comply_measure.triads import TriadData
from comply_measure.triads.reliability import twoway as reliability_twoway


def answers(units: int, roles: int, items: int, points: int = 7, seed: int = 0) -> TriadData:
    rng = np.random.default_rng(seed)
    x = rng.integers(1, points + 1, (units, roles, items)).astype(float)
    names = ("marketing", "sales", "it", "service", "finance")[:roles]
    return TriadData(
        np.arange(units), None, names, tuple(f"x{j}" for j in range(items)), x, np.ones((units, roles), bool)
    )


def without_role(data: TriadData) -> TriadData:
    x = data.values.copy()
    x[:, 2] = np.nan
    return TriadData(data.units, None, data.roles, data.columns, x, ~np.isnan(x).all(axis=2))


def constant(data: TriadData) -> TriadData:
    return TriadData(data.units, None, data.roles, data.columns, np.full_like(data.values, 4.0), data.present)


def unequal_items(data: TriadData) -> TriadData:
    """The last role has other items than the rest."""
    x = data.values.copy()
    x[:, :-1, -1] = np.nan
    x[:, -1, :-1] = np.nan
    return TriadData(data.units, None, data.roles, data.columns, x, data.present)


CASES: dict[str, Callable[[], TriadData]] = {
    "dyads": lambda: answers(20, 2, 4),
    "one informant": lambda: answers(20, 1, 4),
    "four roles": lambda: answers(20, 4, 4),
    "five roles": lambda: answers(20, 5, 4),
    "a role missing everywhere": lambda: without_role(answers(20, 3, 4)),
    "one unit": lambda: answers(1, 3, 4),
    "two units": lambda: answers(2, 3, 4),
    "all answers equal": lambda: constant(answers(20, 3, 4)),
    "2 points": lambda: answers(20, 3, 4, points=2),
    "11 points": lambda: answers(20, 3, 4, points=11),
    "unequal item sets": lambda: unequal_items(answers(20, 3, 4)),
    "one item": lambda: answers(20, 3, 1),
    "nothing answered": lambda: TriadData(
        np.arange(3), None, ("a", "b", "c"), ("x0", "x1"), np.full((3, 3, 2), np.nan), np.ones((3, 3), bool)
    ),
}
POINTS = {"2 points": 2, "11 points": 11}


def everything(data: TriadData, points: int) -> dict[str, pd.DataFrame]:
    long, columns = data.to_long(), list(data.columns)
    scales = {"s": columns}
    n_roles = len(data.roles)
    competence = np.ones(data.values.shape[:2])
    indices = triads.agreement_indices(long, scales, minimum=1, maximum=points)
    tests = triads.agreement_tests(long, scales, minimum=1, maximum=points)
    profiles = triads.profile_similarity(data)
    odd = triads.odd_role_out(data, 0.8)
    gap = triads.gap_reliability(data, 0.8)
    study = triads.g_study(data)
    plan = triads.attribute_actions(data, low=3, replications=100, seed=1)
    gaps = triads.role_gaps(data)
    twoway = triads.icc_twoway(data)
    rgr = triads.random_group_resampling(long, columns, replications=19, seed=1)
    pairs = [(columns[0], columns[-1])] if len(columns) > 1 else []
    return {
        "agreement": indices.tidy(), "agreement summary": indices.summary(),
        "tests": tests.tidy(), "tests summary": tests.summary(),
        "simulated": triads.agreement_tests(
            long, scales, minimum=1, maximum=points, item_correlation=0.3, replications=100, seed=1
        ).tidy(),
        "one-way": triads.icc_oneway(long, columns).tidy(),
        "one-way REML": triads.icc_oneway_reml(long, columns).tidy(),
        "two-way": twoway.tidy(), "role effects": twoway.role_effects(),
        "two-way REML": triads.icc_twoway(data, method="reml", bootstrap=50, seed=1).tidy(),
        "resampling": rgr.tidy(), "waba": triads.waba(long, pairs).tidy() if pairs else pd.DataFrame(),
        "g study": study.tidy(), "coefficients": study.coefficients(), "d study": study.d_study([1, 3], [2, 4]),
        "mean": triads.aggregate(data, min_roles=min(2, n_roles)).tidy(),
        "dispersion": triads.aggregate(data, composition="dispersion").tidy(),
        "blup": triads.blup_scores(data).tidy(), "common fate": triads.common_fate_scores(data).tidy(),
        "unit reliability": triads.unit_reliability(data),
        "sensitivity": triads.aggregation_sensitivity(data, competence=competence, min_roles=min(2, n_roles)),
        "gaps": gaps.tidy(), "gap summary": gaps.summary(), "gap tests": triads.gap_tests(data).tidy(),
        "contrasts": triads.role_contrasts(data), "gap reliability": gap.tidy(), "flags": gap.flags(),
        "profiles": profiles.tidy(), "profile summary": profiles.summary(),
        "odd": odd.tidy(), "odd summary": odd.summary(), "spread": triads.role_dispersion(data),
        "pseudo": triads.pseudo_baseline(data, replications=19, seed=1),
        "re-matched": triads.pseudo_triads(data, seed=1).to_long(),
        "critical": triads.critical_values(
            minimum=1, maximum=points, n_informants=[2, max(n_roles, 2)], n_items=[1, 4]
        ),
        "patterns": triads.completeness_patterns(data), "missing role": triads.missing_role_test(data),
        "actions": plan.tidy(), "levers": plan.levers(), "interventions": plan.interventions(),
    }  # fmt: skip


# value columns that may be NaN only beside a note
REASONED = {
    "agreement": "value", "one-way": "icc1", "one-way REML": "icc1", "two-way": "icc", "two-way REML": "icc",
    "resampling": "p", "g study": "variance", "coefficients": "g", "d study": "g", "mean": "score",
    "blup": "score", "common fate": "score", "gaps": "gap", "gap tests": "t", "contrasts": "estimate",
    "gap reliability": "reliability_difference", "profiles": "correlation", "odd": "reliable",
    "spread": "sd", "missing role": "b", "actions": "level", "tests": "p",
}  # fmt: skip


@pytest.mark.parametrize("case", list(CASES))
def test_every_table_is_made_and_every_nan_has_a_reason(case) -> None:
    tables = everything(CASES[case](), POINTS.get(case, 7))
    for name, column in REASONED.items():
        table = tables[name]
        if not len(table):
            continue
        undefined = table[table[column].isna()]
        silent = undefined[undefined["note"] == ""]
        if name == "odd":
            silent = silent[silent["odd_role"] != "tie"]
        assert silent.empty, f"{case}: {name}.{column} is undefined without a reason\n{silent.head()}"
    for name, table in tables.items():
        numbers = table.select_dtypes("number")
        infinite = np.isinf(numbers.to_numpy(dtype=float)).any(axis=0)
        found = set(numbers.columns[infinite])
        # no variance within or between units: F is infinite, and the note says why
        assert found <= {"f", "e_x", "e_y"}, f"{case}: {name} {found}"


def test_all_equal_answers_agree_perfectly_but_are_not_reliable() -> None:
    tables = everything(CASES["all answers equal"](), 7)
    rwg = tables["agreement"].query("index == 'rwg_j'")["value"]
    assert (rwg == 1).all()
    assert (tables["two-way"]["note"] == "all answers equal").all()
    assert (tables["g study"]["note"] == "all answers equal").all()


def test_a_role_missing_everywhere_leaves_the_others() -> None:
    tables = everything(CASES["a role missing everywhere"](), 7)
    gaps = tables["gap tests"].set_index(["column", "pair"])
    assert gaps.loc[("x0", "marketing - sales"), "n_units"] == 20
    assert gaps.loc[("x0", "marketing - it"), "note"] == "fewer than 2 units"
    contrasts = tables["contrasts"].set_index(["column", "pair"])
    assert np.isfinite(contrasts.loc[("x0", "marketing - sales"), "estimate"])
    assert contrasts.loc[("x0", "sales - it"), "note"] == "nobody has one of the roles"
    missing = tables["missing role"].set_index(["role", "column"])
    assert missing.loc[("it", "x0"), "note"] == "no unit has the role"


def test_informants_with_other_items_share_nothing() -> None:
    tables = everything(CASES["unequal item sets"](), 7)
    pairs = tables["profiles"].set_index(["unit", "pair"])
    assert pairs.loc[(0, "marketing - it"), "n_attributes"] == 0
    assert pairs.loc[(0, "marketing - it"), "note"] == "fewer than 2 shared attributes"
    assert pairs.loc[(0, "marketing - sales"), "n_attributes"] == 3
    used = tables["agreement"].query("index == 'rwg_j'")
    assert (used["n_items_used"] == 3).all() and (used["n_items"] == 4).all()


def test_item_wise_and_list_wise_missing_answers() -> None:
    data = pd.DataFrame(
        {
            "unit": ["u"] * 3,
            "a": [1.0, 2, 3],
            "b": [1.0, np.nan, 3],
            "c": [np.nan, np.nan, 2],
        }
    )
    scale = {"s": ["a", "b", "c"]}
    itemwise = triads.agreement_indices(data, scale, minimum=1, maximum=5)
    # variances 1 and 2 over the two usable items
    assert itemwise.values("rwg_star_j")["s"].iloc[0] == pytest.approx(1 - 1.5 / 2)
    assert itemwise.cells["s"].n_items_used[0] == 2
    listwise = triads.agreement_indices(data, scale, minimum=1, maximum=5, missing="listwise")
    assert listwise.tidy()["note"].unique().tolist() == ["fewer than 2 informants"]
    strict = triads.agreement_indices(data, scale, minimum=1, maximum=5, min_items=1.0)
    assert strict.tidy()["note"].iloc[0] == "too few items answered by 2 informants"


def test_awg_is_undefined_where_its_authors_leave_it() -> None:
    # three informants on 1-5: defined for means in [7/3, 11/3] and at the ends
    data = pd.DataFrame({"unit": np.repeat([1, 2, 3, 4], 3), "x": [1.0, 2, 3, 2, 2, 3, 1, 1, 1, 1, 3, 3]})
    result = triads.agreement_indices(data, {"x": ["x"]}, minimum=1, maximum=5, indices=["awg_j"])
    table = result.tidy()
    assert np.isnan(table["value"].iloc[0]) and "outside the range" in table["note"].iloc[0]
    # mean 7/3, variance 1/3: largest (5 - M)(M - 1)·3/2 = 16/3
    assert table["value"].iloc[1] == pytest.approx(1 - 2 * (1 / 3) / (16 / 3))
    assert table["value"].iloc[2] == 1.0
    assert "outside the range where a_wg is defined: 1 units" in result.summary()["note"].iloc[0]


def test_two_point_scales_and_named_nulls() -> None:
    data = answers(5, 3, 2, points=2).to_long()
    with pytest.raises(InputError, match="not defined for 2 categories"):
        triads.rwg(data, ["x0"], minimum=1, maximum=2, null="slight_skew")
    wide = answers(5, 3, 2, points=11).to_long()
    values = triads.rwg_j(
        wide, {"s": ["x0", "x1"]}, minimum=1, maximum=11, null=["uniform", "normal"]
    ).summary()
    assert values["null_variance"].tolist() == [10.0, 1.40]
    with pytest.raises(InputError, match="no probabilities"):
        triads.agreement_tests(wide, {"s": ["x0", "x1"]}, minimum=1, maximum=11, null="normal")


@pytest.mark.parametrize(
    ("null", "fault"),
    [
        ("unifrom", "unknown null"),
        (-1.0, "null variance"),
        ([0.5, 0.5], "number of null probabilities"),
        ([0.5, 0.5, 0.5, 0.0, -0.5], "null probabilities"),
        ([1.0, 0, 0, 0, 0], "null probabilities"),
        (["uniform", "uniform"], "named twice"),
    ],
)
def test_bad_nulls(null, fault) -> None:
    data = answers(3, 3, 1, points=5).to_long()
    with pytest.raises(InputError, match=fault):
        triads.rwg(data, ["x0"], minimum=1, maximum=5, null=null)


def test_custom_nulls_are_kept_by_name() -> None:
    data = answers(4, 3, 1, points=5).to_long()
    result = triads.rwg(
        data, ["x0"], minimum=1, maximum=5, null=[[0.1, 0.2, 0.4, 0.2, 0.1], 1.2 * 1.0, "uniform"]
    )
    assert [n.name for n in result.nulls] == ["pmf 0.1 0.2 0.4 0.2 0.1", "variance 1.2", "uniform"]


def test_large_units_have_no_enumeration_but_a_reason() -> None:
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"unit": np.repeat([1, 2], [40, 3]), "x": rng.integers(1, 8, 43).astype(float)})
    table = triads.agreement_tests(data, {"x": ["x"]}, minimum=1, maximum=7).tidy()
    assert table["note"].tolist() == ["too many informants for an exact test", ""]


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda d: triads.aggregate(d, scheme="best"), "scheme"),
        (lambda d: triads.aggregate(d, scheme="competence"), "competence"),
        (lambda d: triads.aggregate(d, min_roles=4), "min_roles"),
        (lambda d: triads.aggregate(d, composition="fuzzy"), "composition"),
        (lambda d: triads.gap_reliability(d, {"marketing": 0.8}), "reliability"),
        (lambda d: triads.gap_reliability(d, 1.2), "reliability"),
        (lambda d: triads.gap_tests(d, cluster=True), "firm"),
        (lambda d: triads.gap_tests(d, confidence=95), "confidence"),
        (lambda d: triads.g_study(d, bootstrap=100), "seed"),
        (lambda d: triads.g_study(d, columns=["nope"]), "nope"),
        (lambda d: triads.icc_twoway(d, method="exact"), "method"),
        (lambda d: triads.pseudo_baseline(d, replications=3, seed=1), "replications"),
        (lambda d: triads.attribute_actions(d, low=np.nan, seed=1), "low"),
        (lambda d: triads.aggregation_sensitivity(d, criterion=np.ones(2)), "criterion"),
        (
            lambda d: triads.agreement_tests(d.to_long(), {"s": ["v0"]}, minimum=-9, maximum=9),
            "whole numbers",
        ),
        (lambda d: triads.random_group_resampling(d.to_long(), ["v0"], scheme="x", seed=1), "scheme"),
        (lambda d: triads.TriadData.from_wide(pd.DataFrame({"a": [1]})), "no wide columns"),
        (lambda d: triads.TriadData.from_long(d.to_long(), ["v0"], roles=["marketing"]), "role is not among"),
    ],
)
def test_bad_options_name_themselves(call, fault) -> None:
    with pytest.raises(InputError, match=fault):
        call(drawn_triads(1, units=6))


def test_a_unit_in_two_firms_is_reported() -> None:
    data = pd.DataFrame({"unit": [1, 1], "firm": ["a", "b"], "role": ["m", "s"], "x": [1.0, 2.0]})
    with pytest.raises(InputError, match="two firms"):
        TriadData.from_long(data, ["x"], firm="firm")


def test_silent_informants_survive_the_long_form() -> None:
    data = pd.DataFrame({"unit": [1, 1, 2], "role": ["m", "s", "m"], "x": [1.0, np.nan, 3.0]})
    cube = TriadData.from_long(data, ["x"])
    assert cube.n_informants == 3 and cube.complete.tolist() == [True, False]
    pd.testing.assert_frame_equal(cube.to_long(), data, check_dtype=False)
    patterns = triads.completeness_patterns(cube)
    assert dict(zip(patterns["roles"], patterns["n_units"], strict=True)) == {"m + s": 1, "m": 1}


def test_answers_outside_the_range_and_numbers_out_of_reach_are_refused() -> None:
    data = drawn_triads(1, units=5, columns=1)
    long, wide = data.to_long(), data.to_wide()
    long.loc[3, "v0"], wide.iloc[2, 1] = 9.5, -3.0
    with pytest.raises(InputError, match="row 3, 'v0': value outside the scale"):
        TriadData.from_long(long, ["v0"], minimum=1, maximum=7)
    with pytest.raises(InputError, match="value outside the scale"):
        TriadData.from_wide(wide, minimum=1, maximum=7)
    assert TriadData.from_long(long, ["v0"]).values.max() == 9.5
    for factor in (1e300, 1e-300):
        with pytest.raises(InputError, match=r"'v0': numbers too (large|small)"):
            TriadData.from_long(long.assign(v0=long["v0"] * factor), ["v0"])


def test_any_real_kind_of_number_is_read() -> None:
    long = drawn_triads(1, units=5, columns=1).to_long()
    long["v0"] = long["v0"].round()
    expected = TriadData.from_long(long, ["v0"]).values
    kinds = [long["v0"].astype(kind) for kind in ("Int64", "float32", object)]
    for column in (*kinds, [Decimal(int(v)) for v in long["v0"]]):
        np.testing.assert_array_equal(TriadData.from_long(long.assign(v0=column), ["v0"]).values, expected)
    holed = long["v0"].astype("Int64").mask(long.index == 2)
    assert np.isnan(TriadData.from_long(long.assign(v0=holed), ["v0"]).values).sum() == 1
    with pytest.raises(InputError, match="holds no numbers"):
        TriadData.from_long(long.assign(v0=long["v0"].astype(str)), ["v0"])


def test_fewer_replications_with_many_units_are_said(monkeypatch) -> None:
    data = drawn_triads(1, units=40, columns=1, missing=0.1)
    usual = triads.icc_twoway(data, bootstrap=150, seed=1).tidy()
    assert (usual["interval"] == "parametric bootstrap, 150 replications").all()
    monkeypatch.setattr(reliability_twoway, "DRAWN_VALUES", 1000)
    fewer = triads.icc_twoway(data, bootstrap=150, seed=1).tidy()
    assert fewer["interval"].str.contains("100 replications .150 asked").all()
    assert fewer["lower"].notna().all()


# columns that may be empty without a note: not asked for (a null, a cut-off, a criterion), or said by another column
EMPTY = {
    "agreement summary": {"null_variance", "cutoff", "share_agreeing"},
    "sensitivity": {"r_criterion", "r_criterion_change"},
}


def unsaid(table: pd.DataFrame, column: str) -> pd.Series:
    """Rows in which the column is empty and neither the note nor the estimator and kind of interval say why."""
    empty = table[column].isna() & (table["note"] == "" if "note" in table else True)
    if column in ("lower", "upper") and "interval" in table:
        return empty & ~table["interval"].str.startswith("none: ")
    if column in ("f", "df1", "df2") and "estimator" in table:
        return empty & (table["estimator"] != "REML")
    return empty


@pytest.mark.parametrize("case", list(CASES))
def test_no_number_of_any_table_is_empty_without_a_note(case) -> None:
    tables = everything(CASES[case](), POINTS.get(case, 7))
    del tables["re-matched"]  # data, not results
    for name, table in tables.items():
        empty = {column for column in table.select_dtypes("number") if unsaid(table, column).any()}
        assert empty <= EMPTY.get(name, set()), (name, empty)


def test_reasons_of_what_small_studies_leave_undefined() -> None:
    one, two = everything(CASES["one unit"](), 7), everything(CASES["two units"](), 7)
    assert (one["resampling"]["note"] == "pseudo-units do not vary: no test").all()
    assert one["resampling"][["p", "z_published"]].isna().all(axis=None)
    undefined = two["resampling"]["p"].isna()
    assert (two["resampling"]["p_adjusted"].isna() == undefined).all()
    assert one["sensitivity"].set_index("scheme")["note"]["mean"].iloc[0] == (
        "one unit: no standard deviation; fewer than 3 units with both scores: no correlation"
    )
    assert one["profiles"]["note"].str.contains("is its role's mean profile").all()
    none = everything(CASES["nothing answered"](), 7)
    assert none["tests summary"]["note"].tolist() == [
        "no unit was tested: too few items answered by 2 informants"
    ]
    assert (none["profile summary"]["note"] == "defined in no unit").all()
    critical = one["critical"].set_index(["n_informants", "n_items"])
    assert critical.loc[(2, 1), "note"] == "no value of rwg_j, rwg_star_j, ad_mean, ad_median is so rare"
    assert critical.loc[(3, 4), "note"] == ""
