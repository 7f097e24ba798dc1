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
MLR = {"estimator": "MLR"}
ASKED = {
    "ml": {},
    "expected": {"information": "expected"},
    "mlr": MLR,
    "mlr_expected": {**MLR, "information": "expected"},
    "structural_ml": {},
    "structural": MLR,
    "equality": MLR,
    "nonlinear": MLR,
    "second_order": {**MLR, "std_lv": True},
    "x_missing": MLR,
    "x_missing_ml.x": {**MLR, "missing": "ml.x"},
    "x_random": {**MLR, "fixed_x": False},
    "groups": {"group": "group"},
    "groups_equal": {**MLR, "group": "group", "group_equal": ["loadings", "intercepts"]},
    "cluster": {**MLR, "cluster": "cluster"},
    "cluster_groups": {**MLR, "cluster": "cluster", "group": "group", "group_equal": "loadings"},
    "two_stage": {"missing": "two.stage"},
    "robust_two_stage": {"missing": "robust.two.stage"},
    "robust_two_stage_groups": {"missing": "robust.two.stage", "group": "group", "group_equal": "loadings"},
    "two_stage_structural": {"missing": "two.stage", "fixed_x": False},
}
CORE = ["npar", "fmin", "chisq", "df", "pvalue", "baseline.chisq", "baseline.df", "cfi", "tli", "rmsea"]
CORE += ["rmsea.ci.lower", "rmsea.ci.upper", "srmr", "crmr", "rmr", "srmr_mplus"]
LIKELIHOOD = ["logl", "unrestricted.logl", "aic", "bic", "bic2", "ntotal"]
SCALED = ["chisq.scaled", "pvalue.scaled", "chisq.scaling.factor", "rmsea.scaled", "rmsea.ci.lower.scaled"]
SCALED_BASELINE = ["baseline.chisq.scaled", "baseline.chisq.scaling.factor", "cfi.scaled", "tli.scaled"]
FACTORS = ["scaling.factor.h0", "scaling.factor.h1"]
ROBUST_RMSEA = ["rmsea.robust", "rmsea.ci.lower.robust", "rmsea.ci.upper.robust", "rmsea.pvalue.robust"]
ROBUST = ["cfi.robust", "tli.robust", "rni.robust"]


def left_out(case):
    """Measures in which lavaan 0.6-14 contradicts itself."""
    skip = set()
    if case == "x_missing_ml.x":
        # The log-likelihood of incomplete exogenous variables is taken off as if they were complete, once
        # with EM moments and once with others, so that chisq is not 2 (unrestricted.logl − logl).
        skip |= set(LIKELIHOOD) - {"ntotal"}
    if case == "x_random":
        # The complete-data weight of the correction treats the exogenous variable as fixed.
        skip |= {*ROBUST, *ROBUST_RMSEA}
    if "two_stage" in case:
        # The baseline model's scaling factor is that of complete data: the same for two.stage and
        # robust.two.stage, and near 1 although the model's own is 1.3.
        skip |= {*SCALED_BASELINE, *ROBUST}
    return skip


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
    names = [*CORE, *LIKELIHOOD]
    if "chisq.scaled" in expected:
        names += [*SCALED, *SCALED_BASELINE]
    names += [*ROBUST, *ROBUST_RMSEA, *(name for name in FACTORS if name in expected)]
    for name in names:
        if name not in left_out(case):
            assert_allclose(found[name], expected[name], rtol=2e-6, atol=2e-6, err_msg=name)


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


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_one_group_with_variables_never_seen_together_leaves_all_groups_without_a_test(estimator):
    """Logarithm of the likelihood, its counts and the estimates are there; every number of a test is not."""
    data = DATA[["y1", "y2", "y3", "y7"]].assign(g=np.arange(len(DATA)) % 2)
    first = np.flatnonzero(data["g"] == 0)
    data.loc[first[:60], "y2"] = np.nan
    data.loc[first[60:], "y3"] = np.nan
    model = "f =~ y1 + y2 + y3 + y7"
    fit = sem.fit(model, data, missing="ml", group="g", estimator=estimator)
    alone = [sem.fit(model, part, missing="ml", estimator=estimator) for _, part in data.groupby("g")]
    (problem,) = [p for p in fit.problems if p.code == "coverage"]
    assert "y2, y3" in problem.message and "group '0'" in problem.message and problem.serious
    assert fit.measures["logl"] == pytest.approx(sum(each.measures["logl"] for each in alone))
    assert (fit.measures["npar"], fit.measures["df"]) == (24, 4)
    tests = [
        name for name in fit.measures if name.startswith(("chisq", "pvalue", "cfi", "tli", "rmsea", "gfi"))
    ]
    assert {"cfi.robust", "rmsea.ci.upper.robust", "gfi.robust"} <= set(tests)
    assert np.isnan([fit.measures[name] for name in tests if not name.endswith((".h0", ".level"))]).all()
    assert np.isfinite(alone[1].measures["cfi.robust"])


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
    with pytest.raises(InputError, match="semopy"):
        sem.fit(ONE_FACTOR, DATA, missing="ml", engine="semopy")


