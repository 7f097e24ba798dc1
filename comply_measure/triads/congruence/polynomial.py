"""Second-order polynomial regression of an outcome on two congruence variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from comply_measure.errors import ComplyError

Floats = npt.NDArray[np.float64]
Covariance = Literal["ols", "HC3", "cluster"]

TERMS = ("b0", "b1", "b2", "b3", "b4", "b5")


@dataclass(frozen=True)
class PolynomialRegression:
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
    df_inference : int
        Degrees of freedom of the t tests: n − k, or clusters − 1 with a cluster-robust covariance.
    kind : {"ols", "HC3", "cluster"}
    n, n_dropped, n_clusters : int
        Rows used, rows left out because a value is missing, clusters (0 without).
    level : float
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
    df_inference: int
    kind: Covariance
    n: int
    n_dropped: int
    n_clusters: int
    level: float

    def tidy(self) -> pd.DataFrame:
        """One row per coefficient: name, estimate, se, t, df, p, ci_lower, ci_upper, n."""
        table = inference_table(self.names, self.coefficients, self.covariance, self.df_inference, self.level)
        table["n"] = self.n
        return table


def inference_table(
    names: tuple[str, ...], estimate: Floats, covariance: Floats, df: int, level: float
) -> pd.DataFrame:
    """Wald t tests and intervals of estimates with a covariance matrix."""
    se = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(se > 0, estimate / se, np.nan)
    half = stats.t.ppf(0.5 + level / 2, df) * se
    return pd.DataFrame(
        {
            "name": names,
            "estimate": estimate,
            "se": se,
            "t": t,
            "df": df,
            "p": 2 * stats.t.sf(np.abs(t), df),
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
        Default ``"cluster"`` with a cluster column, else ``"ols"``.
    level : float
        Confidence level.

    Returns
    -------
    PolynomialRegression

    Raises
    ------
    ComplyError
        For unknown columns, too few rows or collinear predictors.

    Notes
    -----
    Edwards & Parry (1993). Rows with a missing value are left out and counted. The cluster covariance carries
    the small-sample factor ``C/(C−1)·(n−1)/(n−k)``.
    """
    chosen = [x, y, outcome, *controls, *([cluster] if cluster else [])]
    unknown = [c for c in chosen if c not in data.columns]
    if unknown:
        raise ComplyError(
            f"column {unknown[0]!r} is not in the data; it has: {', '.join(map(str, data.columns))}"
        )
    rows = data[list(dict.fromkeys(chosen))].dropna()
    kind: Covariance = covariance or ("cluster" if cluster else "ols")
    if kind == "cluster" and cluster is None:
        raise ComplyError("a cluster-robust covariance needs the column of the clusters")
    raw_x, raw_y = (rows[c].to_numpy(dtype=float) for c in (x, y))
    z = rows[outcome].to_numpy(dtype=float)
    extra = rows[list(controls)].to_numpy(dtype=float) if controls else None
    if extra is not None:
        extra = extra - extra.mean(axis=0)
    n, k = len(rows), 6 + len(controls)
    if n <= k:
        raise ComplyError(f"{n} complete rows are too few for the {k} coefficients of the polynomial")
    middle = float((raw_x.mean() + raw_y.mean()) / 2) if centre == "pooled" else float(centre)
    cx, cy = raw_x - middle, raw_y - middle
    design = design_matrix(cx, cy, extra)
    if np.linalg.matrix_rank(design) < k:
        raise ComplyError(
            f"the polynomial of {x!r} and {y!r} is not identified: its terms are collinear "
            "(a constant predictor, two equal predictors, or fewer than three distinct values)"
        )
    codes = pd.factorize(rows[cluster])[0] if cluster else None
    beta, residuals, V, df = _fit(design, z, kind, codes)
    sse, sst = float(residuals @ residuals), float(((z - z.mean()) ** 2).sum())
    return PolynomialRegression(
        coefficients=beta,
        covariance=V,
        names=(*TERMS, *controls),
        x=cx,
        y=cy,
        z=z,
        design=design,
        residuals=residuals,
        clusters=codes,
        centre=middle,
        r_squared=1 - sse / sst if sst > 0 else float("nan"),
        loglik=gaussian_loglik(sse, n),
        df_inference=df,
        kind=kind,
        n=n,
        n_dropped=len(data) - n,
        n_clusters=int(codes.max()) + 1 if codes is not None else 0,
        level=level,
    )


def gaussian_loglik(sse: float, n: int) -> float:
    """Log-likelihood ``−n/2·(log 2π + log(SSE/n) + 1)``; NaN for a perfect fit."""
    return float(-n / 2 * (np.log(2 * np.pi) + np.log(sse / n) + 1)) if sse > 0 else float("nan")


def _fit(design: Floats, z: Floats, kind: Covariance, codes: Any) -> tuple[Floats, Floats, Floats, int]:
    """Coefficients, residuals, covariance and degrees of freedom, by statsmodels."""
    from statsmodels.regression.linear_model import OLS

    n, k = design.shape
    model = OLS(z, design)
    if kind == "cluster":
        groups = int(codes.max()) + 1
        if groups < 2:
            raise ComplyError("a cluster-robust covariance needs at least two clusters")
        fitted = model.fit(cov_type="cluster", cov_kwds={"groups": codes})
        df = groups - 1
    else:
        fitted = model.fit() if kind == "ols" else model.fit(cov_type="HC3")
        df = n - k
    covariance = np.asarray(fitted.cov_params(), dtype=np.float64)
    return np.asarray(fitted.params), np.asarray(fitted.resid), covariance, df
