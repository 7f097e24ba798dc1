"""Second-order polynomial regression of an outcome on two congruence variables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.results import Result
from comply_measure.statistics.arrays import evenly_scaled, without_variance
from comply_measure.statistics.cluster_robust import ClusterRobust, cluster_robust, few_clusters_note
from comply_measure.tables.numbers import column_numbers, number_problems

Floats = npt.NDArray[np.float64]
Covariance = Literal["ols", "HC3", "cluster"]

#: Share of the outcome's variance that counts as no residual.
PERFECT = 1e-20
TERMS = ("b0", "b1", "b2", "b3", "b4", "b5")


@dataclass(frozen=True)
class PolynomialRegression(Result):
    """``Z = b0 + b1·X + b2·Y + b3·X² + b4·X·Y + b5·Y² + controls + e``.

    Attributes
    ----------
    coefficients : ndarray, shape (6 + n_controls,)
        b0 … b5, then controls.
    covariance : ndarray, shape (6 + n_controls, 6 + n_controls)
        Sampling covariance of the coefficients.
    names : tuple of str
        Names of the coefficients.
    x, y, z : ndarray, shape (n,)
        The rows used; ``x`` and ``y`` centred at ``centre``.
    design : ndarray, shape (n, 6 + n_controls)
    residuals : ndarray, shape (n,)
    clusters : ndarray of shape (n,) or None
        Cluster codes from 0.
    centre : float
        The one value subtracted from both predictors; separate centring would move the line of congruence.
    r_squared, loglik : float
        OLS R² and Gaussian log-likelihood at its maximum.
    kind : {"ols", "HC3", "cluster"}
    n, n_dropped, n_clusters : int
        Rows used, rows left out because a value is missing, clusters (0 without).
    level : float
    robust : ClusterRobust or None
        Ingredients of the cluster-robust covariance.
    note : str
        Why estimates (outcome without variance) or tests (no residual variance) are undefined, or that
        clusters are few.
    """

    coefficients: Floats
    covariance: Floats
    names: tuple[str, ...]
    x: Floats
    y: Floats
    z: Floats
    design: Floats
    residuals: Floats
    clusters: npt.NDArray[np.intp] | None
    centre: float
    r_squared: float
    loglik: float
    kind: Covariance
    n: int
    n_dropped: int
    n_clusters: int
    level: float
    robust: ClusterRobust | None = None
    note: str = ""

    @property
    def defined(self) -> bool:
        """Whether there are estimates."""
        return bool(np.isfinite(self.coefficients).all())

    def degrees_of_freedom(self, contrasts: Floats) -> Floats:
        """Of the t of every contrast, shape (m,): n − k, or Satterthwaite's with clusters."""
        if self.robust is not None:
            return self.robust.degrees_of_freedom(contrasts)
        df = float("nan") if self.kind == "cluster" else float(self.n - self.design.shape[1])
        return np.full(len(contrasts), df)

    def wald(self, contrasts: Floats) -> tuple[float, float, float]:
        """F, denominator degrees of freedom and p of ``contrasts @ coefficients = 0``; NaN if undefined."""
        value = contrasts @ self.coefficients
        if self.robust is not None and np.isfinite(self.covariance).all():
            return self.robust.wald(contrasts, value)
        V, q, df = contrasts @ self.covariance @ contrasts.T, len(contrasts), self.n - self.design.shape[1]
        if not np.isfinite(V).all() or np.linalg.matrix_rank(V) < q:
            return float("nan"), float(df), float("nan")
        F = float(value @ np.linalg.solve(V, value)) / q
        return F, float(df), float(scipy.stats.f.sf(F, q, df))

    def tidy(self) -> pd.DataFrame:
        """One row per coefficient: name, estimate, se, t, df, p, ci_lower, ci_upper, n, note."""
        df = self.degrees_of_freedom(np.eye(len(self.names)))
        table = inference_table(self.names, self.coefficients, self.covariance, df, self.level)
        table["n"], table["note"] = self.n, self.note
        return table


def inference_table(
    names: tuple[str, ...], estimate: Floats, covariance: Floats, df: Floats, level: float
) -> pd.DataFrame:
    """Wald t tests and intervals of estimates with a covariance matrix; NaN where there is no error."""
    se = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
    se = np.where((se > 0) & (df > 0), se, np.nan)
    t = estimate / se
    half = scipy.stats.t.ppf(0.5 + level / 2, df) * se
    return pd.DataFrame(
        {
            "name": names,
            "estimate": estimate,
            "se": se,
            "t": t,
            "df": df,
            "p": 2 * scipy.stats.t.sf(np.abs(t), df),
            "ci_lower": estimate - half,
            "ci_upper": estimate + half,
        }
    )


