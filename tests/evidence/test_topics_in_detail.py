"""Parts of topics against numbers written out: right answers of populations, families of tests, outcomes, surfaces."""

from __future__ import annotations

import math
from base64 import b64encode
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from test_evidence_by_hand import ITEMS, incomplete, read

from comply_measure import evidence, sem
from comply_measure.errors import ComplyError
from comply_measure.evidence.calibration.agreement import rematched_truth, unit_mean_truth
from comply_measure.evidence.calibration.gaps import NORM, low_truth
from comply_measure.evidence.calibration.known import Known
from comply_measure.evidence.calibration.measures import convergent_truth, distinct_truth, item_truth
from comply_measure.evidence.calibration.models import fit_truth
from comply_measure.evidence.codec import decode_frame, encode_frame
from comply_measure.evidence.fit_details import FitDetails
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.moderation import _equation, _told, moderations
from comply_measure.evidence.outcomes import find_outcomes, measurement
from comply_measure.evidence.role_comparison import Comparison, level_tests
from comply_measure.evidence.surfaces import corrected, corrected_constraints
from comply_measure.evidence.topics.congruence import _factor, _Job, _level
from comply_measure.evidence.topics.missing_data import _models, _most_missing
from comply_measure.evidence.unit_variables import UnitVariables
from comply_measure.models.hypothesised import Hypothesis
from comply_measure.models.informants import latent_congruence_model

NAN = math.nan
YES, NO = ("supported",), ("not supported",)
BOTH = (*YES, *NO)
LIMITS = {
    "share_margin": 0.2, "icc2": 0.7, "item_rest_r": 0.3, "ave": 0.5, "distinct": 0.9,
    "rmsea": 0.06, "cfi": 0.95, "srmr": 0.08,
}  # fmt: skip


def known(**fields: Any) -> Any:
    return SimpleNamespace(conventions=LIMITS, **fields)


def test_right_answers_are_the_side_of_the_convention_on_which_the_interval_lies() -> None:
    again = pd.DataFrame({"scale": ["a", "b"], "lower": [0.2, 0.1999]})
    agreeing = known(nothing_shared=False, rematched=again)
    assert [rematched_truth(agreeing, (name,)) for name in "abc"] == [YES, BOTH, ()]
    assert rematched_truth(known(nothing_shared=True), ("a",)) == NO
    means = pd.DataFrame(
        {"column": ["a", "b", "c"], "icc2_lower": [0.71, 0.69, 0.6], "icc2_upper": [0.8, 0.71, 0.69]}
    )
    assert [unit_mean_truth(known(unit_means=means), (n,)) for n in "abcd"] == [YES, BOTH, NO, ()]
    # Fisher's z with n − 3: r = .35, n = 1,003 has the interval .2949 to .4027
    items = pd.DataFrame({"item": ["a", "b"], "item_rest_r": [0.35, 0.35], "n_informants": [1603, 1003]})
    assert np.tanh(np.arctanh(0.35) - 1.96 / np.sqrt([1600, 1000])) == pytest.approx(
        [0.3063, 0.2945], abs=5e-4
    )
    assert [item_truth(known(large_items=items), (n,)) for n in "abc"] == [YES, BOTH, ()]
    for norm, answer in ((NORM - 0.0197, BOTH), (NORM - 0.0195, BOTH), (NORM - 0.0197, BOTH)):
        assert low_truth(known(level=lambda name, at=norm: (at, 0.0101)), ("a",)) == answer
    assert low_truth(known(level=lambda name: (NORM - 0.0197, 0.01)), ("a",)) == YES
    assert low_truth(known(level=lambda name: (NORM + 0.0197, 0.01)), ("a",)) == NO


def test_right_answers_on_variance_extracted_and_factor_correlations() -> None:
    table = pd.DataFrame({"construct": ["a", "b", "c"], "ave": [0.5, 0.5197, 0.4803], "ave_se": [0.01] * 3})
    pairs = pd.DataFrame(
        {
            "construct": ["a", "a", "b"],
            "other": ["b", "c", "c"],
            "lower": [0.85, -0.89, 0.91],
            "upper": [0.91, -0.85, 0.95],
        }
    )
    whole = SimpleNamespace(convergent=SimpleNamespace(tidy=lambda: table))
    found = known(large_validity=SimpleNamespace(matrix=whole, pairs=pairs))
    assert [convergent_truth(found, (name,)) for name in "abcd"] == [BOTH, YES, NO, ()]
    told = [distinct_truth(found, pair) for pair in (("a", "b"), ("a", "c"), ("b", "c"), ("c", "b"))]
    assert told == [BOTH, YES, NO, ()]
    nothing = known(large_validity=SimpleNamespace(matrix=SimpleNamespace(convergent=None), pairs=None))
    assert convergent_truth(nothing, ("a",)) == distinct_truth(nothing, ("a", "b")) == ()


