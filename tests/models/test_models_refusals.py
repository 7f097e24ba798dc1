"""Models that cannot be written down, fitted or judged are refused with what is at fault, word by word."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.models.cutoffs.dynamic import dynamic_cutoffs
from comply_measure.models.cutoffs.misspecification import factor_structure, misspecifications
from comply_measure.models.cutoffs.wishart import wishart_roots
from comply_measure.models.hierarchy import correlated_factors, second_order
from comply_measure.models.informants.effects import joint_tests
from comply_measure.models.informants.invariance import role_invariance_model
from comply_measure.models.informants.mtmm import mtmm_table
from comply_measure.models.informants.polynomial_model import latent_polynomial_model
from comply_measure.models.informants.trifactor import trifactor_model
from comply_measure.models.informants.wide import check_design
from comply_measure.models.invariance.curves import LinearCurve, OgiveCurve, difference
from comply_measure.models.invariance.designs import ItemParameters
from comply_measure.models.invariance.effects import _gap
from comply_measure.models.invariance.group_designs import group_design
from comply_measure.models.invariance.ordinal import ORDINAL_LEVELS, check_categories, ordinal_group_design
from comply_measure.models.invariance.role_designs import stage_design
from comply_measure.models.invariance.search import partial_invariance, score_statistics
from comply_measure.models.method_variance import latent_method_factor, marker_analysis
from comply_measure.models.rivals.composites import composite_model, composite_start, composite_weights
from comply_measure.models.rivals.edwards import edwards_models
from comply_measure.models.rivals.general_factor import (
    bifactor_indices,
    general_factor_indices,
    schmid_leiman,
)
from comply_measure.models.rivals.orthogonal import bifactor_s1
from comply_measure.models.rivals.structures import rival_structures
from comply_measure.models.rivals.trees import check_factors, is_tree
from comply_measure.models.selling_center import selling_center_model

rng = np.random.default_rng(7)
X = pd.DataFrame(0.7 * rng.normal(size=(90, 1)) + 0.7 * rng.normal(size=(90, 6)), columns=list("abcdef"))
X["g"] = ["u", "v"] * 45
TWO = {"s": list("abc"), "t": list("def")}


def one(**options: Any) -> sem.Fit:
    return sem.fit("s =~ a + b + c + d", X, **options)


def stuck() -> sem.Fit:
    return sem.fit("s =~ a + b + c + d", X, optimizer_options={"iterations": 1})


def heywood() -> sem.Fit:
    """Loadings 1.1, 0.5, 0.5, 0.5 reproduce these covariances."""
    loadings = np.array([1.1, 0.5, 0.5, 0.5])
    cov = np.outer(loadings, loadings)
    np.fill_diagonal(cov, 1.0)
    return sem.from_moments("s =~ a + b + c + d", pd.DataFrame(cov, list("abcd"), list("abcd")), 200)


REFUSED: dict[str, tuple[Callable[[], Any], tuple[str, ...]]] = {
    "cut-offs of least squares": (
        lambda: dynamic_cutoffs(one(estimator="ULS"), seed=1),
        ("dynamic cut-offs are simulated for maximum likelihood",),
    ),
    "cut-offs of a saturated model": (
        lambda: dynamic_cutoffs(sem.fit("s =~ a + b + c", X), seed=1),
        ("a model without degrees of freedom cannot misfit: no cut-offs",),
    ),
    "few replications": (
        lambda: dynamic_cutoffs(one(), seed=1, n_replications=99, max_levels=0),
        (
            "Cut-offs cannot be simulated.",
            "too few replications (found 99); allowed: at least 100",
            "max_levels (found 0); allowed: at least 1",
        ),
    ),
    "structure of groups": (lambda: factor_structure(one(group="g")), ("dynamic cut-offs need one group",)),
    "structure of a Heywood case": (
        lambda: factor_structure(heywood()),
        ("a residual variance is not positive: no dynamic cut-offs",),
    ),
    "structure without an optimum": (
        lambda: factor_structure(stuck()),
        ("dynamic cut-offs need an optimum, and the model did not converge",),
    ),
    "structure of crossed items": (
        lambda: factor_structure(sem.fit("s =~ a + b + c\nt =~ c + d + e + f", X)),
        ("dynamic cut-offs are defined for items with one factor each",),
    ),
    "three items": (
        lambda: misspecifications(factor_structure(sem.fit("s =~ a + b + c", X))),
        ("a one-factor model needs 4 items to leave a residual correlation out",),
    ),
    "as many cases as variables": (
        lambda: wishart_roots(4, 4, 1, rng),
        ("4 cases for 4 variables: sample covariance matrices would be singular",),
    ),
    "a factor without indicators": (
        lambda: correlated_factors({"s": ["a"], "t": []}),
        ("every factor needs an indicator; without: t",),
    ),
    "no factors": (lambda: correlated_factors({}), ("a factor model needs at least one factor",)),
    "a name twice": (
        lambda: correlated_factors({"s": ["a", "b"], "t": ["b"]}),
        ("names used more than once in the model: b",),
    ),
    "two factors under one": (
        lambda: second_order(TWO),
        ("a second-order factor needs at least 3 first-order factors, not 2",),
    ),
    "a release of nothing known": (
        lambda: role_invariance_model(TWO, ["m", "s"], "scalar", released={("mean", "a")}),  # type: ignore[arg-type]
        ("cannot release 'mean'; allowed: loading, intercept, residual",),
    ),
    "a release of no item": (
        lambda: role_invariance_model(TWO, ["m", "s"], "scalar", released={("loading", "z")}),
        ("cannot release loading of 'z': no factor has this variable",),
    ),
    "everything released": (
        lambda: role_invariance_model(TWO, ["m", "s"], "scalar", released={("intercept", i) for i in "abc"}),
        ("s: at least one intercept must be equal over roles to link them",),
    ),
    "a polynomial of one role": (
        lambda: latent_polynomial_model("s", list("abc"), ["m", "m"], "z"),
        ("a latent polynomial is of two different roles; given: m, m",),
    ),
    "one role": (lambda: check_design(TWO, ["m"]), ("at least 2 different roles are needed; given: m",)),
    "no factor": (
        lambda: check_design({}, ["m", "s"]),
        ("every factor needs at least one variable; without: all",),
    ),
    "an item of two factors": (
        lambda: check_design({"s": ["a", "b"], "t": ["b", "a"]}, ["m", "s"]),
        ("a variable may belong to one factor only; in several: a, b",),
    ),
    "predictors of an unknown view": (
        lambda: trifactor_model(list("abc"), ["m", "s"], perspective_predictors={"it": ["z"]}),
        ("perspective predictors are given for 'it', which is not a role of the model",),
    ),
    "a matrix of columns named twice": (
        lambda: mtmm_table(X, ["a", "a"], ["m", "s"]),
        (
            "The matrix of dimensions and roles cannot be made.",
            "'a.m': column is absent; allowed: a column of the table",
            "'a.s': column is absent; allowed: a column of the table",
            "'a.m': is named twice",
            "'a.s': is named twice",
        ),
    ),
    "a category that a group lacks": (
        lambda: ordinal_group_design(
            pd.DataFrame({name: [1, 2, 3, 1, 2, 1] * 10 for name in "abc"}).assign(
                g=["u", "u", "u", "v", "v", "v"] * 10
            ),
            {"s": list("abc")},
            "g",
        ),
        (
            "A category is missing in a group.",
            "row g v, 'a': category without answers (found 3)",
            "row g v, 'b': category without answers (found 3)",
            "row g v, 'c': category without answers (found 3)",
        ),
    ),
    "stages of other indicators": (
        lambda: stage_design(X, {"one": {"i": "a", "j": "b"}, "two": {"i": "c"}}, factor="s", cluster="firm"),
        (
            "Stages cannot be compared.",
            "'firm': column is absent",
            "a stage has other indicators (found 'two'); allowed: i, j",
        ),
    ),
    "a search with wrong options": (
        lambda: partial_invariance(
            group_design(X, TWO, "g"),
            levels=("scalar", "metric"),
            alpha=1.5,
            least_held=0,
        ),
        (
            "The search cannot be run.",
            "levels (found 'scalar, metric'); allowed: metric, scalar, strict in this order",
            "alpha (found 1.5); allowed: between 0 and 1",
            "least_held (found 0); allowed: at least 1",
        ),
    ),
    "scores of two levels": (
        lambda: score_statistics(
            sem.fit(
                "level: 1\n w =~ a + b + c\nlevel: 2\n a ~~ a\n b ~~ b\n c ~~ c\n",
                X.assign(k=np.arange(90) // 3),
                cluster="k",
            ),
            [[0]],
        ),
        ("score statistics are for likelihood fits of one level",),
    ),
    "composites without starts": (
        lambda: composite_model(TWO, start={}),
        ("starting values are missing for s, t",),
    ),
    "one composite": (
        lambda: composite_model({"s": ["a", "b"]}),
        ("at least 2 dimensions are needed, not 1",),
    ),
    "starts from another model": (
        lambda: composite_start(one().estimates, TWO),
        ("the reflective model does not measure t =~ d, t =~ e, t =~ f",),
    ),
    "starts from a Heywood case": (
        lambda: composite_start(heywood().estimates, {"s": list("abcd")}),
        ("s: the reflective model gives no starting values for a composite",),
    ),
    "weights of another model": (
        lambda: composite_weights(sem.fit("s =~ a + b + c\nt =~ d + e + f", X).estimates, TWO),
        ("the estimates do not belong to a composite model of 's'",),
    ),
    "Schmid and Leiman's shapes": (
        lambda: schmid_leiman(np.ones((4, 2)), np.ones(3)),
        ("loadings of shapes (4, 2) and (3,) do not fit: (J, S) and (S,) are needed",),
    ),
    "indices without an optimum": (
        lambda: general_factor_indices(stuck(), {"s": ["a"]}),
        ("the indices need an optimum, and the model did not converge",),
    ),
    "indices of empty factors": (
        lambda: general_factor_indices(one(), {"s": []}),
        ("every factor needs an indicator",),
    ),
    "indices without a general factor": (
        lambda: general_factor_indices(one(), {"s": ["a", "b"]}),
        ("the model has no general factor 'alignment' above these dimensions",),
    ),
    "indices of too many names": (
        lambda: bifactor_indices(np.array([0.5, 0.5]), np.zeros((2, 1)), ["g"], ["a", "b"]),
        ("loadings, factor names and items do not fit together",),
    ),
    "indices of an impossible item": (
        lambda: bifactor_indices(np.array([0.9, 0.5]), np.array([[0.5], [0.1]]), ["g", "s"], ["a", "b"]),
        ("negative residual variance: a; the indices are undefined",),
    ),
    "indices beside another number of loadings": (
        lambda: bifactor_indices(
            np.array([0.5, 0.5]), np.zeros((2, 1)), ["g", "s"], ["a", "b"], one_factor=np.ones(3)
        ),
        ("the loadings of one factor are not as many as the items",),
    ),
    "an unknown reference": (
        lambda: bifactor_s1(TWO, reference="z"),
        ("the reference dimension 'z' is unknown; given: s, t",),
    ),
    "an unknown reference of structures that may be left out": (
        lambda: rival_structures(TWO, reference="z"),
        ("the reference dimension 'z' is unknown; given: s, t",),
    ),
    "a specific factor of one item": (
        lambda: bifactor_s1({"s": ["a", "b"], "t": ["c"]}),
        ("t: a specific factor of the S−1 model needs at least two indicators",),
    ),
    "trees beside lists": (
        lambda: is_tree({"s": ["a"], "t": {"u": ["b"]}}),
        ("either all dimensions list indicators, or all list attributes with items",),
    ),
    "too few dimensions": (
        lambda: check_factors({"s": ["a"]}, "g", least=2),
        ("at least 2 dimensions are needed, not 1",),
    ),
    "a dimension without indicators": (
        lambda: check_factors({"s": ["a"], "t": []}, "g"),
        ("every dimension needs an indicator; without: t",),
    ),
    "a dimension named as the general factor": (
        lambda: check_factors({"g": ["a"]}, "g"),
        ("names used more than once in the model: g",),
    ),
    "a marker named as a factor": (
        lambda: marker_analysis(X, {"s": list("abc")}, ["d", "e"], name="s"),
        ("the name 's' of the method factor is already in use",),
    ),
    "a method factor named as a factor": (
        lambda: latent_method_factor(X, TWO, name="s"),
        ("the name 's' of the method factor is already in use",),
    ),
    "a model of ordered items without categories, level and groups": (
        lambda: check_categories({"s": ["a", "q"]}, {"a": 5}, 1, "weak"),
        (
            "The model of ordered items cannot be written.",
            "'q': no number of categories is given",
            "level (found 'weak'); allowed: " + ", ".join(ORDINAL_LEVELS),
            "n_groups (found 1); allowed: at least 2",
        ),
    ),
    "a factor named as all indicators are in the shares": (
        lambda: latent_method_factor(X, {"s": ["a", "b"], "all": ["c", "d"]}),
        ("the name 'all' is that of all indicators in the shares: give the factor another",),
    ),
    "a method factor of unknown reversed items": (
        lambda: latent_method_factor(X, TWO, reversed_items=["z", "a"]),
        ("reversed items that are in no factor: z",),
    ),
    "a method factor of absent columns": (
        lambda: latent_method_factor(X, {"s": ["a", "q"]}, cluster="firm"),
        (
            "The method factor cannot be fitted.",
            "'q': column is absent",
            "'firm': column is absent",
        ),
    ),
    "a marker among the items": (
        lambda: marker_analysis(X, {"s": list("abc")}, ["c", "d"]),
        ("names used more than once in the model: c",),
    ),
    "a marker of unknown reversed items": (
        lambda: marker_analysis(X, {"s": list("abc")}, ["d", "e"], reversed_items=["f"]),
        ("reversed items that are in no factor: f",),
    ),
    "criteria of two dimensions": (
        lambda: edwards_models(TWO, {"y": ["y1", "y2"]}),
        ("at least 3 dimensions are needed, not 2",),
    ),
    "a criterion named as a dimension": (
        lambda: edwards_models({**TWO, "u": ["u1", "u2"]}, {"s": ["y1", "y2"], "z": ["a"]}),
        ("names used more than once in the model: a, s",),
    ),
    "follow-up without columns": (
        lambda: selling_center_model(list("co"), form="blocks"),
        ("the form 'blocks' measures follow-up by items: name their columns",),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_named(case: str) -> None:
    call, texts = REFUSED[case]
    with pytest.raises(ComplyError) as caught:
        call()
    assert tuple(line.strip().removeprefix("- ") for line in str(caught.value).splitlines()) == texts


def test_moments_of_an_item_are_integrals_over_its_factor() -> None:
    """Mean and variance of an answer, and the size of a difference, by integration over a normal factor."""
    mean, variance = 0.4, 1.7
    eta = stats.norm(mean, math.sqrt(variance))

    def over(function: Callable[[float], float]) -> float:
        return float(integrate.quad(lambda x: function(x) * eta.pdf(x), -12, 12, epsabs=1e-11)[0])

    line, other = LinearCurve(0.8, 2.5, 0.36), LinearCurve(0.5, 2.9, 0.5)
    assert line.expected(mean, variance) == pytest.approx(over(lambda x: 2.5 + 0.8 * x))
    assert line.variance(mean, variance) == pytest.approx(over(lambda x: (0.8 * (x - mean)) ** 2) + 0.36)
    size, level = difference(line, other, mean, variance)
    assert level == pytest.approx(over(lambda x: 0.4 - 0.3 * x))
    assert size == pytest.approx(math.sqrt(over(lambda x: (0.4 - 0.3 * x) ** 2)))
    tau, scores = np.array([-1.0, 0.2, 1.1]), np.array([1.0, 2.0, 4.0, 5.0])
    ogive = OgiveCurve(0.8, 0.1, 0.7, tau, scores)
    turned = OgiveCurve(0.6, 0.3, 0.5, tau + 0.2, scores)

    def shares(curve: OgiveCurve, x: float) -> np.ndarray:
        above = stats.norm.cdf(
            (curve.intercept + curve.loading * x - curve.thresholds) / math.sqrt(curve.residual)
        )
        return -np.diff([1.0, *above, 0.0])

    first = over(lambda x: float(shares(ogive, x) @ scores))
    assert ogive.expected(mean, variance) == pytest.approx(first)
    second = over(lambda x: float(shares(ogive, x) @ scores**2))
    assert ogive.variance(mean, variance) == pytest.approx(second - first**2)
    assert ogive.at(np.array([0.7])) == pytest.approx(shares(ogive, 0.7) @ scores)
    size, level = difference(ogive, turned, mean, variance)
    assert level == pytest.approx(over(lambda x: float((shares(turned, x) - shares(ogive, x)) @ scores)))
    square = over(lambda x: float((shares(turned, x) - shares(ogive, x)) @ scores) ** 2)
    assert size == pytest.approx(math.sqrt(square), rel=1e-6)
    flat = replace(turned, residual=0.0)
    assert np.isnan(difference(ogive, flat, mean, variance)).all()


@pytest.mark.parametrize("members", [[2], [2, 2], [3, 1, 2], [1, 1]])
def test_share_of_uncontaminated_correlations_is_counted_pair_by_pair(members: list[int]) -> None:
    """Rodriguez, Reise & Haviland (2016): pairs of items of different specific factors, of all pairs."""
    of = np.repeat(np.arange(len(members)), members)
    specific = np.where(of[:, None] == np.arange(len(members)), 0.3, 0.0)
    names, items = ["g", *map(str, range(len(members)))], [f"x{j}" for j in range(len(of))]
    found = bifactor_indices(np.full(len(of), 0.6), specific, names, items).tidy()
    pairs = [(a, b) for a in range(len(of)) for b in range(a)]
    apart = sum(of[a] != of[b] for a, b in pairs) / len(pairs)
    assert found.loc[0, "puc"] == pytest.approx(apart, abs=1e-12)


def test_effects_of_a_model_without_an_optimum_are_empty_with_its_reason() -> None:
    fit = sem.fit("s =~ a + b + c\nd ~ eff*s", X, optimizer_options={"iterations": 1})
    row = joint_tests(fit, ["s"], ["d"]).iloc[0]
    assert math.isnan(row["chisq"]) and math.isnan(row["p"]) and (row["df"], row["n_units"]) == (1, 90)
    assert (row["hypothesis"], row["note"]) == ("no effect of s", fit.unreached)


def test_the_bias_of_a_gap_is_a_share_of_it() -> None:
    """Two items of a factor whose mean is 0.8 in the focal group; one of them is easier there by 0.3."""
    parameters = ItemParameters(
        loadings=np.array([[1.0, 0.5], [1.0, 0.5]]),
        intercepts=np.array([[2.0, 3.0], [2.0, 3.3]]),
        residuals=np.full((2, 2), 0.4),
        means=np.array([[0.2], [0.8]]),
        variances=np.array([[4.0], [1.0]]),
        factor=np.array([0, 0]),
    )
    curves = [
        [LinearCurve(1.0, 2.0, 0.4), LinearCurve(0.5, 3.0, 0.4)],
        [LinearCurve(1.0, 2.0, 0.4), LinearCurve(0.5, 3.3, 0.4)],
    ]
    found = _gap(parameters, curves, 0, "f", (0, 1), ("u", "v"))
    assert found.latent_gap == pytest.approx(0.6 / 2.0)  # in standard deviations of the reference
    observed = (0.6 + 0.5 * 0.6 + 0.3) / 2
    assert found.observed_gap == pytest.approx(observed)
    assert (found.bias, found.gap_without_bias) == pytest.approx((0.15, observed - 0.15))
    assert found.share == pytest.approx(0.15 / observed) and found.note == ""
    level = replace(parameters, means=np.array([[0.2], [0.2]]), variances=np.array([[0.0], [1.0]]))
    same = [curves[0], curves[0]]
    none = _gap(level, same, 0, "f", (0, 1), ("u", "v"))
    assert none.observed_gap == 0.0 and np.isnan(none.share) and np.isnan(none.latent_gap)
    assert none.note == "the factor has no variance in the reference; the observed gap is 0: no share"
