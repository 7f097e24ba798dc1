"""The family of nested polynomial models compared by AICc, and the tests of difference-score constraints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, stats

from comply_measure.triads.congruence.polynomial import PolynomialRegression, gaussian_loglik

Floats = npt.NDArray[np.float64]
Columns = Callable[[Floats, Floats], list[Floats]]

# Linear members: name -> (description, columns beside the intercept).
LINEAR_MODELS: dict[str, tuple[str, Columns]] = {
    "null": ("intercept only", lambda x, y: []),
    "onlyx": ("X only", lambda x, y: [x]),
    "onlyx2": ("X and X²", lambda x, y: [x, x * x]),
    "onlyy": ("Y only", lambda x, y: [y]),
    "onlyy2": ("Y and Y²", lambda x, y: [y, y * y]),
    "additive": ("X and Y", lambda x, y: [x, y]),
    "diff": ("algebraic difference X − Y", lambda x, y: [x - y]),
    "IA": ("X, Y and X·Y", lambda x, y: [x, y, x * y]),
    "SQD": ("squared difference (X − Y)²", lambda x, y: [(x - y) ** 2]),
    "SSQD": ("shifted squared difference", lambda x, y: [x - y, (x - y) ** 2]),
    "RR": ("rising ridge", lambda x, y: [x + y, (x - y) ** 2]),
    "SRR": ("shifted rising ridge", lambda x, y: [x, y, (x - y) ** 2]),
    "absdiff": ("absolute difference |X − Y|", lambda x, y: [np.abs(x - y)]),
    "full": ("full polynomial", lambda x, y: [x, y, x * x, x * y, y * y]),
}
# Members with a rotation S: (X + S·Y)²; name -> (description, columns given S).
ROTATED_MODELS: dict[str, tuple[str, Callable[[Floats, Floats, float], list[Floats]]]] = {
    "SRSQD": (
        "shifted and rotated squared difference",
        lambda x, y, s: [x + s * y, (x + s * y) ** 2],
    ),
    "SRRR": (
        "shifted and rotated rising ridge",
        lambda x, y, s: [x, y, (x + s * y) ** 2],
    ),
}


@dataclass(frozen=True)
class ModelSet:
    """Models by AICc, best first, and F tests of the constraints that difference scores impose.

    Attributes
    ----------
    models : DataFrame
        ``model, description, n_parameters, loglik, r_squared, r_squared_adjusted, aicc, delta_aicc, weight,
        evidence_ratio, n, note``; parameters count intercept and residual variance.
    constraints : DataFrame
        ``constraint, hypothesis, F, df1, df2, p, n, note``: rejected means that the difference score does not
        represent the data.
    """

    models: pd.DataFrame
    constraints: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """Return the model table."""
        return self.models.copy()


def _sse(design: Floats, z: Floats) -> float:
    beta = np.linalg.lstsq(design, z, rcond=None)[0]
    residual = z - design @ beta
    return float(residual @ residual)


def _rotated(fit: PolynomialRegression, columns: Callable[[Floats, Floats, float], list[Floats]]) -> float:
    """Smallest SSE over the rotation, by a grid over all angles and a bounded refinement.

    S = tan(angle) with angle in (−90°, 90°) covers every rotation but S = ±∞.
    """
    controls = fit.design[:, 6:]

    def loss(angle: float) -> float:
        s = float(np.tan(angle))
        # (X + S·Y)² grows with S²: scaling the columns keeps the system well conditioned
        parts = [c / max(1.0, float(np.abs(c).max())) for c in columns(fit.x, fit.y, s)]
        return _sse(np.column_stack([np.ones(fit.n), *parts, controls]), fit.z)

    grid = np.linspace(-np.pi / 2, np.pi / 2, 62)[1:-1]
    values = np.array([loss(a) for a in grid])
    best = int(values.argmin())
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    refined = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-10})
    return float(min(refined.fun, values[best]))


def congruence_models(fit: PolynomialRegression) -> ModelSet:
    """Compare the nested models of congruence research on the rows of a polynomial regression.

    ``AICc = −2·logL + 2K + 2K(K+1)/(n − K − 1)``, K counting the intercept, the rotation and the residual
    variance; Akaike weights over the set. All models keep the regression's controls.
    Sources: Schönbrodt (2016) for the set, Edwards (1994) for the constraints.

    Returns
    -------
    ModelSet
        ``loglik`` and AICc ignore clustering (noted in the table when the fit has clusters).
    """
    controls = fit.design[:, 6:]
    sst = float(((fit.z - fit.z.mean()) ** 2).sum())
    rows = []
    for name, (description, columns) in LINEAR_MODELS.items():
        design = np.column_stack([np.ones(fit.n), *columns(fit.x, fit.y), controls])
        rows.append((name, description, design.shape[1] + 1, _sse(design, fit.z)))
    for name, (description, rotated) in ROTATED_MODELS.items():
        k = len(rotated(fit.x, fit.y, 1.0)) + 1 + controls.shape[1] + 2
        rows.append((name, description, k, _rotated(fit, rotated)))
    table = pd.DataFrame(rows, columns=["model", "description", "n_parameters", "sse"])
    k, n = table["n_parameters"].to_numpy(dtype=float), fit.n
    table["loglik"] = [gaussian_loglik(s, n) for s in table["sse"]]
    table["r_squared"] = 1 - table["sse"] / sst if sst > 0 else np.nan
    table["r_squared_adjusted"] = 1 - (1 - table["r_squared"]) * (n - 1) / (n - (k - 1))
    with np.errstate(divide="ignore"):
        correction = np.where(n - k - 1 > 0, 2 * k * (k + 1) / np.where(n - k - 1 > 0, n - k - 1, 1), np.nan)
    table["aicc"] = -2 * table["loglik"] + 2 * k + correction
    table["delta_aicc"] = table["aicc"] - table["aicc"].min()
    likelihood = np.exp(-table["delta_aicc"] / 2)
    table["weight"] = likelihood / likelihood.sum()
    table["evidence_ratio"] = table["weight"].max() / table["weight"]
    table["n"] = n
    table["note"] = "likelihood ignores clustering" if fit.clusters is not None else ""
    models = table.drop(columns="sse").sort_values("aicc", kind="stable", ignore_index=True)
    return ModelSet(models, _constraint_tests(fit))


CONSTRAINTS: tuple[tuple[str, str, list[list[float]]], ...] = (
    (
        "algebraic difference",
        "b1 = −b2, b3 = b4 = b5 = 0",
        [[0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 1]],
    ),
    (
        "squared difference",
        "b1 = b2 = 0, b3 = b5, b4 = −2·b3",
        [[0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, -1], [0, 0, 0, 2, 1, 0]],
    ),
)


def _constraint_tests(fit: PolynomialRegression) -> pd.DataFrame:
    """Wald F tests of linear constraints in the fit's covariance, and the piecewise test of |X − Y|."""
    k = fit.design.shape[1]
    rows = []
    for name, hypothesis, contrast in CONSTRAINTS:
        L = np.zeros((len(contrast), k))
        L[:, :6] = contrast
        value = L @ fit.coefficients
        V = L @ fit.covariance @ L.T
        F = p = float("nan")
        note = (
            ""
            if np.linalg.matrix_rank(V) == len(L)
            else "singular covariance: too few clusters, or no residual"
        )
        if not note:
            F = float(value @ np.linalg.solve(V, value)) / len(L)
            p = float(stats.f.sf(F, len(L), fit.df_inference))
        rows.append((name, hypothesis, F, len(L), fit.df_inference, p, fit.n, note))
    rows.append(_absolute_test(fit))
    return pd.DataFrame(rows, columns=["constraint", "hypothesis", "F", "df1", "df2", "p", "n", "note"])


