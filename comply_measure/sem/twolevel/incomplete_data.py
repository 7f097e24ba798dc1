"""Cases with missing values in clusters → :class:`~comply_measure.sem.twolevel.incomplete.IncompleteClusters`."""

from __future__ import annotations

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.twolevel.incomplete import IncompleteClusters

FLAT = 1e-12
MIN_CLUSTERS = 2


def usable_cases(
    values: Array, names: tuple[str, ...], within: tuple[str, ...], fixed: tuple[str, ...]
) -> Array:
    """Cases that have a value of the within level and lack no fixed exogenous variable (n,), truth values.

    Parameters
    ----------
    values : array (n, p)
    names, within, fixed : tuple of str
        Columns; those of the within level; fixed exogenous ones of both levels.
    """
    inner = values[:, [names.index(name) for name in within]]
    keep = ~np.isnan(inner).all(axis=1)
    if fixed:
        keep &= ~np.isnan(values[:, [names.index(name) for name in fixed]]).any(axis=1)
    return np.asarray(keep)


def incomplete_clusters(
    values: Array,
    codes: Index,
    names: tuple[str, ...],
    within: tuple[str, ...],
    between: tuple[str, ...],
    order: Index,
    group: str,
) -> tuple[IncompleteClusters | None, list[Problem]]:
    """Data of a group, or what makes them unfit.

    Parameters
    ----------
    values : array (n, p)
        Usable cases (see :func:`usable_cases`); a variable of the cluster repeats its value, or lacks it, in each.
    codes : int array (n,)
        Cluster of each case.
    names, within, between : tuple of str
        Columns and those of both levels.
    order : int array (n,)
        Places of the cases in the data.
    group : str
    """
    place = f" in group '{group}'" if group else ""
    labels, cluster = np.unique(codes, return_inverse=True)
    cluster = cluster.reshape(-1)
    if len(labels) < MIN_CLUSTERS:
        return None, [
            Problem(f"clusters with usable cases{place}", value=len(labels), allowed="at least two")
        ]
    inner = np.sort([names.index(name) for name in within])
    alone = np.array([i for i, name in enumerate(names) if name not in within], dtype=np.int64)
    low, high = _range_by_cluster(values, cluster, len(labels))
    varies = (high - low > np.sqrt(FLAT) * np.fmax(np.abs(high), np.abs(low))).any(axis=0)
    problems = []
    for i, name in enumerate(names):
        if np.count_nonzero(~np.isnan(values[:, i])) < 2:
            problems.append(Problem(f"too few values{place}", column=name, allowed="at least two"))
        elif name in within and not varies[i]:
            message = f"does not differ within clusters{place}"
            problems.append(Problem(message, column=name, allowed="in level 2 only"))
        elif name not in within and varies[i]:
            message = f"differs within clusters{place} but stands in level 2 only"
            problems.append(Problem(message, column=name))
    if problems:
        return None, problems
    return (
        IncompleteClusters(
            names=names,
            within=np.asarray(inner, dtype=np.int64),
            between=np.array([names.index(name) for name in between], dtype=np.int64),
            values=values[:, inner],
            cluster=cluster,
            alone=alone,
            cluster_values=low[:, alone],
            order=order,
            codes=labels,
        ),
        [],
    )


def _range_by_cluster(values: Array, cluster: Index, n_clusters: int) -> tuple[Array, Array]:
    """Smallest and largest value of every variable in every cluster; NaN where it has none."""
    low = np.full((n_clusters, values.shape[1]), np.nan)
    high = low.copy()
    np.fmin.at(low, cluster, values)
    np.fmax.at(high, cluster, values)
    return low, high
