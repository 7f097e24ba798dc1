"""Two-level fits say what they rest on: too few clusters, no saturated moments, no convergence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.evidence.fits import NamedFit

MODEL = "level: 1\nf =~ y1 + y2 + y3\nlevel: 2\ng =~ y1 + y2 + y3"


def draw(clusters: int) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    between, within = rng.standard_normal((clusters, 1)), rng.standard_normal((clusters * 10, 1))
    y = np.repeat(0.6 * between + 0.3 * rng.standard_normal((clusters, 3)), 10, axis=0)
    y += 0.7 * within + 0.6 * rng.standard_normal((clusters * 10, 3))
    return pd.DataFrame(y, columns=["y1", "y2", "y3"]).assign(c=np.repeat(np.arange(clusters), 10))


def messages(fit: sem.Fit) -> list[str]:
    return [problem.message for problem in fit.problems if problem.code == "few_clusters"]


@pytest.mark.parametrize(
    ("clusters", "estimator", "expected"),
    [
        (8, "ML", ["8 clusters for 9 parameters of the between level"]),
        (8, "MLR", ["8 clusters for 9 parameters of the between level", "8 clusters for 15 parameters"]),
        (15, "MLR", ["15 clusters for 15 parameters"]),
        (15, "ML", []),
        (16, "MLR", []),
    ],
)
def test_fewer_clusters_than_parameters(clusters: int, estimator: str, expected: list[str]) -> None:
    fit = sem.fit(MODEL, draw(clusters), cluster="c", estimator=estimator)
    assert messages(fit) == expected
    for message in expected:
        assert message in fit.summary()
        assert message in fit.fit_measures.attrs["note"]
        assert any(message in line for line in NamedFit("m", "m", fit).warnings)


def test_every_group_has_its_own_clusters() -> None:
    data = pd.concat([draw(8).assign(g="a"), draw(40).assign(g="b", c=lambda d: d.c + 100)])
    fit = sem.fit(MODEL, data, cluster="c", group="g")
    assert messages(fit) == ["8 clusters for 9 parameters of the between level in group 'a'"]


def test_no_case_is_left_out_of_complete_data() -> None:
    fit = sem.fit(MODEL, draw(40), cluster="c")
    assert "incomplete_cases" not in {problem.code for problem in fit.problems}
    data = draw(40)
    data.loc[[3, 5], "y1"] = np.nan
    (found,) = [p for p in sem.fit(MODEL, data, cluster="c").problems if p.code == "incomplete_cases"]
    assert found.message.startswith("2 of 400 cases left out")


def test_without_saturated_moments_there_is_no_test_of_fit() -> None:
    fit = sem.fit(MODEL, draw(40), cluster="c")
    assert isinstance(fit, sem.Fit) and np.isfinite(fit.measures["srmr"])
    model = fit.model
    short = tuple(replace(found, converged=False) for found in model.sample.saturated)
    halted = replace(fit, model=replace(model, data=replace(model.sample, saturated=short)))
    assert halted.no_fit == "the saturated moments did not converge"
    for name in ("chisq", "pvalue", "cfi", "rmsea", "fmin"):
        assert np.isnan(halted.measures[name]), name
    assert halted.measures["npar"] == 15.0
    assert "No test of fit: the saturated moments did not converge" in halted.summary()


def test_a_fit_that_did_not_converge_has_counts_only() -> None:
    fit = sem.fit(MODEL, draw(40), cluster="c", optimizer_options={"iterations": 1})
    assert fit.measures == {"npar": 15.0, "df": 0.0, "ntotal": 400.0}
    assert np.isnan(fit.test.statistic) and fit.test.note == "no convergence"
    assert "did not converge" in fit.fit_measures.attrs["note"] and "DID NOT CONVERGE" in fit.summary()


def test_a_fixed_predictor_stands_in_one_level_only() -> None:
    """Whether it predicts on both levels or on one and is explained on the other."""
    data = draw(40).assign(x=np.random.default_rng(1).standard_normal(400))
    for between, named in (("y1 ~ x", ["x"]), ("x ~ y1", ["x", "y1"]), ("g =~ y1 + y2 + x", ["x"])):
        with pytest.raises(ComplyError, match="fixed_x=False") as caught:
            sem.fit(f"level: 1\ny1 ~ x\nlevel: 2\n{between}", data, cluster="c")
        assert [problem.column for problem in caught.value.problems] == named  # type: ignore[attr-defined]
