"""What breaks a battery of measurement: every public function gives a clear line, and the rest goes on.

Bad cases: a construct with one item, or two; a role with nine informants; an item answered the same by all, by
nobody, or exactly as another; a role that never uses a category.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from measurement_cases import CASES, ITEMS, Case, correlation, covariance, items, values

from comply_measure import measurement as m
from comply_measure.errors import ComplyError
from comply_measure.measurement import careless, content, missingness, validity


def one_row(result: object) -> pd.DataFrame:
    return pd.DataFrame([{name: getattr(result, name) for name in result.__dataclass_fields__}])


def missing(case: Case) -> pd.DataFrame:
    """A few answers less, for what is about missing ones."""
    return case.some.assign(b1=case.some["b1"].where(np.arange(len(case.some)) % 7 > 0))


def absent(case: Case) -> m.MissingCounts:
    """Whether b1 is missing, with the other answers as what is known."""
    gaps = missing(case)["b1"].isna().to_numpy(dtype=float)
    known = case.some[[name for name in items(case.scales) if name != "b1"]]
    return m.MissingCounts("b1", gaps, np.ones(len(gaps)), case.some["unit"].to_numpy(), known)


def fitted(case: Case):
    return validity.fit_measurement(case.some, case.scales)


def flags(case: Case) -> pd.DataFrame:
    part = case.some[items(case.scales)]
    found = careless.careless_indices(part, part, case.scales, 1, 5)
    note = "; ".join(found.notes)
    table = careless.careless_flags(found).tidy()
    assert table["flagged"].notna().all()
    defined = {
        name: found.table[name].notna().any() for name in ("mahalanobis", "even_odd", "guttman", "irv")
    }
    return pd.DataFrame([{k: 1.0 if known else np.nan for k, known in defined.items()} | {"note": note}])


# (what is called, the columns that must be defined or explained)
TASKS: dict[str, tuple[Callable[[Case], pd.DataFrame], tuple[str, ...]]] = {
    "item_analysis": (
        lambda c: m.item_analysis(c.data, c.scales, minimum=1, maximum=5).tidy(),
        ("mean", "skewness", "item_rest_r", "alpha_if_deleted"),
    ),
    "inter_item_table": (
        lambda c: m.inter_item_table(c.data, c.scales).tidy(),
        ("item_rest_r", "squared_multiple_r", "alpha_if_dropped", "lambda6_if_dropped"),
    ),
    "missing_table": (lambda c: m.missing_table(c.data, items(c.scales)).tidy(), ("share",)),
    "little_mcar": (lambda c: m.little_mcar(missing(c), items(c.scales)).tidy(), ("statistic", "pvalue")),
    "pattern_homogeneity": (
        lambda c: m.pattern_homogeneity(missing(c), items(c.scales), seed=1, n_permutations=99).tidy(),
        ("pvalue", "hawkins_pvalue"),
    ),
    "missingness_predictors": (
        lambda c: m.missingness_predictors([absent(c)]),
        ("n_missing", "odds_ratio", "lower", "upper", "statistic", "df", "p", "p_holm"),
    ),
    "mardia": (lambda c: m.mardia(c.data, c.scales).tidy(), ("b1", "b2", "chisq", "z")),
    "alpha_table": (lambda c: m.alpha_table(c.data, c.scales).tidy(), ("alpha", "alpha_standardized")),
    "cronbach_alpha": (lambda c: one_row(m.cronbach_alpha(values(c))), ("alpha", "lower", "upper")),
    "reliability_table": (
        lambda c: m.reliability_table(
            c.data,
            {"A": c.scales["A"]},
            coefficients=list(m.reliability_coefficients()),
            seed=1,
            interval="none",
        ).tidy(),
        ("estimate",),
    ),
    "quick reliability_table": (
        lambda c: m.reliability_table(
            c.data, c.scales, coefficients=["alpha", "omega_observed", "glb", "lambda4_max"], interval="none"
        ).tidy(),
        ("estimate",),
    ),
    "reliability_table with bootstrap": (
        lambda c: m.reliability_table(
            c.data,
            {"A": c.scales["A"]},
            coefficients=["alpha", "omega_implied"],
            seed=1,
            interval="bca",
            n_replications=100,
        ).tidy(),
        ("estimate", "lower", "upper"),
    ),
    "greatest_lower_bound": (lambda c: one_row(m.greatest_lower_bound(covariance(c))), ("value",)),
    "split_half": (lambda c: one_row(m.split_half(covariance(c))), ("lambda4_max", "spearman_brown_mean")),
    "multilevel_reliability": (
        lambda c: one_row(m.multilevel_reliability(values(c), c.some["unit"].to_numpy())),
        ("alpha_within", "alpha_between", "omega_within", "omega_mean"),
    ),
    "multilevel_reliability of one model": (
        lambda c: one_row(
            m.multilevel_reliability(values(c), c.some["unit"].to_numpy(), factors="two_level")
        ),
        ("alpha_within", "omega_within", "omega_mean"),
    ),
    "ordinal_reliability": (
        lambda c: one_row(m.ordinal_reliability(values(c), items=c.scales["A"])),
        ("alpha", "omega_categorical_implied"),
    ),
    "hierarchical_omega": (
        lambda c: m.hierarchical_omega(correlation(c).matrix).tidy(),
        ("omega_hierarchical", "omega_total"),
    ),
    "fit_reliability": (lambda c: m.fit_reliability(fitted(c)).tidy(), ("omega_implied", "alpha")),
    "retest_table": (
        lambda c: m.retest_table(c.data, {"score": ["a1", "b1"]}).tidy(),
        ("icc_agreement", "correlation", "sem_agreement"),
    ),
    "correlate": (lambda c: correlation(c).tidy(), ("correlation",)),
    "correlate polychoric": (lambda c: correlation(c, "polychoric").tidy(), ("correlation",)),
    "sampling_adequacy": (lambda c: m.sampling_adequacy(correlation(c)).tidy(), ("kmo",)),
    "sampling_adequacy of one scale": (
        lambda c: m.sampling_adequacy(correlation(c, scale="A")).tidy(),
        ("kmo",),
    ),
    "minimum_average_partial": (
        lambda c: m.minimum_average_partial(correlation(c)).tidy(),
        ("map_squared", "map_fourth"),
    ),
    "empirical_kaiser": (lambda c: m.empirical_kaiser(correlation(c, scale="A")).tidy(), ("eigenvalue",)),
    "parallel_analysis": (
        lambda c: m.parallel_analysis(
            correlation(c),
            seed=1,
            n_replications=20,
            variants=("components", "factors_minres", "factors_smc"),
        ).tidy(),
        ("eigenvalue", "null_mean"),
    ),
    "parallel_analysis polychoric": (
        lambda c: m.parallel_analysis(correlation(c, "polychoric"), seed=1, n_replications=20).tidy(),
        ("eigenvalue", "null_mean"),
    ),
    "parallel_analysis of one scale": (
        lambda c: m.parallel_analysis(correlation(c, scale="A"), seed=1, n_replications=20).tidy(),
        ("eigenvalue", "null_mean"),
    ),
    "comparison_data": (
        lambda c: (
            m.comparison_data(correlation(c), seed=1, n_samples=20, population=500, max_factors=2)
            .tidy()
            .assign(defined=1.0)
        ),
        ("defined",),
    ),
    "explore": (lambda c: m.explore(c.some, items(c.scales), 3).tidy(), ("loading",)),
    "explore one scale": (
        lambda c: m.explore(c.some, c.scales["A"], 1, method="minres").tidy(),
        ("loading",),
    ),
    "explore with bootstrap": (
        lambda c: m.explore(c.some, items(c.scales), 2, method="minres", n_replications=100, seed=1).tidy(),
        ("loading", "se"),
    ),
    "exploratory_sem": (lambda c: m.exploratory_sem(c.some, items(c.scales), 3).tidy(), ("loading", "se")),
    "exploratory_sem of one scale": (
        lambda c: m.exploratory_sem(c.some, c.scales["A"], 1).tidy(),
        ("loading",),
    ),
    "explore_and_confirm": (
        lambda c: m.explore_and_confirm(c.some, items(c.scales), seed=1, n_factors=3).tidy(),
        ("loading",),
    ),
    "heterotrait_monotrait": (
        lambda c: validity.heterotrait_monotrait(
            c.some, c.scales, seed=1, n_replications=100, cluster="firm"
        ).tidy(),
        ("htmt", "htmt2", "htmt2_lower"),
    ),
    "convergent_validity": (
        lambda c: validity.convergent_validity(fitted(c), c.scales).tidy(),
        ("ave", "loading_min"),
    ),
    "discriminant_validity": (
        lambda c: validity.discriminant_validity(
            c.some, c.scales, estimator="ML", missing="listwise", cutoffs=()
        ).tidy(),
        ("correlation", "upper", "chisq_merge"),
    ),
    "validity_matrices": (
        lambda c: validity.validity_matrices(c.data, c.scales, seed=1, n_replications=100).tidy(),
        ("value",),
    ),
    "global_item_correlations": (
        lambda c: validity.global_item_correlations(c.some, {"a1": "b1", "c1": "b2"}).tidy(),
        ("correlation",),
    ),
    "careless_indices": (flags, ("mahalanobis", "even_odd", "guttman", "irv")),
}


@cache
def outcome(task: str, case: str) -> pd.DataFrame | ComplyError:
    """The table of a task, or its error."""
    try:
        return TASKS[task][0](CASES[case])
    except ComplyError as error:
        return error


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("task", TASKS)
def test_undefined_values_have_a_reason(task: str, case: str) -> None:
    """No crash, no warning; a missing number stands beside a note, an error names what is at fault."""
    columns, table = TASKS[task][1], outcome(task, case)
    if isinstance(table, ComplyError):
        line = " ".join(str(table).split())
        assert any(word in line for word in (*CASES[case].says, "informants", "complete cases")), line
        return
    gaps = table[list(columns)].isna().any(axis=1)
    notes = table.loc[gaps, "note"] if "note" in table else pd.Series([""] * int(gaps.sum()))
    assert notes.ne("").all(), table.loc[gaps, list(columns)]
    if gaps.any() and CASES[case].says:
        assert notes.map(lambda note: len(note) < 300).all()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("task", TASKS)
def test_no_cell_is_empty_without_a_reason(task: str, case: str) -> None:
    """Over all numeric columns of all results: a note, or the cell's column named in ``reason``."""
    table = outcome(task, case)
    if isinstance(table, ComplyError):
        return
    blank = pd.Series([""] * len(table), index=table.index)
    note, reason = (table[name].fillna("") if name in table else blank for name in ("note", "reason"))
    for column in table.select_dtypes("number"):
        silent = table[column].isna() & note.eq("") & ~reason.map(lambda text, c=column: f"{c}" in text)
        assert not silent.any(), f"{column}: {table.loc[silent].to_dict('records')[:2]}"


