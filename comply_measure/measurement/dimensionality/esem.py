"""Exploratory structural equation model of one block: an unrestricted factor model by the SEM engine, rotated.

The m² constraints an unrestricted model needs are unit factor variances, zero factor correlations, and zeros
above the diagonal for m items chosen so that the rest is well determined; they cost no fit (Jöreskog 1969;
Asparouhov & Muthén 2009). Whatever the engine offers (full information, robust and cluster-robust errors,
ordered answers) then holds for rotated loadings too: their errors follow by the delta method through the
rotation, whose derivative is taken numerically at the rotated solution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy
from scipy import linalg

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.measurement.dimensionality.correlations import correlate_values
from comply_measure.measurement.dimensionality.efa_result import LoadingErrors
from comply_measure.measurement.dimensionality.esem_parameters import BlockParameters
from comply_measure.measurement.dimensionality.extraction import extract, most_factors
from comply_measure.measurement.dimensionality.rotation import (
    Rotation,
    RotationName,
    RotationOptions,
    check_rotation,
    rotate,
)
from comply_measure.measurement.dimensionality.rotation_stack import align, rotate_stack, start_of
from comply_measure.measurement.frames import check_scales, cluster_codes, item_values, joined
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.threads import single_threaded
from comply_measure.results import Result

# Step of the numerical derivative, relative to a parameter's standard error.
STEP = 1e-3


@dataclass(frozen=True, slots=True)
class ExploratorySem(Result):
    """Rotated block of an exploratory structural equation model.

    Attributes
    ----------
    items, factors : tuple of str
    loadings : ndarray, shape (p, m)
        Standardised rotated loadings.
    factor_correlation : ndarray, shape (m, m)
    errors : LoadingErrors, optional
        By the delta method; None when the engine gave no covariance matrix of its estimates.
    rotation : Rotation or None
    fit : Fit or None
        The engine's unrotated fit; its measures are those of the rotated model.
    dropped : tuple of (str, str)
        Items left out, with the reason.
    estimator, missing : str
    n : int
    n_clusters : int
        0 without clusters.
    note : str
    """

    items: tuple[str, ...]
    factors: tuple[str, ...]
    loadings: Floats
    factor_correlation: Floats
    errors: LoadingErrors | None
    rotation: Rotation | None
    fit: sem.Fit | None
    dropped: tuple[tuple[str, str], ...]
    estimator: str
    missing: str
    n: int
    n_clusters: int
    note: str

    def tidy(self) -> pd.DataFrame:
        """One row per item and factor: item, factor, loading, se, lower, upper, z, pvalue, n, estimator, note."""
        p, m = self.loadings.shape
        table = pd.DataFrame(
            {
                "item": np.repeat(np.asarray(self.items, dtype=object), m),
                "factor": np.tile(np.asarray(self.factors, dtype=object), p),
                "loading": self.loadings.ravel(),
            }
        )
        nothing = np.full(p * m, np.nan)
        se = nothing if self.errors is None else self.errors.loading_se.ravel()
        table["se"] = se
        table["lower"] = nothing if self.errors is None else self.errors.loading_lower.ravel()
        table["upper"] = nothing if self.errors is None else self.errors.loading_upper.ravel()
        with np.errstate(invalid="ignore", divide="ignore"):
            table["z"] = table["loading"] / se
        table["pvalue"] = 2.0 * scipy.stats.norm.sf(np.abs(table["z"]))
        return table.assign(n=self.n, estimator=self.estimator, missing=self.missing, note=self.note)

    def factor_correlations(self) -> pd.DataFrame:
        """One row per pair of factors: factor, other, correlation, se, lower, upper, n, note."""
        first, second = np.triu_indices(len(self.factors), 1)
        names = np.asarray(self.factors, dtype=object)
        table = pd.DataFrame(
            {
                "factor": names[first],
                "other": names[second],
                "correlation": self.factor_correlation[first, second],
            }
        )
        for column in ("se", "lower", "upper"):
            found = None if self.errors is None else getattr(self.errors, f"correlation_{column}")
            table[column] = np.nan if found is None else found[first, second]
        return table.assign(n=self.n, note=self.note)


@single_threaded
def exploratory_sem(
    data: pd.DataFrame,
    items: Sequence[str],
    n_factors: int,
    *,
    rotation: RotationOptions | RotationName = "geomin",
    estimator: str | None = None,
    missing: str | None = None,
    ordered: bool = False,
    cluster: str | None = None,
    residual_pairs: Sequence[tuple[str, str]] = (),
    factors: Sequence[str] | None = None,
    confidence: float = 0.95,
) -> ExploratorySem:
    """Exploratory structural equation model of one set of items (Asparouhov & Muthén 2009).

    Parameters
    ----------
    data : DataFrame
        One row per informant (or per triad in the wide format).
    items : sequence of str
    n_factors : int
    rotation : RotationOptions or str
        A target states which loadings are expected to be what (NaN where nothing is expected).
    estimator, missing : str, optional
        As for :func:`comply_measure.sem.fit`; ``"ML"`` and ``"ml"``, of ordered answers ``"WLSMV"`` and
        ``"listwise"``. Complete answers are fitted as such (``missing`` of the result: ``"listwise"``), with the
        information complete data have by default.
    ordered : bool
        Answers are ordered categories (polychoric correlations).
    cluster : str, optional
        Column of clusters, for errors that respect them.
    residual_pairs : sequence of (str, str)
        Pairs of items whose residuals may covary.
    factors : sequence of str, optional
        Names, in the order of the target's columns; F1, F2, … by default.
    confidence : float

    Returns
    -------
    ExploratorySem
        NaN with a note when the model cannot be estimated.

    Raises
    ------
    InputError
        Unusable items, options, or target.
    """
    check_scales(data, {"items": items}, [cluster])
    options = RotationOptions(rotation) if isinstance(rotation, str) else rotation
    values = item_values(data, items)
    start = correlate_values(values, tuple(items), "pearson", "ml")
    names = tuple(factors) if factors is not None else tuple(f"F{k}" for k in range(1, n_factors + 1))
    _check(start.items, n_factors, names, residual_pairs, items, options)
    n_clusters = 0 if cluster is None else len(np.unique(cluster_codes(data, cluster)))
    estimator = estimator or ("WLSMV" if ordered else "ML")
    missing = _treatment(missing or ("listwise" if ordered else "ml"), start.values)
    common = (start.dropped, estimator, missing)
    if n_factors > most_factors(len(start.items)):
        note = f"{n_factors} factors need more than the {len(start.items)} items that vary"
        note = joined(note, start.remarks)
        return _undefined(start.items, names, common, len(start.values), n_clusters, note)
    block = _block(start.items, n_factors, start.matrix, residual_pairs)
    frame = _frame(data, start.items, block.names, cluster)
    try:
        fit = _fitted(block, frame, estimator, missing, ordered)
    except ComplyError as error:
        note = joined(block.with_item_names(" ".join(str(error).split()), start.items), start.remarks)
        return _undefined(start.items, names, common, len(start.values), n_clusters, note)
    if fit.unreached:
        note = joined(f"the engine {fit.unreached}", start.remarks)
        return _undefined(start.items, names, common, fit.n, n_clusters, note)
    block = block.at(fit, ordered)
    unrotated = block.standardised(block.theta[None])[0]
    turned = rotate(unrotated, options)
    errors = _errors(block, turned, unrotated, options, fit.vcov_array, n_clusters, confidence)
    notes = [block.with_item_names(p.message, start.items) for p in fit.problems if p.serious]
    notes += [start.remarks] if start.remarks else []
    notes += ["no standard errors"] if errors is None else []
    notes += [] if turned.converged else ["the rotation did not converge"]
    return ExploratorySem(
        start.items,
        names,
        turned.loadings,
        turned.factor_correlation,
        errors,
        turned,
        fit,
        *common,
        fit.n,
        n_clusters,
        "; ".join(notes),
    )


def _treatment(missing: str, values: Floats) -> str:
    """Of complete answers none is missing: they need no likelihood of patterns."""
    return "listwise" if missing in ("ml", "fiml") and not np.isnan(values).any() else missing


def _fitted(
    block: BlockParameters, frame: pd.DataFrame, estimator: str, missing: str, ordered: bool
) -> sem.Fit:
    return sem.fit(
        block.model(),
        frame,
        estimator=estimator,
        missing=missing,
        ordered=list(block.names) if ordered else (),
        cluster="cluster" if "cluster" in frame else None,
        std_lv=True,
        orthogonal=True,
    )


def _frame(
    data: pd.DataFrame, items: tuple[str, ...], names: tuple[str, ...], cluster: str | None
) -> pd.DataFrame:
    """Items under the block's names, and codes of clusters."""
    frame = data.loc[:, list(items)].set_axis(list(names), axis=1)
    return frame if cluster is None else frame.assign(cluster=cluster_codes(data, cluster))


