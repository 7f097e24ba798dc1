"""What cannot be computed is refused with its value and what is allowed, or is a NaN with its reason: word by word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.measurement import careless, content
from comply_measure.measurement.careless.indices import even_odd, guttman_errors, psychometric_pairs
from comply_measure.measurement.content.decisions import Decision
from comply_measure.measurement.dimensionality.adequacy import sampling_adequacy
from comply_measure.measurement.dimensionality.comparison import comparison_data
from comply_measure.measurement.dimensionality.correlations import correlate
from comply_measure.measurement.dimensionality.efa import factor_solution
from comply_measure.measurement.dimensionality.extraction import extract
from comply_measure.measurement.dimensionality.parallel import parallel_analysis
from comply_measure.measurement.dimensionality.rotation import rotate
from comply_measure.measurement.fits import score_scaled_difference
from comply_measure.measurement.frames import cluster_codes
from comply_measure.measurement.items.analysis import item_analysis
from comply_measure.measurement.missingness import (
    multiple_imputation,
    pool_chisquare,
    pool_likelihood_ratio,
    pool_scalars,
    pool_wald,
    pooled_estimates,
)
from comply_measure.measurement.reliability.categorical import categorical_omega
from comply_measure.measurement.reliability.composite import (
    average_variance_extracted,
    composite_reliability,
    omega_total,
)
from comply_measure.measurement.reliability.hierarchical import hierarchical_omega
from comply_measure.measurement.reliability.lower_bound import greatest_lower_bound
from comply_measure.measurement.validity import discriminant_validity, global_item_correlations

rng = np.random.default_rng(7)
X = pd.DataFrame(0.7 * rng.normal(size=(60, 1)) + 0.7 * rng.normal(size=(60, 6)), columns=list("abcdef"))
ANSWERS = X.mul(1.5).add(3).round().clip(1, 5)
R = np.corrcoef(X.to_numpy(), rowvar=False)
SCALES = {"s": list("abc"), "t": list("def")}
RATINGS = pd.DataFrame({"judge": [1, 1], "item": ["x", "y"], "construct": ["A", "A"], "rating": [5, 4]})


def copies(item: pd.Series) -> pd.DataFrame:
    """Four copies: six pairs, of which notes name five."""
    return pd.DataFrame(dict.fromkeys("abcd", item))


def indices() -> Any:
    return careless.careless_indices(ANSWERS, ANSWERS, SCALES, 1, 5)


REFUSED: dict[str, tuple[Callable[[], Any], tuple[str, ...]]] = {
    "cutoff of an unknown index": (
        lambda: careless.careless_flags(indices(), [careless.Cutoff("mood", 1.0, "above", "me")]),
        (
            "unknown index of carelessness: 'mood'; known: longstring, mean_string, modal_share, irv, "
            "mahalanobis, mahalanobis_p, even_odd, synonyms, antonyms, person_total, guttman, "
            "contradiction, n_answered, note",
        ),
    ),
    "more families than there are": (
        lambda: careless.careless_flags(indices(), at_least=9),
        ("at_least is 9; it must lie between 1 and 3, the families of indices",),
    ),
    "careless answers of other informants": (
        lambda: careless.careless_indices(ANSWERS, ANSWERS.set_axis(range(1, 61)), SCALES, 1, 5),
        (
            "Careless answering cannot be judged.",
            "'scored': rows of other informants; allowed: the index of answers",
        ),
    ),
    "careless answers of fewer rows": (
        lambda: careless.careless_indices(ANSWERS, ANSWERS[:59], SCALES, 1, 5),
        (
            "Careless answering cannot be judged.",
            "rows (found 59); allowed: 60, as answered",
        ),
    ),
    "no careless answers": (
        lambda: careless.careless_indices(ANSWERS[:0], ANSWERS[:0], SCALES, 1, 5),
        (
            "Careless answering cannot be judged.",
            "the table is empty (found (0, 6))",
        ),
    ),
    "columns of scales": (
        lambda: even_odd(R, [[0, 1], [2, 6], [-1, 3]]),
        (
            "Even-odd inconsistency cannot be computed.",
            "columns of scales (found [-1, 6]); allowed: 0 to 5",
        ),
    ),
    "threshold of pairs": (
        lambda: psychometric_pairs(ANSWERS.to_numpy(), 1.1, antonyms=False),
        (
            "Pairs of items cannot be chosen.",
            "threshold (found 1.1); allowed: a correlation, between -1 and 1",
        ),
    ),
    "ends of Guttman's scale": (
        lambda: guttman_errors(np.array([[3.0, 4.0]]), 5, 5),
        (
            "Guttman errors cannot be computed.",
            "maximum (found 5); allowed: above the minimum, 5",
            "answers (found '3 to 4'); allowed: 5 to 5",
        ),
    ),
    "decision": (
        lambda: Decision("x", "ratings", "lost", "why"),
        ("decision on x is 'lost'; allowed: kept, dropped, reworded",),
    ),
    "decision without a reason": (
        lambda: Decision("x", "ratings", "kept", " "),
        ("the decision on x needs a reason",),
    ),
    "definitional ratings without columns": (
        lambda: content.definitional_ratings(RATINGS[["judge", "item"]], {"x": "A", "y": "A"}, 5),
        (
            "The definitional ratings lack columns.",
            "'construct': column is missing",
            "'rating': column is missing",
        ),
    ),
    "definitional ratings": (
        lambda: content.definitional_ratings(
            pd.concat([RATINGS, RATINGS.assign(rating=[2.5, 6])], ignore_index=True), {"x": "A"}, 5
        ),
        (
            "The definitional ratings cannot be used.",
            "'y': no own construct is given for this item",
            "row 2, 'rating': not a rating (found 2.5); allowed: 1 to 5",
            "row 3, 'rating': not a rating (found 6.0); allowed: 1 to 5",
            "row 2, 'item': rated twice by the same judge (found 'x')",
            "row 3, 'item': rated twice by the same judge (found 'y')",
        ),
    ),
    "one anchor": (
        lambda: content.definitional_ratings(RATINGS, {"x": "A", "y": "A"}, 1),
        ("A rating scale needs at least two anchors; 1 given.",),
    ),
    "a rating scale without a range": (
        lambda: content.content_validity(pd.DataFrame({"x": [3.0]}), minimum=4, maximum=4),
        ("The rating scale runs from 4 to 4; the maximum must be larger.",),
    ),
    "an item sort": (
        lambda: content.item_sort(
            pd.DataFrame({"x": ["A", "C", ["A"]], "z": ["A", None, "A"]}),
            {"x": "A", "y": "D"},
            constructs=["A", "B"],
        ),
        (
            "The item sort cannot be used.",
            "'z': no intended construct is given for this item",
            "'y': intended construct was not offered to the judges (found 'D')",
            "row 1, 'x': not one of the constructs (found 'C'); allowed: A, B",
            "row 2, 'x': not one of the constructs (found ['A']); allowed: A, B",
        ),
    ),
    "factor_analyzer and gaps": (
        lambda: sampling_adequacy(correlate(X.mask(X > 1.5), list("abc")), "factor_analyzer"),
        (
            "factor_analyzer cannot confirm this matrix.",
            "engine (found 'factor_analyzer'); allowed: complete answers, Pearson correlations",
        ),
    ),
    "comparison data": (
        lambda: comparison_data(
            correlate(ANSWERS, list("abc")), seed=1, n_samples=19, population=499, alpha=0.0, max_factors=0
        ),
        (
            "Comparison data cannot be generated.",
            "n_samples (found 19); allowed: at least 20",
            "population (found 499); allowed: at least 500",
            "alpha (found 0.0); allowed: between 0 and 1",
            "max_factors (found 0); allowed: at least 1",
        ),
    ),
    "a factor analysis": (
        lambda: factor_solution(correlate(X, list("abc")), 0, method="pca", engine="R"),  # type: ignore[arg-type]
        (
            "The factor analysis cannot be run.",
            "method (found 'pca'); allowed: ml, minres, paf",
            "engine (found 'R'); allowed: own, factor_analyzer",
            "n_factors (found 0); allowed: at least 1",
        ),
    ),
    "no square matrix": (
        lambda: extract(np.ones((2, 3)), 1, "ml"),
        (
            "Factors cannot be extracted.",
            "correlation (found (2, 3)); allowed: finite square matrices",
        ),
    ),
    "a covariance matrix": (
        lambda: extract(2 * np.eye(4), 1, "ml"),
        (
            "Factors cannot be extracted.",
            "correlation (found 'diagonal'); allowed: ones on the diagonal",
        ),
    ),
    "too many factors": (
        lambda: extract(R, 4, "ml"),
        (
            "Factors cannot be extracted.",
            "n_factors (found 4); allowed: 1 to 3 for 6 items",
        ),
    ),
    "parallel analysis": (
        lambda: parallel_analysis(correlate(X, list("abc")), seed=1, variants=(), percentile=49.0),
        (
            "Parallel analysis cannot be run.",
            "no variant was named; allowed: components, factors_minres, factors_smc",
            "percentile (found 49.0); allowed: from 50 to below 100",
        ),
    ),
    "loadings that are no matrix": (
        lambda: rotate(np.ones(3), "oblimin"),
        (
            "Loadings cannot be rotated.",
            "loadings (found (3,)); allowed: a matrix, items by factors",
        ),
    ),
    "clusters": (
        lambda: cluster_codes(X, "firm"),
        (
            "Clusters are not known.",
            "'firm': column is absent",
        ),
    ),
    "imputation": (
        lambda: multiple_imputation(
            X.assign(role=["m", None] * 30, g=np.nan),
            ["a", "b"],
            seed=1,
            auxiliary=["g", "b"],
            n_iterations=0,
        ),
        (
            "The answers cannot be imputed.",
            "'n_iterations': too small (found 0); allowed: at least 1",
            "'role': 30 informants have no role",
            "'g': auxiliary columns must be complete",
            "'b': both an item and auxiliary",
        ),
    ),
    "scalars of other shapes": (
        lambda: pool_scalars([1.0, 2.0], [[1.0], [2.0]]),
        (
            "The estimates cannot be pooled.",
            "estimates and variances differ in shape (found '(2,), (2, 1)')",
        ),
    ),
    "scalars of one data set": (
        lambda: pool_scalars([1.0], [1.0]),
        (
            "The estimates cannot be pooled.",
            "too few imputed data sets (found 1); allowed: at least 2",
        ),
    ),
    "a number alone": (
        lambda: pool_scalars(1.0, 1.0),
        (
            "The estimates cannot be pooled.",
            "estimates and variances differ in shape (found '(), ()')",
            "too few imputed data sets (found 1); allowed: at least 2",
        ),
    ),
    "Wald's shapes": (
        lambda: pool_wald(np.ones((3, 2)), np.ones((3, 2, 3))),
        (
            "The test cannot be pooled.",
            "shapes do not match (found '(3, 2) and (3, 2, 3)')",
        ),
    ),
    "nothing to pool": (
        lambda: pool_likelihood_ratio([]),
        (
            "Nothing can be pooled.",
            "fits (found 0); allowed: a fit per data set",
        ),
    ),
    "one fit to pool": (
        lambda: pooled_estimates([sem.fit("f =~ a + b + c", X)]),
        (
            "The fits cannot be pooled.",
            "fits that converged (found 1); allowed: at least 2",
        ),
    ),
    "thresholds out of order": (
        lambda: categorical_omega(np.full((2, 2), 0.5), [np.array([0.0, 0.0]), np.zeros(0)]),
        (
            "Categorical ω cannot be computed.",
            "row 1: thresholds (found [0.0, 0.0]); allowed: at least one, ascending, finite",
            "row 2: thresholds (found []); allowed: at least one, ascending, finite",
        ),
    ),
    "shapes of a composite": (
        lambda: omega_total([0.5, 0.6], [0.5]),
        (
            "Reliability cannot be computed.",
            "shapes of loadings, residual variances, factor covariance (found ((2, 1), (1,), (1, "
            "1))); allowed: (p, m), (p,), (m, m)",
        ),
    ),
    "a negative total": (
        lambda: omega_total([0.5, 0.6], [0.5, 0.5], total_variance=-1.0),
        (
            "Reliability cannot be computed.",
            "total variance (found -1.0); allowed: a finite number, not negative",
        ),
    ),
    "an infinite loading": (
        lambda: omega_total([np.inf, 0.6], [0.5, 0.5]),
        (
            "Reliability cannot be computed.",
            "values (found 'not finite'); allowed: finite numbers",
        ),
    ),
    "a lopsided factor covariance": (
        lambda: omega_total(np.eye(2), [1, 1], factor_covariance=[[1, 0.5], [0.4, 1]]),
        (
            "Reliability cannot be computed.",
            "factor covariance (found [[1.0, 0.5], [0.4, 1.0]]); allowed: a symmetric matrix "
            "without negative variances",
        ),
    ),
    "a loading above 1 alone": (
        lambda: composite_reliability([0.5, 1.01]),
        (
            "Reliability cannot be computed.",
            "loadings (found [0.5, 1.01]); allowed: standardised loadings, or residual variances beside them",
        ),
    ),
    "an infinite factor variance": (
        lambda: average_variance_extracted([0.5], [0.5], factor_variance=np.inf),
        (
            "Reliability cannot be computed.",
            "factor variance (found inf); allowed: a finite number, at least 0",
        ),
    ),
    "one group factor": (
        lambda: hierarchical_omega(R, 1, rotation="varimax"),
        (
            "ω_hierarchical cannot be computed.",
            "n_factors (found 1); allowed: at least 2",
            "rotation (found 'varimax'); allowed: an oblique rotation",
        ),
    ),
    "cutoffs of correlations": (
        lambda: discriminant_validity(X, SCALES, cutoffs=(0.9, 1.0)),
        (
            "Discriminant validity cannot be tested.",
            "cutoffs (found [0.9, 1.0]); allowed: three ascending values in (0, 1], or none",
        ),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_named_with_its_value_and_what_is_allowed(case: str) -> None:
    call, texts = REFUSED[case]
    with pytest.raises(ComplyError) as caught:
        call()
    assert tuple(line.strip().removeprefix("- ") for line in str(caught.value).splitlines()) == texts


def twice(data: pd.DataFrame, text: str = "f =~ a + b + c + d", **options: Any) -> list[sem.Fit]:
    return [sem.fit(text, part, **options) for part in (data, data[::-1].reset_index(drop=True) * 1.01)]


NOTED: dict[str, tuple[Callable[[], Any], str]] = {
    "D3 of two levels": (
        lambda: (
            pool_likelihood_ratio(
                twice(
                    X.assign(k=np.arange(60) // 4),
                    "level: 1\n w =~ a + b + c\nlevel: 2\n a ~~ a\n b ~~ b\n c ~~ c\n",
                    cluster="k",
                )
            ).note
        ),
        "a two-level model: its saturated moments are not pooled; see D2",
    ),
    "D3 of least squares": (
        lambda: pool_likelihood_ratio(twice(X, estimator="ULS")).note,
        "not a likelihood fit",
    ),
    "D3 of incomplete data": (
        lambda: pool_likelihood_ratio(twice(X.mask(X > 1.5), missing="ml")).note,
        "the imputed data are incomplete",
    ),
    "D3 of a saturated model": (
        lambda: pool_likelihood_ratio(twice(X, "f =~ a + b + c")).note,
        "the model has no degrees of freedom",
    ),
    "D3 of one data set": (lambda: pool_likelihood_ratio(twice(X)[:1]).note, "fewer than two data sets"),
    "D2 of one statistic": (
        lambda: pool_chisquare([3.0], 2).note,
        "a χ² of every data set and degrees of freedom are needed",
    ),
    "D2 without degrees of freedom": (
        lambda: pool_chisquare([3.0, 4.0], 0).note,
        "a χ² of every data set and degrees of freedom are needed",
    ),
    "a difference of the same model": (
        lambda: score_scaled_difference(*[sem.fit("f =~ a + b + c + d", X, estimator="MLR")] * 2).note,
        "the restrictions take nothing away: no scaled difference",
    ),
    "ω of undefined correlations": (
        lambda: hierarchical_omega(np.full((6, 6), np.nan), 2).note,
        "correlations are undefined",
    ),
    "ω of too many group factors": (
        lambda: hierarchical_omega(R, 4).note,
        "4 group factors are not identified by 6 items",
    ),
    "no covariances": (
        lambda: greatest_lower_bound(np.full((2, 2), np.nan)).note,
        "covariances are undefined",
    ),
    "items that cancel": (
        lambda: greatest_lower_bound(np.array([[1.0, -1.0], [-1.0, 1.0]])).note,
        "variance of the sum is zero or negative",
    ),
    "items without variance": (
        lambda: greatest_lower_bound(np.zeros((2, 2))).note,
        "variance of the sum is zero or negative",
    ),
    "copies of one item": (
        lambda: greatest_lower_bound(np.ones((2, 2))).note,
        "items determine each other: no error is possible",
    ),
    "an indefinite matrix": (
        lambda: greatest_lower_bound(np.array([[1.0, 1.5], [1.5, 1.0]])).note,
        "the covariance matrix is not positive semidefinite",
    ),
    "two informants": (lambda: correlate(X[:2], list("abc")).note, "2 informants: too few"),
    "many copies of an item": (
        lambda: correlate(copies(X["a"]), list("abcd")).note,
        "the matrix is not positive definite: perfectly correlated: a and b, a and c, a and d, b and c, b and d",
    ),
    "many copies of an ordered item": (
        lambda: correlate(copies(ANSWERS["a"]), list("abcd"), kind="polychoric").note.split("; ")[0],
        "polychoric correlation at its bound: a–b, a–c, a–d, b–c, b–d",
    ),
    "few answers to an item": (
        lambda: item_analysis(X[:3].abs().cumsum(), {"s": list("abc")}, by=None).tidy()["note"].tolist(),
        ["fewer than 4 answers: no skewness or kurtosis"] * 3,
    ),
    "no answers to an item": (
        lambda: item_analysis(X.assign(b=np.nan), {"s": list("abc")}, by=None).tidy()["note"].tolist(),
        ["no answers to b", "no answers", "no answers to b"],
    ),
    "one global item": (
        lambda: global_item_correlations(X, {"a": "b"}).convergence()["note"].tolist(),
        ["no correlation with another global item"],
    ),
    "carelessness": (
        lambda: careless.careless_indices(
            ANSWERS[["a", "b"]].assign(b=[np.nan, 1.0] * 30, a=[2.0, np.nan] * 30),
            ANSWERS[["a", "b"]].assign(b=[np.nan, 1.0] * 30, a=[2.0, np.nan] * 30),
            {"s": ["a", "b"]},
            1,
            5,
        ).notes[-5:],
        (
            "even_odd: three scales of two items are needed, with answers that differ",
            "person_total: three answers are needed, and items that differ",
            "guttman: nobody answered every item",
            "synonyms: 0 such pairs of items, 3 are needed",
            "antonyms: 0 such pairs of items, 3 are needed",
        ),
    ),
}


@pytest.mark.parametrize("case", NOTED)
def test_what_is_undefined_has_its_reason(case: str) -> None:
    call, expected = NOTED[case]
    assert call() == expected
