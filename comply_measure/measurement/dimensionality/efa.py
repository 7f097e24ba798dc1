"""Exploratory factor analysis: extraction, rotation, fit and, by resampling, errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.dimensionality.correlations import ItemCorrelation, Kind, Treatment, correlate
from comply_measure.measurement.dimensionality.efa_bootstrap import bootstrap_errors
from comply_measure.measurement.dimensionality.efa_fit import FactorFit, factor_fit
from comply_measure.measurement.dimensionality.efa_result import FactorSolution
from comply_measure.measurement.dimensionality.extraction import Extraction, Method, extract, most_factors
from comply_measure.measurement.dimensionality.factor_analyzer_engine import (
    extract_with_factor_analyzer,
    rotate_with_factor_analyzer,
)
from comply_measure.measurement.dimensionality.rotation import (
    Rotation,
    RotationName,
    RotationOptions,
    check_rotation,
    rotate,
)
from comply_measure.measurement.frames import cluster_codes, joined
from comply_measure.measurement.linear_algebra import eigenvalues_descending
from comply_measure.measurement.threads import single_threaded

Engine = Literal["own", "factor_analyzer"]


@single_threaded
def explore(
    data: pd.DataFrame,
    items: Sequence[str],
    n_factors: int,
    *,
    method: Method = "ml",
    rotation: RotationOptions | RotationName = "oblimin",
    kind: Kind = "pearson",
    missing: Treatment = "ml",
    engine: Engine = "own",
    n_replications: int = 0,
    seed: int | None = None,
    cluster: str | None = None,
    confidence: float = 0.95,
) -> FactorSolution:
    """Exploratory factor analysis of answers.

    Parameters
    ----------
    data : DataFrame
        One row per informant; reverse-keyed items recoded.
    items : sequence of str
    n_factors : int
    method, rotation, engine
        As in :func:`factor_solution`.
    kind, missing
        As in :func:`~comply_measure.measurement.dimensionality.correlations.correlate`.
    n_replications : int
        Resamples for standard errors and percentile intervals of rotated loadings; 0 leaves them out.
    seed : int, optional
        Required with resamples.
    cluster : str, optional
        Column of clusters (unit, firm) that are resampled whole.
    confidence : float

    Returns
    -------
    FactorSolution

    Raises
    ------
    InputError
        Unusable items, options, or number of factors.
    """
    found = correlate(data, items, kind=kind, missing=missing)
    solution = factor_solution(found, n_factors, method=method, rotation=rotation, engine=engine)
    if not n_replications or not np.isfinite(solution.loadings).all():
        return solution
    options = RotationOptions(rotation) if isinstance(rotation, str) else rotation
    answered = data.loc[:, list(found.items)].notna()
    rows = (answered.all(axis=1) if missing == "listwise" else answered.any(axis=1)).to_numpy()
    clusters = None if cluster is None else cluster_codes(data, cluster)[rows]
    errors = bootstrap_errors(
        solution, options, clusters, n_replications=n_replications, seed=seed, confidence=confidence
    )
    return replace(solution, errors=errors)


def factor_solution(
    correlation: ItemCorrelation,
    n_factors: int,
    *,
    method: Method = "ml",
    rotation: RotationOptions | RotationName = "oblimin",
    engine: Engine = "own",
) -> FactorSolution:
    """Common factors of a correlation matrix.

    Parameters
    ----------
    correlation : ItemCorrelation
    n_factors : int
    method : {"ml", "minres", "paf"}
        See :func:`~comply_measure.measurement.dimensionality.extraction.extract`.
    rotation : RotationOptions or str
        See :func:`~comply_measure.measurement.dimensionality.rotation.rotate`.
    engine : {"own", "factor_analyzer"}
        The library's loadings agree with the exact optimum to about 1e-5 (varimax and promax 1e-3, where it
        follows R's stopping rule); it is an extra of the package (``comply-measure[confirm]``).

    Returns
    -------
    FactorSolution
        NaN with a note when the correlation matrix is undefined, does not suit the method, or has too few items.

    Raises
    ------
    InputError
        Unknown options, ``n_factors`` below 1, or a target that does not fit.
    """
    options = RotationOptions(rotation) if isinstance(rotation, str) else rotation
    _check(n_factors, method, engine, options, correlation)
    note = _obstacle(correlation, n_factors, method)
    if note:
        return _undefined(correlation, n_factors, method, options, engine, note)
    if engine == "factor_analyzer":
        found = extract_with_factor_analyzer(correlation.matrix, n_factors, method)
        turned = rotate_with_factor_analyzer(found.loadings, options)
    else:
        found = extract(correlation.matrix, n_factors, method)
        turned = rotate(found.loadings, options)
    heywood = tuple(item for item, at_bound in zip(correlation.items, found.heywood, strict=True) if at_bound)
    return FactorSolution(
        correlation.items,
        _factor_names(n_factors),
        turned.loadings,
        turned.factor_correlation,
        found.uniquenesses,
        found.loadings,
        eigenvalues_descending(correlation.matrix),
        factor_fit(correlation.matrix, found.loadings, found.uniquenesses, correlation.n),
        None,
        correlation,
        method,
        options.name,
        engine,
        turned.n_starts,
        turned.n_same,
        bool(found.converged) and turned.converged,
        heywood,
        _remarks(correlation, found, turned, heywood),
    )


def _factor_names(n_factors: int) -> tuple[str, ...]:
    return tuple(f"F{k}" for k in range(1, n_factors + 1))


def _obstacle(correlation: ItemCorrelation, n_factors: int, method: str) -> str:
    p = len(correlation.items)
    if not correlation.defined:
        return correlation.remarks or "no correlations"
    obstacle = ""
    if n_factors > most_factors(p):
        obstacle = f"{n_factors} factor{'s' if n_factors > 1 else ''} and {p} items that vary: not identified"
    elif method == "ml" and not correlation.positive_definite:
        obstacle = "no maximum-likelihood solution"
    return joined(obstacle, correlation.remarks) if obstacle else ""


def _remarks(
    correlation: ItemCorrelation, found: Extraction, turned: Rotation, heywood: tuple[str, ...]
) -> str:
    remarks = [correlation.remarks] if correlation.remarks else []
    if not bool(found.converged):
        remarks.append("the extraction did not converge")
    if not turned.converged:
        remarks.append("the rotation did not converge")
    if heywood:
        remarks.append(f"Heywood case: {', '.join(heywood)}")
    if correlation.kind == "pearson" and np.isnan(correlation.values).any():
        remarks.append("χ² and its indices take correlations from incomplete answers for complete ones")
    if correlation.kind == "polychoric":
        remarks.append("χ² and its indices treat polychoric correlations as product-moment ones")
    return "; ".join(remarks)


def _undefined(
    correlation: ItemCorrelation,
    n_factors: int,
    method: str,
    options: RotationOptions,
    engine: str,
    note: str,
) -> FactorSolution:
    p = len(correlation.items)
    nan = float("nan")
    nothing = np.full((p, n_factors), nan)
    fit = FactorFit(correlation.n, 0, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan)
    return FactorSolution(
        correlation.items,
        _factor_names(n_factors),
        nothing,
        np.full((n_factors, n_factors), nan),
        np.full(p, nan),
        nothing,
        np.full(p, nan),
        fit,
        None,
        correlation,
        method,
        options.name,
        engine,
        0,
        0,
        False,
        (),
        note,
    )


def _check(
    n_factors: int, method: str, engine: str, options: RotationOptions, correlation: ItemCorrelation
) -> None:
    problems = [
        Problem(name, value=value, allowed=", ".join(get_args(allowed)))
        for name, value, allowed in (("method", method, Method), ("engine", engine, Engine))
        if value not in get_args(allowed)
    ]
    if n_factors < 1:
        problems.append(Problem("n_factors", value=n_factors, allowed="at least 1"))
    if problems:
        raise InputError("The factor analysis cannot be run.", problems)
    check_rotation(np.zeros((len(correlation.items), n_factors)), options)