def _absolute_test(fit: PolynomialRegression) -> tuple[str, str, float, int, int, float, int, str]:
    """Edwards' (1994) piecewise model ``X, Y, W, WX, WY`` with W = 1 where X < Y, against ``|X − Y|``."""
    w = (fit.x < fit.y).astype(float)
    controls = fit.design[:, 6:]
    free = np.column_stack([np.ones(fit.n), fit.x, fit.y, w, w * fit.x, w * fit.y, controls])
    bound = np.column_stack([np.ones(fit.n), np.abs(fit.x - fit.y), controls])
    hypothesis = "b1 = −b2, W = 0, WX = −WY = −2·b1 (piecewise; least squares)"
    rank = int(np.linalg.matrix_rank(free))
    df1, df2 = rank - bound.shape[1], fit.n - rank
    if df1 < 1 or df2 < 1:
        nothing = float("nan"), df1, df2, float("nan")
        return (
            "absolute difference",
            hypothesis,
            *nothing,
            fit.n,
            "the two models have equally many parameters",
        )
    sse_free, sse_bound = _sse(free, fit.z), _sse(bound, fit.z)
    F = (sse_bound - sse_free) / df1 / (sse_free / df2) if sse_free > 0 else float("nan")
    note = "" if sse_free > 0 else "no residual variance"
    return "absolute difference", hypothesis, F, df1, df2, float(stats.f.sf(F, df1, df2)), fit.n, note