@pytest.mark.parametrize(
    "options",
    [
        {"estimator": "MLM"},
        {"estimator": "GLS"},
        {"estimator": "ML", "test": "satorra.bentler"},
        {"estimator": "ML", "test": "yuan.bentler"},
        {"missing": "two.stage", "cluster": "cluster"},
        {"missing": "two.stage", "test": "yuan.bentler"},
    ],
)
def test_combinations_without_theory_are_refused(options):
    with pytest.raises(InputError, match=r"missing|complete data"):
        sem.fit(ONE_FACTOR, DATA, **{"missing": "ml", **options})


def test_clusters_change_standard_errors_but_not_estimates():
    plain = fitted("mlr", estimator="MLR").estimates
    clustered = fitted("mlr", estimator="MLR", cluster="cluster").estimates
    assert_allclose(clustered.est, plain.est, rtol=1e-12)
    free = plain.free > 0
    assert (np.abs(clustered.se[free] / plain.se[free] - 1) > 1e-3).all()


def test_two_stage_with_complete_data_is_ml_with_the_satorra_bentler_test():
    complete = DATA[[f"y{j}" for j in range(1, 10)]].dropna()
    two_stage = sem.fit(CASES["ml"]["model"], complete, missing="robust.two.stage")
    usual = sem.fit(CASES["ml"]["model"], complete, estimator="MLM", meanstructure=True)
    assert_allclose(two_stage.estimates.est, usual.estimates.est, atol=1e-7)
    assert_allclose(two_stage.fit_measures["chisq"], usual.fit_measures["chisq"], rtol=1e-8)
    # V stands at the sample's moments here and at the model's there
    assert_allclose(two_stage.fit_measures["chisq.scaled"], usual.fit_measures["chisq.scaled"], rtol=0.1)


def test_too_many_moments_leave_out_what_needs_their_information(monkeypatch):
    from comply_measure.sem.inference import missing_values
    from comply_measure.sem.missing import sample

    for module in (sample, missing_values):
        monkeypatch.setattr(module, "MAX_MOMENTS", 50)
    fit = fitted("mlr", estimator="MLR")
    measures = fit.fit_measures
    for name in ("chisq.scaled", "cfi.robust", "rmsea.robust"):
        assert np.isnan(measures[name])
    assert np.isfinite(measures[["chisq", "cfi", "srmr"]]).all()
    assert fit.estimates.se.notna().all()
    assert any(p.code == "many_moments" for p in fit.problems)


@pytest.mark.parametrize("case", ["ml", "mlr", "expected", "structural", "structural_ml"])
@pytest.mark.parametrize("kind", ["raw", "normalized", "standardized"])
def test_residuals_and_their_standard_errors(case, kind):
    found, expected = fitted(case, **ASKED[case]).residuals(kind), CASES[case]["residuals"][kind]
    names = expected["names"]
    cov = np.array(expected["cov"], dtype=float)
    known = np.isfinite(cov)  # moments of fixed exogenous variables have no error
    if kind == "standardized":
        # variances and means are reproduced almost exactly: residual and error both vanish, z is rounding
        np.fill_diagonal(known, False)
    # z statistics divide residuals, which lavaan leaves 1e-6 off, by errors near 0.05
    assert_allclose(found["cov"].loc[names, names].to_numpy()[known], cov[known], atol=2e-4)
    if kind != "standardized":
        mean = np.array(expected["mean"], dtype=float)
        known = np.isfinite(mean)
        assert_allclose(found["mean"][names].to_numpy()[known], mean[known], atol=2e-4)


def test_residuals_have_no_errors_after_two_stages():
    fit = fitted("two_stage", missing="two.stage")
    assert np.isfinite(fit.residuals("cor")["cov"].to_numpy()).all()
    with pytest.raises(sem.ModelError, match="complete data"):
        fit.residuals("standardized")


def test_constant_variables_are_named() -> None:
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.standard_normal((30, 3)), columns=["a", "b", "c"]).assign(b=4.0)
    data.loc[3, "a"] = np.nan
    with pytest.raises(InputError, match="'b': no variance"):
        sem.fit("f =~ a + b + c", data, missing="ml")
