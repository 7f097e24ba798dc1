"""Steps of batch fits, rules of cut-offs, thresholds of designs and tables of marker models, from their definitions."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.models.congeneric import congeneric_reliability
from comply_measure.models.cutoffs import batch as batches, dynamic
from comply_measure.models.cutoffs.batch import BatchFits, BatchModel, Memory
from comply_measure.models.cutoffs.misspecification import Misspecification
from comply_measure.models.cutoffs.wishart import covariances, wishart_roots
from comply_measure.models.invariance.designs import _thresholds, check_level, item_parameters
from comply_measure.models.method_variance import latent_method_factor, marker_analysis

NAN = math.nan
REFERENCE = Path(__file__).parent.parent / "reference" / "method_variance"
HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


def test_the_last_eight_steps_make_the_direction_of_bfgs() -> None:
    """H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ from the metric over the steps kept (Nocedal 1980), per sample."""
    rng = np.random.default_rng(3)
    root = rng.normal(size=(4, 4))
    metric, curved = root @ root.T + np.eye(4), np.diag([1.0, 2.0, 3.0, 4.0])
    memory, kept = Memory(metric), [[] for _ in range(3)]
    for step in range(11):
        s = rng.normal(size=(3, 4))
        y = s @ curved + 0.1 * rng.normal(size=(3, 4))
        if step == 6:
            s[1] = y[1] = 0.0  # did not move
        if step == 9:
            y[2] = -y[2]  # no curvature
        memory.remember(s, y)
        for r in range(3):
            kept[r] = [*kept[r][-7:], (s[r], y[r])]
    gradient = rng.normal(size=(2, 4))
    found = memory.direction(np.array([2, 1]), gradient)
    for place, r in enumerate((2, 1)):
        H = metric
        for s, y in kept[r]:
            if s @ y > 0:
                rho = 1 / (s @ y)
                V = np.eye(4) - rho * np.outer(y, s)
                H = V.T @ H @ V + rho * np.outer(s, s)
        np.testing.assert_allclose(found[place], -H @ gradient[place], rtol=1e-10)
    for one in range(3):
        alone = Memory(metric)
        alone.remember(np.ones((1, 4)), (10.0 ** -(11 + one)) * np.array([[1.0, 1, -1, 1]]))
        # how small the gradient's change is does not matter, only its angle with the step
        assert alone.pairs[0][2][0] == pytest.approx(0.5 * 10.0 ** (11 + one))


@pytest.fixture(scope="module")
def drawn() -> tuple[BatchModel, np.ndarray, np.ndarray]:
    fit = sem.fit(HS, holzinger39.get_data())
    sigma = fit.implied()["cov"].to_numpy()
    samples = covariances(wishart_roots(301, 9, 40, np.random.default_rng(2)), sigma, 301)
    return BatchModel(fit.model, fit.theta), sigma, samples


def test_samples_arrive_together_at_the_minimum_of_each(drawn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, sigma, samples = drawn
    calls: list[int] = []
    evaluate = batches._evaluate

    def counted(batch: BatchModel, phi: np.ndarray, S: np.ndarray, constant: np.ndarray) -> Any:
        calls.append(len(phi))
        return evaluate(batch, phi, S, constant)

    left: list[int] = []
    monkeypatch.setattr(batches, "_evaluate", counted)
    monkeypatch.setattr(batches, "_finish", lambda _batch, at, *_: left.append(int((~at.done).sum())))
    found = batch.fit(sigma, samples)
    assert left == [0]
    assert calls[0] == 40
    assert len(calls) < 30  # of the 40 steps allowed
    assert sum(calls) < 40 * 12
    assert all(b <= a for a, b in itertools.pairwise(calls))  # who has arrived takes no more steps
    n = batch.model.sample.n
    for r in range(0, 40, 8):
        exact = sem.from_moments(
            HS, pd.DataFrame(samples[r], *[[f"x{j}" for j in range(1, 10)]] * 2), nobs=int(n), rescale=False
        )
        gap = n * found.minimum[r] - exact.test.statistic
        assert -1e-6 < gap < 1e-4
        np.testing.assert_allclose(found.implied[r], exact.implied()["cov"], atol=2e-3)


def test_samples_that_do_not_arrive_are_fitted_alone(drawn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, sigma, samples = drawn
    together = batch.fit(sigma, samples[:4])
    monkeypatch.setattr(batches, "MAX_STEPS", 0)
    alone = batch.fit(sigma, samples[:4])
    n = batch.model.sample.n
    np.testing.assert_allclose(n * alone.minimum, n * together.minimum, atol=1e-4)
    np.testing.assert_allclose(alone.implied, together.implied, atol=2e-3)
    monkeypatch.setattr(batches, "minimise", lambda *_: SimpleNamespace(converged=False))
    with pytest.raises(ComplyError, match="cannot be fitted to the population"):
        batch.fit(sigma, samples[:4])
    monkeypatch.setattr(
        BatchModel,
        "_pseudo_true",
        lambda self, _: (self.model.space.contract(self.theta), np.eye(len(self.columns))),
    )
    assert np.isnan(batch.fit(sigma, samples[:4]).minimum).all()


def test_indices_of_samples_by_their_formulas(drawn: Any) -> None:
    batch, sigma, samples = drawn
    fits = batch.fit(sigma, samples[:5])
    fits = BatchFits(np.where(np.arange(5) == 3, NAN, fits.minimum), fits.implied)
    fits.minimum[4] = -1e-9
    found = dynamic._indices(batch, fits, samples[:5])
    n, df, p = batch.model.sample.n, 24, 9
    low = np.tril_indices(p)
    for r in range(5):
        if r == 3:
            assert np.isnan([found[name][r] for name in found]).all()
            continue
        chisq = max(n * fits.minimum[r], 0.0)
        sd = np.sqrt(np.diag(samples[r]))
        independent = -n * np.linalg.slogdet(samples[r] / np.outer(sd, sd))[1] - 36
        excess = max(chisq - df, 0)
        residual = ((samples[r] - fits.implied[r]) / np.outer(sd, sd))[low]
        assert found["rmsea"][r] == pytest.approx(np.sqrt(excess / df / n))
        assert found["cfi"][r] == pytest.approx(1 - excess / max(independent, excess))
        assert found["srmr"][r] == pytest.approx(np.sqrt((residual**2).sum() / 45))


@pytest.mark.parametrize(
    ("index", "wrong", "right", "value", "rule", "better"),
    [
        # 21 values: quantiles of .05 steps are the values themselves
        ("rmsea", 0.95, 0.0, 0.99, "95/5", True),
        ("rmsea", 0.95, 0.0, 1.01, "95/5", False),
        ("rmsea", 0.85, 0.0, 0.0, "90/10", True),  # .90 against .95, then .95 against .90
        ("rmsea", 0.79, 0.0, 0.0, "none", None),
        ("cfi", -0.95, 0.0, 0.01, "95/5", True),
        ("cfi", -0.95, 0.0, -0.01, "95/5", False),
        ("cfi", -0.85, 0.0, 1.0, "90/10", True),
        ("cfi", -0.79, 0.0, 1.0, "none", None),
    ],
)  # fmt: skip
def test_a_cut_off_tells_wrong_from_right_samples(
    index: str, wrong: float, right: float, value: float, rule: str, better: bool | None
) -> None:
    values = np.linspace(0, 1, 21)
    drawn = {(0, index): np.r_[values + right, NAN], (2, index): np.r_[NAN, values + wrong]}
    level = Misspecification(2, "left out", 0.3, np.eye(2))
    found = dynamic._cutoff(level, index, drawn, value)
    tail = {"95/5": 0.05, "90/10": 0.10, "none": NAN}[rule]
    expected = wrong + (tail if index == "rmsea" else 1 - tail)
    assert found.cutoff == pytest.approx(expected, nan_ok=True)
    assert (found.rule, found.better, found.value) == (rule, better, value)
    assert (found.correct_median, found.misspecified_median) == pytest.approx((0.5 + right, 0.5 + wrong))
    assert (found.level, found.description, found.magnitude, found.index) == (2, "left out", 0.3, index)
    nothing = dynamic._cutoff(level, index, {(0, index): np.full(3, NAN), (2, index): values}, value)
    assert (nothing.rule, nothing.better) == ("none", None)
    assert np.isnan([nothing.cutoff, nothing.correct_median]).all()
    assert nothing.misspecified_median == 0.5


class StubDesign:
    """Two groups, two ordered items of four and of eleven categories."""

    factors: Mapping[str, list[str]] = {"F": ["x", "y"]}
    names, levels = ("a", "b"), ("configural", "metric")

    def key(self, kind: str, item: str, place: int) -> tuple[str, str, str, int]:
        g = place + 1
        return {
            "loading": ("F", "=~", item, g), "intercept": (item, "~1", "", g), "residual": (item, "~~", item, g),
            "mean": ("F", "~1", "", g), "variance": ("F", "~~", "F", g),
        }[kind]  # fmt: skip


def test_thresholds_stand_in_their_order_a_row_per_group() -> None:
    rng = np.random.default_rng(1)
    value = {("x", "|", f"t{k}", g): 10.0 * g + k for k in (3, 1, 2) for g in (2, 1)}
    value |= {("y", "|", f"t{k}", g): 100.0 * g + k for k in rng.permutation(10) + 1 for g in (1, 2)}
    design: Any = StubDesign()
    x, y = _thresholds(design, value) or ()
    np.testing.assert_array_equal(x, [[11, 12, 13], [21, 22, 23]])
    np.testing.assert_array_equal(y, [100 + np.arange(1, 11), 200 + np.arange(1, 11)])
    assert _thresholds(design, {}) is None
    with pytest.raises(ComplyError, match="some items of the fit are ordered"):
        _thresholds(design, {key: v for key, v in value.items() if key[0] == "x"})
    rows = [(*key, v) for key, v in value.items()]
    rows += [("F", "=~", i, g, 10 * g + k) for k, i in enumerate("xy") for g in (1, 2)]
    rows += [
        ("x", "~1", "", 2, 0.5),
        ("y", "~~", "y", 1, 0.7),
        ("F", "~1", "", 2, 0.3),
        ("F", "~~", "F", 1, 2.0),
    ]
    table = pd.DataFrame(rows, columns=["lhs", "op", "rhs", "group", "est"])
    found = item_parameters(design, SimpleNamespace(estimates=table))  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.loadings, [[10, 11], [20, 21]])
    np.testing.assert_array_equal(found.intercepts, [[0, 0], [0.5, 0]])
    np.testing.assert_array_equal(found.residuals, [[0, 0.7], [0, 0]])
    np.testing.assert_array_equal(found.means, [[0], [0.3]])
    np.testing.assert_array_equal(found.variances, [[2], [0]])
    assert found.thresholds is not None
    np.testing.assert_array_equal(found.thresholds[1], y)
    lacking = table[~((table["op"] == "=~") & (table["rhs"] == "y") & (table["group"] == 2))]
    with pytest.raises(ComplyError, match=r"no loading of y \(b\)$"):
        item_parameters(design, SimpleNamespace(estimates=lacking))  # type: ignore[arg-type]
    with pytest.raises(ComplyError, match="two-level"):
        item_parameters(design, SimpleNamespace(estimates=table.assign(level=1)))  # type: ignore[arg-type]
    with pytest.raises(ComplyError, match="'scalar' is unknown; allowed: configural, metric"):
        check_level(design, "scalar")


def test_whole_row_of_a_scale_with_an_item_that_runs_against_the_others() -> None:
    rng = np.random.default_rng(8)
    loading = np.array([0.8, 0.6, -0.4, 0.7])
    x = pd.DataFrame(
        rng.normal(size=(300, 1)) * loading + 0.6 * rng.normal(size=(300, 4)), columns=list("abcd")
    )
    row = congeneric_reliability(x, {"S": list("abcd")}, by=None).tidy().iloc[0]
    fit = sem.fit("F =~ a + b + c + d", x, std_lv=True)
    table = fit.estimates.set_index(["lhs", "op", "rhs"])["est"]
    found = np.array([table["F", "=~", i] for i in "abcd"])
    found *= np.sign(found.sum())
    rest = np.array([table[i, "~~", i] for i in "abcd"])
    standardised = found / np.sqrt(found**2 + rest)
    expected = {
        "omega": found.sum() ** 2 / (found.sum() ** 2 + rest.sum()),
        "average_variance_extracted": (standardised**2).mean(),
        "loading_min": standardised[2], "loading_max": standardised.max(), "n_indicators": 4, "n_informants": 300,
    }  # fmt: skip
    for name, number in expected.items():
        assert row[name] == pytest.approx(number, abs=1e-5), name
    assert row["lower"] < row["omega"] < row["upper"]
    assert row[["scale", "group", "note"]].tolist() == [
        "S", "pooled", "runs against the others (not reversed?): c",
    ]  # fmt: skip


def test_every_loading_of_the_marker_models_equals_lavaan() -> None:
    R = json.loads((REFERENCE / "marker.json").read_text(encoding="utf-8"))["ml"]
    factors = {"A": ["a1", "a2", "a3", "a4"], "B": ["b1", "b2", "b3"], "C": ["c1", "c2", "c3"]}
    data = pd.read_csv(REFERENCE / "answers.csv")
    found = marker_analysis(
        data, factors, ["m1", "m2", "m3", "m4"], reversed_items=["a4"], name="M", alpha=0.2,
        estimator="ML", missing="listwise",
    )  # fmt: skip
    std = {
        m: {(r["lhs"], r["op"], r["rhs"]): r["est.std"] for r in R["standardized"][m]}
        for m in ("baseline", "method_u")
    }
    free = {(r["lhs"], r["op"], r["rhs"]): r for r in R["estimates"]["method_u"]}
    for row in found.loadings.to_dict("records"):
        factor, item = row["factor"], row["item"]
        assert item in factors[factor]
        method = free["M", "=~", item]
        z = method["est"] / method["se"]
        expected = {
            "baseline": std["baseline"][factor, "=~", item], "substantive": std["method_u"][factor, "=~", item],
            "method": std["method_u"]["M", "=~", item], "method_est": method["est"], "method_se": method["se"],
            "method_pvalue": math.erfc(abs(z) / math.sqrt(2)), "n_informants": found.n_informants,
        }  # fmt: skip
        for name, number in expected.items():
            assert row[name] == pytest.approx(number, abs=2e-4), (item, name)
    # models that cannot be fitted keep their reasons, and what rests on them says so
    few = marker_analysis(
        data.assign(a2=data["a1"]), factors, ["m1", "m2"], estimator="ML", missing="listwise"
    )
    assert few.failures["baseline"] == few.failures["method_r"] == "rests on cfa, which could not be fitted"
    assert few.failures["method_s_05"] == "rests on method_c or method_u, which could not be fitted"
    assert few.failures["cfa"]
    assert few.differences["baseline", "method_c"].note == "no fit of baseline, method_c"
    assert (few.retained, few.reliability, few.n_informants) == ("", (), 0)
    assert few.loadings[["baseline", "method"]].isna().all(axis=None)


def test_every_column_of_the_latent_method_factor() -> None:
    R = json.loads((REFERENCE / "marker.json").read_text(encoding="utf-8"))["mlr_cluster"]
    factors = {"A": ["a1", "a2", "a3", "a4"], "B": ["b1", "b2", "b3"], "C": ["c1", "c2", "c3"]}
    data = pd.read_csv(REFERENCE / "answers.csv")
    found = latent_method_factor(data, factors, reversed_items=["a4"], name="U", cluster="firm")
    std = {(r["lhs"], r["op"], r["rhs"]): abs(r["est.std"]) for r in R["standardized"]["latent_free"]}
    traits = found.fits["traits"].standardized().set_index(["lhs", "op", "rhs"])["est_std"]
    assert (found.n_informants, found.n_clusters) == (420, data["firm"].nunique())
    table = found.loadings
    assert table["model"].tolist() == ["equal"] * 10 + ["free"] * 10
    np.testing.assert_allclose(table["change"], table["substantive"] - table["traits"])
    for row in table[table["model"] == "free"].to_dict("records"):
        factor, item = row["factor"], row["item"]
        assert row["traits"] == pytest.approx(traits[factor, "=~", item])
        assert row["substantive"] == pytest.approx(std[factor, "=~", item], abs=2e-3)
        assert abs(row["method"]) == pytest.approx(std["U", "=~", item], abs=2e-3)
    for row in found.shares.to_dict("records"):
        part = table[table["model"] == row["model"]].set_index("item")
        items = factors.get(row["factor"], [i for f in factors.values() for i in f])
        s, m = ((part.loc[items, name] ** 2).mean() for name in ("substantive", "method"))
        names = ("n_items", "substantive", "method", "residual", "method_of_common")
        expected = (len(items), s, m, 1 - s - m, m / (s + m))
        assert [row[name] for name in names] == pytest.approx(expected), row
    alone = latent_method_factor(data, factors, estimator="ML", missing="listwise")
    assert alone.n_clusters == -1
    with_marker = marker_analysis(data, factors, ["m1", "m2", "m3", "m4"], cluster="firm")
    assert with_marker.n_clusters == data["firm"].nunique()
    without = marker_analysis(data, factors, ["m1", "m2", "m3", "m4"], estimator="ML", missing="listwise")
    assert without.n_clusters == -1
