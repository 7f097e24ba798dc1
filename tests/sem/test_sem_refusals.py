"""What the engine refuses, word by word: the fault, its place, and what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.sem.inference.covariance import weak_direction

rng = np.random.default_rng(5)
LATENT = rng.normal(size=(120, 2)) @ np.array([[1.0, 0.4], [0.0, 0.9]])
X = pd.DataFrame(
    np.repeat(LATENT, 3, axis=1) * 0.8 + 0.6 * rng.normal(size=(120, 6)),
    columns=[f"x{j}" for j in range(1, 7)],
)
X["g"], X["c"], X["w"] = ["u", "v"] * 60, np.arange(120) // 4, 1.0
X["z"] = X.groupby("c")["x1"].transform("mean")
CUT = X.assign(**{f"x{j}": np.digitize(X[f"x{j}"], [-0.7, 0.5]) for j in range(1, 7)})
ONE = "f =~ x1 + x2 + x3"
CFA = ONE + "\ng =~ x4 + x5 + x6"
PATH = CFA + "\ng ~ f"
TWO = "level: 1\n w =~ x1 + x2 + x3\nlevel: 2\n b =~ x1 + x2 + x3\n"


@cache
def fit(text: str = CFA, **options: Any) -> sem.Fit:
    return sem.fit(text, X, **options)


@cache
def moments() -> sem.Fit:
    return sem.from_moments(CFA, X.iloc[:, :6].cov(), 120)


def stuck(text: str = CFA) -> sem.Fit:
    return sem.fit(text, X, optimizer_options={"iterations": 1})


REFUSED: dict[str, tuple[Callable[[], Any], tuple[str, ...]]] = {
    # the language
    "no operator": (
        lambda: sem.fit("f x1", X),
        (
            "The model text cannot be read.",
            "row 1: no operator in this statement (expected: =~ <~ ~*~ ~~ ~ := == | < >)",
            "f x1",
            "^",
        ),
    ),
    "two operators": (
        lambda: sem.fit("f =~ x1 ~ x2", X),
        (
            "The model text cannot be read.",
            "row 1: a second operator '~' in one statement",
            "f =~ x1 ~ x2",
            "^",
        ),
    ),
    "no name before the operator": (
        lambda: sem.fit("=~ x1", X),
        (
            "The model text cannot be read.",
            "row 1: nothing stands before '=~'",
            "=~ x1",
            "^",
        ),
    ),
    "an empty argument": (
        lambda: sem.fit("f =~ c(1,)*x1 + x2", X),
        (
            "The model text cannot be read.",
            "row 1: an argument of 'c(…)' is empty",
            "f =~ c(1,)*x1 + x2",
            "^",
        ),
    ),
    "a number expected": (
        lambda: sem.fit("f =~ start(a)*x1 + x2", X),
        (
            "The model text cannot be read.",
            "row 1: a number is expected here (expected: number, NA, label or c(...))",
            "f =~ start(a)*x1 + x2",
            "^",
        ),
    ),
    "nothing to modify": (
        lambda: sem.fit("f =~ 2*0 + x2", X),
        (
            "The model text cannot be read.",
            "row 1: '0' is not a variable (expected: a variable name)",
            "f =~ 2*0 + x2",
            "^",
        ),
    ),
    "a level without a name": (
        lambda: sem.fit("level:\n f =~ x1", X, cluster="c"),
        (
            "The model text cannot be read.",
            "row 1: 'level:' needs one name or number",
            "level:",
            "^",
        ),
    ),
    "two arguments of a function": (
        lambda: sem.fit(ONE + "\na := exp(1, 2)", X),
        (
            "The model text cannot be read.",
            "row 2: 'exp' takes one argument",
            "a := exp(1, 2)",
            "^",
        ),
    ),
    "assignment of something else": (
        lambda: fit().wald("a := b"),
        ("a Wald test takes equalities (==); not: a := b",),
    ),
    "a text without a constraint": (
        lambda: fit().score_test(release="f =~ x1"),
        (
            "Not valid for a score test.",
            "'release': not valid (found 'f =~ x1'); allowed: a list of whole numbers",
        ),
    ),
    "a contradiction": (
        lambda: sem.fit("f =~ a*x1 + b*x2 + x3\na == 1\nb == 2\na == b", X),
        ("the constraint a == b contradicts the others",),
    ),
    "values for other groups": (
        lambda: sem.fit("f =~ c(1,1,1)*x1 + x2 + x3", X, group="g"),
        (
            "The model text does not fit its groups.",
            "row 1: 3 fixed values for 'f =~ x1' but 2 group(s)",
            "f =~ c(1,1,1)*x1 + x2 + x3",
            "^",
        ),
    ),
    "unknown equal parameters": (
        lambda: sem.fit(ONE, X, group="g", group_equal=["means of items"]),
        (
            "Not valid: group_equal.",
            "'group_equal': unknown word (found 'means of items'); allowed: loadings, "
            "composite.loadings, intercepts, thresholds, means, regressions, residuals, "
            "residual.covariances, lv.variances, lv.covariances",
        ),
    ),
    "blocks for other groups": (
        lambda: sem.fit("group: 1\n" + ONE + "\ngroup: 2\n" + ONE, X),
        ("the model text has 2 'group:' blocks, the data 1 group(s)",),
    ),
    "a composite of a factor": (
        lambda: sem.fit(ONE + "\nk <~ f + x4", X),
        ("'f' is latent: composites are formed of observed variables",),
    ),
    "a composite's scale": (
        lambda: sem.fit("k <~ 2*x1 + x2 + x3\nx4 ~ k", X),
        ("the weight of x1 in 'k <~ …' must be 1: it gives the composite its scale",),
    ),
    # data
    "columns of lists": (
        lambda: sem.fit(ONE, X.assign(x1=[[1]] * 120)),
        (
            "The data do not hold what the model names.",
            "'x1': not a number (found 'object'); allowed: a numeric column",
        ),
    ),
    "a dictionary of other lengths": (
        lambda: sem.fit(ONE, {"x1": [1.0], "x2": [1.0, 2.0], "x3": [1.0]}),
        (
            "The data are no table.",
            "columns of different lengths, or no columns; allowed: lists of one length",
        ),
    ),
    "words as answers": (
        lambda: sem.fit(ONE, X.assign(x1="a")),
        (
            "The data do not hold what the model names.",
            "'x1': not a number (found 'str'); allowed: a numeric column",
        ),
    ),
    "huge numbers": (
        lambda: sem.fit(ONE, X.assign(x1=X["x1"] * 1e200)),
        (
            "Values out of range.",
            "'x1': too large to square (found 2.8812221001084497e+200); allowed: values in another unit",
        ),
    ),
    "a cluster that is missing": (
        lambda: sem.fit(ONE, X.assign(c=[np.nan, *X["c"][1:]]), cluster="c"),
        (
            "The cluster variable has missing values.",
            "'c': missing (found 1)",
        ),
    ),
    "a variable without variance": (
        lambda: sem.fit(ONE, X.assign(x1=1.0)),
        ("no variance: x1; leave constant variables out",),
    ),
    "a variable without data": (
        lambda: sem.fit(ONE, X.assign(x1=np.nan), missing="ml"),
        (
            "Variables without data.",
            "'x1': too few values (found 0); allowed: at least two cases with a value",
        ),
    ),
    "constant beside missing ones": (
        lambda: sem.fit(ONE, X.assign(x1=1.0, x2=X["x2"].mask(X["x2"] > 1)), missing="ml"),
        (
            "Variables without variance.",
            "'x1': no variance (found 1.0); allowed: leave constant variables out",
        ),
    ),
    "weights of zero": (
        lambda: sem.fit(ONE, X.assign(w=[0.0, *X["w"][1:]]), sampling_weights="w"),
        (
            "The sampling weights cannot be used.",
            "'w': zero: leave the case out instead (1 cases; rows 0); allowed: positive numbers",
        ),
    ),
    "moments of too few variables": (
        lambda: sem.from_moments(ONE, X[["x1", "x2"]].cov(), 120),
        (
            "The moments cannot be used.",
            "'x3' is not a column of the covariance matrix; did you mean 'x2'?",
        ),
    ),
    "moments of no number of cases": (
        lambda: sem.from_moments(ONE, X[["x1", "x2", "x3"]].cov(), 1),
        (
            "The moments cannot be used.",
            "'nobs': not a number of cases (found 1); allowed: an integer above 1",
        ),
    ),
    "means that are infinite": (
        lambda: sem.from_moments(ONE, X[["x1", "x2", "x3"]].cov(), 120, mean=[0.0, np.inf, 0.0]),
        (
            "The moments cannot be used.",
            "'mean': infinite or too large; allowed: values in another unit",
        ),
    ),
    "means of too few": (
        lambda: sem.from_moments(ONE, X[["x1", "x2", "x3"]].cov(), 120, mean=[0.0]),
        (
            "The argument mean does not fit the covariance matrix.",
            "'mean': wrong length (found 1); allowed: 3",
        ),
    ),
    # options
    "weights and two-stage": (
        lambda: sem.fit(ONE, X, estimator="DWLS", sampling_weights="w", missing="pairwise"),
        (
            "These options do not go together.",
            "'missing': only with ordered variables (found 'pairwise'); allowed: listwise",
        ),
    ),
    "clusters of least squares with FIML": (
        lambda: sem.fit(ONE, X, estimator="ULS", missing="ml"),
        (
            "These options do not go together.",
            "'estimator': not with missing='ml' (found 'ULS'); allowed: ML, MLR, MLF",
        ),
    ),
    "Yuan and Bentler of observed information": (
        lambda: sem.fit(ONE, X, test="yuan.bentler", information="observed"),
        (
            "These options do not go together.",
            "'information': not with test='yuan.bentler' (found 'observed'); allowed: expected",
        ),
    ),
    "semopy with robust errors": (
        lambda: sem.fit(ONE, X, engine="semopy", se="robust"),
        (
            "These options do not go together.",
            "'se': engine='semopy' gives its own standard errors; allowed: standard, none",
        ),
    ),
    "semopy with clusters": (
        lambda: sem.fit(ONE, X, engine="semopy", cluster="c"),
        (
            "These options do not go together.",
            "'estimator': engine='semopy' takes only ML with expected information; allowed: ML",
            "'se': engine='semopy' gives its own standard errors; allowed: standard, none",
            "'cluster': not with engine='semopy' (found 'c')",
        ),
    ),
    "semopy with levels": (
        lambda: sem.fit(TWO, X, engine="semopy", cluster="c"),
        (
            "These options do not go together.",
            "'estimator': engine='semopy' takes only ML with expected information; allowed: ML",
            "'level': engine='semopy' knows no 'level:' blocks",
        ),
    ),
    "semopy with constraints": (
        lambda: sem.fit("f =~ a*x1 + b*x2 + x3\na == 2*b", X, engine="semopy"),
        ("engine='semopy' takes: no constraints beyond equal labels",),
    ),
    "growth without means": (
        lambda: sem.fit("i =~ 1*x1 + 1*x2 + 1*x3", X, model_type="growth", meanstructure=False),
        (
            "These options do not go together.",
            "'meanstructure': not with model_type='growth' (found False); allowed: True, None",
        ),
    ),
    "two scales": (
        lambda: sem.fit(ONE, X, std_lv=True, effect_coding=True),
        (
            "These options do not go together.",
            "'std_lv': std_lv and effect_coding both set the scale of the latent variables: choose "
            "one (found True)",
        ),
    ),
    "a start that is no number": (
        lambda: sem.fit(ONE, X, start={"f=~x9": 0.8}),
        (
            "The starting values do not fit the model.",
            "'start['f=~x9']': no free parameter of the model; did you mean 'f=~x3'?",
        ),
    ),
    "a tolerance": (
        lambda: sem.fit(ONE, X, optimizer_options={"tolerance": 1.0}),
        (
            "The options of the search cannot be used.",
            "'optimizer_options['tolerance']': not possible (found 1.0); allowed: a number above 0, "
            "at most 1e-4",
        ),
    ),
    # two levels
    "one level": (
        lambda: sem.fit("level: 1\n w =~ x1 + x2 + x3", X, cluster="c"),
        ("the model text has 1 'level:' block(s); two are estimated",),
    ),
    "a line of no level": (
        lambda: sem.fit("x1 ~~ x2\n" + TWO, X, cluster="c"),
        (
            "The model text does not fit its levels.",
            "row 1: this line belongs to no level",
            "x1 ~~ x2",
            "^",
        ),
    ),
    "an empty level": (
        lambda: sem.fit("level: 1\n w =~ x1 + x2 + x3\nlevel: 2\n", X, cluster="c"),
        ("'level: 2' holds no formula",),
    ),
    "clusters of one": (
        lambda: sem.fit(TWO, X.assign(c=range(120)), cluster="c"),
        (
            "The data do not fit a two-level model.",
            "every cluster has one case: there is no within level (found 120)",
        ),
    ),
    "a variable of level 2 that differs within": (
        lambda: sem.fit(TWO + " b ~ x5", X, cluster="c"),
        (
            "The data do not fit a two-level model.",
            "'x5': differs within clusters but stands in level 2 only",
        ),
    ),
    "a variable that does not differ within": (
        lambda: sem.fit(TWO.replace("x3\nlevel", "x3 + z\nlevel"), X, cluster="c"),
        (
            "The data do not fit a two-level model.",
            "'z': does not differ within clusters; allowed: in level 2 only",
        ),
    ),
    "scores of level 3": (
        lambda: sem.fit(TWO, X, cluster="c").predict(level=3),
        ("there is no level 3; 1 is within clusters, 2 between",),
    ),
    "effect coding of two levels": (
        lambda: sem.fit(TWO, X, cluster="c", effect_coding=True),
        (
            "These options do not go together.",
            "'effect_coding': not with 'level:' blocks (found True); allowed: False",
        ),
    ),
    "growth of two levels": (
        lambda: sem.fit(TWO, X, cluster="c", model_type="growth"),
        (
            "These options do not go together.",
            "'model_type': growth defaults are not available with 'level:' blocks (found 'growth'); "
            "allowed: sem",
        ),
    ),
    # ordered variables
    "texts that are no categories": (
        lambda: sem.fit(ONE, CUT.assign(x1=list("ab") * 60), ordered=True),
        (
            "The ordered variables cannot be analysed as they are.",
            "'x1': text categories have no order (found 'a'); allowed: numbers, or a pandas "
            "categorical with ordered=True",
        ),
    ),
    "an ordered predictor": (
        lambda: sem.fit(ONE + "\nf ~ x4", CUT, ordered=["x1", "x2", "x3", "x4"]),
        (
            "These variables cannot be ordered.",
            "'x4': an exogenous predictor cannot be ordered; allowed: enter it as a number or as 0/1 "
            "indicators",
        ),
    ),
    "hundreds of categories": (
        lambda: sem.fit(ONE, X, ordered=["x1"]),
        (
            "The ordered variables cannot be analysed as they are.",
            "'x1': 120 categories in an ordered variable; allowed: at most 50; leave it out of 'ordered'",
        ),
    ),
    "infinite categories": (
        lambda: sem.fit(ONE, CUT.assign(x1=[np.inf, *CUT["x1"][1:]]), ordered=["x1"]),
        (
            "The ordered variables cannot be analysed as they are.",
            "'x1': infinite; allowed: finite numbers; missing answers left empty",
        ),
    ),
    "a category of one group": (
        lambda: sem.fit(ONE, CUT.assign(x1=np.where(CUT["g"] == "u", CUT["x1"], 1)), ordered=True, group="g"),
        (
            "The ordered variables cannot be analysed as they are.",
            "'x1': categories 0, 2 without any case in group 'v'; allowed: every category used in "
            "every group: join neighbouring categories",
        ),
    ),
    # comparisons and follow-ups
    "one fit to compare": (
        lambda: sem.compare(fit()),
        (
            "The models cannot be compared.",
            "too few fits (found 1); allowed: two or more",
        ),
    ),
    "no fits to compare": (
        lambda: sem.compare(1, 2),
        (
            "compare cannot be called like this.",
            "'fits': cannot be used (found a tuple of 2); allowed: a Fit",
        ),
    ),
    "too few names": (
        lambda: sem.compare(fit(), fit(PATH), names=["a"]),
        (
            "The models cannot be compared.",
            "'names': not one name per fit (found 1); allowed: 2",
        ),
    ),
    "fits of other cases": (
        lambda: sem.compare(fit(), sem.fit(PATH, X[:100])),
        (
            "The models cannot be compared.",
            "'model 2': uses 100 cases, not 120",
        ),
    ),
    "fits of other estimators": (
        lambda: sem.compare(fit(), fit(PATH, estimator="ULS")),
        (
            "The models cannot be compared.",
            "'model 2': fitted with another estimator",
            "the models have different tests (found 'model 1: standard, model 2: "
            "browne.residual.nt'); allowed: one test for all",
        ),
    ),
    "fits of other tests": (
        lambda: sem.compare(fit(), fit(PATH, estimator="MLR")),
        (
            "The models cannot be compared.",
            "the models have different tests (found 'model 1: standard, model 2: "
            "yuan.bentler.mplus'); allowed: one test for all",
        ),
    ),
    "fits of other groups": (
        lambda: sem.compare(fit(), fit(PATH, group="g")),
        (
            "The models cannot be compared.",
            "'model 2': one model has means, the other has none",
            "'model 2': fitted to other groups",
        ),
    ),
    "fits with and without means": (
        lambda: sem.compare(fit(), fit(PATH, meanstructure=True)),
        (
            "The models cannot be compared.",
            "'model 2': one model has means, the other has none",
        ),
    ),
    "a bootstrap of moments": (
        lambda: moments().bootstrap(10, "ordinary", 1),
        ("the bootstrap needs the cases, not moments",),
    ),
    "a bootstrap without an optimum": (
        lambda: stuck().bootstrap(10, "ordinary", 1),
        ("the bootstrap needs a model that converged",),
    ),
    "scores of moments": (
        lambda: moments().predict(),
        ("the model was fitted to moments: give the data to have factor scores",),
    ),
    "a score test of both": (
        lambda: fit().score_test(add="x1 ~~ x4", release=[1]),
        ("give either parameters to add or constraints to release, not both",),
    ),
    "a score test of a constraint that is not there": (
        lambda: fit().score_test(release=[1]),
        ("the model has no equality constraint to release",),
    ),
    "a score test of a new variable": (
        lambda: fit().score_test(add="x1 ~~ q"),
        ("cannot be added to the model: 'x1 ~~ q' (q)",),
    ),
    "a score test without an optimum": (
        lambda: stuck().score_test(add="x1 ~~ x4"),
        ("score tests need a model that converged",),
    ),
    "a Wald test of an inequality": (
        lambda: fit("f =~ a*x1 + b*x2 + x3").wald("a > b"),
        ("a Wald test takes equalities (==); not: a > b",),
    ),
    "power of nothing": (
        lambda: sem.rmsea_power(100, 10, 0.05, 0.05),
        (
            "The power cannot be computed.",
            "'rmsea_true': no difference to detect (found 0.05); allowed: not the null",
        ),
    ),
    "no sample large enough": (
        lambda: sem.rmsea_sample_size(1, 0.999999, 0.0500001, 0.05),
        (
            "The sample size cannot be found.",
            "'power': no sample is large enough (found 0.999999); allowed: a lower power",
        ),
    ),
    # two steps
    "two steps of levels": (
        lambda: sem.sam(TWO, X, cluster="c"),
        ("structural-after-measurement is not available for two-level models and composites; use sem.fit",),
    ),
    "two steps of an estimator": (
        lambda: sem.sam(PATH, X, estimator="ULS"),
        (
            "Structural-after-measurement cannot use these options.",
            "'estimator, missing': not in two steps; allowed: ML or MLR; listwise or ml",
            "'se': not in two steps (found 'robust.sem.nt'); allowed: standard, robust.huber.white, "
            "robust.cluster, none",
        ),
    ),
    "two steps joined by a constraint": (
        lambda: sem.sam("f =~ x1 + a*x2 + x3\ng =~ x4 + x5 + x6\ng ~ b*f\na == b", X),
        (
            "a constraint joins measurement and structure (f =~ x2, g ~ f): two steps cannot keep "
            "it; use sem.fit",
        ),
    ),
    "a factor of two blocks": (
        lambda: sem.sam(PATH, X, measurement_blocks=[["f"], ["f", "g"]]),
        (
            "The measurement blocks cannot be used.",
            "'measurement_blocks': in two blocks (found 'f')",
        ),
    ),
    "indices of two steps": (
        lambda: sem.sam(PATH, X).modification_indices(),
        (
            "modification indices are not available for structural-after-measurement; ask the parts: "
            "fit.structural, fit.blocks",
        ),
    ),
    # products
    "slopes without a product": (
        lambda: sem.simple_slopes(fit(PATH)),
        (
            "The fit has no product term.",
            "no product; allowed: Y ~ X + Z + X:Z",
        ),
    ),
    "slopes of two products": (
        lambda: sem.simple_slopes(sem.fit("x1 ~ x2 + x3 + x4 + x2:x3 + x2:x4", X)),
        (
            "Which product is meant?",
            "'term': the fit has several products; allowed: x1 ~ x2:x3, x1 ~ x2:x4",
        ),
    ),
    "products of ordered items": (
        lambda: sem.fit(PATH + " + x1:x2", CUT, ordered=["x1"]),
        (
            "The data do not hold what the model names.",
            "'x1:x2' is not a column of the data; did you mean 'x2'?",
        ),
    ),
    "LMS in a loop": (
        lambda: sem.fit(CFA + "\nf ~ g\ng ~ f + f:g", X, interactions="lms"),
        (
            "Products of the model cannot be formed.",
            "row 4: 'f' is 'g' itself or follows from it (expected: no products in loops)",
            "g ~ f + f:g",
            "^",
            "row 4: 'g' is 'g' itself or follows from it (expected: no products in loops)",
            "g ~ f + f:g",
            "^",
        ),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_named(case: str) -> None:
    call, texts = REFUSED[case]
    with pytest.raises(ComplyError) as caught:
        call()
    assert tuple(line.strip().removeprefix("- ") for line in str(caught.value).splitlines()) == texts


def test_rounding_is_no_difference_within_clusters() -> None:
    """Values of one cluster that differ in the last digit are one value, whatever those of other clusters are."""
    noise = np.tile([0.0, 1.0, -1.0, 0.0], 30) * 1e-15
    level = X["c"].to_numpy() % 5 - 2.0  # zero in a fifth of the clusters
    exact, rounded = (sem.fit(TWO + " b ~ z", X.assign(z=z), cluster="c") for z in (level, level + noise))
    np.testing.assert_allclose(rounded.estimates["est"], exact.estimates["est"], atol=1e-6)
    with pytest.raises(ComplyError, match="'z': differs within clusters but stands in level 2 only"):
        sem.fit(TWO + " b ~ z", X.assign(z=level + 1e12 * noise), cluster="c")


def test_the_weakest_direction_of_an_information_matrix() -> None:
    """Parameters without information; else the least curvature in standardised parameters; of NaN nothing is said."""
    np.testing.assert_array_equal(weak_direction(np.diag([2.0, 0.0, 3.0, 1e-13])), [0.0, 1.0, 0.0, 1.0])
    information = np.array([[4.0, 1.98, 0.0], [1.98, 1.0, 0.0], [0.0, 0.0, 9.0]])
    found = weak_direction(information)
    scale = np.diag(1.0 / np.sqrt(np.diag(information)))
    values, vectors = np.linalg.eigh(scale @ information @ scale)
    expected = scale @ vectors[:, 0]
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-12)
    assert found @ information @ found == pytest.approx(values[0]) and found[0] * found[1] < 0
    np.testing.assert_array_equal(weak_direction(np.full((2, 2), np.nan)), [0.0, 0.0])
    infinite = np.array([[1.0, np.inf], [np.inf, 1.0]])
    np.testing.assert_array_equal(weak_direction(infinite), [0.0, 0.0])


def test_a_probit_regression_that_does_not_converge_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = CUT.assign(v=X["x5"] + X["x1"])
    text = ONE + "\nf ~ v"
    assert sem.fit(text, data, ordered=["x1", "x2", "x3"]).converged
    monkeypatch.setattr("comply_measure.sem.ordinal.conditional.MAX_ITERATIONS", 1)
    with pytest.raises(ComplyError) as caught:
        sem.fit(text, data, ordered=["x1", "x2", "x3"])
    assert str(caught.value) == "the probit regression of 'x1' on the covariates does not converge"


@pytest.mark.parametrize(("group", "place"), [(None, "the data"), ("g", "group 'v'")])
def test_too_few_complete_cases_are_told_with_their_group(group: str | None, place: str) -> None:
    few = X.copy()
    rows = few.index[few["g"] == "v"] if group else few.index
    few.loc[rows[1:], "x1"] = np.nan
    with pytest.raises(ComplyError, match=f"Too few complete cases in {place}") as caught:
        sem.fit("x2 ~ x1", few, group=group)
    assert [(p.message, p.value) for p in caught.value.problems] == [("complete cases", 1)]


def test_the_engine_is_the_same_in_any_case() -> None:
    data = X.assign(y=X["x1"] * X["x4"] + X["x5"])
    found = [sem.fit("x1 ~ x2\ny ~ x1 + x4 + x1:x4", data, engine=name) for name in ("comply", "COMPLY")]
    told = [[str(problem) for problem in one.problems] for one in found]
    assert told[0] and told[0] == told[1]  # the product of a predicted variable
    assert found[0].estimates["se"].equals(found[1].estimates["se"])
