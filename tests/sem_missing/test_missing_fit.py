"""``sem.fit`` with missing values against lavaan 0.6-14 (tests/reference/sem_missing/cases.R)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from comply_measure import sem
from comply_measure.errors import InputError

REFERENCE = Path(__file__).parent.parent / "reference" / "sem_missing"
CASES = json.loads((REFERENCE / "cases.json").read_text())
DATA = pd.read_csv(REFERENCE / "incomplete.csv")
ONE_FACTOR = "f =~ y1 + y2 + y3"

# What each case asks of sem.fit; the model is the reference's own.
ASKED = {
    "ml": {},
    "expected": {"information": "expected"},
    "structural_ml": {},
    "groups": {"group": "group"},
}
# lavaan takes off the log-likelihood of incomplete exogenous variables as if they were complete, with
# two different moments, so that its chisq is not 2 (unrestricted.logl − logl); ours is.
CORE = ["npar", "fmin", "chisq", "df", "pvalue", "baseline.chisq", "baseline.df", "cfi", "tli", "rmsea"]
CORE += ["rmsea.ci.lower", "rmsea.ci.upper", "srmr", "crmr", "rmr", "srmr_mplus"]
LIKELIHOOD = ["logl", "unrestricted.logl", "aic", "bic", "bic2", "ntotal"]


def fitted(case, **options):
    return sem.fit(CASES[case]["model"], DATA, **{"missing": "ml", **options})


def reference_rows(case):
    rows = pd.DataFrame(CASES[case]["parameters"])
    if "group" not in rows:
        rows["group"] = 1
    rows.loc[rows.op == ":=", "group"] = 0
    return rows


def side_by_side(fit, case):
    expected = reference_rows(case)
    both = fit.estimates.merge(expected, on=["lhs", "op", "rhs", "group"], suffixes=("", "_lavaan"))
    assert len(both) == len(expected) == len(fit.estimates)
    return both


@pytest.mark.parametrize("case", ASKED)
def test_estimates_and_standard_errors(case):
    both = side_by_side(fitted(case, **ASKED[case]), case)
    # lavaan's optimiser stops about 1e-5 from the optimum, its Hessian is numerical.
    assert_allclose(both.est, both.est_lavaan, atol=2e-5)
    assert_allclose(both.se, both.se_lavaan, rtol=5e-5, atol=1e-6)


@pytest.mark.parametrize("case", ASKED)
def test_fit_measures(case):
    found, expected = fitted(case, **ASKED[case]).fit_measures, CASES[case]["fitMeasures"]
    for name in (*CORE, *LIKELIHOOD):
        assert_allclose(found[name], expected[name], rtol=2e-6, atol=2e-6, err_msg=name)


@pytest.mark.parametrize(
    ("case", "options"),
    [
        ("equality", {}),
        ("x_missing", {}),
        ("x_missing_ml.x", {"missing": "ml.x"}),
        ("x_random", {"fixed_x": False}),
        ("groups_equal", {"group": "group", "group_equal": ["loadings", "intercepts"]}),
    ],
)
def test_estimates_do_not_depend_on_robust_options(case, options):
    """lavaan ran these with MLR: estimates and the standard χ² are those of ML."""
    fit = fitted(case, **options)
    assert_allclose(side_by_side(fit, case).est, side_by_side(fit, case).est_lavaan, atol=2e-5)
    for name in CORE:
        assert_allclose(
            fit.fit_measures[name], CASES[case]["fitMeasures"][name], rtol=2e-6, atol=2e-6, err_msg=name
        )


def test_log_likelihoods_and_chisq_agree_when_exogenous_variables_are_incomplete():
    found = fitted("x_missing_ml.x", missing="ml.x").fit_measures
    assert_allclose(2 * (found["unrestricted.logl"] - found["logl"]), found["chisq"], rtol=1e-9)


def test_complete_data_give_what_listwise_gives():
    complete = DATA.dropna()
    full = sem.fit(ONE_FACTOR + "\ny1 ~ z", complete, missing="fiml", information="expected")
    usual = sem.fit(ONE_FACTOR + "\ny1 ~ z", complete, meanstructure=True)
    assert_allclose(full.estimates.est, usual.estimates.est, atol=1e-7)
    assert_allclose(full.estimates.se, usual.estimates.se, rtol=1e-6)
    for name in (*CORE, *LIKELIHOOD):
        assert_allclose(full.fit_measures[name], usual.fit_measures[name], rtol=1e-7, atol=1e-7)


def test_a_just_identified_model_fits_perfectly():
    fit = sem.fit(ONE_FACTOR, DATA, missing="ml")
    assert fit.fit_measures["chisq"] == pytest.approx(0.0, abs=1e-7)
    assert fit.fit_measures["df"] == 0


def test_order_of_items_and_scale_of_the_factor_leave_fit_unchanged():
    one = sem.fit("f =~ y1 + y2 + y3 + y7", DATA, missing="ml")
    other = sem.fit("f =~ y7 + y3 + y1 + y2", DATA, missing="ml", std_lv=True)
    assert_allclose(one.fit_measures["chisq"], other.fit_measures["chisq"], rtol=1e-9)
    assert_allclose(one.fit_measures["srmr"], other.fit_measures["srmr"], rtol=1e-6)


def test_cases_left_out_are_counted():
    fit = fitted("ml")
    assert fit.n == 239
    assert any(p.code == "incomplete_cases" and "1 of 240" in p.message for p in fit.problems)
    assert any("exogenous" in p.message and "28 of 240" in p.message for p in fitted("x_missing").problems)


def test_variables_never_seen_together_are_named_and_there_is_no_test():
    data = DATA[["y1", "y2", "y3", "y7"]].copy()
    data.loc[:120, "y2"] = np.nan
    data.loc[121:, "y3"] = np.nan
    fit = sem.fit("f =~ y1 + y2 + y3 + y7", data, missing="ml")
    problem = next(p for p in fit.problems if p.code == "coverage")
    assert "y2, y3" in problem.message and problem.serious
    assert fit.converged and fit.estimates.se.notna().all()
    assert np.isnan(fit.fit_measures["chisq"]) and np.isnan(fit.fit_measures["cfi"])
    assert np.isfinite(fit.fit_measures["logl"])


def test_a_variable_without_data_is_refused_by_name():
    data = DATA.assign(y3=np.nan)
    with pytest.raises(InputError, match="y3"):
        sem.fit(ONE_FACTOR, data, missing="ml")


def test_fewer_cases_than_variables_keep_the_estimates_but_have_no_test():
    rng = np.random.default_rng(3)
    factor = rng.normal(size=(14, 1))
    data = pd.DataFrame(factor + 0.5 * rng.normal(size=(14, 15)), columns=[f"v{j}" for j in range(15)])
    data.iloc[0, 0] = np.nan
    fit = sem.fit("f =~ " + " + ".join(data.columns), data, missing="ml")
    assert any(p.code == "saturated_moments" for p in fit.problems)
    assert np.isnan(fit.fit_measures["chisq"])
    assert fit.converged and np.isfinite(fit.estimates.est).all()


def test_semopy_is_not_given_incomplete_data():
    with pytest.raises(sem.ModelError, match="semopy"):
        sem.fit(ONE_FACTOR, DATA, missing="ml", engine="semopy")
