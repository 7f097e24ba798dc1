"""What must not depend on how a model is written or scaled, and what must be said when data are bad."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39, political_democracy

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
PD = """
ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ ind60
dem65 ~ ind60 + dem60
y1 ~~ y5
y2 ~~ y4 + y6
"""
ITEMS = [f"x{i}" for i in range(1, 10)]


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return holzinger39.get_data()


def measures_agree(
    a: sem.Fit, b: sem.Fit, names: tuple[str, ...] = ("chisq", "df", "cfi", "rmsea", "aic")
) -> None:
    for name in names:
        # scaling factors are of first order in the distance to the optimum
        tolerance = 1e-6 if "scaled" in name or "robust" in name else 1e-8
        assert a.measures[name] == pytest.approx(b.measures[name], abs=tolerance), name


def test_order_of_items_formulas_and_columns(hs: pd.DataFrame) -> None:
    turned = "speed =~ x8 + x9 + x7\nvisual =~ x3 + x1 + x2\ntextual =~ x5 + x6 + x4\n"
    a, b = sem.fit(HS, hs), sem.fit(turned, hs[hs.columns[::-1]].sample(frac=1.0, random_state=4))
    measures_agree(a, b, ("chisq", "df", "cfi", "srmr", "rmsea.ci.upper", "bic"))
    x, y = a.standardized().set_index(["lhs", "op", "rhs"]), b.standardized().set_index(["lhs", "op", "rhs"])
    for key in (("speed", "=~", "x7"), ("x5", "~~", "x5")):
        assert x.loc[key, "est_std"] == pytest.approx(y.loc[key, "est_std"], abs=1e-8)
        assert x.loc[key, "se"] == pytest.approx(y.loc[key, "se"], abs=1e-8)


@pytest.mark.parametrize("estimator", ["ML", "MLR", "MLM", "GLS"])
def test_scaling_choice_leaves_fit_unchanged(hs: pd.DataFrame, estimator: str) -> None:
    plain = sem.fit(HS, hs, estimator=estimator)
    names = ("chisq", "df", "cfi", "srmr") + (("chisq.scaled",) if estimator in ("MLR", "MLM") else ())
    other_marker = "visual =~ NA*x1 + 1*x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
    for fit in (
        sem.fit(HS, hs, estimator=estimator, std_lv=True),
        sem.fit(HS, hs, estimator=estimator, effect_coding=True),
        sem.fit(other_marker, hs, estimator=estimator),
    ):
        measures_agree(plain, fit, names)
        assert np.allclose(
            plain.standardized().est_std[:9], np.abs(fit.standardized().est_std[:9]), atol=1e-7
        )


def test_units_of_the_variables(hs: pd.DataFrame) -> None:
    scaled = hs.copy()
    scaled[ITEMS] = hs[ITEMS] * np.geomspace(0.01, 100.0, 9) + np.arange(9)
    a, b = sem.fit(HS, hs, estimator="MLR"), sem.fit(HS, scaled, estimator="MLR")
    measures_agree(a, b, ("chisq", "chisq.scaled", "cfi.robust", "rmsea.robust", "srmr"))
    assert np.allclose(a.standardized().est_std, b.standardized().est_std, atol=1e-6)
    assert np.allclose(a.estimates.z.dropna(), b.estimates.z.dropna(), rtol=1e-5)


def test_means_alone_change_nothing(hs: pd.DataFrame) -> None:
    a, b = sem.fit(HS, hs), sem.fit(HS, hs, meanstructure=True)
    measures_agree(a, b, ("chisq", "df", "cfi", "logl", "rmsea"))
    assert np.allclose(a.estimates.se, b.estimates.se[: len(a.estimates)], atol=1e-9)


def test_groups_without_equalities_are_separate_fits(hs: pd.DataFrame) -> None:
    together = sem.fit(HS, hs, group="school", meanstructure=False)
    parts = [sem.fit(HS, part) for _, part in hs.groupby("school", sort=False)]
    assert together.measures["chisq"] == pytest.approx(sum(p.measures["chisq"] for p in parts), abs=1e-8)
    assert together.measures["logl"] == pytest.approx(sum(p.measures["logl"] for p in parts), abs=1e-8)
    stacked = pd.concat([p.estimates for p in parts], ignore_index=True)
    assert np.allclose(together.estimates.est, stacked.est, atol=1e-6)
    assert np.allclose(together.estimates.se, stacked.se, atol=1e-6)


def test_constraints_never_improve_fit(hs: pd.DataFrame) -> None:
    steps: tuple[tuple[str, ...], ...] = (
        (),
        ("loadings",),
        ("loadings", "intercepts"),
        ("loadings", "intercepts", "residuals"),
        ("loadings", "intercepts", "residuals", "lv.variances", "lv.covariances", "means"),
    )
    fits = [sem.fit(HS, hs, group="school", group_equal=step) for step in steps]
    chisq = [fit.measures["chisq"] for fit in fits]
    df = [fit.measures["df"] for fit in fits]
    assert chisq == sorted(chisq) and df == [48, 54, 60, 69, 78]


def test_just_identified_models_fit_perfectly(hs: pd.DataFrame) -> None:
    for model in ("f =~ x1 + x2 + x3", "x1 ~ x2 + x3", "x1 ~~ x2 + x3\nx2 ~~ x3"):
        fit = sem.fit(model, hs)
        assert fit.measures["df"] == 0 and fit.measures["chisq"] == pytest.approx(0.0, abs=1e-9)
        assert fit.measures["cfi"] == 1.0 and fit.measures["rmsea"] == 0.0
        assert np.isnan(fit.measures["pvalue"]) and fit.test.note


def test_regression_is_least_squares() -> None:
    data = political_democracy.get_data()
    fit = sem.fit("y1 ~ x1 + x2 + x3", data, meanstructure=True)
    X = np.column_stack([data[["x1", "x2", "x3"]], np.ones(len(data))])
    slopes = np.linalg.lstsq(X, data.y1, rcond=None)[0]
    rows = fit.estimates[fit.estimates.lhs == "y1"]
    assert np.allclose(rows[rows.op == "~"].est, slopes[:3], atol=1e-8)
    assert rows[rows.op == "~1"].est.iloc[0] == pytest.approx(slopes[3], abs=1e-7)
    residual = data.y1 - X @ slopes
    errors = np.sqrt(np.diag(np.linalg.inv(X.T @ X)) * np.mean(residual**2))
    assert np.allclose(rows[rows.op == "~"].se, errors[:3], rtol=1e-7)


def test_indirect_effect_in_a_path_model_is_the_product() -> None:
    data = political_democracy.get_data()
    fit = sem.fit("y2 ~ a*x1\ny3 ~ b*y2 + c*x1\nab := a*b\ntotal := ab + c", data)
    table = fit.estimates.set_index("label")
    total = sem.fit("y3 ~ c*x1", data).estimates.est.iloc[0]
    assert table.loc["total", "est"] == pytest.approx(total, abs=1e-8)
    a, b = table.loc["a"], table.loc["b"]
    sobel = np.sqrt(a.est**2 * b.se**2 + b.est**2 * a.se**2)
    assert table.loc["ab", "se"] == pytest.approx(sobel, rel=1e-6)  # a and b are independent here


def test_estimates_do_not_depend_on_the_start(hs: pd.DataFrame) -> None:
    a = sem.fit(HS, hs)
    b = sem.fit(HS.replace("x5", "start(-0.4)*x5").replace("x2", "start(4)*x2"), hs)
    assert np.allclose(a.estimates.est, b.estimates.est, atol=1e-7)


def test_same_data_same_digits(hs: pd.DataFrame) -> None:
    a, b = sem.fit(HS, hs, estimator="MLR"), sem.fit(HS, hs, estimator="MLR")
    assert a.estimates.equals(b.estimates) and a.fit_measures.equals(b.fit_measures)


def test_fit_objects_keep_the_callers_data_untouched(hs: pd.DataFrame) -> None:
    before = hs.copy(deep=True)
    sem.fit(HS, hs, estimator="MLR").summary()
    pd.testing.assert_frame_equal(hs, before)


# bad data and bad models -----------------------------------------------------------------------------


def test_unknown_variables_are_listed_with_line_and_nearest_column(hs: pd.DataFrame) -> None:
    with pytest.raises(InputError) as caught:
        sem.fit("visual =~ x1 + x2 + X3\ntextual =~ x4 + xx5 + zz", hs)
    shown = str(caught.value)
    assert "'X3' is not a column of the data (line 1 of the model); did you mean 'x3'?" in shown
    assert "'xx5'" in shown and "did you mean 'x5'" in shown and "'zz'" in shown


def test_columns_that_are_no_numbers(hs: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="not a number"):
        sem.fit(HS, hs.assign(x1=hs.x1.astype(str)))
    with pytest.raises(InputError, match="Infinite"):
        sem.fit(HS, hs.assign(x1=hs.x1.replace(hs.x1.iloc[0], np.inf)))
    whole = sem.fit("f =~ x1 + x2 + sex", hs.assign(sex=hs.sex.astype("Int64")))
    plain = sem.fit("f =~ x1 + x2 + sex", hs.assign(sex=hs.sex.astype(float)))
    np.testing.assert_array_equal(whole.estimates[["est", "se"]], plain.estimates[["est", "se"]])


def test_singular_data_are_explained(hs: pd.DataFrame) -> None:
    with pytest.raises(sem.ModelError, match="no variance: x2"):
        sem.fit(HS, hs.assign(x2=3.0))
    with pytest.raises(sem.ModelError, match=r"linearly dependent variables: .*x1.*x9"):
        sem.fit(HS, hs.assign(x9=hs.x1 + hs.x2))
    with pytest.raises(sem.ModelError, match="9 complete cases for 9 variables"):
        sem.fit(HS, hs.head(9))
    with pytest.raises(sem.ModelError, match="in group 'Pasteur'"):
        sem.fit(HS, hs.assign(x2=hs.x2.where(hs.school != "Pasteur", 1.0)), group="school")


def test_left_out_cases_are_counted(hs: pd.DataFrame) -> None:
    data = hs.copy()
    data.loc[data.index[:7], "x5"] = np.nan
    fit = sem.fit(HS, data)
    assert fit.n == 294 and fit.measures["ntotal"] == 294
    (note,) = fit.problems
    assert "7 of 301 cases" in note.message and not note.serious
    assert "7 of 301" in fit.summary()


def test_no_cases_is_an_input_error(hs: pd.DataFrame) -> None:
    with pytest.raises(InputError):
        sem.fit(HS, hs.head(0))
    with pytest.raises(InputError):
        sem.fit(HS, hs.assign(x1=np.nan))


@pytest.mark.parametrize(
    "model",
    [
        "f =~ x1 + x2",
        "f =~ NA*x1 + x2 + x3 + x4",
        "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ny =~ NA*f + g\nf ~ y",
    ],
)
def test_unidentified_models_are_named(hs: pd.DataFrame, model: str) -> None:
    fit = sem.fit(model, hs)
    codes = {problem.code for problem in fit.problems}
    assert codes & {"not_identified", "negative_df", "not_converged"}
    assert fit.estimates.se[fit.estimates.free > 0].isna().all()


def test_words_are_checked_with_a_suggestion(hs: pd.DataFrame) -> None:
    for options, message in (
        ({"estimator": "WLSMVV"}, "did you mean 'WLSMV'"),
        ({"missing": "fimll"}, "did you mean 'fiml'"),
        ({"se": "robusst.sem"}, "did you mean 'robust.sem'"),
        ({"group_equal": "loading", "group": "school"}, "allowed: loadings"),
        ({"group_equal": "loadings", "group_partial": "f=~x1", "group": "school"}, "names no parameter"),
        ({"group": "scool"}, "did you mean 'school'"),
        ({"model_type": "path"}, "allowed: sem, cfa, growth"),
    ):
        with pytest.raises(ComplyError, match=message):
            sem.fit(HS, hs, **options)


def test_group_vectors_must_fit_the_groups(hs: pd.DataFrame) -> None:
    with pytest.raises(sem.ModelSyntaxError, match=r"3 label values .* but 2 group"):
        sem.fit("f =~ x1 + c(a,b,c)*x2 + x3 + x4", hs, group="school")


def test_single_label_in_groups_is_said(hs: pd.DataFrame) -> None:
    fit = sem.fit("f =~ x1 + a*x2 + x3 + x4", hs, group="school")
    assert any("single label" in problem.message for problem in fit.problems)


def test_not_converged_means_no_numbers(hs: pd.DataFrame) -> None:
    from dataclasses import replace

    fit = sem.fit(HS, hs)
    stopped = sem.Fit(fit.model, replace(fit.optimum, converged=False, message="stopped by hand"))
    assert set(stopped.measures) == {"npar", "df", "ntotal"}
    assert stopped.estimates.se[stopped.estimates.free > 0].isna().all()
    assert stopped.problems[0].code == "not_converged"
    assert "DID NOT CONVERGE" in stopped.summary() and "stopped by hand" in stopped.summary()


def test_product_terms_are_formed(hs: pd.DataFrame) -> None:
    a = sem.fit("x1 ~ x2 + x3 + x2:x3", hs)
    b = sem.fit("x1 ~ x2 + x3 + xx", hs.assign(xx=hs.x2 * hs.x3))
    assert np.allclose(a.estimates.est, b.estimates.est, atol=1e-9)
    latent = sem.fit("f =~ x1 + x2 + x3\nx4 ~ f + x5 + f:x5", hs)  # no column: product indicators
    assert "f:x5" in set(latent.estimates["lhs"])
