"""Items that run against their scale: forgotten reversals, by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from comply_measure.measurement.frames import runs_against
from comply_measure.measurement.moments import Floats
from comply_measure.statistics.correlation import to_correlations

NOTHING = 1e-10
AGAINST = "runs against the others (not reversed?)"


def against(covariance: Floats) -> list[int]:
    """Places of items with a negative loading on the first principal component, as psych::alpha looks for them.

    The component of the correlations is turned so that most items (or, at a tie, the larger loadings) are positive.
    Two items that correlate negatively both count; items without variance never do.

    Parameters
    ----------
    covariance : ndarray, shape (p, p)
        Covariances or correlations; undefined ones are passed over.
    """
    variance = np.diag(covariance)
    with np.errstate(invalid="ignore"):
        kept = np.flatnonzero(np.isfinite(variance) & (variance > 0))
    if len(kept) < 2:
        return []
    part = covariance[np.ix_(kept, kept)]
    if not np.isfinite(part).all():
        return []
    correlation = to_correlations(part)
    if len(kept) == 2:
        return kept.tolist() if correlation[0, 1] < -NOTHING else []
    loading = np.linalg.eigh(correlation)[1][:, -1]
    sign = np.sign(np.sum(np.sign(loading))) or np.sign(loading.sum()) or 1.0
    return [int(j) for j in kept[sign * loading < -NOTHING]]


def reversal_note(covariance: Floats, items: Sequence[str] | None = None) -> str:
    """What to say of the items :func:`against` finds; empty when all run one way.

    Parameters
    ----------
    covariance : ndarray, shape (p, p)
    items : sequence of str, optional
        Their names; ``item 1``, … without.
    """
    return runs_against([names_of(len(covariance), items)[j] for j in against(covariance)])


def names_of(p: int, items: Sequence[str] | None = None, values: object = None) -> list[str]:
    """Names of p items: those given, else those of a data frame's columns, else ``item 1``, …"""
    if items is not None:
        return [str(item) for item in items]
    if isinstance(values, pd.DataFrame):
        return [str(item) for item in values.columns]
    return [f"item {j + 1}" for j in range(p)]