@pytest.mark.parametrize(
    ("cfi", "srmr", "rmsea", "right"),
    [
        (0.96, 0.05, (0.04, 0.05), YES),
        (0.96, 0.05, (0.05, 0.07), BOTH),
        (0.96, 0.05, (0.061, 0.07), NO),
        (0.9529, 0.05, (0.04, 0.05), BOTH),  # too near to be told
        (0.9531, 0.05, (0.04, 0.05), YES),
        (0.9469, 0.05, (0.04, 0.05), NO),
        (0.96, 0.0829, (0.04, 0.05), BOTH),
        (0.96, 0.0831, (0.04, 0.05), NO),
        (0.96, 0.0769, (0.04, 0.05), YES),
    ],
)
def test_right_answers_on_fit(
    cfi: float, srmr: float, rmsea: tuple[float, float], right: tuple[str, ...]
) -> None:
    row = {"model": "x", "cfi": cfi, "srmr": srmr, "rmsea_lower": rmsea[0], "rmsea_upper": rmsea[1]}
    found = known(large_fits=pd.DataFrame([{**row, "model": "y", "cfi": 0.1}, row]))
    assert fit_truth(found, ("x",)) == right
    assert fit_truth(found, ("z",)) == ()


def test_levels_of_a_large_study_rest_on_the_means_of_firms() -> None:
    scores = pd.DataFrame(
        {
            "unit": list("abcdef"),
            "firm": ["p", "p", "p", "q", "q", "r"],
            "role": ["m", "m", "s", "m", "s", "s"],
            "x": [1.0, 3.0, 6.0, 2.0, 3.0, 7.0],
        }
    )
    means = np.array([(2.0 + 6.0) / 2, 2.5, 7.0])
    found = SimpleNamespace(_levels=scores.groupby(["firm", "role"])[["x"]].mean().groupby("firm").mean())
    assert Known.level(found, "x") == pytest.approx((means.mean(), means.std(ddof=1) / np.sqrt(3)))  # type: ignore[arg-type]


def test_tests_of_a_level_are_one_family_of_those_that_have_one() -> None:
    def ladder(p: float) -> Any:
        return SimpleNamespace(p=lambda level: p if level == "metric" else NAN)

    gates = pd.DataFrame({"level": ["metric"], "p": [0.001]})
    compared = [
        Comparison("a", ladder(0.02)),
        Comparison("b", None, "too few"),
        Comparison("c", ladder(0.5), search=SimpleNamespace(gates=gates, departures=())),  # type: ignore[arg-type]
        Comparison("d", ladder(NAN)),
        Comparison("e", ladder(0.3)),
    ]
    assert level_tests(compared, "metric") == pytest.approx({"c": 0.003, "a": 0.04, "e": 0.3})
    assert level_tests(compared, "scalar") == {}
    departures = (SimpleNamespace(kind="loading", item="x1"), SimpleNamespace(kind="intercept", item="x2"))
    searched = Comparison("f", search=SimpleNamespace(departures=departures))  # type: ignore[arg-type]
    assert searched.released == {("loading", "x1"), ("intercept", "x2")}
    assert compared[0].released == frozenset()


@dataclass(frozen=True)
class Table:
    """What is corrected of a surface or a set of models."""

    parameters: pd.DataFrame
    constraints: pd.DataFrame


def table(*p: float) -> Any:
    return Table(pd.DataFrame({"p": p}), pd.DataFrame({"p": p}))


def test_corrections_over_surfaces_and_over_what_differences_impose() -> None:
    found = corrected([table(0.01, 0.4), table(0.04, NAN), table(0.03, 0.01)])
    np.testing.assert_allclose(
        [each.parameters["p_holm"] for each in found], [[0.03, 0.4], [0.06, NAN], [0.06, 0.02]]
    )
    assert corrected([]) == [] and corrected_constraints([]) == []
    models = corrected_constraints([table(0.01, 0.2), table(NAN), table(0.03, 0.004)])
    told = [each.constraints["p_holm"].tolist() for each in models]
    np.testing.assert_allclose(np.concatenate(told), [0.03, 0.2, NAN, 0.06, 0.016])
    assert [len(each) for each in told] == [2, 1, 2]


