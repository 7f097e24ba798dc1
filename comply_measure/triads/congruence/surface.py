"""Response surface of a polynomial regression: slopes along the lines, stationary point, principal axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.results import Result
from comply_measure.statistics.arrays import group_sums
from comply_measure.statistics.bootstrap import percentile_interval, two_tails
from comply_measure.statistics.reasons import with_reasons
from comply_measure.triads.congruence.polynomial import PolynomialRegression, inference_table

Floats = npt.NDArray[np.float64]

LINEAR = ("a1", "a2", "a3", "a4", "a5")
NONLINEAR = ("X0", "Y0", "p10", "p11", "p20", "p21")
# a1…a5 as contrasts of b0…b5
CONTRASTS = np.array(
    [
        [0, 1, 1, 0, 0, 0],
        [0, 0, 0, 1, 1, 1],
        [0, 1, -1, 0, 0, 0],
        [0, 0, 0, 1, -1, 1],
        [0, 0, 0, 1, 0, -1],
    ],
    dtype=float,
)
RIDGE_TOLERANCE = 1e-10
LEAST_DRAWS = 2  # replications that an interval needs
NO_ERROR = "stationary point and axes have bootstrap intervals only"


@dataclass(frozen=True)
class ResponseSurface(Result):
    """Surface parameters with Wald tests (a1–a5) and bootstrap intervals (all).

    Attributes
    ----------
    parameters : DataFrame
        ``name, estimate, se, t, df, p, ci_lower, ci_upper`` (a1–a5), ``boot_lower, boot_upper``, ``n_boot``
        (replications in which the parameter is defined), ``note``, ``reason`` (why numbers of a defined parameter are
        empty).
    shape : str
        ``"dome"`` (maximum), ``"bowl"`` (minimum), ``"saddle"`` or ``"ridge"``, by ``4·b3·b5 − b4²``;
        ``"undefined"`` without estimates.
    spread : float
        Pooled SD of the two predictors, ``√((s²_x + s²_y)/2)``.
    near_congruence, over, under : float
        Share of units with |X − Y| within half a pooled SD; with X larger; with Y larger.
    in_region : float
        1 if the stationary point lies inside the bounding box of the data, 0 outside, NaN without one.
    n, n_clusters, bootstrap : int
    """

    parameters: pd.DataFrame
    shape: str
    near_congruence: float
    over: float
    under: float
    in_region: float
    n: int
    n_clusters: int
    bootstrap: int
    spread: float = float("nan")

    def tidy(self) -> pd.DataFrame:
        """Return one row per surface parameter."""
        return self.parameters.assign(n=self.n, n_clusters=self.n_clusters)


def surface_parameters(b: Floats) -> Floats:
    """a1…a5, X0, Y0, p10, p11, p20, p21 of coefficients b0…b5.

    ``a1 = b1+b2, a2 = b3+b4+b5`` along X = Y; ``a3 = b1−b2, a4 = b3−b4+b5`` along X = −Y; ``a5 = b3−b5``.
    ``X0 = (b2·b4 − 2·b1·b5)/(4·b3·b5 − b4²)``, ``Y0 = (b1·b4 − 2·b2·b3)/(4·b3·b5 − b4²)``.
    ``p11, p21 = (b5 − b3 ± √((b3−b5)² + b4²))/b4``, ``p10 = Y0 − p11·X0``, ``p20 = Y0 − p21·X0``.
    Sources: Edwards & Parry (1993), Shanock et al. (2010).

    Parameters
    ----------
    b : ndarray, shape (..., 6)

    Returns
    -------
    ndarray, shape (..., 11)
        NaN where undefined: no stationary point on a ridge; no slope of the axes with b4 = 0.
    """
    b = np.asarray(b, dtype=float)
    b1, b2, b3, b4, b5 = (b[..., i] for i in range(1, 6))
    linear = b[..., :6] @ CONTRASTS.T
    determinant = 4 * b3 * b5 - b4**2
    size = np.maximum(b3**2 + b4**2 + b5**2, np.finfo(float).tiny)
    ridge = np.abs(determinant) <= RIDGE_TOLERANCE * size
    with np.errstate(divide="ignore", invalid="ignore"):
        x0 = np.where(ridge, np.nan, (b2 * b4 - 2 * b1 * b5) / determinant)
        y0 = np.where(ridge, np.nan, (b1 * b4 - 2 * b2 * b3) / determinant)
        root = np.sqrt((b3 - b5) ** 2 + b4**2)
        parallel = np.abs(b4) <= RIDGE_TOLERANCE * np.sqrt(size)
        p11 = np.where(parallel, np.nan, (b5 - b3 + root) / b4)
        p21 = np.where(parallel, np.nan, (b5 - b3 - root) / b4)
    axes = np.stack([x0, y0, y0 - p11 * x0, p11, y0 - p21 * x0, p21], axis=-1)
    return np.concatenate([linear, axes], axis=-1)


def bootstrap_coefficients(fit: PolynomialRegression, replications: int, seed: int) -> Floats:
    """Coefficients of resampled units, or of resampled clusters if the fit has them, shape (B, k).

    Resampling weights the cross-products, so that every replication is one small linear system.
    Singular resamples give NaN.
    """
    rng = np.random.default_rng(seed)
    k = fit.design.shape[1]
    codes = fit.clusters if fit.clusters is not None else np.arange(fit.n)
    groups = int(codes.max()) + 1
    augmented = np.column_stack([fit.design, fit.z])
    products = group_sums(augmented[:, :, None] * augmented[:, None, :], codes, groups)
    counts = rng.multinomial(groups, np.full(groups, 1.0 / groups), size=replications).astype(float)
    sums = (counts @ products.reshape(groups, -1)).reshape(replications, k + 1, k + 1)
    A, c = sums[:, :k, :k], sums[:, :k, k]
    scale = np.sqrt(np.maximum(np.einsum("bii->bi", A), np.finfo(float).tiny))
    normed = A / (scale[:, :, None] * scale[:, None, :])
    usable = np.linalg.cond(normed) < 1e12
    out = np.full((replications, k), np.nan)
    out[usable] = np.linalg.solve(normed[usable], (c / scale)[usable][..., None])[..., 0] / scale[usable]
    return out


def response_surface(fit: PolynomialRegression, bootstrap: int = 2000, seed: int = 1) -> ResponseSurface:
    """Surface parameters with tests and intervals.

    Parameters
    ----------
    fit : PolynomialRegression
    bootstrap : int
        Replications of the percentile intervals (clusters are resampled if the fit has them); 0 for none.
    seed : int

    Returns
    -------
    ResponseSurface

    Notes
    -----
    Standard errors of a1–a5 are ``√(c'Vc)``. Stationary point and axes get bootstrap intervals only: near a
    ridge their delta-method errors are meaningless. ``n_boot`` counts the replications that define them. Of an
    outcome without variance everything is undefined.
    """
    if bootstrap < 0:
        raise ComplyError(f"the number of bootstrap replications is {bootstrap}; it must be 0 or more")
    b = fit.coefficients[:6]
    estimate = surface_parameters(b)
    V = CONTRASTS @ fit.covariance[:6, :6] @ CONTRASTS.T
    contrasts = np.zeros((5, fit.design.shape[1]))
    contrasts[:, :6] = CONTRASTS
    linear = inference_table(LINEAR, estimate[:5], V, fit.degrees_of_freedom(contrasts), fit.level)
    curved = pd.DataFrame({"name": NONLINEAR, "estimate": estimate[5:]})
    table = pd.concat([linear, curved], ignore_index=True)
    table["boot_lower"], table["boot_upper"], table["n_boot"] = np.nan, np.nan, 0
    if bootstrap and fit.defined:
        draws = surface_parameters(bootstrap_coefficients(fit, bootstrap, seed)[:, :6])
        defined = np.isfinite(draws).sum(axis=0)
        lower, upper = percentile_interval(draws, two_tails(fit.level), least=LEAST_DRAWS)
        table["boot_lower"], table["boot_upper"] = lower, upper
        table["n_boot"] = defined
    table["note"] = surface_notes(estimate) if fit.defined else fit.note
    if fit.defined and fit.note:
        table.loc[:4, "note"] = fit.note
    near, over, under = shares_by_side(fit.x, fit.y)
    return ResponseSurface(
        parameters=with_surface_reasons(table, bootstrap) if fit.defined else table.assign(reason=""),
        shape=surface_shape(b),
        near_congruence=near,
        over=over,
        under=under,
        in_region=_in_region(fit, estimate[5], estimate[6]),
        n=fit.n,
        n_clusters=fit.n_clusters,
        bootstrap=bootstrap if fit.defined else 0,
        spread=pooled_spread(fit.x, fit.y),
    )


def with_surface_reasons(table: pd.DataFrame, bootstrap: int) -> pd.DataFrame:
    """Surface parameters with a column ``reason``: what has no error, and what no bootstrap interval.

    Parameters
    ----------
    table : DataFrame
        As :attr:`ResponseSurface.parameters`.
    bootstrap : int
        Replications that gave estimates.
    """
    drawn = (
        "no bootstrap replications" if not bootstrap else f"fewer than {LEAST_DRAWS} replications define it"
    )
    errors = dict.fromkeys(("se", "t", "df", "p", "ci_lower", "ci_upper"), NO_ERROR)
    return with_reasons(table, errors | dict.fromkeys(("boot_lower", "boot_upper"), drawn))


def surface_notes(estimate: Floats) -> list[str]:
    """Why a parameter is undefined, in the order of :func:`surface_parameters`; empty where it is defined."""
    notes = [""] * len(estimate)
    for j in (5, 6, 7, 9):
        if np.isnan(estimate[5]):  # without a stationary point
            notes[j] = "undefined: the surface is a ridge (4·b3·b5 = b4²)"
    for j in (7, 8, 9, 10):
        if np.isnan(estimate[j]) and not notes[j]:
            notes[j] = "undefined: the axes are parallel to X and Y (b4 = 0)"
    return notes


def surface_shape(b: Floats) -> str:
    """Dome, bowl, saddle or ridge, by the sign of ``4·b3·b5 − b4²``; undefined without estimates."""
    b3, b4, b5 = b[3:6]
    if not np.isfinite(b[3:6]).all():
        return "undefined"
    determinant = 4 * b3 * b5 - b4**2
    if abs(determinant) <= RIDGE_TOLERANCE * max(b3**2 + b4**2 + b5**2, np.finfo(float).tiny):
        return "ridge"
    if determinant < 0:
        return "saddle"
    return "dome" if b3 < 0 else "bowl"


def shares_by_side(x: Floats, y: Floats) -> tuple[float, float, float]:
    """Shares of units with ``|X − Y|`` within half a pooled SD, with X larger, and with Y larger."""
    difference = x - y
    half = 0.5 * pooled_spread(x, y)
    near = np.abs(difference) <= half
    return float(near.mean()), float((difference > half).mean()), float((difference < -half).mean())


def pooled_spread(x: Floats, y: Floats) -> float:
    """``√((s²_x + s²_y)/2)``."""
    return float(np.sqrt((x.var(ddof=1) + y.var(ddof=1)) / 2))


def _in_region(fit: PolynomialRegression, x0: float, y0: float) -> float:
    if not np.isfinite(x0 + y0):
        return float("nan")
    inside = fit.x.min() <= x0 <= fit.x.max() and fit.y.min() <= y0 <= fit.y.max()
    return float(inside)
