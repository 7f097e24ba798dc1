"""ω_hierarchical and ω_total from an exploratory Schmid–Leiman solution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.dimensionality.extraction import Method, extract, most_factors
from comply_measure.measurement.dimensionality.rotation import RotationName, RotationOptions, rotate
from comply_measure.measurement.frames import joined, runs_against
from comply_measure.measurement.moments import Floats
from comply_measure.results import Result

NAN = float("nan")
# A general loading this close to one is a second-order Heywood case.
HEYWOOD = 0.9975


@dataclass(frozen=True, slots=True)
class HierarchicalOmega(Result):
    """Schmid–Leiman solution and what it says of the sum of standardised items.

    Attributes
    ----------
    general : ndarray, shape (p,)
        Loadings on the general factor.
    group : ndarray, shape (p, m)
        Loadings on what is left of the first-order factors.
    uniquenesses : ndarray, shape (p,)
    second_order : ndarray, shape (m,)
        Loadings of the first-order factors on the general factor.
    omega_hierarchical, omega_total : float
        Against the observed variance of the sum, as psych::omega.
    omega_hierarchical_implied, omega_total_implied : float
        Against the variance the solution implies.
    omega_limit : float
        ``ω_h / ω_t``: what ω_h tends to with ever more such items.
    explained_common_variance : float
        Share of the common variance that is general.
    n_items, n_factors : int
    note : str
    """

    general: Floats
    group: Floats
    uniquenesses: Floats
    second_order: Floats
    omega_hierarchical: float
    omega_total: float
    omega_hierarchical_implied: float
    omega_total_implied: float
    omega_limit: float
    explained_common_variance: float
    n_items: int
    n_factors: int
    note: str

    def tidy(self) -> pd.DataFrame:
        """One row of coefficients: omega_hierarchical, omega_total and their relatives, n_items, n_factors, note."""
        names = (
            "omega_hierarchical",
            "omega_total",
            "omega_hierarchical_implied",
            "omega_total_implied",
            "omega_limit",
            "explained_common_variance",
            "n_items",
            "n_factors",
            "note",
        )
        return pd.DataFrame([{name: getattr(self, name) for name in names}])


def hierarchical_omega(
    correlation: Floats,
    n_factors: int = 3,
    *,
    method: Method = "minres",
    rotation: RotationOptions | RotationName = "oblimin",
) -> HierarchicalOmega:
    """ω_h of the sum of standardised items (McDonald 1999; Zinbarg et al. 2005), exploratory.

    Oblique factors are extracted, one factor is extracted from their correlations, and loadings are split by
    Schmid & Leiman (1957): ``g = Λγ`` and ``Λ·√(1 − γ²)``. ``ω_h = (1'g)²/σ²_X``, ``ω_t = (σ²_X − Σu²)/σ²_X``. Two
    factors do not identify γ: both are set to √|φ| (said in the note). Items are taken as keyed; nothing is
    reversed in silence (psych::omega reverses items with a negative general loading). For a confirmatory ω_h fit
    a bifactor or second-order model.

    Parameters
    ----------
    correlation : ndarray, shape (p, p)
    n_factors : int
        Group factors, at least 2; as many as leave non-negative degrees of freedom.
    method, rotation
        Of the first-order factors.

    Returns
    -------
    HierarchicalOmega
        NaN with a note when the items are too few, the matrix is undefined, or a factor is a Heywood case.

    Raises
    ------
    InputError
        Fewer than two group factors, or an orthogonal rotation.
    """
    options = RotationOptions(rotation) if isinstance(rotation, str) else rotation
    _check(n_factors, options)
    p = len(correlation)
    if not np.isfinite(correlation).all():
        return _undefined(p, n_factors, "correlations are undefined")
    if n_factors > most_factors(p):
        return _undefined(p, n_factors, f"{n_factors} group factors are not identified by {p} items")
    found = extract(correlation, n_factors, method)
    if not bool(found.converged):
        return _undefined(p, n_factors, "the extraction did not converge")
    turned = rotate(found.loadings, options)
    gamma, note = _second_order(turned.factor_correlation, method)
    if np.abs(gamma).max() > HEYWOOD:
        return _undefined(p, n_factors, "second-order Heywood case: a factor is the general factor itself")
    if found.heywood.any():
        note = "; ".join(part for part in ("Heywood case: an item without unique variance", note) if part)
    general = turned.loadings @ gamma
    group = turned.loadings * np.sqrt(1.0 - gamma**2)
    unique = 1.0 - (found.loadings**2).sum(axis=1)
    # common variance of the sum, from the solution before the split
    common = float((found.loadings.sum(axis=0) ** 2).sum())
    true, observed = float(general.sum() ** 2), float(correlation.sum())
    implied = common + float(unique.sum())
    squares = float((general**2).sum())
    return HierarchicalOmega(
        general,
        group,
        unique,
        gamma,
        _ratio(true, observed),
        _ratio(observed - float(unique.sum()), observed),
        _ratio(true, implied),
        _ratio(common, implied),
        _ratio(true, observed - float(unique.sum())),
        squares / (squares + float((group**2).sum())),
        p,
        n_factors,
        joined(
            note,
            runs_against([f"item {j + 1}" for j in np.flatnonzero(general * np.sign(general.sum()) < 0)]),
        ),
    )


def _second_order(phi: Floats, method: Method) -> tuple[Floats, str]:
    """Loadings of the first-order factors on the general factor."""
    m = len(phi)
    if m == 2:
        size = float(np.sqrt(abs(phi[0, 1])))
        note = "two group factors: equal loadings on the general factor are assumed"
        return np.array([size, np.sign(phi[0, 1]) * size]), note
    found = extract(phi, 1, method)
    note = "" if bool(found.converged) else "the second-order factor did not converge"
    return found.loadings[:, 0], note


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else NAN


def _check(n_factors: int, options: RotationOptions) -> None:
    problems = []
    if n_factors < 2:
        problems.append(Problem("n_factors", value=n_factors, allowed="at least 2"))
    if not options.oblique:
        problems.append(Problem("rotation", value=options.name, allowed="an oblique rotation"))
    if problems:
        raise InputError("ω_hierarchical cannot be computed.", problems)


def _undefined(p: int, m: int, note: str) -> HierarchicalOmega:
    nothing = np.full(p, NAN)
    return HierarchicalOmega(
        nothing, np.full((p, m), NAN), nothing, np.full(m, NAN), NAN, NAN, NAN, NAN, NAN, NAN, p, m, note
    )