def test_a_construct_as_outcome_is_the_mean_of_centred_roles_and_measured_by_each() -> None:
    trust, size = find_outcomes(read(), ["trust", "size"])
    scores = read().scores("dimension", "duo").pivot_table(index="unit", columns="role", values="trust")
    centred = scores - scores.mean() + scores.mean().mean()
    expected = centred.mean(axis=1).reindex(trust.values.index)
    np.testing.assert_allclose(trust.values["outcome.1"], expected, rtol=1e-12)
    assert expected.notna().sum() > scores.notna().all(axis=1).sum()  # one role is enough
    np.testing.assert_array_equal(
        trust.values[list(trust.ratings)], scores[["buyer", "seller"]].reindex(trust.values.index)
    )
    assert (trust.name, trust.column, trust.roles) == (
        "outcome.1.rated.unit",
        "outcome.1",
        ("buyer", "seller"),
    )
    assert (size.name, size.named.latent, size.named.construct) == ("outcome.2", False, False)
    assert (trust.named.key, trust.named.latent, trust.named.construct) == ("trust", True, True)
    np.testing.assert_array_equal(size.values["outcome.2"], read().units["size"])
    again, flow = find_outcomes(read(), ["trust", "flow"])
    (text,) = measurement([again, size, flow])  # both by the same roles: one model, whose residuals correlate
    assert text.count("=~") == 2 and text.count("~~") >= 2
    assert measurement([size]) == []


def test_latent_congruence_is_the_model_written_out() -> None:
    job = _Job(
        chosen=chosen_focal(read(), None),
        outcomes=find_outcomes(read(), ["size"]),
        pairs=(("buyer", "seller"),),
        cluster=True,
        centre=3.0,
        predictor="trust",
        replications=200,
        remarks=[],
    )
    level, problems = _level(job)
    assert problems == () or all("Latent congruence" in problem for problem in problems)
    assert level is not None and (level.factor, level.roles) == ("trust", ("buyer", "seller"))
    chosen = chosen_focal(read(), None)
    wide = chosen.indicators().pivot_table(index="unit", columns="role", values=["honesty", "care"])
    data = pd.DataFrame(
        {f"{item}.{role}": wide[item, role] for item in ("honesty", "care") for role in ("buyer", "seller")}
    )
    firms = read().data.drop_duplicates("unit").set_index("unit")["firm"]
    data = data.reindex(read().units.index)  # also where the only informant is silent
    data["outcome.1"], data["firm"] = read().units["size"].reindex(data.index), firms.reindex(data.index)
    text = latent_congruence_model("trust", ("honesty", "care"), ("buyer", "seller"), ["outcome.1"])
    fit = sem.fit(text, data, estimator="MLR", missing="ml", meanstructure=True, cluster="firm")
    mine = fit.estimates[["lhs", "op", "rhs", "est", "se"]]
    theirs = level.fit.live.estimates[["lhs", "op", "rhs", "est", "se"]]
    pd.testing.assert_frame_equal(theirs, mine, rtol=1e-4, atol=1e-6)
    named = [name for name in fit.estimates["lhs"].unique() if str(name).startswith("trust")]
    assert set(level.effects["outcome"]) == {"outcome.1"} and named
    assert (level.n_units, level.n_informants) == (chosen.n_units, chosen.n_informants)
    few = "35 firms are few: their standard errors are too small, tests reject too often"
    assert level.estimator == f"MLR, full information, clustered by firm ({few})"
    assert level.tests["df"].tolist() == [1]
    assert _factor(replace(job, predictor=None)) == ("overall", ("trust", "flow", "focus"))


def test_an_observed_surface_is_the_regression_written_out() -> None:
    options = evidence.CongruenceOptions(outcomes=("size",), predictor="trust", bootstrap=200, latent=False)
    found = evidence.congruence(read(), options, seed=2)
    (case,) = found.cases
    roles = read().scores("dimension", "duo").pivot_table(index="unit", columns="role", values="trust")
    both = roles.join(read().units["size"]).dropna()
    x, y = both["buyer"] - 3, both["seller"] - 3
    design = np.column_stack([np.ones(len(x)), x, y, x * x, x * y, y * y])
    b, *_ = np.linalg.lstsq(design, both["size"].to_numpy(), rcond=None)
    np.testing.assert_allclose(case.fit.coefficients, b, rtol=1e-8)
    assert (case.fit.n, case.fit.centre, found.clustered, found.limits) == (len(both), 3.0, True, (1, 5))
    tidy = found.tidy()
    assert set(tidy["views"]) == {"observed"} and found.latent == () and found.level is None
    assert set(tidy["outcome"]) == {"size"}


