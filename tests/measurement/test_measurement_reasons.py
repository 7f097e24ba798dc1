"""Every table of every result of measurement: no number is empty or infinite without a word beside it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from measurement_cases import CASES, Case, correlation, items

from comply_measure import measurement as m, sem
from comply_measure.errors import ComplyError
from comply_measure.measurement import careless, content, missingness, validity
from comply_measure.measurement.reliability.coefficients import alpha_stack
from comply_measure.measurement.reliability.table import _reason

sys.path.insert(0, str(Path(__file__).parent.parent / "doors"))
from unexplained import tables, unexplained

DATA = CASES["one item"].data
ALL = {
    **CASES,
    "two informants": Case(DATA.head(2), DATA.head(2), CASES["constant item"].scales, ()),
    "identical answers": Case(*[DATA.assign(**dict.fromkeys(items(CASES["constant item"].scales), 3.0))] * 2,
                              CASES["constant item"].scales, ()),
    "one role": Case(*[DATA[DATA["role"] == "it"].reset_index(drop=True)] * 2, CASES["constant item"].scales, ()),
}  # fmt: skip


def holed(case: Case) -> pd.DataFrame:
    """Some answers to two items less."""
    place = np.arange(len(case.some))
    some = case.some
    return some.assign(b1=some["b1"].where(place % 7 > 0), b2=some["b2"].where(place % 5 > 0))


def indices(case: Case) -> careless.CarelessIndices:
    some = holed(case)[items(case.scales)]
    return careless.careless_indices(some, some, case.scales, 1, 5)


def imputed(case: Case) -> missingness.MultipleImputation:
    return m.missingness.multiple_imputation(
        holed(case), ["b1", "b2", "b3"], seed=1, n_imputations=2, n_iterations=4
    )


def pooled(case: Case) -> list[object]:
    fits = [sem.fit("B =~ b1 + b2 + b3", frame) for frame in imputed(case).frames()]
    return [missingness.pooled_estimates(fits), missingness.pooled_estimates(fits, standardized="all")]


RESULTS: dict[str, Callable[[Case], Any]] = {
    "careless_indices": indices,
    "careless_flags": lambda c: careless.careless_flags(indices(c)),
    "item_analysis": lambda c: m.item_analysis(c.data, c.scales, minimum=1, maximum=5),
    "inter_item_table": lambda c: m.inter_item_table(c.data, c.scales),
    "missing_table": lambda c: m.missing_table(c.data, items(c.scales), by=("role", "firm")),
    "multiple_imputation": imputed,
    "compare_missing": lambda c: missingness.compare_missing("B =~ b1 + b2 + b3", imputed(c)),
    "pooled_estimates": pooled,
    "sampling_adequacy": lambda c: m.sampling_adequacy(correlation(c)),
    "minimum_average_partial": lambda c: m.minimum_average_partial(correlation(c)),
    "empirical_kaiser": lambda c: m.empirical_kaiser(correlation(c)),
    "parallel_analysis": lambda c: m.parallel_analysis(correlation(c), seed=1, n_replications=20),
    "explore": lambda c: m.explore(c.some, items(c.scales), 2, method="minres"),
    "explore, too many factors": lambda c: m.explore(c.some, ["b1", "b2", "b3"], 2),
    "exploratory_sem": lambda c: m.exploratory_sem(c.some, ["a1", "a2"], 2),
    "global_item_correlations": lambda c: [
        validity.global_item_correlations(c.some, {"a1": "b1"}),
        validity.global_item_correlations(c.some, {"a1": "b1", "c1": "b2"}),
    ],
    "heterotrait_monotrait": lambda c: validity.heterotrait_monotrait(c.some, c.scales),
    "discriminant_validity": lambda c: validity.discriminant_validity(
        c.some, {"B": c.scales["B"], "C": c.scales["C"]}, estimator="ML", missing="listwise", cutoffs=(), merge=False
    ),
    "reliability_table": lambda c: m.reliability_table(
        c.data, c.scales, coefficients=["alpha", "omega_observed", "maximal_reliability"], interval="none"
    ),
    "retest_table": lambda c: m.retest_table(c.data, {"score": ["a1", "a2"]}),
    "content_validity": lambda c: content.content_validity(
        pd.DataFrame({"x": [4, 4, 4], "y": [np.nan] * 3, "z": [1, np.nan, np.nan]})
    ),
    "item_sort": lambda c: content.item_sort(
        pd.DataFrame({"x": ["A", "A"], "y": [None, None]}, dtype=object), {"x": "A", "y": "B"}
    ),
    "definitional_ratings": lambda c: content.definitional_ratings(
        pd.DataFrame({"judge": [1, 1], "item": ["x", "y"], "construct": ["A", "A"], "rating": [5, np.nan]}),
        {"x": "A", "y": "B"},
        5,
    ),
}  # fmt: skip
WITHOUT_DATA = ("content_validity", "item_sort", "definitional_ratings")
GIVEN = {"multiple_imputation": ".data"}  # answers, not results


@pytest.mark.parametrize("name", RESULTS)
def test_no_number_of_any_table_is_empty_without_a_reason(name: str) -> None:
    made = 0
    for case in ["one item"] if name in WITHOUT_DATA else ALL:
        try:
            result = RESULTS[name](ALL[case])
        except ComplyError:  # one clear error: test_measurement_bad_cases
            continue
        for place, table in tables(result):
            made += 1
            if place != GIVEN.get(name):
                assert not unexplained(table), (case, place, unexplained(table))
    assert made


def test_the_reasons_name_what_is_undefined() -> None:
    answers = pd.DataFrame(
        [[np.nan] * 6, [1, 1, 1, 1, 1, 1], [2, 3, np.nan, np.nan, np.nan, np.nan], [1, 2, 3, 4, 5, 1],
         [2, 3, 3, 5, 4, 2], [5, 4, 4, 2, 1, 5], [3, 5, 2, 1, 4, 4]],
        columns=list("abcdef"),
    )  # fmt: skip
    found = careless.careless_indices(answers, answers, {"s": list("abc"), "t": list("def")}, 1, 5).tidy()
    notes = found["note"].tolist()
    assert notes[0] == "no answers"
    assert "person_total: fewer than three answers, or answers that do not differ" in notes[1]
    assert "guttman: no step passed, or every step" in notes[1]
    assert "guttman: not every item answered" in notes[2]
    assert "even_odd: fewer than three scales" in notes[3] and "guttman" not in notes[3]
    compared = missingness.compare_missing(
        "B =~ b1 + b2 + b3", imputed(CASES["constant item"]), methods=["listwise (MLR)"]
    )
    assert compared.fits["reason"].tolist() == [
        "df2: for tests that are an F; pvalue, rmsea: no degrees of freedom, or the treatment failed"
    ]
    same = m.retest_table(DATA.assign(a2=DATA["a1"]), {"score": ["a1", "a2"]}, by=None).tidy()
    assert same["note"].tolist() == ["all waves are equal: no interval and no test of a shift"]
    wide = m.reliability_table(
        DATA.assign(a1=3.0), {"A": ["a1", "a2", "a3"]}, coefficients=["alpha", "omega_observed"], by=None,
        interval="none",
    ).wide()  # fmt: skip
    assert wide["omega_observed"].isna().all() and wide["note"].str.startswith("omega_observed: a1: ").all()
    few = content.item_sort(pd.DataFrame({"x": ["A"]}), {"x": "A"}, ["A", "B"]).tidy()
    assert few["note"].tolist() == ["too few judges: no agreement is rarer than 0.05 under guessing"]
    assert few["c_sv"].tolist() == [1.0]


def test_one_cluster_has_no_intervals_and_says_so() -> None:
    """All resamples of one cluster are the same: their spread of 0 is no standard error."""
    rng = np.random.default_rng(1)
    x = pd.DataFrame(rng.normal(size=(30, 1)) + rng.normal(size=(30, 6)), columns=list("abcdef"))
    x = x.assign(firm="one", unit=np.arange(30) // 3, role=list("mst") * 10)
    scales = {"A": list("abc"), "B": list("def")}
    given: dict[str, Any] = {"cluster": "firm", "n_replications": 100, "seed": 1}
    why = "fewer than 2 clusters to resample"
    alpha = m.reliability_table(x, scales, coefficients=("alpha",), interval="percentile", **given).tidy()
    assert alpha[["lower", "upper", "se"]].isna().all(axis=None) and alpha["estimate"].notna().all()
    assert (alpha["note"] == why).all() and (alpha["n_clusters"] == 1).all()
    ratio = m.heterotrait_monotrait(x, scales, **given).tidy().iloc[0]
    assert ratio[["htmt_lower", "htmt_upper", "htmt2_lower", "htmt2_upper"]].isna().all()
    assert (ratio["n_clusters"], ratio["note"]) == (1, f"A: no interval, {why}; B: no interval, {why}")
    loadings = m.explore(x, list("abcdef"), 2, **given)
    for table in (loadings.tidy(), loadings.factor_correlations()):
        assert table[["se", "lower", "upper"]].isna().all(axis=None)
        assert table["reason"].str.contains(why).all()
    one = m.global_item_correlations(x, {"a": "b"}, **given).tidy().iloc[0]
    assert np.isnan(one["lower"]) and "fewer than 2 clusters" in one["reason"]


def test_a_sum_without_variance_up_to_rounding_has_no_alpha() -> None:
    """Answers of two items that add up to a constant: 1 - 2/10⁻¹⁵ is no reliability, 2 (1 - 2/.02) is one."""
    stack = np.array([[[1.0, -1.0 + 5e-16], [-1.0 + 5e-16, 1.0]], [[1.0, -0.99], [-0.99, 1.0]]])
    np.testing.assert_allclose(alpha_stack(stack), [np.nan, 2 * (1 - 2 / 0.02)], rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "covariance", "reason"),
    [
        ("alpha", [[0, 0, 0], [0, 1, 0.5], [0, 0.5, 1]], "an item does not vary among the informants used"),
        (
            "alpha",
            [[1, -0.5, -0.5], [-0.5, 1, -0.5], [-0.5, -0.5, 1]],
            "variance of the sum is zero or negative",
        ),
        ("omega_observed", [[1, 0.5], [0.5, 1]], "fewer than 3 items: a one-factor model is not identified"),
        (
            "maximal_reliability",
            np.full((3, 3), 0.5) + np.eye(3) / 2,
            "Heywood case: an item without unique variance",
        ),
        (
            "omega_observed",
            np.full((3, 3), 0.5) + np.eye(3) / 2,
            "covariance matrix is singular, or the one-factor model did not converge",
        ),
        ("alpha", [[1]], "one item"),
    ],
)
def test_why_a_coefficient_is_undefined(name: str, covariance: Any, reason: str) -> None:
    group: Any = SimpleNamespace(values=np.ones((9, len(covariance))), faults="")
    assert _reason(name, group, np.array(covariance, dtype=float), "") == reason
