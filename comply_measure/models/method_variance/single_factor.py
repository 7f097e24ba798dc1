"""Harman's single-factor share: kept because it is asked for, reported with its warning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from comply_measure.measurement.frames import check_scales, item_values
from comply_measure.measurement.saturated import Treatment, covariance_of
from comply_measure.results import Result
from comply_measure.statistics.correlation import to_correlations

WARNING = (
    "not a test of method variance: a share below one half says nothing about its absence, and a high share is also "
    "what one construct behind all items produces (Podsakoff et al., 2003; Fuller et al., 2016)"
)


@dataclass(frozen=True, slots=True)
class SingleFactorShare(Result):
    """How much of the items' variance one factor would carry.

    Attributes
    ----------
    component_share : float
        Largest eigenvalue of the correlation matrix over the number of items.
    factor_share : float
        Sum of squared loadings of one maximum-likelihood factor over the number of items.
    n_items, n_informants : int
    note : str
        The warning that belongs to the number, and why a value is undefined.
    """

    component_share: float
    factor_share: float
    n_items: int
    n_informants: int
    note: str

    def tidy(self) -> pd.DataFrame:
        """One row; columns are the attributes."""
        return pd.DataFrame([asdict(self)])


def single_factor_share(
    data: pd.DataFrame, items: Sequence[str], *, missing: Treatment = "ml"
) -> SingleFactorShare:
    """Share of the first unrotated component, and of one common factor, in the variance of all items.

    ``λ₁(R) / p`` and ``Σ l² / p``. Source: Harman (1976); for why it does not test method variance: Podsakoff,
    MacKenzie, Lee & Podsakoff (2003), Fuller, Simmering, Atinc, Atinc & Babin (2016).

    Parameters
    ----------
    data : DataFrame
        One row per informant; items recoded to one direction.
    items : sequence of str
        All items of the questionnaire, at least two.
    missing : {"ml", "pairwise", "listwise"}
        Covariances of incomplete answers.

    Raises
    ------
    InputError
        For absent or non-numeric items.
    """
    from comply_measure.measurement.dimensionality.extraction import extract

    check_scales(data, {"items": list(items)})
    values = item_values(data, items)
    covariance, reason = covariance_of(values, missing)
    n = int((~np.isnan(values)).any(axis=1).sum())
    variance = np.diag(covariance)
    if not reason and not (variance > 0).all():
        flat = [item for item, v in zip(items, variance, strict=True) if not v > 0]
        reason = f"items without variance: {', '.join(flat)}"
    if len(items) < 2:
        reason = "fewer than two items"
    if reason:
        return SingleFactorShare(np.nan, np.nan, len(items), n, f"{reason}; {WARNING}")
    correlation = to_correlations(covariance, root="product")
    component = float(np.linalg.eigvalsh(correlation)[-1] / len(items))
    factor, note = np.nan, "one factor needs at least three items; "
    if len(items) >= 3:
        found = extract(correlation, 1, "ml")
        converged = bool(np.all(found.converged))
        factor = float((found.loadings**2).sum() / len(items)) if converged else np.nan
        note = "" if converged else "one factor could not be extracted; "
    return SingleFactorShare(component, factor, len(items), n, note + WARNING)
