"""Odd tables of several informants of a role: an error in words, or NaN with the reason beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import triads
from comply_measure.errors import InputError


def people(units: int = 20) -> pd.DataFrame:
    """Two informants of each of three roles."""
    rng = np.random.default_rng(1)
    keys = [{"unit": g, "role": role} for g in range(units) for role in "abc" for _ in range(2)]
    table = pd.DataFrame(keys)
    table[["x", "y"]] = rng.integers(1, 8, (len(table), 2)).astype(float)
    return table


P, S = people(), {"A": ["x", "y"]}
Call = Callable[..., Any]


def agreement(data: Any, scales: Any = S, minimum: float = 1, maximum: float = 7, **named: Any) -> Any:
    return triads.role_agreement(data, scales, minimum=minimum, maximum=maximum, **named)


CALLS: dict[str, Call] = {
    "role_agreement": agreement,
    "role_reliability": lambda data, **named: triads.role_reliability(data, ["x"], **named),
    "role_views": lambda data, **named: triads.role_views(data, ["x"], **named),
    "variance_levels": lambda data, **named: triads.variance_levels(data, ["x"], **named),
    "nested_g_study": lambda data, **named: triads.nested_g_study(data, ["x", "y"], **named),
    "view_gaps": lambda data, **named: triads.view_gaps(data, ["x"], **named),
    "weigh_informants": lambda data, **named: triads.weigh_informants(data, ["x"], "reliability", **named),
}
TABLES: dict[str, tuple[Any, str]] = {
    "no table": ([1, 2], "'data': cannot be used"),
    "no rows": (P.head(0), "the table has no rows"),
    "no score": (P.drop(columns="x"), "'x': column is absent"),
    "no unit": (P.drop(columns="unit"), "'unit': column is absent"),
    "no role": (P.drop(columns="role"), "'role': column is absent"),
    "text": (P.assign(x="a"), "'x': column holds no numbers"),
    "infinite": (P.assign(x=np.inf), "'x': value outside the scale"),
    "too large": (P.assign(x=1e300), "'x': numbers too large"),
    "twice": (pd.concat([P, P[["x"]]], axis=1), "'x': two columns have one name"),
}


@pytest.mark.parametrize("case", list(TABLES))
@pytest.mark.parametrize("name", list(CALLS))
def test_unusable_tables_are_refused(name: str, case: str) -> None:
    data, fault = TABLES[case]
    with pytest.raises(InputError, match=fault):
        CALLS[name](data)


@pytest.mark.parametrize("name", list(CALLS))
def test_a_row_without_a_role_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="row 3, 'role': informant without role"):
        CALLS[name](P.assign(role=P["role"].where(P.index != 3)))


@pytest.mark.parametrize("confidence", [0, 1, 95, np.nan, "a"])
@pytest.mark.parametrize("name", sorted(set(CALLS) - {"role_views", "weigh_informants"}))
def test_confidence_outside_its_range_is_refused(name: str, confidence: Any) -> None:
    with pytest.raises(InputError, match="confidence"):
        CALLS[name](P, confidence=confidence)


@pytest.mark.parametrize("roles", [[], ["z"], ["a", "a"], "a"])
@pytest.mark.parametrize("name", sorted(set(CALLS) - {"variance_levels"}))
def test_roles_that_nobody_has_or_that_come_twice_are_refused(name: str, roles: Any) -> None:
    with pytest.raises(InputError, match="roles"):
        CALLS[name](P, roles=roles)


@pytest.mark.parametrize(
    ("name", "named", "fault"),
    [
        ("role_agreement", {"scales": {}}, "scales|columns"),
        ("role_agreement", {"scales": {"A": []}}, "A|items|columns"),
        ("role_agreement", {"minimum": 7, "maximum": 1}, "scale|minimum"),
        ("role_agreement", {"maximum": 5}, "outside the scale"),
        ("role_agreement", {"null": "own"}, "null|own"),
        ("role_agreement", {"scores": P[["x"]]}, "'A': no scores of this scale"),
        ("role_agreement", {"scores": P[["x"]].head(3).set_axis(["A"], axis=1)}, "rows of the scores"),
        ("role_reliability", {"numbers": []}, "at least one"),
        ("role_reliability", {"numbers": [0, 2]}, "numbers of informants .*0, 2.*1 or more"),
        ("role_reliability", {"numbers": [-1]}, "1 or more"),
        ("role_reliability", {"numbers": [1.5]}, "'numbers'"),
        ("variance_levels", {"levels": []}, "at least one key column"),
        ("variance_levels", {"levels": ["unit", "unit"]}, "each once"),
        ("variance_levels", {"levels": ["firm"]}, "'firm': column is absent"),
        ("variance_levels", {"levels": "unit"}, "'levels': cannot be used"),
        ("variance_levels", {"fixed": "firm"}, "'firm': column is absent"),
        ("nested_g_study", {"firm": "firm"}, "'firm': column is absent"),
        ("nested_g_study", {"bootstrap": -1}, "bootstrap"),
        ("nested_g_study", {"bootstrap": 10}, "seed"),
        ("weigh_informants", {"centring": "unit"}, "centring"),
        ("view_gaps", {"unit": "group"}, "'group': column is absent"),
        ("role_views", {"role": "job"}, "'job': column is absent"),
    ],
)
def test_options_that_cannot_be_used_are_refused(name: str, named: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        CALLS[name](P, **named)


def test_a_weighting_that_there_is_not_is_refused() -> None:
    with pytest.raises(InputError, match="weighting"):
        triads.weigh_informants(P, ["x"], "own")  # type: ignore[arg-type]


def without(role: str) -> pd.DataFrame:
    return P.assign(**{c: P[c].where(P["role"] != role) for c in "xy"})


def alike(*keys: str) -> pd.DataFrame:
    return P.assign(**{c: P.groupby(list(keys))[c].transform("first") for c in "xy"})


ODD: dict[str, pd.DataFrame] = {
    "nothing answered": P.assign(x=np.nan, y=np.nan),
    "all answers equal": P.assign(x=4.0, y=4.0),
    "one unit": P[P["unit"] == 0],
    "one row": P.head(1),
    "one role": P[P["role"] == "a"],
    "one informant of each role": P.drop_duplicates(["unit", "role"]),
    "a role that nobody answered": without("a"),
    "informants of a role alike": alike("unit", "role"),
    "informants of a unit alike": alike("unit"),
    "roles of one unit only": P.assign(role=P["unit"].astype(str)),
}
#: Numbers that may be missing only beside a note.
REASONED = {
    "role_agreement": "icc1", "role_reliability": "reliability", "variance_levels": "variance",
    "nested_g_study": "variance", "view_gaps": "se", "weigh_informants": "se",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "case"),
    [(n, c) for n in REASONED for c in ODD if (n, c) != ("role_agreement", "nothing answered")],
)
def test_what_odd_tables_leave_open_has_its_reason(name: str, case: str) -> None:
    found = CALLS[name](ODD[case])
    table = found.tidy() if hasattr(found, "tidy") else found
    if len(table):
        assert (table["note"] != "")[table[REASONED[name]].isna()].all()
    assert not np.isinf(table.select_dtypes("number").to_numpy(dtype=float)).any()


def test_agreement_of_nobody_is_refused() -> None:
    with pytest.raises(InputError, match="nobody of the roles answered an item"):
        agreement(ODD["nothing answered"])
    with pytest.raises(InputError, match="nobody of the roles answered an item"):
        agreement(without("a"), roles=["a"])


NO_MAXIMUM = "no variance within the lowest level: the likelihood has no maximum"
ABSORBED = (
    "every group with a mean of its own lies within one group of a level: it has no variance beside them"
)


@pytest.mark.parametrize("case", ["informants of a role alike", "informants of a unit alike"])
def test_informants_who_never_differ_have_no_intraclass_correlation(case: str) -> None:
    table = agreement(ODD[case]).set_index(["kind", "role"])
    assert table["icc1"].isna().all()
    assert table.loc[("within roles", "all roles"), "note"] == NO_MAXIMUM
    assert table.loc[("between roles", "all roles"), "note"] == NO_MAXIMUM
    assert table.loc[("within roles", "a"), "note"] == "no variance within units"
    reliability = triads.role_reliability(ODD[case], ["x"]).set_index("role")
    assert reliability["reliability"].isna().all()
    assert reliability.loc["all roles", "note"] == NO_MAXIMUM


def test_levels_that_fixed_means_take_up_have_no_variance() -> None:
    found = triads.variance_levels(P, ["x"], ("unit", "role"), fixed="unit").tidy()
    assert found["variance"].isna().all() and (found["note"] == ABSORBED).all()
    only = triads.variance_levels(P.assign(kind=P["x"]), ["x"], fixed="kind").tidy()
    assert (only["note"] == "answers differ between the fixed groups only").all()
    # a unit without error beside the means of roles: y is the unit's number and the role's
    exact = P.assign(x=P["unit"] % 5 + P["role"].map({"a": 0.0, "b": 1.0, "c": 0.5}))
    assert (triads.variance_levels(exact, ["x"], ["unit"], fixed="role").tidy()["note"] == NO_MAXIMUM).all()
    table = agreement(ODD["roles of one unit only"]).set_index("kind")
    row = table[table["role"] == "all roles"].loc["within roles"]
    assert np.isnan(row["icc1"]) and row["note"] == ABSORBED


def test_one_unit_has_no_intraclass_correlation() -> None:
    table = agreement(ODD["one unit"])
    assert table["icc1"].isna().all() and (table["note"] == "fewer than 2 units").sum() >= 4


def test_scores_are_those_of_the_roles_that_answered() -> None:
    found = triads.weigh_informants(without("a"), ["x"], "role")
    others = triads.weigh_informants(P[P["role"] != "a"], ["x"], "role", roles=["b", "c"])
    np.testing.assert_allclose(found.scores, others.scores, atol=1e-12)
    np.testing.assert_allclose(found.errors, others.errors, atol=1e-12)
    assert (found.weights[:, 0] == 0).all()
    b, c = (P[P["role"] == role].groupby("unit")["x"].mean() for role in "bc")
    np.testing.assert_allclose(found.scores[:, 0], (b + c) / 2, atol=1e-12)


def test_two_firms_have_variances_and_one_has_none() -> None:
    """Few groups of the highest level are told beside the numbers; one has none, with its reason."""
    two = P.assign(firm=np.arange(len(P)) // 60)
    two["x"] += 2 * two["firm"] + np.random.default_rng(3).normal(size=20)[two["unit"]]
    levels = ("firm", "unit")
    found = triads.variance_levels(two, ["x"], levels).tidy().set_index("level")
    assert found["n_groups"].tolist()[:2] == [2, 20]
    assert np.isfinite(found["variance"]).all() and (found["variance"] > 0).all()
    few = "2 groups of the highest level are few: errors and intervals are rough"
    assert found["note"].str.contains(few, regex=False).all()
    one = triads.variance_levels(two.assign(firm=1), ["x"], levels).tidy()
    assert one["variance"].isna().all() and (one["note"] == "fewer than 2 groups of the highest level").all()
