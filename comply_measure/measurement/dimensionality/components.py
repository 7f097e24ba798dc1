"""Number of factors from eigenvalues alone: Velicer's partial correlations, Kaiser and its empirical form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.measurement.dimensionality.correlations import ItemCorrelation
from comply_measure.measurement.frames import joined
from comply_measure.measurement.linear_algebra import eigenvalues_descending
from comply_measure.measurement.moments import Floats
from comply_measure.results import Result


@dataclass(frozen=True, slots=True)
class PartialCorrelations(Result):
    """Velicer's minimum average partial correlation.

    Attributes
    ----------
    squared, fourth : ndarray, shape (p,)
        Average squared, and average fourth power of, partial correlation after 0, 1, …, p − 1 components;
        NaN once a variable has no variance left.
    n_squared, n_fourth : int
        Components at the minimum; -1 when undefined.
    n : int
    kind, missing, note : str
    """

    squared: Floats
    fourth: Floats
    n_squared: int
    n_fourth: int
    n: int
    kind: str
    missing: str
    note: str

    def tidy(self) -> pd.DataFrame:
        """One row per number of components: n_components, map_squared, map_fourth, n, note."""
        return pd.DataFrame(
            {
                "n_components": np.arange(len(self.squared)),
                "map_squared": self.squared,
                "map_fourth": self.fourth,
                "n": self.n,
                "note": self.note,
            }
        )


def minimum_average_partial(correlation: ItemCorrelation) -> PartialCorrelations:
    """Velicer's MAP: original with squares (Velicer 1976), revised with fourth powers (Velicer et al. 2000).

    After m principal components are partialled out, the residual covariances ``R − A_m A_m'`` are rescaled to
    correlations; the average of their squares (fourth powers) off the diagonal is smallest at the number of
    components to keep.

    Parameters
    ----------
    correlation : ItemCorrelation

    Returns
    -------
    PartialCorrelations
    """
    p = len(correlation.items)
    squared, fourth = np.full(p, np.nan), np.full(p, np.nan)
    note = correlation.remarks or ("" if correlation.defined else "no correlations")
    if p < 3:
        note = joined("fewer than 3 items vary", correlation.remarks)
    if not correlation.defined or p < 3:
        return PartialCorrelations(
            squared, fourth, -1, -1, correlation.n, correlation.kind, correlation.missing, note
        )
    values, vectors = np.linalg.eigh(correlation.matrix)
    weighted = vectors[:, ::-1] * np.sqrt(np.maximum(values[::-1], 0.0))
    # residuals after m components for every m at once: shape (m, p, p)
    removed = np.cumsum(weighted.T[:, :, None] * weighted.T[:, None, :], axis=0)
    residual = correlation.matrix - np.concatenate([np.zeros((1, p, p)), removed[:-1]])
    variance = np.diagonal(residual, axis1=1, axis2=2)
    left = variance.min(axis=1) > 1e-10
    scale = np.sqrt(np.where(left[:, None], variance, 1.0))
    partial = residual / (scale[:, :, None] * scale[:, None, :]) * (1.0 - np.eye(p))
    squared[left] = (partial[left] ** 2).sum(axis=(1, 2)) / (p * (p - 1))
    fourth[left] = (partial[left] ** 4).sum(axis=(1, 2)) / (p * (p - 1))
    return PartialCorrelations(
        squared,
        fourth,
        int(np.nanargmin(squared)),
        int(np.nanargmin(fourth)),
        correlation.n,
        correlation.kind,
        correlation.missing,
        note,
    )


@dataclass(frozen=True, slots=True)
class KaiserCriteria(Result):
    """Eigenvalues with the references of Kaiser's and the empirical Kaiser criterion.

    Attributes
    ----------
    eigenvalues, reference : ndarray, shape (p,)
    n_kaiser, n_empirical : int
        Components above 1; leading components above the empirical reference; -1 when undefined.
    n : int
    kind, missing, note : str
    """

    eigenvalues: Floats
    reference: Floats
    n_kaiser: int
    n_empirical: int
    n: int
    kind: str
    missing: str
    note: str

    def tidy(self) -> pd.DataFrame:
        """The scree: n_components, eigenvalue, reference, share, cumulative_share, n, note."""
        share = self.eigenvalues / len(self.eigenvalues) if len(self.eigenvalues) else self.eigenvalues
        return pd.DataFrame(
            {
                "n_components": np.arange(1, len(self.eigenvalues) + 1),
                "eigenvalue": self.eigenvalues,
                "reference": self.reference,
                "share": share,
                "cumulative_share": np.cumsum(share),
                "n": self.n,
                "note": self.note,
            }
        )


def empirical_kaiser(correlation: ItemCorrelation) -> KaiserCriteria:
    """Empirical Kaiser criterion (Braeken & van Assen 2017), beside Kaiser's (1960) eigenvalues above 1.

    The reference of component j is ``max[(p − Σ_{i<j} l_i)/(p − j + 1) · (1 + √(p/n))², 1]``: the largest
    eigenvalue noise would give (Marčenko & Pastur) once the earlier components have taken their variance.

    Parameters
    ----------
    correlation : ItemCorrelation

    Returns
    -------
    KaiserCriteria
    """
    p = len(correlation.items)
    if not correlation.defined or correlation.n < 2:
        nothing = np.full(p, np.nan)
        note = correlation.remarks or "no correlations"
        return KaiserCriteria(
            nothing, nothing, -1, -1, correlation.n, correlation.kind, correlation.missing, note
        )
    values = eigenvalues_descending(correlation.matrix)
    before = np.concatenate([[0.0], np.cumsum(values)[:-1]])
    rest = (p - before) / (p - np.arange(p))
    reference = np.maximum(rest * (1.0 + np.sqrt(p / correlation.n)) ** 2, 1.0)
    above = values > reference
    leading = p if above.all() else int(np.argmin(above))
    return KaiserCriteria(
        values,
        reference,
        int((values > 1.0).sum()),
        leading,
        correlation.n,
        correlation.kind,
        correlation.missing,
        correlation.remarks,
    )
