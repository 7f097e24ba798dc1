"""Covariance matrix of items under a named treatment of missing answers."""

from __future__ import annotations

from typing import Literal

import numpy as np

from comply_measure.measurement.moments import Floats, item_covariance

Treatment = Literal["ml", "pairwise", "listwise"]

SINGULAR = "maximum-likelihood moments do not exist: too few informants, or items that determine each other"


def covariance_of(values: Floats, missing: Treatment) -> tuple[Floats, str]:
    """Covariance matrix (divisor n − 1) and, when it is undefined, the reason.

    Parameters
    ----------
    values : ndarray, shape (n, p)
        NaN = missing.
    missing : {"ml", "pairwise", "listwise"}
        ``ml``: saturated maximum-likelihood moments by EM, times n/(n − 1); without gaps the same as the others.

    Returns
    -------
    covariance : ndarray, shape (p, p)
        NaN where undefined.
    reason : str
        Empty when every entry is defined.
    """
    present = ~np.isnan(values)
    values = values[present.any(axis=1)] if missing == "ml" else values
    pairwise = item_covariance(values, "listwise" if missing == "listwise" else "pairwise")
    if np.isnan(pairwise.covariance).any():
        if missing == "listwise":
            return pairwise.covariance, "fewer than 2 complete informants"
        return pairwise.covariance, "two items share fewer than 2 informants"
    if missing != "ml" or not np.isnan(values).any():
        return pairwise.covariance, ""
    # an item without variance has no likelihood, but its covariances are known to be zero
    varying = np.diag(pairwise.covariance) > 0
    if not varying.any():
        return pairwise.covariance, ""
    return _full_information(values, varying)


def _full_information(values: Floats, varying: np.ndarray) -> tuple[Floats, str]:
    from comply_measure.sem.missing.saturated import saturated_moments

    used = values[:, varying]
    used = used[~np.isnan(used).all(axis=1)]
    p, n = len(varying), len(used)
    found = saturated_moments(used)
    if found.singular or not found.converged:
        nothing = np.full((p, p), np.nan)
        return (
            nothing,
            "maximum-likelihood moments do not exist: too few informants, or items that determine each other",
        )
    out = np.zeros((p, p))
    out[np.ix_(varying, varying)] = found.covariance * n / (n - 1)
    return out, ""
