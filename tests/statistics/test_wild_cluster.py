"""The wild cluster bootstrap against refits of every replication; CR2 of role contrasts against clubSandwich."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure import triads
from comply_measure.errors import InputError
from comply_measure.statistics.cluster_robust import cluster_robust
from comply_measure.statistics.wild_cluster import wild_cluster

SEVERAL = Path(__file__).parent.parent / "reference" / "informants" / "several.csv"


@pytest.mark.parametrize(("clusters", "kind"), [(8, "Webb"), (15, "Rademacher")])
def test_p_and_interval_equal_refits(clusters: int, kind: str) -> None:
    rng = np.random.default_rng(4)
    codes = np.repeat(np.arange(clusters), rng.integers(2, 6, clusters))
    X = np.column_stack([np.ones(len(codes)), rng.normal(size=(len(codes), 2))])
    y = X @ [1.0, 0.3, 0.0] + rng.normal(size=clusters)[codes] + rng.normal(size=len(codes))
    contrast = np.array([0.0, 1.0, -1.0])
    (found,) = wild_cluster(X, y, codes, contrast[None], replications=199, rng=np.random.default_rng(1))
    assert found.weights == kind
    draws = np.random.default_rng(1)
    six = np.sqrt([0.5, 1.0, 1.5])
    values = np.concatenate([-six, six]) if kind == "Webb" else np.array([-1.0, 1.0])
    weights = draws.choice(values, (199, clusters))
    M = np.linalg.inv(X.T @ X)

    def fitted(target: np.ndarray) -> tuple[float, float]:
        beta = M @ X.T @ target
        V = cluster_robust(X, target - X @ beta, codes).covariance
        return float(contrast @ beta), float(np.sqrt(contrast @ V @ contrast))

    estimate, se = fitted(y)
    assert (found.estimate, found.se) == pytest.approx((estimate, se))

    def p(theta: float) -> float:
        beta = M @ X.T @ y
        held = beta - M @ contrast * (contrast @ beta - theta) / (contrast @ M @ contrast)
        rest, count = y - X @ held, 0
        for row in weights:
            other, error = fitted(X @ held + row[codes] * rest)
            count += abs((other - theta) / error) >= abs((estimate - theta) / se) * (1 - 1e-12)
        return (1 + count) / 200

    assert found.p == p(0.0)
    for end, inward in ((found.lower, 1), (found.upper, -1)):
        assert p(end - inward * 1e-3) <= 0.05 < p(end + inward * 1e-3)


def views() -> pd.DataFrame:
    table = pd.read_csv(SEVERAL)
    table["score"] = table[["q1", "q2", "q3"]].mean(axis=1)
    return table.groupby(["firm", "unit", "role"], sort=False)["score"].mean().reset_index()


@pytest.mark.parametrize(
    ("firm", "se", "df", "p"),
    [
        # vcovCR(lm(yw ~ 0 + Xw), cluster, "CR2") of clubSandwich 0.6.0 on rows whitened by the variances of lme; its
        # method for lme takes another root of the working covariance: errors of firms differ in the 4th digit
        (
            "firm",
            [0.155436624, 0.141318583, 0.121240187],
            [13.7612152, 13.8811677, 13.7643097],
            [0.1595157187, 0.0763703836, 0.7499797847],
        ),
        # vcovCR(lme(score ~ 0 + role, random = ~ 1 | unit), cluster = unit, "CR2")
        (
            None,
            [0.1537975, 0.1667553, 0.1701074],
            [54.65875, 55.63142, 54.50618],
            [0.1385846, 0.1103234, 0.8176221],
        ),
    ],
)
def test_role_contrasts_equal_clubsandwich(
    firm: str | None, se: list[float], df: list[float], p: list[float]
) -> None:
    data = triads.TriadData.from_long(views(), ["score"], firm=firm, roles=("marketing", "sales", "it"))
    table = triads.role_contrasts(data)
    np.testing.assert_allclose(table["estimate"], [0.23116402, 0.27058155, 0.03941753], rtol=2e-6)
    np.testing.assert_allclose(table["se"], se, rtol=2e-5)
    np.testing.assert_allclose(table["df"], df, rtol=1e-5)
    np.testing.assert_allclose(table["p"], p, rtol=1e-4)


def test_role_contrasts_by_the_wild_bootstrap() -> None:
    data = triads.TriadData.from_long(views(), ["score"], firm="firm", roles=("marketing", "sales", "it"))
    plain, wild = triads.role_contrasts(data), triads.role_contrasts(data, inference="wild", seed=3)
    np.testing.assert_allclose(wild[["estimate", "se", "t"]], plain[["estimate", "se", "t"]])
    np.testing.assert_allclose(wild["p"], plain["p"], atol=0.04)
    np.testing.assert_allclose(wild[["lower", "upper"]], plain[["lower", "upper"]], atol=0.06)
    assert wild["df"].isna().all()
    assert set(wild["note"]) == {"wild cluster bootstrap, 999 replications, 15 clusters"}
    pd.testing.assert_frame_equal(wild, triads.role_contrasts(data, inference="wild", seed=3))
    with pytest.raises(InputError) as caught:
        triads.role_contrasts(data, inference="wild", replications=9)
    assert len(caught.value.problems) == 2