def test_treatments_of_missing_answers_start_from_the_dimension_that_misses_most() -> None:
    data = incomplete()
    chosen = chosen_focal(read(), None)
    models = _models(chosen)
    assert list(models) == ["trust", "flow", "focus"]
    assert models["flow"] == {"speed": ("speed1", "speed2", "speed3"), "ease": ("ease1", "ease2", "ease3")}
    share = {
        key: data[[f"{name}{k}" for name in parts for k in (1, 2, 3)]].isna().to_numpy().mean()
        for key, parts in models.items()
    }
    assert _most_missing(chosen, models) == max(share, key=share.__getitem__)
    two = {"flow": {"flow": ("speed1", "speed2")}, "focus": {"focus": ("goals1", "goals2", "goals3")}}
    assert _most_missing(chosen, two) == "focus"  # one factor needs three items
    assert _most_missing(chosen, {"flow": two["flow"]}) == "flow"
    options = evidence.MissingDataOptions(imputations=2, iterations=1, cluster="none")
    found = evidence.missing_data(read(), options, seed=4)
    answered = data[ITEMS].notna().any(axis=1)
    assert found.n_imputed == int(data.loc[answered, ITEMS].isna().to_numpy().sum())
    assert found.values() == {"n_imputed": found.n_imputed, "n_imputations": 2}
    assert found.chosen_by_default and list(found.comparisons) == [_most_missing(chosen, models)]
    assert set(found.tidy()["dimension"]) == set(found.comparisons)
    table = found.tidy()
    assert len(table) == len(found.comparisons[_most_missing(chosen, models)].tidy())
    assert (found.n_units, found.n_informants) == (chosen.n_units, chosen.n_informants)


def test_a_moderation_is_an_equation_with_clustered_errors_and_t() -> None:
    scores = evidence.aggregation(read()).scores
    variables = UnitVariables(read(), scores)
    path = Hypothesis("size", "trust", 1)
    moderated = Hypothesis("size", "trust", -1, "flow", "H2")
    firms = variables.frame(())["firm"]
    found = moderations([path, moderated], variables, corrected=False, clusters=firms)
    assert found is not None
    (row,) = found.table.to_dict("records")
    data = pd.DataFrame({name: variables.score(name) for name in ("trust", "flow", "size")}).dropna()
    Z = (data[["trust", "flow"]] - data[["trust", "flow"]].mean()).to_numpy()
    y, codes = data["size"].to_numpy(), pd.factorize(firms.reindex(data.index))[0]
    design = np.column_stack([np.ones(len(y)), Z, Z[:, 0] * Z[:, 1]])
    b, *_ = np.linalg.lstsq(design, y, rcond=None)
    n, C = len(y), codes.max() + 1
    sums = np.stack([(design * (y - design @ b)[:, None])[codes == c].sum(axis=0) for c in range(C)])
    bread = np.linalg.inv(design.T @ design)
    V = bread @ sums.T @ sums @ bread * C / (C - 1) * (n - 1) / (n - 4)
    se = np.sqrt(V[3, 3])
    half, scale = stats.t.ppf(0.975, C - 1) * se, Z.std(axis=0).prod() / y.std()
    expected = {
        "est": b[3], "se": se, "pvalue": 2 * stats.t.sf(abs(b[3]) / se, C - 1), "est_std": b[3] * scale,
        "ci_lower": (b[3] - half) * scale, "ci_upper": (b[3] + half) * scale,
        "r_squared": (design @ b).var() / y.var(),
    }  # fmt: skip
    assert {name: row[name] for name in expected} == pytest.approx(expected, rel=1e-8)
    assert (row["df"], row["n_units"], row["note"], row["sign"], row["label"]) == (C - 1, n, "", -1, "H2")
    # simple slopes: b₁ + b₃ z at the mean and a standard deviation (n − 1) about it, by t
    told = found.slopes[0].tidy()
    spread = data["flow"].std()
    np.testing.assert_allclose(told["est"], [b[1] - b[3] * spread, b[1], b[1] + b[3] * spread], rtol=1e-8)
    at = np.array([[0, 1, 0, z] for z in (-spread, 0.0, spread)])
    np.testing.assert_allclose(told["se"] / np.sqrt(np.einsum("ij,jk,ik->i", at, V, at)), 1.0, rtol=0.05)
    width = (told["ci_upper"] - told["ci_lower"]) / 2
    own = np.sqrt(np.einsum("ij,jk,ik->i", at, V, at))
    np.testing.assert_allclose(width, stats.t.ppf(0.975, C - 1) * own, rtol=1e-8)
    equation = _told("size", *_equation([path, moderated], "size", variables, False, firms))
    means = data[["trust", "flow"]].mean().to_numpy()
    assert equation.intercept == pytest.approx(b[0] - b[1:3] @ means, rel=1e-8)
    assert equation.variables["flow"].sd == pytest.approx(spread, rel=1e-12)
    alone = moderations([moderated], variables, corrected=False, clusters=pd.Series("f", index=firms.index))
    assert alone is not None
    (row,) = alone.table.to_dict("records")
    assert row["note"] == "one cluster: no standard errors" and row["df"] == 0
    assert np.isnan([row["pvalue"], row["ci_lower"], row["ci_upper"]]).all() and row["est"] == row["est"]
    assert moderations([path], variables, corrected=False, clusters=None) is None


