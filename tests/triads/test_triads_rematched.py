"""Agreement of units beside that of re-matched ones: by hand, by brute force, and the null with correlated items."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
import scipy
from levels import ROLES, rematched_difference

from comply_measure.errors import InputError
from comply_measure.triads import agreement_tests, null_correlations, null_distribution, rematched_agreement
from comply_measure.triads.agreement.simulated import cut_correlation, latent_correlation

ITEMS = ["a1", "a2", "a3"]
LIMITS = {"minimum": 1, "maximum": 7}


def two_firms() -> pd.DataFrame:
    """Two firms of three units whose informants agree with nobody else; the last unit lacks a role."""
    rng = np.random.default_rng(3)
    rows = []
    for unit, level in enumerate([1, 4, 7, 2, 4, 6]):
        for role in ROLES[: 2 if unit == 5 else 3]:
            answers = np.clip(level + rng.integers(-1, 2, 3), 1, 7)
            rows.append([f"u{unit}", f"f{unit // 3}", role, *answers])
    return pd.DataFrame(rows, columns=["unit", "firm", "role", *ITEMS])


def test_shares_are_those_of_all_triads_of_different_units() -> None:
    """Brute force: every way to put together informants of different units of a firm, tested one by one."""
    data = two_firms()
    found = rematched_agreement(data, {"A": ITEMS}, **LIMITS, replications=1000, seed=1, firm="firm").iloc[0]
    own = agreement_tests(data, {"A": ITEMS}, **LIMITS).tidy()
    assert found["share"] == own["significant"].astype(float).mean()
    expected = []
    for firm in ("f0", "f1"):
        mine = data[data["firm"] == firm]
        by_role = [mine[mine["role"] == role].reset_index(drop=True) for role in ROLES]
        for n_roles, n_units in ((3, 3 if firm == "f0" else 2), (2, 0 if firm == "f0" else 1)):
            if not n_units:
                continue
            hits = []
            for rows in product(*(range(len(part)) for part in by_role[:n_roles])):
                group = pd.concat([part.iloc[[row]] for part, row in zip(by_role, rows, strict=False)])
                if group["unit"].nunique() == n_roles:
                    table = agreement_tests(group.assign(unit="x"), {"A": ITEMS}, **LIMITS).tidy()
                    hits.append(float(table["significant"].iloc[0]))
            expected += [np.mean(hits)] * n_units
    assert len(expected) == 6
    assert found["share_rematched"] == pytest.approx(np.mean(expected), abs=0.03)
    assert found["difference"] == pytest.approx(found["share"] - found["share_rematched"], abs=1e-12)
    assert (found["n_units"], found["n_clusters"], found["matched_within"]) == (6, 2, "firm")
    assert found["note"] == "2 clusters are few: degrees of freedom are Satterthwaite's, power is low"


def test_error_and_interval_are_those_of_the_mean_clustered_by_firm() -> None:
    data = two_firms()
    found = rematched_agreement(data, {"A": ITEMS}, **LIMITS, replications=50, seed=1, firm="firm").iloc[0]
    half = scipy.stats.t.ppf(0.975, found["df"]) * found["se"]
    assert (found["lower"], found["upper"]) == pytest.approx(
        (found["difference"] - half, found["difference"] + half)
    )
    assert found["p"] == pytest.approx(2 * scipy.stats.t.sf(found["difference"] / found["se"], found["df"]))


def test_nothing_to_re_match_is_said() -> None:
    data = two_firms()
    alone = data[data["unit"].isin(["u0"])]
    found = rematched_agreement(alone, {"A": ITEMS}, **LIMITS, seed=1).iloc[0]
    assert (
        np.isnan(found["difference"])
        and found["note"] == "no informants of different units could be put together"
    )
    with pytest.raises(InputError, match="Re-matched agreement"):
        rematched_agreement(data, {"A": ITEMS}, **LIMITS, seed=1, replications=0)
    first, second = (
        rematched_agreement(data, {"A": ITEMS}, **LIMITS, seed=4, replications=20) for _ in range(2)
    )
    pd.testing.assert_frame_equal(first, second)


def test_size_without_units_and_power_with_them() -> None:
    """12 replications; the figures of docs/triads.md are those of 400."""
    rates = rematched_difference(12)
    assert rates["no unit firm two-sided"] <= 0.25 and rates["no unit all units two-sided"] <= 0.25
    assert rates["unit firm"] >= 0.8


@pytest.mark.parametrize("spec", ["uniform", "slight_skew"])
def test_correlation_of_cut_answers_against_the_bivariate_normal(spec: str) -> None:
    """``E[XY] = Σ_ab P(X > a, Y > b)`` for categories one apart, from the bivariate normal distribution."""
    null = null_distribution(spec, 1, 5)
    assert null.pmf is not None
    below = np.cumsum(null.pmf)[:-1]
    cuts = scipy.stats.norm.ppf(below)
    for rho in (-0.4, 0.3, 0.8):
        normal = scipy.stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]])
        joint = sum(normal.cdf([-a, -b]) for a in cuts for b in cuts)
        covariance = joint - (1 - below).sum() ** 2
        assert cut_correlation(rho, null) == pytest.approx(covariance / null.variance, abs=2e-5)
        assert latent_correlation(cut_correlation(rho, null), null) == pytest.approx(rho, abs=1e-4)


def test_a_matrix_is_made_positive_semidefinite() -> None:
    null = null_distribution("uniform", 1, 7)
    broken = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    found = latent_correlation(broken, null)
    assert np.linalg.eigvalsh(found)[0] > -1e-10
    np.testing.assert_allclose(np.diag(found), 1.0, atol=1e-12)


def test_null_correlations_leave_differences_between_roles_out() -> None:
    rng = np.random.default_rng(2)
    data = pd.DataFrame(rng.integers(3, 6, (900, 3)).astype(float), columns=ITEMS)
    data["role"], data["unit"] = np.tile(ROLES, 300), np.repeat(np.arange(300), 3)
    data.loc[data["role"] == "it", ITEMS] += 2
    null = null_distribution("uniform", 1, 7)
    found = null_correlations(data, {"A": ITEMS}, null)["A"]
    assert np.abs(found[np.triu_indices(3, 1)]).max() < 0.1
    constant = null_correlations(data.assign(a1=4.0), {"A": ITEMS}, null)["A"]
    assert constant[0, 1] == pytest.approx(0.0, abs=1e-12)


def test_scales_are_one_family_of_tests() -> None:
    """Holm's correction of two scales: the smaller p doubled, the larger at least as large."""
    data = two_firms()
    table = rematched_agreement(
        data, {"A": ITEMS, "B": ITEMS[:2]}, **LIMITS, seed=1, replications=50, firm="firm"
    )
    p = table["p"].to_numpy()
    small, large = np.sort(p)
    expected = {small: min(1.0, 2 * small), large: min(1.0, max(2 * small, large))}
    assert small < large
    np.testing.assert_allclose(table["p_holm"], [expected[value] for value in p])
    assert list(table.columns).index("p_holm") == list(table.columns).index("p") + 1
