"""Where the search for saturated moments of clusters with missing values begins: loops over clusters, by definition."""

from __future__ import annotations

import numpy as np
import pytest

from comply_measure.sem.arrays import Array
from comply_measure.sem.twolevel.incomplete import IncompleteClusters
from comply_measure.sem.twolevel.incomplete_saturated import LEAST_SHARE, _start, incomplete_saturated_moments


def sample(missing: float, n_clusters: int = 40, shift: float = 0.0) -> IncompleteClusters:
    """Two variables of both levels, one of the cluster alone; clusters of two to six cases."""
    rng = np.random.default_rng(8)
    cluster = np.repeat(np.arange(n_clusters), rng.integers(2, 7, n_clusters))
    values = (
        rng.normal(size=(n_clusters, 2))[cluster] * [1.0, 0.1] + rng.normal(size=(len(cluster), 2)) + shift
    )
    values[:, 0][rng.random(len(cluster)) < missing] = np.nan
    if missing:
        values[cluster == 3, 0] = np.nan  # a cluster without any value of one variable
    of_cluster = 2.0 + 3.0 * rng.normal(size=(n_clusters, 1))
    of_cluster[rng.random(of_cluster.shape) < missing] = np.nan
    both, alone = np.array([0, 1]), np.array([2])
    return IncompleteClusters(
        ("a", "b", "z"), both, np.arange(3), values, cluster, alone, of_cluster,
        np.arange(len(cluster)), np.arange(n_clusters),
    )  # fmt: skip


def by_loops(column: Array, cluster: Array) -> tuple[float, float, float, float]:
    """Mean square within, variance of the cluster means, harmonic mean size, grand mean of what is there."""
    parts = [column[(cluster == j) & ~np.isnan(column)] for j in np.unique(cluster)]
    parts = [part for part in parts if len(part)]
    inner = sum(((part - part.mean()) ** 2).sum() for part in parts) / sum(len(part) - 1 for part in parts)
    grand = np.concatenate(parts).mean()
    outer = float(np.mean([(part.mean() - grand) ** 2 for part in parts]))
    return inner, outer, len(parts) / sum(1.0 / len(part) for part in parts), float(grand)


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_the_search_begins_with_available_variances_of_both_levels(missing: float) -> None:
    data = sample(missing, shift=5.0)
    scale, start = _start(data)
    for place in (0, 1):
        inner, outer, size, grand = by_loops(data.values[:, place], data.cluster)
        total = inner + outer
        assert scale[place] == pytest.approx(np.sqrt(total))
        assert start.within[place, place] == pytest.approx(inner / total)
        between = max(outer - inner / size, LEAST_SHARE * total) / total
        assert start.between[place, place] == pytest.approx(between)
        assert start.mean[place] == pytest.approx(grand / np.sqrt(total))
    assert start.between[1, 1] == pytest.approx(LEAST_SHARE)  # hardly anything of it lies between clusters
    own = data.cluster_values[~np.isnan(data.cluster_values)]
    assert scale[2] == pytest.approx(own.std())
    assert (start.between[2, 2], start.mean[2]) == pytest.approx((1.0, own.mean() / own.std()))
    assert np.count_nonzero(start.within - np.diag(np.diag(start.within))) == 0
    assert np.count_nonzero(start.between - np.diag(np.diag(start.between))) == 0


def test_units_and_origin_of_the_data_change_no_search() -> None:
    """Moments move with the data, and take as many steps from where they begin."""
    plain, moved = (incomplete_saturated_moments(sample(0.3, shift=shift)) for shift in (0.0, 100.0))
    assert (plain.converged, moved.converged) == (True, True)
    assert plain.n_steps == moved.n_steps
    assert moved.moments.within == pytest.approx(plain.moments.within, abs=1e-6)
    assert moved.moments.mean - plain.moments.mean == pytest.approx([100.0, 100.0, 0.0], abs=1e-6)
    assert moved.loglik == pytest.approx(plain.loglik, abs=1e-6)
