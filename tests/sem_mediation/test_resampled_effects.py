"""Bootstrap of two steps, LMS and QML: every replication is the fit of its own cases."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.sem.bootstrap.draws import plan_draws
from comply_measure.sem.errors import ModelError

sys.path.insert(0, str(Path(__file__).parent.parent / "sem_sam"))
from sam_data import MODELS, PRODUCT, incomplete, products

SHORT = PRODUCT.replace("M =~ m1 + m2 + m3\n", "") + "Y ~ X + Z + X:Z"
MEDIATED = PRODUCT + "M ~ X\nY ~ M + X + Z + w + M:w"


def drawn(fit: sem.Fit, size: int, seed: int = 3) -> list[np.ndarray[Any, Any]]:
    """Rows of the first replications of a bootstrap with this seed."""
    child = np.random.SeedSequence(seed).spawn(1)[0]
    counts = plan_draws(fit.model.sample).counts(np.random.default_rng(child), size)[0]
    return [np.repeat(np.arange(counts.shape[1]), own.astype(int)) for own in counts]


def replications(fit: sem.Fit, size: int = 4, seed: int = 3) -> np.ndarray[Any, Any]:
    done = fit.bootstrap(size, seed=seed)
    assert done.naive is not None
    assert done.naive.failed == 0
    return done.naive.theta


@cache
def data() -> pd.DataFrame:
    return products()


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (MODELS["several"], {}),
        (MODELS["product"], {"mapping": "gls"}),
        (MODELS["product"], {"mapping": "uls"}),
        (MODELS["product"].replace(" + X:Z", ""), {}),
        (MODELS["product"].replace(" + X:Z", ""), {"method": "global"}),
        (MODELS["product"], {"cluster": "firm"}),
    ],
)
def test_replications_of_two_steps(text: str, options: dict[str, Any]) -> None:
    fit = sem.sam(text, data(), **options)
    found = replications(fit)
    for rows, theta in zip(drawn(fit, 4), found, strict=True):
        alone = sem.sam(text, data().iloc[rows].reset_index(drop=True), **options)
        np.testing.assert_allclose(theta, alone.theta, atol=2e-4)


def test_replications_of_two_steps_in_groups_and_with_missing_values() -> None:
    text = MODELS["product"].replace(" + X:Z", "")
    fit = sem.sam(text, data(), group="half")
    for theta in replications(fit, 3):
        assert np.abs(theta - fit.theta).max() < 1.5
    with_gaps = incomplete()
    lacking = sem.sam(MODELS["short"], with_gaps, missing="ml")
    found = replications(lacking, 2)
    for rows, theta in zip(drawn(lacking, 2), found, strict=True):
        alone = sem.sam(MODELS["short"], with_gaps.iloc[rows].reset_index(drop=True), missing="ml")
        np.testing.assert_allclose(theta, alone.theta, atol=2e-3)


def test_a_block_outside_its_bounds_is_bounded_in_its_replication() -> None:
    """Sixty cases, two items of reliability near one: some samples have a negative residual variance."""
    rng = np.random.default_rng(2)
    f, g = rng.standard_normal((2, 60))
    frame = {f"f{i}": f + spread * rng.standard_normal(60) for i, spread in ((1, 0.15), (2, 1.0), (3, 1.2))}
    frame |= {f"g{i}": 0.5 * f + g + 0.7 * rng.standard_normal(60) for i in (1, 2, 3)}
    table = pd.DataFrame(frame)
    text = "F =~ f1 + f2 + f3\nG =~ g1 + g2 + g3\nG ~ F"
    fit = sem.sam(text, table)
    done = fit.bootstrap(40, seed=3)
    assert done.naive is not None
    names = fit.model.table.free_names()
    variances = done.naive.theta[:, names.index("f1~~f1")]
    assert (variances >= 0.0).all()
    assert (variances == 0.0).sum() >= 3
    place = int(np.flatnonzero(variances == 0.0)[0])
    alone = sem.sam(text, table.iloc[drawn(fit, 40)[place]].reset_index(drop=True))
    np.testing.assert_allclose(done.naive.theta[place], alone.theta, atol=1e-3)


@pytest.mark.parametrize("how", ["lms", "qml"])
def test_replications_of_products_with_a_likelihood(how: str) -> None:
    fit = sem.fit(SHORT, data(), interactions=how, nodes=10 if how == "lms" else None)
    found = replications(fit, 2)
    for rows, theta in zip(drawn(fit, 2), found, strict=True):
        part = data().iloc[rows].reset_index(drop=True)
        alone = sem.fit(SHORT, part, interactions=how, nodes=10 if how == "lms" else None)
        assert alone.vcov_array is not None
        distance = np.abs(theta - alone.theta) / np.sqrt(alone.vcov_array.diagonal())
        assert distance.max() < 0.01


def test_errors_of_two_steps_are_those_of_resampling() -> None:
    """SDs of 500 replications against the influence of the cases, within Monte Carlo and second-order error."""
    fit = sem.sam(SHORT, data())
    done = fit.bootstrap(500, seed=5)
    ratio = done.estimates["se"] / fit.estimates["se"].replace(0.0, np.nan)
    named = {f"{a}{op}{b}": value for a, op, b, value in zip(
        fit.estimates["lhs"], fit.estimates["op"], fit.estimates["rhs"], ratio, strict=True
    )}  # fmt: skip
    checked = [named[name] for name in ("Y~X", "Y~Z", "Y~X:Z", "Y~1", "Y~~Y", "X~~X:Z", "X:Z~1")]
    assert min(checked) > 0.9
    assert max(checked) < 1.2
    assert set(done.estimates["step"]) == {1, 2}
    assert "X:Z" in set(done.standardized()["rhs"])


@pytest.mark.parametrize("how", ["sam", "lms"])
def test_intervals_of_the_index(how: str) -> None:
    """perc and BCa are quantiles of the products of the replicated paths; the standardised interval exists too."""
    text = MEDIATED if how == "sam" else MEDIATED.replace("M:w", "X:Z")
    fit = sem.sam(text, data()) if how == "sam" else sem.fit(text, data(), interactions="qml")
    size = 60 if how == "sam" else 20
    found = sem.indirect_effects(fit, "X", "Y", bootstrap=size, seed=3, draws=500)
    assert found.replications == size
    assert found.interval == "perc"
    row = found.of("index").iloc[0] if how == "sam" else found.of("specific").iloc[0]
    done = fit.bootstrap(size, seed=3).naive
    assert done is not None
    names = fit.model.table.free_names()
    second = "Y~M:w" if how == "sam" else "Y~M"
    values = done.theta[:, names.index("M~X")] * done.theta[:, names.index(second)]
    assert values.min() <= row["perc_lower"] < np.median(values) < row["perc_upper"] <= values.max()
    for kind in ("perc", "bca", "std_perc"):
        assert np.isfinite([row[f"{kind}_lower"], row[f"{kind}_upper"]]).all()
    with pytest.raises(ModelError, match=r"bollen\.stine|bootstrap tests"):
        fit.bootstrap(10, "bollen.stine")


def test_clusters_are_resampled() -> None:
    """With one firm per case results are those of cases; with ten the spread is that of firms."""
    fit = sem.sam(MODELS["product"], data(), cluster="firm")
    rows = drawn(fit, 1)[0]
    firms = data()["firm"].to_numpy()[rows]
    assert all(count % 10 == 0 for count in np.bincount(firms))
