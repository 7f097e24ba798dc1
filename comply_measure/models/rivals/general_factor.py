"""How much a general factor carries beside specific ones: ω_h, ECV, PUC and relatives."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import ComplyError
from comply_measure.measurement.fits import require_one_block
from comply_measure.models.rivals.trees import Factors
from comply_measure.results import Result
from comply_measure.sem import Fit
from comply_measure.statistics.reasons import undefined_because

OF_THE_GENERAL = "puc and relative bias speak of the whole model: they stand in the general factor's row"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BifactorIndices(Result):
    """Indices of a bifactor (or Schmid–Leiman) solution.

    Attributes
    ----------
    factors : tuple of str
        The general factor, then the specific ones.
    omega, omega_hierarchical : tuple of float
        Per factor: of the total score for the general factor, of the dimension's score for specific ones.
        ω counts all factors as true variance, ω_h (ω_hs) only the general (the specific) one.
    relative_omega : tuple of float
        ω_h / ω.
    explained_common_variance : tuple of float
        ECV: share of common variance; for specific factors among the dimension's own indicators.
    construct_replicability : tuple of float
        H.
    factor_determinacy : tuple of float
        Correlation of factor and regression factor score.
    n_indicators : tuple of int
        Indicators with a loading on the factor.
    percent_uncontaminated : float
        PUC: share of correlations between indicators of different dimensions, which only the general factor
        explains.
    item_ecv : mapping
        Indicator → I-ECV, the general factor's share of the indicator's common variance.
    relative_bias : float
        Average relative parameter bias of the one-factor model's loadings; NaN without one.
    n_informants : int
    source : str
        ``bifactor`` or ``Schmid-Leiman``.
    note : str
        With the factors and items without loadings, whose indices are NaN.
    """

    factors: tuple[str, ...]
    omega: tuple[float, ...]
    omega_hierarchical: tuple[float, ...]
    relative_omega: tuple[float, ...]
    explained_common_variance: tuple[float, ...]
    construct_replicability: tuple[float, ...]
    factor_determinacy: tuple[float, ...]
    n_indicators: tuple[int, ...]
    percent_uncontaminated: float
    item_ecv: dict[str, float]
    relative_bias: float
    n_informants: int
    source: str
    note: str = ""

    def tidy(self) -> pd.DataFrame:
        """One row per factor: factor, omega, omega_hierarchical, relative_omega, ecv, h, determinacy, …

        PUC and the relative bias stand in the general factor's row; ``attrs["undefined"]`` says what is missing.
        """
        table = pd.DataFrame(
            {
                "factor": self.factors,
                "omega": self.omega,
                "omega_hierarchical": self.omega_hierarchical,
                "relative_omega": self.relative_omega,
                "ecv": self.explained_common_variance,
                "h": self.construct_replicability,
                "determinacy": self.factor_determinacy,
                "n_indicators": self.n_indicators,
            }
        )
        rest = [math.nan] * (len(table) - 1)
        table["puc"] = [self.percent_uncontaminated, *rest]
        table["relative_bias"] = [self.relative_bias, *rest]
        table = table.assign(source=self.source, n_informants=self.n_informants, note=self.note)
        bias = "no relative bias without a one-factor model" if math.isnan(self.relative_bias) else ""
        return undefined_because(table, "; ".join(filter(None, (OF_THE_GENERAL, bias, self.note))))


def bifactor_indices(
    general: Floats,
    specific: Floats,
    names: Sequence[str],
    items: Sequence[str],
    *,
    one_factor: Floats | None = None,
    n_informants: int = -1,
    source: str = "bifactor",
    note: str = "",
) -> BifactorIndices:
    """Indices from standardised loadings of orthogonal factors.

    With λ_g and λ_s the loadings and θ = 1 − λ_g² − Σ λ_s² (Reise 2012; Rodriguez, Reise & Haviland 2016)::

        ω   = [(Σλ_g)² + Σ_s (Σλ_s)²] / [(Σλ_g)² + Σ_s (Σλ_s)² + Σθ],   ω_h = (Σλ_g)² / the same
        ω_hs = (Σλ_s)² / the same over the indicators of s
        ECV = Σλ_g² / (Σλ_g² + ΣΣλ_s²),   H = 1 / (1 + 1 / Σ λ²/(1 − λ²))
        PUC = 1 − Σ_s J_s (J_s − 1) / [J (J − 1)]
        determinacy = √(λᵀ Σ⁻¹ λ)
        relative bias = mean |λ₁ − λ_g| / |λ_g|,  λ₁ from a one-factor model

    A specific factor without loadings (such as one that the second-order factor explains wholly) has no indices, an
    item without loadings no ECV, and bias relative to a general loading of zero is undefined: NaN, named in the note.

    Parameters
    ----------
    general : ndarray, shape (J,)
    specific : ndarray, shape (J, S)
        Zero where an indicator does not belong to a factor.
    names : sequence of str
        General factor, then the S specific factors.
    items : sequence of str
    one_factor : ndarray, shape (J,), optional
        Standardised loadings of a one-factor model.
    n_informants, source, note
        Kept for the table.

    Raises
    ------
    ComplyError
        For loadings that do not fit together or leave a negative residual variance.
    """
    if specific.ndim != 2 or general.shape != specific.shape[:1]:
        raise ComplyError("loadings, factor names and items do not fit together")
    if one_factor is not None and one_factor.shape != general.shape:
        raise ComplyError("the loadings of one factor are not as many as the items")
    loadings = np.column_stack([general, specific])
    J, count = loadings.shape
    if len(names) != count or len(items) != J or not np.isfinite(loadings).all():
        raise ComplyError("loadings, factor names and items do not fit together")
    residual = 1.0 - (loadings**2).sum(axis=1)
    if (residual < -1e-10).any():
        bad = [item for item, value in zip(items, residual, strict=True) if value < -1e-10]
        raise ComplyError(f"negative residual variance: {', '.join(bad)}; the indices are undefined")
    member = loadings != 0
    member[:, 0] = True
    true = np.array([_true_variance(loadings[rows]) for rows in member.T])
    total = true + np.array([residual[rows].sum() for rows in member.T])
    own = loadings.sum(axis=0) ** 2
    square = loadings**2
    common = np.array([square[rows].sum() for rows in member.T])
    ecv = _ratio(square.sum(axis=0), common)
    sizes = member[:, 1:].sum(axis=0)
    item_ecv = _ratio(square[:, 0], square.sum(axis=1))
    return BifactorIndices(
        tuple(names),
        tuple(_ratio(true, total).tolist()),
        tuple(_ratio(own, total).tolist()),
        tuple(_ratio(own, true).tolist()),
        tuple(ecv.tolist()),
        tuple(_replicability(square[rows, k]) for k, rows in enumerate(member.T)),
        tuple(np.where(member.any(axis=0), _determinacy(loadings, residual), math.nan).tolist()),
        tuple(int(n) for n in member.sum(axis=0)),
        float(1.0 - (sizes * (sizes - 1)).sum() / (J * (J - 1))) if J > 1 else math.nan,
        {item: float(value) for item, value in zip(items, item_ecv, strict=True)},
        math.nan
        if one_factor is None
        else float(np.mean(_ratio(np.abs(one_factor - general), np.abs(general)))),
        n_informants,
        source,
        "; ".join(filter(None, [note, *_without_loadings(names, items, loadings, one_factor is not None)])),
    )


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Quotients; NaN where there is nothing to divide by."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), math.nan)


def _without_loadings(
    names: Sequence[str], items: Sequence[str], loadings: Floats, biased: bool
) -> Iterator[str]:
    """What is undefined because loadings are zero."""
    empty = [name for name, own in zip(names[1:], loadings.T[1:], strict=True) if not own.any()]
    if empty:
        yield f"no item loads on {', '.join(empty)}: no indices"
    apart = [item for item, own in zip(items, loadings, strict=True) if not own.any()]
    if apart:
        yield f"no loading of {', '.join(apart)}: no I-ECV"
    if biased and not loadings[:, 0].all():
        yield "a general loading is zero: no relative bias"


def _true_variance(loadings: Floats) -> float:
    return float((loadings.sum(axis=0) ** 2).sum())


def _replicability(square: Floats) -> float:
    if not square.size:
        return math.nan
    if (square >= 1.0).any():
        return 1.0
    odds = float((square / (1.0 - square)).sum())
    return 1.0 / (1.0 + 1.0 / odds) if odds > 0 else 0.0


def _determinacy(loadings: Floats, residual: Floats) -> Floats:
    sigma = loadings @ loadings.T + np.diag(residual)
    try:
        weights = np.linalg.solve(sigma, loadings)
    except np.linalg.LinAlgError:  # several items without residual: the loadings still lie in the space of Σ
        weights = np.linalg.pinv(sigma, hermitian=True) @ loadings
    return np.asarray(np.sqrt(np.einsum("jk,jk->k", loadings, weights)))


def schmid_leiman(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """General and residualised specific loadings of a second-order solution (Schmid & Leiman 1957).

    Parameters
    ----------
    first : ndarray, shape (J, S)
        Standardised loadings on the first-order factors.
    second : ndarray, shape (S,)
        Standardised loadings of these on the second-order factor.

    Returns
    -------
    general : ndarray, shape (J,)
        ``Λ γ``.
    specific : ndarray, shape (J, S)
        ``Λ diag(√(1 − γ²))``.
    """
    if first.ndim != 2 or second.shape != first.shape[1:]:
        raise ComplyError(
            f"loadings of shapes {first.shape} and {second.shape} do not fit: (J, S) and (S,) are needed"
        )
    return first @ second, first * np.sqrt(np.clip(1.0 - second**2, 0.0, None))


def general_factor_indices(
    fit: Fit, factors: Factors, *, name: str = "alignment", one_factor: Fit | None = None
) -> BifactorIndices:
    """Indices of a fitted bifactor model, or of a second-order model by the Schmid–Leiman transformation.

    Parameters
    ----------
    fit : Fit
        Fit of :func:`bifactor` or of :func:`comply_measure.models.second_order` with the same factors.
    factors : mapping
        Dimension → indicators.
    name : str
        The general factor.
    one_factor : Fit, optional
        One-factor fit to the same data, for the relative bias.

    Raises
    ------
    ComplyError
        When the fit did not converge, has no such general factor, or a residual variance is negative.
    """
    for each in (fit, one_factor):
        if each is not None:
            require_one_block(each, "a general factor's indices")
    if fit.unreached:
        raise ComplyError(f"the indices need an optimum, and the model {fit.unreached}")
    if not factors or not all(factors.values()):
        raise ComplyError("every factor needs an indicator")
    found = _loadings(fit)
    items = [i for members in factors.values() for i in members]
    first = np.array([[found.get((key, item), 0.0) for key in factors] for item in items])
    if (name, items[0]) in found:
        general, specific, source = np.array([found[name, item] for item in items]), first, "bifactor"
    elif all((name, key) in found for key in factors):
        second = np.array([found[name, key] for key in factors])
        general, specific = schmid_leiman(first, second)
        source = "Schmid-Leiman"
    else:
        raise ComplyError(f"the model has no general factor '{name}' above these dimensions")
    if general.sum() < 0:  # the sign of a factor is arbitrary
        general = -general
    alone = None
    if one_factor is not None:
        by_item = {item: value for (_, item), value in _loadings(one_factor).items()}
        alone = np.array([by_item[item] for item in items])
        alone = -alone if alone.sum() < 0 else alone
    return bifactor_indices(
        general, specific, [name, *factors], items, one_factor=alone, n_informants=fit.n, source=source
    )


def _loadings(fit: Fit) -> dict[tuple[str, str], float]:
    table = fit.standardized()
    rows = table[table["op"] == "=~"]
    return {(f, i): float(v) for f, i, v in zip(rows["lhs"], rows["rhs"], rows["est_std"], strict=True)}
