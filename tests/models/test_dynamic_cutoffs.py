"""Dynamic cut-offs: published example, closed forms, and the batch fits against the engine one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError
from comply_measure.models import second_order
from comply_measure.models.cutoffs import dynamic_cutoffs, factor_structure, misspecifications
from comply_measure.models.cutoffs.batch import BatchModel
from comply_measure.models.cutoffs.dynamic import _indices
from comply_measure.models.cutoffs.wishart import covariances, wishart_roots
from comply_measure.models.rivals import bifactor

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
FACTORS = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}


@pytest.fixture(scope="module")
def holzinger() -> pd.DataFrame:
    return holzinger39.get_data()


@pytest.fixture(scope="module")
def fit(holzinger: pd.DataFrame) -> sem.Fit:
    return sem.fit(HS, holzinger)


def test_published_example(fit: sem.Fit) -> None:
    """The vignette of the R package `dynamic` for this model: x2 left off textual, .040, .044, .984 at N = 301."""
    table = dynamic_cutoffs(fit, seed=1, n_replications=4000).tidy()
    first = table[table["level"] == 1].set_index("index")
    assert first["description"].iloc[0] == "cross-loading of x2 on textual"
    assert first["magnitude"].iloc[0] == pytest.approx(0.424, abs=5e-4)
    # their 500 replications leave about .0015 in a 5 or 10 % quantile
    assert first.loc["srmr", "cutoff"] == pytest.approx(0.040, abs=0.003)
    assert first.loc["rmsea", "cutoff"] == pytest.approx(0.044, abs=0.003)
    assert first.loc["cfi", "cutoff"] == pytest.approx(0.984, abs=0.003)
    assert not first["better"].astype(bool).any()
    second = table[table["level"] == 2]
    assert (second["rule"] == "95/5").all()
    assert table["n_failed"].eq(0).all()


def test_misspecified_populations_are_correlation_matrices(fit: sem.Fit) -> None:
    structure = factor_structure(fit)
    np.testing.assert_allclose(np.diag(structure.correlation_matrix), 1.0)
    levels = misspecifications(structure)
    assert len(levels) == 2
    for level in levels:
        np.testing.assert_allclose(np.diag(level.correlation), 1.0)
        assert np.linalg.eigvalsh(level.correlation).min() > 0
    # the cross-loading moves x2's correlations by λ* times the factor's correlation with the other items
    moved = levels[0].correlation - structure.correlation_matrix
    x2, x4, x1 = (structure.items.index(i) for i in ("x2", "x4", "x1"))
    textual, visual = (structure.factors.index(f) for f in ("textual", "visual"))
    size = levels[0].magnitude
    assert moved[x2, x4] == pytest.approx(size * structure.loadings[x4, textual])
    expected = size * structure.loadings[x1, visual] * structure.correlations[visual, textual]
    assert moved[x2, x1] == pytest.approx(expected)


def test_one_factor_levels(holzinger: pd.DataFrame) -> None:
    for count, levels in ((4, [1]), (5, [1, 2]), (6, [1, 2, 3]), (9, [1, 2, 4])):
        text = "f =~ " + " + ".join(f"x{i}" for i in range(1, count + 1))
        structure = factor_structure(sem.fit(text, holzinger))
        found = misspecifications(structure)
        assert [int(level.description.split()[0]) for level in found] == levels
        base = structure.correlation_matrix
        moved = found[0].correlation - base
        row, column = np.unravel_index(np.argmax(np.abs(moved)), moved.shape)
        theta = np.sqrt(np.diag(structure.residuals))
        assert moved[row, column] == pytest.approx(0.30 * theta[row] * theta[column])
        weakest = np.argsort(np.abs(structure.loadings[:, 0]))[:2]
        assert {row, column} == set(weakest.tolist())
    with pytest.raises(ComplyError, match="without degrees of freedom"):
        dynamic_cutoffs(sem.fit("f =~ x1 + x2 + x3", holzinger), seed=1)


def test_wishart_moments() -> None:
    """E[S] = (n − 1)/n Σ and Var(s_ij) = (σ_ii σ_jj + σ_ij²)(n − 1)/n²."""
    sigma = np.array([[1.0, 0.5, 0.2], [0.5, 2.0, -0.3], [0.2, -0.3, 0.7]])
    n, R = 30, 40_000
    draws = covariances(wishart_roots(n, 3, R, np.random.default_rng(5)), sigma, n)
    variance = (np.outer(np.diag(sigma), np.diag(sigma)) + sigma**2) * (n - 1) / n**2
    error = np.sqrt(variance / R)
    assert (np.abs(draws.mean(axis=0) - sigma * (n - 1) / n) < 4.5 * error).all()
    np.testing.assert_allclose(draws.var(axis=0), variance, rtol=0.04)
    with pytest.raises(ComplyError, match="singular"):
        wishart_roots(5, 5, 10, np.random.default_rng(1))


@pytest.mark.parametrize("text", [HS, second_order(FACTORS), "f =~ x1 + x2 + x3 + x4 + x5\nx1 ~~ x2"])
def test_batch_fits_equal_single_fits(text: str, holzinger: pd.DataFrame) -> None:
    """Loadings, paths among factors and residual covariances: the same χ², SRMR, RMSEA and CFI as sem.from_moments."""
    fitted = sem.fit(text, holzinger)
    names = fitted.model.sample.groups[0].names
    sigma = fitted.implied()["cov"].to_numpy()
    n = fitted.n
    samples = covariances(wishart_roots(n, len(sigma), 12, np.random.default_rng(9)), sigma, n)
    batch = BatchModel(fitted.model, fitted.theta)
    found = _indices(batch, batch.fit(sigma, samples), samples)
    for r, sample in enumerate(samples):
        frame = pd.DataFrame(sample, index=names, columns=names)
        single = sem.from_moments(text, frame, nobs=n, rescale=False).measures
        for name in ("srmr", "rmsea", "cfi"):
            # the batch stops within 1e-4 of the χ² minimum, and the root in RMSEA magnifies that near zero
            assert found[name][r] == pytest.approx(single[name], abs=2e-4), (name, r)


def test_full_information_fits_have_saturated_means(holzinger: pd.DataFrame) -> None:
    data = holzinger.copy()
    data.loc[data.index[:20], "x3"] = np.nan
    plain, with_means = (sem.fit(HS, data, missing=m) for m in ("listwise", "fiml"))
    cutoffs = dynamic_cutoffs(with_means, seed=3, n_replications=100)
    assert cutoffs.n_informants == 301
    assert "missing values" in cutoffs.note
    assert dynamic_cutoffs(plain, seed=3, n_replications=100).n_informants == 281
    # SRMR counts nine means with residual 0: smaller by √(45/54)
    ratio = (
        cutoffs.distributions[0, "srmr"]
        / dynamic_cutoffs(plain, seed=3, n_replications=100).distributions[0, "srmr"]
    )
    assert np.median(ratio) == pytest.approx(np.sqrt(45 / 54), abs=0.04)


def test_the_note_names_all_that_the_simulation_leaves_out(holzinger: pd.DataFrame) -> None:
    data = holzinger.assign(x3=holzinger["x3"].where(holzinger.index > 20), firm=np.arange(301) // 7)
    options: dict[str, Any] = {"estimator": "MLR", "missing": "fiml", "cluster": "firm"}
    for given, levels, note in (
        ({}, 2, ""),
        ({}, 1, "1 of 2 levels"),
        (options, 1, "1 of 2 levels; simulated for independent cases; simulated without missing values"),
    ):
        cutoffs = dynamic_cutoffs(sem.fit(HS, data, **given), seed=3, n_replications=100, max_levels=levels)
        assert cutoffs.note == note
        assert set(cutoffs.tidy()["note"]) == {note}
        assert {cutoff.level for cutoff in cutoffs.cutoffs} == set(range(1, levels + 1))


def test_same_seed_same_cutoffs(fit: sem.Fit) -> None:
    one, two = (dynamic_cutoffs(fit, seed=8, n_replications=100).tidy() for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


def test_models_outside_the_rules_are_refused(holzinger: pd.DataFrame, fit: sem.Fit) -> None:
    items = sem.fit(bifactor(FACTORS), holzinger)
    with pytest.raises(ComplyError):
        dynamic_cutoffs(items, seed=1)
    with pytest.raises(ComplyError, match="factor models"):
        dynamic_cutoffs(sem.fit("x1 ~ x2 + x3\nx4 ~ x1", holzinger), seed=1)
    with pytest.raises(InputError) as error:
        dynamic_cutoffs(fit, seed=1, n_replications=10, max_levels=0)
    assert len(error.value.problems) == 2
    with pytest.raises(ComplyError, match="singular"):
        dynamic_cutoffs(
            sem.from_moments(HS, fit.implied()["cov"], nobs=9, rescale=False), seed=1, n_replications=100
        )
