"""Composites in the Henseler–Ogasawara specification, as plain factor-model text.

A composite of J indicators is written as J latent variables without measurement error: the composite itself
and J − 1 *excrescent* variables that carry what the indicators vary beyond it. Excrescent variables are free
to correlate within their block and are uncorrelated with everything outside it (Henseler 2021; Schuberth
2023). Covariances within a block are then free, and covariances between blocks pass through the composites
alone; this rank-one restriction is what the model test tests. The weights are the composite's row of the
inverse of the block's loading matrix (:func:`composite_weights`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import ComplyError
from comply_measure.measurement.frames import check_estimates
from comply_measure.models.rivals.trees import Factors, check_factors
from comply_measure.sem.language.quoting import quoted

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BlockStart:
    """Starting values of one block.

    Attributes
    ----------
    loadings : ndarray, shape (J,)
        Of the indicators on the composite.
    pivot : int
        Place of the indicator with the largest weight.
    contrasts : ndarray, shape (J − 1,)
        Loading of the pivot on each excrescent variable.
    rest : ndarray, shape (J − 1, J − 1)
        Covariances of the excrescent variables.
    correlations : mapping of str to float
        With the other composites.
    """

    loadings: Floats
    pivot: int
    contrasts: Floats
    rest: Floats
    correlations: Mapping[str, float]


def excrescent(composite: str, n_indicators: int) -> list[str]:
    """Names of the excrescent variables of a block."""
    return [f"rest.{composite}.{j}" for j in range(1, n_indicators)]


def composite_model(
    factors: Factors, name: str = "alignment", start: Mapping[str, BlockStart] | None = None
) -> str:
    """Dimensions as composites of their indicators, free to correlate.

    Parameters
    ----------
    factors : mapping
        Dimension → indicators (observed variables, or attribute factors defined elsewhere in the text).
    name : str
        Reserved name of a higher-order construct that may be added.
    start : mapping of BlockStart, optional
        Starting values of the blocks (:func:`composite_start`).

    Returns
    -------
    str
        Model text. Variances of the composites are 1.

    Raises
    ------
    ComplyError
        For fewer than two composites or names used twice. A single composite is saturated and says nothing.
    """
    check_factors(factors, name, least=2)
    if start is not None and (absent := [key for key in factors if key not in start]):
        raise ComplyError(f"starting values are missing for {', '.join(absent)}")
    lines: list[str] = []
    for composite, indicators in factors.items():
        lines += _block(composite, indicators, None if start is None else start[composite])
    blocks = {key: [key, *excrescent(key, len(indicators))] for key, indicators in factors.items()}
    for (one, first), (two, second) in combinations(blocks.items(), 2):
        lines += [f"{quoted(a)} ~~ 0*{quoted(b)}" for a in first for b in second if (a, b) != (one, two)]
        if start is not None:
            lines.append(f"{quoted(one)} ~~ start({_correlation(start, one, two)})*{quoted(two)}")
    return "\n".join(lines)


def composite_start(estimates: pd.DataFrame, factors: Factors) -> dict[str, BlockStart]:
    """Values at which a composite model implies what a fitted reflective model implies.

    With γ the loadings of a block, S its implied covariance matrix and φ factor covariances: loadings of the
    composite ``λ = γ / √(γᵀS⁻¹γ)``, correlations ``φ_kl √(γ_kᵀS_k⁻¹γ_k · γ_lᵀS_l⁻¹γ_l)``; the excrescent variables
    carry ``S − λλᵀ``, whose null vector is the weight vector ``w = S⁻¹λ``, so that contrast j is
    ``−w_j / w_pivot``.

    Parameters
    ----------
    estimates : DataFrame
        ``fit.estimates`` of correlated factors with the same blocks.
    factors : mapping
        The blocks.

    Raises
    ------
    ComplyError
        When a block of the reflective fit has no positive definite covariance matrix or a weight is 0.
    """
    value = estimates.set_index(["lhs", "op", "rhs"])["est"]
    absent = [
        f"{key} =~ {i}" for key, own in factors.items() for i in own if (key, "=~", i) not in value.index
    ]
    if absent:
        raise ComplyError(f"the reflective model does not measure {', '.join(absent)}")
    scale: dict[str, float] = {}
    parts: dict[str, tuple[Floats, int, Floats, Floats]] = {}
    for key, indicators in factors.items():
        gamma = np.array([float(value[key, "=~", i]) for i in indicators])
        residual = np.array([float(value[i, "~~", i]) for i in indicators])
        S = np.outer(gamma, gamma) * float(value[key, "~~", key]) + np.diag(residual)
        weights = np.linalg.solve(S, gamma)
        scale[key] = float(gamma @ weights)
        # a single indicator is its own composite, without a residual
        if not scale[key] > 0 or (len(indicators) > 1 and (residual <= 0).any()):
            raise ComplyError(f"{key}: the reflective model gives no starting values for a composite")
        parts[key] = _block_start(S, gamma / math.sqrt(scale[key]), weights)
    return {
        key: BlockStart(
            *parts[key], {o: _start_correlation(value, key, o, scale) for o in factors if o != key}
        )
        for key in factors
    }


def _block_start(S: Floats, loadings: Floats, weights: Floats) -> tuple[Floats, int, Floats, Floats]:
    pivot = int(np.argmax(np.abs(weights) * np.sqrt(np.diag(S))))
    others = [j for j in range(len(S)) if j != pivot]
    contrasts = -weights[others] / weights[pivot]
    star = np.zeros((len(S), len(others)))
    star[others, np.arange(len(others))] = 1.0
    star[pivot] = contrasts
    inverse = np.linalg.pinv(star)
    return loadings, pivot, contrasts, inverse @ (S - np.outer(loadings, loadings)) @ inverse.T


def _start_correlation(value: pd.Series[float], one: str, two: str, scale: Mapping[str, float]) -> float:
    pair = (one, "~~", two) if (one, "~~", two) in value.index else (two, "~~", one)
    return float(value[pair]) * math.sqrt(scale[one] * scale[two])


def _correlation(start: Mapping[str, BlockStart], one: str, two: str) -> float:
    return start[one].correlations[two]


def _block(composite: str, indicators: Sequence[str], start: BlockStart | None) -> list[str]:
    rest = [quoted(name) for name in excrescent(composite, len(indicators))]
    composite, indicators = quoted(composite), [quoted(indicator) for indicator in indicators]
    if start is None:
        terms, pivot = [f"NA*{' + '.join(indicators)}"], 0
        contrasts: Sequence[float] = [-1.0] * len(rest)
    else:
        terms, pivot, contrasts = [f"NA*{indicators[0]}"], start.pivot, start.contrasts.tolist()
        terms += [f"start({l})*{i}" for i, l in zip(indicators, start.loadings, strict=True)]
    lines = [f"{composite} =~ {' + '.join(terms)}", f"{composite} ~~ 1*{composite}"]
    others = [i for j, i in enumerate(indicators) if j != pivot]
    for name, indicator, contrast in zip(rest, others, contrasts, strict=True):
        # each excrescent variable moves one indicator against the pivot; the pivot's weight must not be 0
        lines.append(f"{name} =~ 1*{indicator} + start({contrast})*{indicators[pivot]}")
        lines.append(f"{composite} ~~ 0*{name}")
    for (a, one), (b, two) in combinations_with_replacement(enumerate(rest), 2):
        given = "" if start is None else f"start({start.rest[a, b]})*"
        if a != b or given:
            lines.append(f"{one} ~~ {given}{two}")
    return lines + [f"{indicator} ~~ 0*{indicator}" for indicator in indicators]


def composite_weights(estimates: pd.DataFrame, factors: Factors) -> pd.DataFrame:
    """Weights and loadings of the composites of a fitted :func:`composite_model`.

    With Λ the J × J loadings of a block on (composite, excrescent variables), the weights of the composite are
    the first row of Λ⁻¹, since ``x = Λ (c, ν)`` holds without error (Schuberth 2023). They are on the scale of
    the indicators, for a composite with variance 1.

    Parameters
    ----------
    estimates : DataFrame
        ``fit.estimates``.
    factors : mapping
        The blocks of the model.

    Returns
    -------
    DataFrame
        composite, indicator, weight, loading.

    Raises
    ------
    ComplyError
        When the estimates are those of another model.
    """
    check_estimates(estimates)
    found = estimates[estimates["op"] == "=~"].set_index(["lhs", "rhs"])["est"]
    rows = []
    for composite, indicators in factors.items():
        latent = [composite, *excrescent(composite, len(indicators))]
        matrix = np.array([[float(found.get((f, i), 0.0)) for f in latent] for i in indicators])
        if not np.abs(np.linalg.det(matrix)) > 0:
            raise ComplyError(f"the estimates do not belong to a composite model of '{composite}'")
        weights = np.linalg.inv(matrix)[0]
        rows += [
            (composite, i, float(w), float(l))
            for i, w, l in zip(indicators, weights, matrix[:, 0], strict=True)
        ]
    return pd.DataFrame(rows, columns=["composite", "indicator", "weight", "loading"])