def test_details_of_a_fit_are_its_largest_residuals_and_what_it_was_fitted_to() -> None:
    rng = np.random.default_rng(8)
    f = rng.normal(size=(200, 1))
    data = pd.DataFrame(f + rng.normal(size=(200, 4)), columns=list("abcd"))
    data["d"] += 0.6 * data["c"]
    fit = sem.fit("f =~ a + b + c + d", data)
    found = FitDetails.of(fit)
    np.testing.assert_allclose(found.covariance[list("abcd")], data.cov(ddof=0), rtol=1e-9)
    assert found.covariance["variable"].tolist() == list("abcd")
    sigma, S = fit.implied().cov.to_numpy(), data.cov(ddof=0).to_numpy()

    def r(m: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return m / np.sqrt(np.outer(m.diagonal(), m.diagonal()))

    gaps = (r(S) - r(sigma))[np.tril_indices(4, -1)]
    np.testing.assert_allclose(found.residuals["residual"], gaps[np.argsort(-np.abs(gaps))], atol=1e-9)
    assert found.indices["mi"].is_monotonic_decreasing
    assert "".join(sorted(found.indices.loc[0, ["lhs", "rhs"]])) in ("ab", "cd")  # the two are one change
    grouped = sem.fit("f =~ a + b + c + d", data.assign(g=np.arange(200) % 2), group="g")
    assert len(FitDetails.of(grouped).covariance) == 0
    # an exact fit has nothing left over
    assert FitDetails.of(sem.fit("f =~ a + b + c", data)).residuals["residual"].abs().max() < 1e-6


def test_stored_texts_stand_at_places_of_their_list() -> None:
    texts = pd.Series(["a", None, "b"] * 400, dtype="str")

    def read_back(*places: int) -> list[Any]:
        stored = encode_frame(pd.DataFrame({"text": texts}))
        (column,) = stored["columns"]
        assert column["levels"] == ["a", "b"]
        column["base64"] = b64encode(np.array(places * 400, dtype="<i4").tobytes()).decode("ascii")
        return decode_frame(stored)["text"].astype(object).where(lambda x: x.notna(), None).tolist()[:3]

    assert read_back(0, -1, 1) == ["a", None, "b"]
    assert read_back(-1, -1, -1) == [None] * 3
    for wrong in ((0, 1, 2), (0, -1, 7), (0, 1, -2)):
        with pytest.raises(ComplyError, match="a text is none"):
            read_back(*wrong)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (
            {"form": "blocks", "measurement": "items"},
            (("measurement",), "items", "blocks have a measurement of their own", "means"),
        ),
        ({"form": "blocks", "measurement": "means"}, None),
        (
            {"measurement": "sam", "estimator": "MLF"},
            (("measurement",), "sam", "two steps are estimated by the engine comply with ML or MLR", None),
        ),
        ({"measurement": "sam", "estimator": "ML"}, None),
        (
            {"engine": "semopy", "bootstrap": 200},
            (("bootstrap",), 200, "is of the engine comply", "0"),
        ),
        ({"measurement": "sam", "bootstrap": 200}, None),
        (
            {"bootstrap": 200, "indirect": False},
            (("bootstrap",), 200, "nothing is bootstrapped without indirect effects", "0"),
        ),
        (
            {
                "indirect": False,
                "hypotheses": [{"predictor": "trust", "outcome": "size", "through": ["flow"], "sign": "+"}],
            },
            (("indirect",), False, "hypotheses with mediators are about indirect effects", "true"),
        ),
        (
            {"model": "size ~ trust", "form": "blocks"},
            (("form",), None, "is of the model built in: leave it out beside model", None),
        ),
    ],
)
def test_options_of_the_structure_that_do_not_go_together(given: dict[str, Any], fault: Any) -> None:
    options = evidence.StructureOptions(**given)
    found = list(options.faults(SimpleNamespace(responses=read())))  # type: ignore[arg-type]
    assert found == ([] if fault is None else [fault])