# coefficients and tables of items: each names the item that was not reversed
NAMED = (
    "item_analysis",
    "inter_item_table",
    "alpha_table",
    "reliability_table",
    "quick reliability_table",
    "reliability_table with bootstrap",
    "ordinal_reliability",
    "fit_reliability",
    "heterotrait_monotrait",
    "convergent_validity",
)
NUMBERED = ("cronbach_alpha", "greatest_lower_bound", "split_half", "multilevel_reliability")


@pytest.mark.parametrize("task", [*NAMED, *NUMBERED])
def test_a_forgotten_reversal_is_named(task: str) -> None:
    table = TASKS[task][0](CASES["forgotten reversal"])
    if "item" in table:  # a row per item: the item's own
        table = table[table["item"] == "a3"]
    elif "scale" in table:
        table = table[table["scale"] == "A"]
    elif "construct" in table or "factor" in table:
        column = "construct" if "construct" in table else "factor"
        table = table[table[column] == "A"]
    estimates = table["estimate"].notna() if "estimate" in table else pd.Series(True, index=table.index)
    words = "runs against the others (not reversed?)"
    assert table.loc[estimates, "note"].str.contains(words, regex=False).all(), table[["note"]]
    if "item" not in table:
        name = "a3" if task in NAMED else "item 3"
        assert table.loc[estimates, "note"].str.contains(f"{words}: {name}", regex=False).all()
        assert not table["note"].str.contains("a1").any()
    sound = TASKS[task][0](Case(CASES["one item"].data, CASES["one item"].some, ITEMS, ()))
    assert not sound["note"].str.contains("runs against", regex=False).any()


