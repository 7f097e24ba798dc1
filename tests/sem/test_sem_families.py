"""Families of estimation: estimators registered from outside, and nothing else that asks which family it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.sem.arrays import Array
from comply_measure.sem.discrepancy.base import Discrepancy
from comply_measure.sem.discrepancy.ls import Moments, WeightedDiscrepancy
from comply_measure.sem.errors import ModelError
from comply_measure.sem.families.base import Family
from comply_measure.sem.families.complete import CompleteData
from comply_measure.sem.families.incomplete import FullInformation
from comply_measure.sem.families.likelihood import Likelihood
from comply_measure.sem.families.registry import FAMILIES, forget_estimator, register_estimator
from comply_measure.sem.families.two_level import TwoLevel
from comply_measure.sem.implied import Implied
from comply_measure.sem.options import ESTIMATORS, Estimator, Options
from comply_measure.sem.sample import GroupSample

ROOT = Path(__file__).parents[2]
HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
ITEMS = [f"x{i}" for i in range(1, 10)]
Register = Callable[..., None]


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    from semopy.examples import holzinger39

    return holzinger39.get_data()


@pytest.fixture
def register() -> Iterator[Register]:
    """Estimators that are known for the length of a test."""
    before, names = (list(FAMILIES), dict(ESTIMATORS)), []

    def add(estimator: Estimator, *families: Family) -> None:
        register_estimator(estimator, *families)
        names.append(estimator.name)

    yield add
    for name in names:
        forget_estimator(name)
    assert (list(FAMILIES), dict(ESTIMATORS)) == before


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, True),
        ({"missing": "ml"}, True),
        ({"missing": "two.stage"}, True),
        ({"estimator": "GLS"}, False),
        ({"estimator": "ULS"}, False),
        ({"estimator": "DWLS"}, False),
        ({"ordered": ITEMS, "estimator": "WLSMV"}, False),
    ],
)
def test_a_family_has_a_likelihood_where_its_fits_have_aic(
    hs: pd.DataFrame, options: dict[str, Any], expected: bool
) -> None:
    data = hs[ITEMS].round().clip(2, 6) if "ordered" in options else hs
    fit = sem.fit(HS, data, **options)
    assert fit.model.family.has_loglik is expected
    for name in ("logl", "aic", "bic"):
        assert np.isfinite(fit.measures.get(name, np.nan)) == expected, name


def test_two_levels_and_products_have_a_likelihood(hs: pd.DataFrame) -> None:
    levels = "level: 1\n f =~ x1 + x2 + x3\nlevel: 2\n g =~ x1 + x2 + x3"
    data = hs.assign(unit=np.arange(len(hs)) % 40)
    data[["x1", "x2", "x3"]] += 0.7 * np.random.default_rng(1).normal(size=40)[data["unit"], None]
    product = "visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9\nx4 ~ visual + speed + visual:speed"
    for fit in (sem.fit(levels, data, cluster="unit"), sem.fit(product, hs, interactions="lms", nodes=8)):
        assert fit.model.family.has_loglik and np.isfinite(fit.measures["aic"])


class TestMaximumLikelihoodUnderAnotherName:
    @pytest.fixture
    def again(self, register: Register) -> None:
        families = (Likelihood("normal"), FullInformation("normal"), TwoLevel("normal"))
        register(Estimator("NORMAL", "normal"), *families)

    @pytest.mark.usefixtures("again")
    def test_numbers_are_those_of_ml(self, hs: pd.DataFrame) -> None:
        ml, other = sem.fit(HS, hs), sem.fit(HS, hs, estimator="normal")
        pd.testing.assert_frame_equal(other.estimates, ml.estimates)
        pd.testing.assert_series_equal(other.fit_measures, ml.fit_measures)
        assert other.problems == ml.problems == ()
        # lavaan 0.6-14; with n - 1 cases the error would be .0736464
        row = other.estimates.query("lhs == 'visual' and op == '~~' and rhs == 'textual'").iloc[0]
        assert_allclose(row["se"], 0.07352388, atol=2e-7)
        found = other.fit_measures[["chisq", "logl", "aic", "bic"]]
        assert_allclose(found, [85.305522, -3737.744927, 7517.489853, 7595.339246], atol=1e-5)
        pd.testing.assert_frame_equal(
            other.residuals("standardized")["cov"], ml.residuals("standardized")["cov"]
        )
        pd.testing.assert_frame_equal(other.modification_indices(), ml.modification_indices())
        assert (
            type(other.model.family.worker(other.model, other.optimum.point, "ordinary")).__name__
            == "BatchWorker"
        )

    @pytest.mark.usefixtures("again")
    def test_so_they_are_with_missing_values_moments_and_two_levels(self, hs: pd.DataFrame) -> None:
        holes = hs[ITEMS].mask(np.random.default_rng(2).random((len(hs), 9)) < 0.05)
        two = pd.read_csv(ROOT / "tests/reference/sem_twolevel/twolevel.csv")
        levels = "level: 1\n fw =~ y1 + y2 + y3\nlevel: 2\n fb =~ y1 + y2 + y3\n"
        for text, data, options in ((HS, holes, {"missing": "ml"}), (levels, two, {"cluster": "unit"})):
            ml = sem.fit(text, data, **options)
            other = sem.fit(text, data, estimator="NORMAL", **options)
            pd.testing.assert_frame_equal(other.estimates, ml.estimates)
            pd.testing.assert_series_equal(other.fit_measures, ml.fit_measures)
        ml, other = (sem.from_moments(HS, hs[ITEMS].cov(), 301, estimator=name) for name in ("ML", "NORMAL"))
        pd.testing.assert_frame_equal(other.estimates, ml.estimates)
        with pytest.raises(InputError, match="not with missing='two"):
            sem.fit(HS, holes, estimator="NORMAL", missing="two.stage")

    @pytest.mark.usefixtures("again")
    def test_it_can_be_compared_with_ml(self, hs: pd.DataFrame) -> None:
        one = "f =~ " + " + ".join(ITEMS)
        table = sem.compare(sem.fit(HS, hs), sem.fit(one, hs, estimator="NORMAL"))
        assert_allclose(table["Chisq diff"].iloc[1], 312.264 - 85.306, atol=2e-3)


@dataclass(frozen=True)
class Standardising(CompleteData):
    """Unweighted least squares in units of standard deviations: weights 1/(s_ii s_jj) for covariances."""

    is_chisquare: bool = False

    name = "standardising least squares"
    cases_lost = 1

    def discrepancy(
        self, options: Options, sample: GroupSample, exogenous: tuple[str, ...], with_means: bool
    ) -> Discrepancy:
        moments = Moments(sample, exogenous, with_means)
        s = sample.cov.diagonal()
        return WeightedDiscrepancy(moments, 1.0 / (s[moments.rows] * s[moments.columns])[moments.kept])


class LogEvaluation:
    """F = Σ log(1 + (s − σ)²) over distinct covariances, a distance that outlying residuals do not rule."""

    def __init__(self, sample: GroupSample, implied: Implied) -> None:
        self.implied = implied
        self.moments = Moments(sample, (), False)
        self.residual = self.moments.observed - self.moments.implied(implied)
        self.value = float(np.log1p(self.residual**2).sum())
        self.jacobian = self.moments.jacobian(implied)

    def gradient(self) -> Array:
        return np.asarray(-self.jacobian.T @ (2.0 * self.residual / (1.0 + self.residual**2)))

    def information(self) -> Array:
        return self.jacobian.T @ self.jacobian

    def hessian(self) -> Array:
        return 2.0 * self.information()


@dataclass(frozen=True)
class LogSample:
    sample: GroupSample

    def evaluate(self, implied: Implied) -> LogEvaluation:
        return LogEvaluation(self.sample, implied)


@dataclass(frozen=True)
class Logarithmic(CompleteData):
    is_chisquare: bool = False

    name = "logarithmic distances"

    def discrepancy(
        self, options: Options, sample: GroupSample, exogenous: tuple[str, ...], with_means: bool
    ) -> Discrepancy:
        return LogSample(sample)


class TestDiscrepanciesOfOnesOwn:
    def test_a_weight_that_is_known_elsewhere(self, register: Register, hs: pd.DataFrame) -> None:
        """Standardising least squares of covariances are ULS of correlations, in the units of the variables."""
        register(Estimator("SLS", "sls", se="robust.sem", test="satorra.bentler"), Standardising("sls"))
        fit = sem.fit(HS, hs, estimator="SLS", std_lv=True)
        uls = sem.from_moments(HS, hs[ITEMS].corr(), 301, estimator="ULS", std_lv=True, test="standard")
        sd = hs[ITEMS].std()
        loadings = fit.estimates.query("op == '=~'")
        expected = uls.estimates.query("op == '=~'")["est"].to_numpy() * sd[loadings["rhs"]].to_numpy()
        assert_allclose(loadings["est"], expected, atol=1e-6)
        assert_allclose(fit.test.statistic, uls.test.statistic, rtol=1e-8)
        z = hs[ITEMS] / sd
        same = sem.fit(HS, z, estimator="ULS", std_lv=True, se="robust.sem", test="satorra.bentler")
        assert_allclose(fit.fit_measures["chisq.scaled"], same.fit_measures["chisq.scaled"], rtol=1e-6)
        assert_allclose(fit.fit_measures["gfi_lisrel"], same.fit_measures["gfi_lisrel"], rtol=1e-6)
        errors = same.estimates.query("op == '=~'")["se"].to_numpy() * sd[loadings["rhs"]].to_numpy()
        assert_allclose(loadings["se"], errors, rtol=1e-5)
        assert "logl" not in fit.fit_measures and np.isnan(fit.test.pvalue)
        assert fit.test.note == "the SLS statistic does not follow a χ² distribution"

    def test_a_distance_of_which_nothing_else_is_known(self, register: Register, hs: pd.DataFrame) -> None:
        register(Estimator("LOG", "log"), Logarithmic("log"))
        z = hs[ITEMS[:4]] / hs[ITEMS[:4]].std(ddof=0)
        fit = sem.fit("f =~ x1 + x2 + x3 + x4", z, estimator="LOG", std_lv=True)
        S = np.cov(z, rowvar=False, ddof=0)

        def distance(theta: Array) -> float:
            sigma = np.outer(theta[:4], theta[:4]) + np.diag(theta[4:])
            return float(np.log1p((S - sigma)[np.triu_indices(4)] ** 2).sum())

        best = minimize(distance, np.full(8, 0.5), tol=1e-14, options={"gtol": 1e-10})
        assert_allclose(fit.theta, best.x, atol=1e-5)
        assert_allclose(fit.test.statistic, 301 * best.fun, rtol=1e-6)
        J = fit.optimum.point.evaluations[0].jacobian  # type: ignore[attr-defined]
        assert_allclose(fit.vcov.to_numpy(), np.linalg.inv(J.T @ J) / 301, rtol=1e-6)
        assert np.isnan(fit.fit_measures[["pvalue", "gfi_lisrel", "agfi"]]).all()
        assert np.isfinite(fit.fit_measures[["srmr", "cfi", "rmr"]]).all()
        for question in (
            lambda: fit.residuals("standardized"),
            lambda: fit.bootstrap(2, "ordinary", 1).bootstrap_intervals("bca"),
        ):
            with pytest.raises(ModelError, match=r"no weight of the moments|casewise scores need"):
                question()
        with pytest.raises(ModelError, match="has no such robust statistics"):
            _ = sem.fit("f =~ x1 + x2 + x3 + x4", z, estimator="LOG", std_lv=True, se="robust.sem").vcov

    def test_the_page_that_tells_how(self, hs: pd.DataFrame) -> None:
        text = (ROOT / "docs/engine.md").read_text(encoding="utf-8")
        section = text.split("## Add an estimator", 1)[1].split("\n## ", 1)[0]
        code = "\n".join(re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL))
        names: dict[str, Any] = {"data": hs, "__name__": __name__}
        try:
            exec(compile(code, "docs/engine.md", "exec"), names)
            uls = sem.from_moments("f =~ x1 + x2 + x3 + x4", hs[ITEMS[:4]].corr(), 301, estimator="ULS")
            ratio = hs["x2"].std() / hs["x1"].std()
            fit = names["fit"]
            assert isinstance(fit, sem.Fit)
            assert_allclose(fit.estimates["est"].iloc[1], uls.estimates["est"].iloc[1] * ratio, rtol=1e-6)
            scaled, known = (sem.fit(HS, hs, estimator=name).fit_measures for name in ("MLSB", "MLM"))
            pd.testing.assert_series_equal(scaled, known)
        finally:
            forget_estimator("SLS")
            forget_estimator("MLSB")
        assert "MLSB" not in ESTIMATORS and len(FAMILIES) == 13

    def test_what_cannot_be_registered_says_why(self) -> None:
        for estimator, families, message in (
            (Estimator("ml", "sls"), (Standardising("sls"),), "is taken"),
            (Estimator("NEW", "new"), (Standardising("sls"),), "minimises 'sls', not 'new'"),
            (Estimator("NEW", "new"), (), "no family for complete data minimises it"),
            (Estimator("NEW", "ml"), (Likelihood("ml"),), "there is one for 'ml' and such data"),
        ):
            with pytest.raises(InputError, match=message):
                register_estimator(estimator, *families)


# -- nothing outside the families asks which family it is --------------------------------------------------

OWN_TYPES = {
    *("MLEvaluation", "GLSEvaluation", "WeightedEvaluation", "FIMLEvaluation", "TwoStageEvaluation"),
    *("OrdinalEvaluation", "MLDiscrepancy", "FIMLDiscrepancy", "TwoStageDiscrepancy", "OrdinalDiscrepancy"),
    *("OrdinalGroup", "OrdinalImplied", "OrdinalLayout", "IncompleteGroup", "TwoStageGroup"),
    *("TwoLevelModel", "TwoLevelPoint", "TwoLevelData", "TwoLevelFit", "TwoLevelObjective"),
    *("Likelihood", "LeastSquares", "FullInformation", "TwoStage", "Ordinal", "TwoLevel"),
}
WORDS = ("discrepancy", "minimises", "missing", "estimator", "situations")
ALLOWED = {"comply_measure/sem/options.py": 1}  # what ``Options.complete_cases`` means is said there


def is_word(node: ast.AST) -> bool:
    """A word, words, or the name of a constant that holds some."""
    return isinstance(node, ast.Constant | ast.Tuple | ast.Set | ast.List) or (
        isinstance(node, ast.Name) and node.id.isupper()
    )


def questions(tree: ast.AST) -> Iterator[int]:
    """Lines that ask which family a model, a sample or an estimator belongs to."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("isinstance", "issubclass"):
            named = {getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(node.args[1])}
            if named & OWN_TYPES:
                yield node.lineno
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            kinds = [getattr(side, "attr", "") for side in sides]
            asked = any(kind in WORDS for kind in kinds) or any(
                kind == "name" and getattr(side.value, "attr", "") in ("estimator", "family")
                for kind, side in zip(kinds, sides, strict=True)
                if isinstance(side, ast.Attribute)
            )
            types = any(
                isinstance(s, ast.Call) and getattr(s.func, "id", "") == "type" for s in sides
            ) and any(getattr(s, "id", "")[:1].isupper() for s in sides)
            if (asked and any(is_word(side) for side in sides)) or types:
                yield node.lineno
        tested = [node.test] if isinstance(node, ast.If | ast.IfExp) else getattr(node, "values", [])
        tested += [node.operand] if isinstance(node, ast.UnaryOp) else []
        tested += node.args if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "bool" else []
        yield from (part.lineno for part in tested if getattr(part, "attr", "") == "thresholds")