def _block(
    items: tuple[str, ...], n_factors: int, correlation: Floats, pairs: Sequence[tuple[str, str]]
) -> BlockParameters:
    """Items, the pivots with zero loadings, and starting loadings from minres."""
    p = len(items)
    start = np.full((p, n_factors), 0.5)
    pivots = np.arange(n_factors)
    if np.isfinite(correlation).all():
        loadings = extract(correlation, n_factors, "minres").loadings
        rotation, _, order = linalg.qr(loadings.T, pivoting=True)
        start, pivots = loadings @ rotation, order[:n_factors]
    names = tuple(f"v{j + 1}" for j in range(p))
    of = dict(zip(items, names, strict=True))
    kept = tuple((of[a], of[b]) for a, b in pairs if a in of and b in of)
    return BlockParameters.planned(names, n_factors, pivots, start, kept)


def _errors(
    block: BlockParameters,
    turned: Rotation,
    unrotated: Floats,
    options: RotationOptions,
    vcov: Floats | None,
    n_clusters: int,
    confidence: float,
) -> LoadingErrors | None:
    """Delta-method errors: the rotation's derivative by central differences, all parameters at once."""
    if vcov is None or not np.isfinite(vcov).all():
        return None
    q = len(block.theta)
    step = STEP * np.sqrt(np.maximum(np.diag(vcov), 1e-12))
    shifted = np.concatenate([block.theta + np.diag(step), block.theta - np.diag(step)])
    start = start_of(unrotated, options, turned.transformation)
    moved = rotate_stack(block.standardised(shifted), options, start, tolerance=1e-10)
    moved = align(moved, turned.loadings, options)
    m = turned.loadings.shape[1]
    both = np.concatenate([moved.loadings.reshape(2 * q, -1), moved.factor_correlation.reshape(2 * q, -1)], 1)
    jacobian = (both[:q] - both[q:]) / (2.0 * step[:, None])
    variance = np.einsum("ai,ab,bi->i", jacobian, vcov, jacobian)
    se = np.sqrt(np.maximum(variance, 0.0))
    loading_se = se[: turned.loadings.size].reshape(turned.loadings.shape)
    correlation_se = se[turned.loadings.size :].reshape(m, m)
    z = float(scipy.stats.norm.ppf(0.5 + confidence / 2.0))
    return LoadingErrors(
        loading_se,
        turned.loadings - z * loading_se,
        turned.loadings + z * loading_se,
        correlation_se,
        turned.factor_correlation - z * correlation_se,
        turned.factor_correlation + z * correlation_se,
        "delta",
        0,
        0,
        n_clusters,
        confidence,
    )


def _undefined(
    items: tuple[str, ...],
    factors: tuple[str, ...],
    common: tuple[tuple[tuple[str, str], ...], str, str],
    n: int,
    n_clusters: int,
    note: str,
) -> ExploratorySem:
    nothing = np.full((len(items), len(factors)), np.nan)
    square = np.full((len(factors), len(factors)), np.nan)
    return ExploratorySem(items, factors, nothing, square, None, None, None, *common, n, n_clusters, note)


def _check(
    kept: tuple[str, ...],
    n_factors: int,
    names: tuple[str, ...],
    pairs: Sequence[tuple[str, str]],
    items: Sequence[str],
    options: RotationOptions,
) -> None:
    problems = []
    if n_factors < 1:
        problems.append(Problem("n_factors", value=n_factors, allowed="at least 1"))
    if len(set(names)) != n_factors:
        problems.append(Problem("factors", value=names, allowed=f"{n_factors} different names"))
    for a, b in pairs:
        if a == b or a not in items or b not in items:
            problems.append(
                Problem("residual_pairs", value=(a, b), allowed="two different items of the model")
            )
    if problems:
        raise InputError("The exploratory model cannot be set up.", problems)
    check_rotation(np.zeros((len(kept), n_factors)), options)