def design_matrix(x: Floats, y: Floats, controls: Floats | None = None) -> Floats:
    """Columns 1, X, Y, X², XY, Y² and the controls, shape (n, 6 + n_controls)."""
    columns = [np.ones_like(x), x, y, x * x, x * y, y * y]
    design = np.column_stack(columns)
    return design if controls is None else np.hstack([design, controls])


def polynomial_regression(
    data: pd.DataFrame,
    x: str,
    y: str,
    outcome: str,
    centre: float | Literal["pooled"] = "pooled",
    controls: tuple[str, ...] = (),
    cluster: str | None = None,
    covariance: Covariance | None = None,
    level: float = 0.95,
) -> PolynomialRegression:
    """Fit the full second-order polynomial by least squares.

    Parameters
    ----------
    data : DataFrame
        One row per unit (wide format).
    x, y, outcome : str
        Columns of the two informants' scores, on the same scale, and of the outcome.
    centre : float or "pooled"
        Subtracted from both predictors: a number (the scale midpoint) or the mean of all their values.
    controls : tuple of str
        Further numeric predictors, centred at their means.
    cluster : str, optional
        Column of the higher-level unit (the firm); makes the covariance cluster-robust.
    covariance : {"ols", "HC3", "cluster"}, optional
        Default ``"cluster"`` (CR2) with a cluster column, else ``"HC3"``. ``"ols"`` assumes one error
        variance for all units, which fails where the outcome scatters more the farther two views are apart.
    level : float
        Confidence level.

    Returns
    -------
    PolynomialRegression

    Raises
    ------
    ComplyError
        For columns that are absent or hold no numbers, too few rows, collinear predictors, one cluster.

    Notes
    -----
    Edwards & Parry (1993). Rows with a missing value are left out and counted. HC3 weights squared residuals by
    ``1/(1 − h)²`` (MacKinnon & White 1985); the cluster covariance is CR2 with Satterthwaite's degrees of freedom
    (Bell & McCaffrey 2002). An outcome that does not vary has no surface: all estimates are NaN and
    ``note`` says so; an outcome the polynomial reproduces exactly has estimates without tests.
    """
    kind = _checked_kind(covariance, cluster)
    rows = _rows(data, [x, y, outcome, *controls], cluster)
    raw_x, raw_y, z = (rows[c].to_numpy() for c in (x, y, outcome))
    extra = rows[list(controls)].to_numpy() if controls else None
    if extra is not None:
        extra = extra - extra.mean(axis=0)
    n, k = len(rows), 6 + len(controls)
    if n <= k:
        raise ComplyError(f"{n} complete rows are too few for the {k} coefficients of the polynomial")
    if centre != "pooled" and not math.isfinite(centre):
        raise ComplyError(f"centre is {centre}; it must be a finite number or 'pooled'")
    middle = float((raw_x.mean() + raw_y.mean()) / 2) if centre == "pooled" else float(centre)
    cx, cy = raw_x - middle, raw_y - middle
    design = design_matrix(cx, cy, extra)
    if np.linalg.matrix_rank(design / np.maximum(np.abs(design).max(axis=0), 1e-300)) < k:
        raise ComplyError(
            f"the polynomial of {x!r} and {y!r} is not identified: its terms are collinear "
            "(a constant predictor, two equal predictors, or fewer than three distinct values)"
        )
    codes = pd.factorize(rows["cluster"])[0] if cluster else None
    fitted = _fit(design, z, kind, codes)
    return PolynomialRegression(
        coefficients=fitted.coefficients,
        covariance=fitted.covariance,
        names=(*TERMS, *controls),
        x=cx,
        y=cy,
        z=z,
        design=design,
        residuals=fitted.residuals,
        clusters=codes,
        centre=middle,
        r_squared=fitted.r_squared,
        loglik=gaussian_loglik(fitted.sse, n),
        kind=kind,
        n=n,
        n_dropped=len(data) - n,
        n_clusters=int(codes.max()) + 1 if codes is not None else 0,
        level=level,
        robust=fitted.robust,
        note=fitted.note,
    )


def _checked_kind(covariance: Covariance | None, cluster: str | None) -> Covariance:
    if covariance is not None and covariance not in get_args(Covariance):
        fault = Problem("covariance", value=covariance, allowed=", ".join(get_args(Covariance)))
        raise InputError("The polynomial cannot be fitted like this.", [fault])
    kind: Covariance = covariance or ("cluster" if cluster else "HC3")
    if kind == "cluster" and cluster is None:
        raise ComplyError("a cluster-robust covariance needs the column of the clusters")
    return kind