def test_every_public_function_is_tried() -> None:
    """Those of printed numbers and of files have their own bad cases (reliability, content)."""
    here = [Path(__file__), Path(__file__).with_name("test_measurement_numbers.py")]
    here.append(Path(__file__).with_name("measurement_cases.py"))
    text = "".join(path.read_text(encoding="utf-8") for path in here)
    elsewhere = {"average_variance_extracted", "composite_reliability", "omega_total", "categorical_omega"}
    elsewhere |= {"cvr_critical", "sort_critical", "content_evidence", "rotate", "split_units"}
    elsewhere |= {"read_definitional_ratings", "read_expert_ratings", "read_item_sorts", "default_cutoffs"}
    elsewhere |= set(missingness.__all__)
    functions = [name for name in m.__all__ if inspect.isfunction(getattr(m, name))]
    untried = [name for name in functions if f".{name}(" not in text and name not in elsewhere]
    assert not untried


@pytest.mark.parametrize("case", ["one item", "constant item", "unanswered item", "perfect correlation"])
@pytest.mark.parametrize(
    "task", ["item_analysis", "inter_item_table", "alpha_table", "quick reliability_table"]
)
def test_other_scales_go_on(task: str, case: str) -> None:
    """Values of constructs B and C are those of the table without the bad construct."""
    call, columns = TASKS[task]
    table = call(CASES[case])
    good = {key: ITEMS[key] for key in "BC"}
    alone = call(Case(CASES[case].data, CASES[case].some, good, ()))
    rest = table[table["scale"].isin(good)].reset_index(drop=True)
    for column in columns:
        np.testing.assert_allclose(rest[column], alone[column], rtol=1e-9)


