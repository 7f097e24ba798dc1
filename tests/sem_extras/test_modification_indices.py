"""Modification indices and score tests against lavaan 0.7-2, Wald tests against 0.6.14 (tests/reference/sem_extras).

Tolerance 1e-3 for indices (up to 80) and 3e-5 for changes: scores are of first order in the distance of
lavaan's estimates from the optimum (about 1e-6), ours are at 1e-9.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from comply_measure import sem

KEYS = ["lhs", "op", "rhs", "group"]
CHANGES = ["epc", "sepc.lv", "sepc.all", "sepc.nox"]
CASES = {
    "sem": ("SEM", {}),
    "sem_random": ("SEM", {"meanstructure": True, "fixed_x": False}),
    "orthogonal": ("CFA", {"orthogonal": True, "std_lv": True}),
    "second": ("SECOND", {}),
    "groups": ("CFA", {"group": "region", "group_equal": ("loadings", "intercepts")}),
    "label": ("LABEL", {}),
}


@pytest.mark.parametrize("case", CASES)
def test_indices_of_complete_data(case, models, simulated, reference):
    name, options = CASES[case]
    found = sem.fit(getattr(models, name), simulated, **options).modification_indices()
    expected = pd.DataFrame(reference("modification")[case])
    if case == "orthogonal":
        # the three indicators of a factor alone determine it: lavaan gives rounding errors
        alone = expected["lhs"].str.startswith("b") & expected["rhs"].str.startswith("b")
        assert (expected.loc[alone, "mi"] < 1e-3).all()
        expected = expected[~alone]
    # same parameters in the same order
    assert found[KEYS].values.tolist() == expected[KEYS].values.tolist()
    assert_allclose(found["mi"], expected["mi"], atol=1e-3)
    assert_allclose(found[CHANGES], expected[CHANGES], atol=3e-5)


def test_indices_with_missing_values(models, incomplete, reference):
    found = sem.fit(models.SEM, incomplete, missing="ml").modification_indices()
    expected = pd.DataFrame(reference("modification")["fiml"])
    assert found[KEYS].values.tolist() == expected[KEYS].values.tolist()
    assert_allclose(found["mi"], expected["mi"], atol=1e-3)
    assert_allclose(found["epc"], expected["epc"], atol=3e-5)


ORDINAL = "f =~ u1 + u2 + u3 + u4\ng =~ u5 + u6 + u7\n"
MIXED = "f =~ u1 + u2 + u3 + u4\ng =~ y1 + y2 + y3\nf ~ x1 + x2\ng ~ x1 + f\n"
ORDERED_CASES = {
    "ordinal": (ORDINAL, {"ordered": True}),
    "ordinal_theta": (ORDINAL, {"ordered": True, "parameterization": "theta"}),
    "ordinal_groups": (
        ORDINAL,
        {"ordered": True, "group": "region", "group_equal": ("loadings", "thresholds")},
    ),
    "mixed": (MIXED, {"ordered": ["u1", "u2", "u3", "u4"]}),
}


@pytest.mark.parametrize("case", ORDERED_CASES)
def test_indices_of_ordered_variables(case, ordinal, reference):
    model, options = ORDERED_CASES[case]
    found = sem.fit(model, ordinal, **options).modification_indices()
    expected = pd.DataFrame(reference("modification")[case])
    assert found[KEYS].values.tolist() == expected[KEYS].values.tolist()
    assert_allclose(found["mi"], expected["mi"], atol=1e-3)
    scale = found["op"] == "~*~"  # a scaling factor has no standardised change; lavaan gives its sign
    assert_allclose(found.loc[~scale, CHANGES], expected.loc[~scale, CHANGES], atol=3e-4)
    assert_allclose(found.loc[scale, "epc"], expected.loc[scale, "epc"], atol=3e-4)


@pytest.mark.parametrize("estimator", ["mlr", "uls", "gls", "wls"])
def test_indices_of_other_estimators(estimator, models, simulated, reference):
    found = sem.fit(models.CFA, simulated, estimator=estimator).modification_indices()
    expected = pd.DataFrame(reference("modification")[estimator])
    assert found[KEYS].values.tolist() == expected[KEYS].values.tolist()
    assert_allclose(found["mi"], expected["mi"], atol=1e-3, rtol=1e-4)
    assert_allclose(found[CHANGES], expected[CHANGES], atol=3e-5)


def test_index_approximates_the_drop_in_chi_square(models, simulated):
    fit = sem.fit(models.CFA, simulated)
    best = fit.modification_indices(sort=True).iloc[0]
    freed = sem.fit(f"{models.CFA}{best.lhs} {best.op} {best.rhs}", simulated)
    drop = fit.measures["chisq"] - freed.measures["chisq"]
    assert drop == pytest.approx(best.mi, rel=0.15)
    row = freed.estimates.query("lhs == @best.lhs and op == @best.op and rhs == @best.rhs").iloc[0]
    assert row.est == pytest.approx(best.epc, rel=0.15)


def test_filters(models, simulated):
    fit = sem.fit(models.CFA, simulated)
    everything = fit.modification_indices()
    large = fit.modification_indices(sort=True, minimum=4.0, op="~~")
    assert set(large.op) == {"~~"} and large.mi.min() >= 4.0
    assert large.mi.is_monotonic_decreasing
    assert len(large) == ((everything.op == "~~") & (everything.mi >= 4.0)).sum()


def test_scale_of_the_data_does_not_matter(models, simulated):
    small = simulated.copy()
    small[["a1", "a2", "a3", "a4"]] *= 1e-4
    plain = sem.fit(models.CFA, simulated).modification_indices()
    scaled = sem.fit(models.CFA, small).modification_indices()
    assert_allclose(scaled["mi"], plain["mi"], rtol=1e-4, atol=1e-6)
    assert_allclose(scaled["sepc.all"], plain["sepc.all"], rtol=1e-4, atol=1e-6)


def test_unidentified_model_is_refused(simulated):
    fit = sem.fit("A =~ NA*a1 + a2 + a3", simulated)
    with pytest.raises(sem.ModelError, match=r"singular|converged"):
        fit.modification_indices()


SCORES = {
    "score_groups": ("CFA", {"group": "region", "group_equal": ("loadings", "intercepts")}, {}),
    "score_groups_two": (
        "CFA",
        {"group": "region", "group_equal": ("loadings", "intercepts")},
        {"release": [2, 5]},
    ),
    "score_label": ("LABEL", {}, {}),
    "score_add": ("CFA", {}, {"add": "a2 ~~ b3\nA =~ b1"}),
    "score_add_label": ("LABEL", {}, {"add": "b3 ~~ a2; A =~ b1"}),
}


@pytest.mark.parametrize("case", SCORES)
def test_score_tests(case, models, simulated, reference):
    name, options, asked = SCORES[case]
    test = sem.fit(getattr(models, name), simulated, **options).score_test(**asked)
    expected = reference("modification")[case]
    assert test.chisq == pytest.approx(expected["total"][0]["X2"], abs=1e-4)
    single = pd.DataFrame(expected["uni"])
    assert test.univariate["lhs"].tolist() == single["lhs"].tolist()
    assert test.univariate["rhs"].tolist() == single["rhs"].tolist()
    assert_allclose(test.univariate["chisq"], single["X2"], atol=1e-4)
    assert_allclose(test.univariate["pvalue"], single["p.value"], atol=1e-5)
    both = test.changes.merge(pd.DataFrame(expected["epc"]), on=KEYS, suffixes=("", "_lavaan"))
    assert len(both) == len(test.changes)
    determined = both[both["epc"].notna()]
    assert_allclose(determined["epc"], determined["epc_lavaan"], atol=3e-5)
    moved = determined[determined["epc"].abs() > 3e-5]
    assert_allclose(moved["sepc.all"], moved["sepc.all_lavaan"], atol=3e-5)


def test_released_model_that_is_not_identified_has_fewer_df(models, simulated):
    fit = sem.fit(models.CFA, simulated, group="region", group_equal=("loadings", "intercepts"))
    test = fit.score_test()
    configural = sem.fit(models.CFA, simulated, group="region")
    # lavaan counts all 19 constraints; latent means of the second group go with three of them
    assert test.n_constraints == 19
    assert test.df == fit.model.df - configural.model.df == 16
    assert "not identified" in test.note
    assert test.changes["epc"].isna().any()
    assert test.tidy().iloc[0]["df"] == 16


def test_added_parameter_agrees_with_its_index(models, simulated):
    fit = sem.fit(models.SEM, simulated)
    test = fit.score_test(add="y ~ x1")
    index = fit.modification_indices(op="~").query("lhs == 'y' and rhs == 'x1'").iloc[0]
    assert test.chisq == pytest.approx(index["mi"], rel=1e-8)
    assert test.univariate["epc"].iloc[0] == pytest.approx(index["epc"], rel=1e-8)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"add": "A =~ a2"}, "free already"),
        ({"add": "A =~ nothing"}, "nothing"),
        ({"release": [1]}, "no equality constraint"),
        ({"add": "a1 ~~ a2", "release": [1]}, "not both"),
    ],
)
def test_impossible_score_tests_are_refused(asked, message, models, simulated):
    with pytest.raises(sem.ModelError, match=message):
        sem.fit(models.CFA, simulated).score_test(**asked)


def test_unknown_constraint_numbers_are_refused(models, simulated):
    with pytest.raises(sem.ModelError, match="3 constraints"):
        sem.fit(models.LABEL, simulated).score_test(release=[4])


@pytest.mark.parametrize(
    ("case", "text"), [("one", "a == b"), ("two", "a == b\nc == 0"), ("product", "a*b == 0.2")]
)
def test_wald(case, text, models, simulated, reference):
    test = sem.fit(models.MEDIATION, simulated).wald(text)
    expected = reference("wald")[case]
    assert test.statistic == pytest.approx(expected["stat"], rel=1e-4)
    assert test.df == expected["df"]
    assert test.pvalue == pytest.approx(expected["p.value"], abs=1e-5)


def test_wald_of_defined_parameter_and_redundant_constraints(models, simulated):
    fit = sem.fit(models.MEDIATION, simulated)
    row = fit.estimates.query("lhs == 'ab'").iloc[0]
    assert fit.wald("ab == 0").statistic == pytest.approx(row.z**2, rel=1e-8)
    twice = fit.wald("a == b; b == a")
    assert twice.df == 1 and twice.note
    assert twice.statistic == pytest.approx(fit.wald("a == b").statistic)
    assert (twice.note, twice.df) == ("1 constraint follows from the others", 1)
    thrice = fit.wald("a == b; b == a; 2*a == 2*b")
    assert (thrice.note, thrice.df) == ("2 constraints follow from the others", 1)
    assert fit.wald("a == b").note == ""
    against = fit.wald("a == b; a == b + 1")
    assert np.isnan([against.statistic, against.df, against.pvalue]).all()
    assert against.note == "the constraints contradict each other"
    nothing = fit.wald("a == a; b == a")
    assert np.isnan(nothing.statistic) and nothing.df == 2 and nothing.note.startswith("a constraint holds")


@pytest.mark.parametrize("text", ["a == unknown", "a <", "A =~ a1"])
def test_wald_rejects_what_it_cannot_read(text, models, simulated):
    with pytest.raises(sem.ModelSyntaxError):
        sem.fit(models.MEDIATION, simulated).wald(text)
    with pytest.raises(sem.ModelError, match="equalities"):
        sem.fit(models.MEDIATION, simulated).wald("a > 0")