def _rows(data: pd.DataFrame, columns: list[str], cluster: str | None) -> pd.DataFrame:
    """Complete rows of the chosen columns as floats, with the clusters as ``cluster``."""
    listed = ", ".join(map(str, data.columns))
    absent = [c for c in dict.fromkeys(columns) if c not in data.columns]
    problems = [Problem("column is not in the data", column=c, allowed=listed) for c in absent]
    problems += number_problems(data, [c for c in columns if c not in absent])
    if cluster is not None and (cluster not in data.columns or not isinstance(data[cluster], pd.Series)):
        problems.append(Problem("cluster is not a column of the data", column=cluster))
    if len(set(columns)) < len(columns):
        problems.append(Problem("a column is named twice", value=", ".join(map(str, columns))))
    if problems:
        raise InputError("The polynomial cannot be fitted to these data.", problems)
    rows = pd.DataFrame({name: column_numbers(data[name]) for name in columns}, index=data.index)
    if cluster is None:
        return rows.dropna()
    keys = data[cluster].rename("cluster")
    known = rows.notna().all(axis=1) & keys.notna()
    return rows[known].assign(cluster=keys[known])


def gaussian_loglik(sse: float, n: int) -> float:
    """Log-likelihood ``−n/2·(log 2π + log(SSE/n) + 1)``; NaN for a perfect fit."""
    return float(-n / 2 * (np.log(2 * np.pi) + np.log(sse / n) + 1)) if sse > 0 else float("nan")


@dataclass(frozen=True)
class _Fitted:
    coefficients: Floats
    residuals: Floats
    covariance: Floats
    sse: float
    r_squared: float
    robust: ClusterRobust | None
    note: str


def _fit(design: Floats, z: Floats, kind: Covariance, codes: Any) -> _Fitted:
    """Least squares with the covariance of `kind`, or why it is undefined."""
    n, k = design.shape
    clusters = 0 if codes is None or kind != "cluster" else int(codes.max()) + 1
    if clusters == 1:
        raise ComplyError("a cluster-robust covariance needs at least two clusters")
    nothing = np.full((k, k), np.nan)
    if without_variance(z):
        note = "the outcome does not vary: there is no surface"
        return _Fitted(nothing[0], np.zeros(n), nothing, float("nan"), float("nan"), None, note)
    found = least_squares(design, z, kind, codes)
    beta, residuals, covariance, robust = found.coefficients, found.residuals, found.covariance, found.robust
    sse, sst = float(residuals @ residuals), float(((z - z.mean()) ** 2).sum())
    if sse <= PERFECT * sst:
        note = "the polynomial reproduces the outcome: no residual variance, no tests"
        return _Fitted(beta, residuals, nothing, 0.0, 1.0, None, note)
    notes = [few_clusters_note(clusters)]
    if 0 < clusters <= k:
        notes.insert(0, f"{clusters} clusters for {k} coefficients: the covariance is singular")
    if not np.isfinite(covariance).all():
        covariance = nothing
        notes.append("one unit alone decides a coefficient: no standard errors")
    return _Fitted(beta, residuals, covariance, sse, 1 - sse / sst, robust, "; ".join(filter(None, notes)))


@dataclass(frozen=True)
class LeastSquares:
    """Least squares with a covariance; `robust` has the ingredients of the cluster-robust one."""

    coefficients: Floats
    residuals: Floats
    covariance: Floats
    robust: ClusterRobust | None


def least_squares(design: Floats, z: Floats, kind: Covariance, codes: Any) -> LeastSquares:
    """Coefficients by the pseudo-inverse, residuals, and the covariance of `kind`.

    HC3 is ``(X'X)⁻¹ X' diag(e²/(1 − h)²) X (X'X)⁻¹`` with leverages h (Davidson & MacKinnon, 1993; Long & Ervin, 2000).
    """
    scaled, units = evenly_scaled(design)
    inverse = np.linalg.pinv(scaled, rcond=1e-15) / units[:, None]
    beta = inverse @ z
    residuals = z - design @ beta
    if kind == "cluster":
        robust = cluster_robust(design, residuals, codes)
        return LeastSquares(beta, residuals, robust.covariance, robust)
    bread = inverse @ inverse.T
    if kind == "ols":
        covariance = bread * (residuals @ residuals / (len(z) - design.shape[1]))
        return LeastSquares(beta, residuals, covariance, None)
    leverage = np.einsum("ij,ij->i", design @ bread, design)
    with np.errstate(divide="ignore", invalid="ignore"):
        # A unit that alone decides a coefficient leaves no residual: the covariance is undefined.
        weights = (residuals / (1.0 - leverage)) ** 2
        covariance = inverse @ (weights[:, None] * inverse.T)
    return LeastSquares(beta, residuals, covariance, None)