@pytest.mark.parametrize(
    ("task", "case", "words"),
    [
        ("alpha_table", "one item", "one item"),
        ("alpha_table", "unanswered item", "a1: no answers"),
        ("reliability_table", "constant item", "a1: all answers equal"),
        ("reliability_table", "two items", "fewer than 3 items"),
        ("little_mcar", "perfect correlation", "determine each other"),
        ("correlate", "unanswered item", "left out: a1: no answers"),
        ("sampling_adequacy", "perfect correlation", "perfectly correlated: a1 and a2"),
        ("explore", "nine informants", "9 informants for 12 items"),
        ("explore one scale", "two items", "1 factor and 2 items that vary: not identified"),
        ("exploratory_sem", "perfect correlation", "perfectly correlated: a1 and a2"),
        ("heterotrait_monotrait", "one item", "A: one item has no monotrait correlation"),
        ("convergent_validity", "one item", "A: one item, no AVE"),
        ("fit_reliability", "one item", "free of error"),
        ("validity_matrices", "constant item", "'a1': all answers equal"),
        ("careless_indices", "perfect correlation", "mahalanobis"),
    ],
)
def test_the_line_says_what_is_wrong(task: str, case: str, words: str) -> None:
    assert TASKS[task][0](CASES[case])["note"].str.contains(words, regex=False).any()


@pytest.mark.parametrize("case", ["constant item", "unanswered item", "perfect correlation"])
def test_factor_models_name_the_item(case: str) -> None:
    for task in ("convergent_validity", "discriminant_validity", "fit_reliability"):
        with pytest.raises(ComplyError, match="a1"):
            TASKS[task][0](CASES[case])


def test_content_of_one_expert_no_expert_and_full_agreement() -> None:
    ratings = pd.DataFrame(
        {"x": [4, 4, 4, 4, 4, 4], "y": [np.nan] * 6, "z": [1, np.nan, np.nan, np.nan, np.nan, np.nan]}
    )
    table = content.content_validity(ratings).tidy().set_index("item")
    assert table.loc["x", "i_cvi"] == 1 and table.loc["x", "note"] == ""
    assert np.isnan(table.loc["y", "i_cvi"]) and table.loc["y", "note"] == "no expert rated this item"
    assert "too few" in table.loc["z", "note"] and np.isnan(table.loc["z", "kappa"])
    sort = pd.DataFrame({"x": ["A", "A", "B"], "y": [None, None, None]}, dtype=object)
    sorted_items = content.item_sort(sort, {"x": "A", "y": "B"}).tidy().set_index("item")
    assert np.isnan(sorted_items.loc["y", "c_sv"]) and "no judge" in sorted_items.loc["y", "note"]
    with pytest.raises(ComplyError, match="two constructs"):
        content.item_sort(pd.DataFrame({"x": ["A"]}), {"x": "A"})
    rated = pd.DataFrame(
        {"judge": [1, 1], "item": ["x", "y"], "construct": ["A", "A"], "rating": [5, np.nan]}
    )
    definitions = content.definitional_ratings(rated, {"x": "A", "y": "B"}, 5).tidy().set_index("item")
    assert definitions.loc["x", "note"] == "no rating against another definition"
    assert "never rated" in definitions.loc["y", "note"]
    with pytest.raises(ComplyError, match="empty"):
        content.content_validity(pd.DataFrame())