def test_questions_are_found() -> None:
    lines = """
if isinstance(group, (GroupSample, OrdinalGroup)): pass
if options.estimator.discrepancy != "ml": pass
if options.missing in FULL_INFORMATION: pass
ordered = bool(table.options.thresholds)
if a or table.options.thresholds: pass
if model.options.estimator.name == "MLR": pass
if type(model) is Model: pass
"""
    assert sorted(set(questions(ast.parse(lines)))) == [2, 3, 4, 5, 6, 7, 8]
    assert not list(questions(ast.parse("if mine.options.missing != other.options.missing: pass")))


def test_nothing_asks_which_family_it_is() -> None:
    """A new family would be read as one of the others wherever this is asked; the families answer instead."""
    found: dict[str, int] = {}
    for path in sorted((ROOT / "comply_measure/sem").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        lines = [] if "/families/" in name else list(questions(ast.parse(path.read_text(encoding="utf-8"))))
        if lines:
            found[name] = len(lines)
    assert found == ALLOWED


def test_no_other_room_asks_it_of_a_fit() -> None:
    asks = re.compile(r"model\.options\.(estimator\.(discrepancy|name) *[!=]=|missing *([!=]=|in ))")
    rooms = [path for path in (ROOT / "comply_measure").rglob("*.py") if "/sem/" not in path.as_posix()]
    assert [path.name for path in rooms if asks.search(path.read_text(encoding="utf-8"))] == []
