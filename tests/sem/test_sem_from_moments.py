"""Printed moments give the fit of the raw data; semopy confirms the estimates."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39, political_democracy

from comply_measure import sem
from comply_measure.errors import InputError

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
ITEMS = [f"x{i}" for i in range(1, 10)]


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return holzinger39.get_data()


def test_covariances_full_lower_and_from_correlations(hs: pd.DataFrame) -> None:
    raw = sem.fit(HS, hs)
    full = hs[ITEMS].cov()
    lower = full.where(np.tril(np.ones((9, 9), dtype=bool)))
    for fit in (
        sem.from_moments(HS, full, 301),
        sem.from_moments(HS, lower, 301),
        sem.from_moments(HS, hs[ITEMS].corr(), 301, sd=hs[ITEMS].std()),
        sem.from_moments(HS, full * 300 / 301, 301, rescale=False),
    ):
        assert fit.measures["chisq"] == pytest.approx(raw.measures["chisq"], abs=1e-9)
        assert np.allclose(fit.estimates.se, raw.estimates.se, atol=1e-9)
        assert not fit.problems


def test_correlations_are_said(hs: pd.DataFrame) -> None:
    fit = sem.from_moments(HS, hs[ITEMS].corr(), 301)
    assert "correlation matrix" in fit.problems[0].message


def test_several_groups_with_means(hs: pd.DataFrame) -> None:
    parts = {name: part[ITEMS] for name, part in hs.groupby("school", sort=False)}
    fit = sem.from_moments(
        HS,
        {name: part.cov() for name, part in parts.items()},
        {name: len(part) for name, part in parts.items()},
        {name: part.mean() for name, part in parts.items()},
        group_equal=("loadings", "intercepts"),
    )
    assert fit.measures["chisq"] == pytest.approx(164.102830925183, abs=1e-7)


def test_faults_are_named(hs: pd.DataFrame) -> None:
    full = hs[ITEMS].cov()
    with pytest.raises(InputError, match="did you mean 'x9'"):
        sem.from_moments(HS, full.rename(columns={"x1": "x99"}, index={"x1": "x99"}), 301)
    skewed = full.copy()
    skewed.iloc[0, 1] += 1.0
    with pytest.raises(InputError, match="symmetric"):
        sem.from_moments(HS, skewed, 301)
    with pytest.raises(InputError, match="number of cases"):
        sem.from_moments(HS, full, 30.5)
    bad = full.copy()
    bad.iloc[0, 1] = bad.iloc[1, 0] = 99.0
    with pytest.raises(sem.ModelError, match="not positive definite"):
        sem.from_moments(HS, bad, 301)


SECOND = [
    (HS, "hs"),
    (HS + "g =~ visual + textual + speed", "hs"),
    ("ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3 + y4\ndem60 ~ ind60\ny1 ~~ y3", "poldem"),
    ("f =~ x1 + x2 + x3\ny1 ~ f + y2 + y3", "poldem"),
]


@pytest.mark.parametrize(("model", "name"), SECOND)
def test_semopy_confirms(model: str, name: str, hs: pd.DataFrame) -> None:
    data = hs if name == "hs" else political_democracy.get_data()
    ours, theirs = sem.fit(model, data), sem.fit(model, data, engine="semopy")
    # semopy's SLSQP stops at about 1e-3 in the estimates: our minimum is not above its
    assert ours.measures["chisq"] <= theirs.measures["chisq"] + 1e-9
    assert theirs.measures["chisq"] == pytest.approx(ours.measures["chisq"], abs=1e-3)
    assert np.allclose(ours.estimates.est, theirs.estimates.est, atol=2e-2)
    assert np.allclose(ours.estimates.se, theirs.estimates.se, atol=3e-3)
    assert theirs.measures["aic"] == pytest.approx(ours.measures["aic"], abs=1e-3)


@pytest.mark.parametrize(("success", "finite"), [(False, True), (True, False), (False, False)])
def test_a_search_of_semopy_that_failed_is_no_optimum(
    hs: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, success: bool, finite: bool
) -> None:
    import semopy

    original = semopy.Model.fit

    def failing(self: semopy.Model, *given: object, **more: object) -> SimpleNamespace:
        original(self, *given, **more)
        if not finite:  # a negative variance: the implied covariances are not positive definite
            self.param_vals = np.full_like(self.param_vals, -5.0)
        return SimpleNamespace(success=success, message="stopped early", n_it=3)

    monkeypatch.setattr(semopy.Model, "fit", failing)
    fit = sem.fit(HS, hs, engine="semopy")
    assert not fit.converged
    assert not {"chisq", "pvalue", "cfi", "rmsea"} & set(fit.fit_measures.index)
    assert any("converge" in str(problem) for problem in fit.problems)


def test_semopy_is_not_asked_for_what_it_gets_wrong(hs: pd.DataFrame) -> None:
    with pytest.raises(sem.ModelError, match="one group without means"):
        sem.fit(HS, hs, group="school", engine="semopy")
    with pytest.raises(sem.ModelError, match="constraints"):
        sem.fit(HS.replace("x2", "a*x2") + "a > 0", hs, engine="semopy")


@pytest.mark.parametrize("estimator", ["ML", "GLS", "ULS"])
@pytest.mark.parametrize("with_means", [False, True])
def test_printed_moments_give_the_fit_of_the_cases(estimator: str, with_means: bool) -> None:
    """Printed covariances have divisor n − 1: rescaled under ML only; given means are modelled, as in lavaan."""
    data = holzinger39.get_data()[ITEMS]
    means = data.mean() if with_means else None
    printed = sem.from_moments(HS, data.cov(), len(data), mean=means, estimator=estimator)
    cases = sem.fit(HS, data, estimator=estimator, meanstructure=with_means)
    assert printed.npar == cases.npar
    for name in ("chisq", "df", "baseline.chisq", "srmr", "rmsea"):
        assert printed.fit_measures[name] == pytest.approx(cases.fit_measures[name], rel=1e-9, abs=1e-12)
    for column in ("est", "se"):
        assert printed.estimates[column].to_numpy() == pytest.approx(
            cases.estimates[column].to_numpy(), abs=1e-7
        )
    plain = sem.from_moments(HS, data.cov(), len(data), mean=means, meanstructure=False, estimator=estimator)
    assert not plain.model.table.meanstructure
