"""The family of nested polynomial models compared by AICc, and the tests of difference-score constraints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from comply_measure.results import Result
from comply_measure.statistics.arrays import evenly_scaled
from comply_measure.triads.congruence.polynomial import (
    PERFECT,
    PolynomialRegression,
    gaussian_loglik,
    least_squares,
)
from comply_measure.triads.congruence.rotation import (
    Terms,
    best_rotation,
    shifted_rotated,
    shifted_rotated_ridge,
)

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
# Members with a free direction u = X·cos θ + Y·sin θ; name -> (description, parameters beside intercept, controls and
# residual variance, terms).
ROTATED_MODELS: dict[str, tuple[str, int, Terms]] = {
    "SRSQD": ("shifted and rotated squared difference", 3, shifted_rotated),
    "SRRR": ("shifted and rotated rising ridge", 4, shifted_rotated_ridge),
}


@dataclass(frozen=True)
class ModelSet(Result):
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
    design = evenly_scaled(design)[0]
    beta = np.linalg.lstsq(design, z, rcond=None)[0]
    residual = z - design @ beta
    return float(residual @ residual)


def congruence_models(fit: PolynomialRegression) -> ModelSet:
    """Compare the nested models of congruence research on the rows of a polynomial regression.

    ``AICc = −2·logL + 2K + 2K(K+1)/(n − K − 1)``, K counting the intercept, the rotation and the residual
    variance; Akaike weights over the set. All models keep the regression's controls. The rotated models take
    the best direction of the full circle, so that a model never fits worse than one nested in it.
    Sources: Schönbrodt (2016) for the set, Edwards (1994) for the constraints.

    Returns
    -------
    ModelSet
        ``loglik`` and AICc ignore clustering (noted in the table when the fit has clusters). Without variance
        of the outcome, or with a model that reproduces it, there are no weights, and the note says why.
    """
    table = pd.DataFrame(_misfits(fit), columns=["model", "description", "n_parameters", "sse"])
    sst = float(((fit.z - fit.z.mean()) ** 2).sum())
    k, n = table["n_parameters"].to_numpy(dtype=float), fit.n
    sse = np.where(table["sse"] > PERFECT * sst, table["sse"], 0.0)
    table["loglik"] = [gaussian_loglik(s, n) for s in sse] if fit.defined else np.nan
    table["r_squared"] = 1 - sse / sst if fit.defined else np.nan
    spare = n - k - 1
    table["r_squared_adjusted"] = 1 - (1 - table["r_squared"]) * (n - 1) / np.where(
        spare + 2 > 0, spare + 2, np.nan
    )
    correction = np.where(spare > 0, 2 * k * (k + 1) / np.where(spare > 0, spare, 1), np.nan)
    table["aicc"] = -2 * table["loglik"] + 2 * k + correction
    exact = fit.defined and bool((sse == 0).any())
    table["delta_aicc"] = np.nan if exact else table["aicc"] - table["aicc"].min()
    likelihood = np.exp(-table["delta_aicc"] / 2)
    table["weight"] = likelihood / likelihood.sum() if likelihood.sum() > 0 else np.nan
    with np.errstate(divide="ignore"):
        table["evidence_ratio"] = table["weight"].max() / table["weight"]
    table["n"] = n
    table["note"] = [
        _model_note(fit, own == 0, exact, room > 0) for own, room in zip(sse, spare, strict=True)
    ]
    models = table.drop(columns="sse").sort_values("aicc", kind="stable", ignore_index=True)
    return ModelSet(models, constraint_tests(fit))


def _misfits(fit: PolynomialRegression) -> list[tuple[str, str, int, float]]:
    """Name, description, number of parameters and sum of squared residuals of every model."""
    other = np.column_stack([np.ones(fit.n), fit.design[:, 6:]])
    rows = []
    for name, (description, columns) in LINEAR_MODELS.items():
        design = np.column_stack([other, *columns(fit.x, fit.y)])
        rows.append((name, description, design.shape[1] + 1, _sse(design, fit.z)))
    for name, (description, own, terms) in ROTATED_MODELS.items():
        sse = best_rotation(fit.x, fit.y, fit.z, other, terms)
        rows.append((name, description, other.shape[1] + own + 1, sse))
    return rows


def _model_note(fit: PolynomialRegression, own: bool, exact: bool, room: bool) -> str:
    if not fit.defined:
        return fit.note
    notes = [
        "no residual variance: the likelihood has no maximum" if own else "",
        "no weights: a model reproduces the outcome" if exact and not own else "",
        "" if room else "too few units for AICc",
        "likelihood ignores clustering" if fit.clusters is not None else "",
    ]
    return "; ".join(filter(None, notes))


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


def constraint_tests(fit: PolynomialRegression) -> pd.DataFrame:
    """Wald F tests of linear constraints in the fit's covariance, that of |X − Y| in the piecewise model."""
    k = fit.design.shape[1]
    rows = []
    for name, hypothesis, contrast in CONSTRAINTS:
        L = np.zeros((len(contrast), k))
        L[:, :6] = contrast
        F, df, p = fit.wald(L)
        note = fit.note
        if np.isnan(F) and np.isfinite(fit.covariance).all():
            note = "singular covariance: too few clusters for the test"
        rows.append((name, hypothesis, F, len(L), df, p, fit.n, note))
    rows.append(_absolute_test(fit))
    return pd.DataFrame(rows, columns=["constraint", "hypothesis", "F", "df1", "df2", "p", "n", "note"])


def _absolute_test(fit: PolynomialRegression) -> tuple[str, str, float, int, float, float, int, str]:
    """Edwards' (1994) piecewise model ``X, Y, W, WX, WY`` with W = 1 where X < Y, and what ``|X − Y|`` asks of it.

    A Wald F test in the covariance of the fit, as the other constraints: CR2 where there are clusters, else HC3 or
    plain; the plain one is the F test of the two sums of squares.
    """
    w = (fit.x < fit.y).astype(float)
    controls = fit.design[:, 6:]
    free = np.column_stack([np.ones(fit.n), fit.x, fit.y, w, w * fit.x, w * fit.y, controls])
    name, hypothesis = "absolute difference", "b1 = −b2, W = 0, WX = −WY = −2·b1 (piecewise)"
    contrast = np.zeros((4, free.shape[1]))
    contrast[:, :6] = [[0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0], [0, 2, 0, 0, 1, 0], [0, 0, 2, 0, 0, 1]]
    nothing = (float("nan"), len(contrast), float("nan"), float("nan"), fit.n)
    rank = int(np.linalg.matrix_rank(free / np.maximum(np.abs(free).max(axis=0), 1e-300)))
    if rank < free.shape[1]:
        return name, hypothesis, *nothing, "all units lie on one side: the piecewise model is not identified"
    if not fit.defined:
        return name, hypothesis, *nothing, fit.note
    if fit.n <= free.shape[1]:
        return name, hypothesis, *nothing, "too few units for the piecewise model"
    pieces = least_squares(free, fit.z, fit.kind, fit.clusters)
    if float(pieces.residuals @ pieces.residuals) <= PERFECT * float(((fit.z - fit.z.mean()) ** 2).sum()):
        return name, hypothesis, *nothing, "no residual variance"
    other = replace(
        fit,
        coefficients=pieces.coefficients,
        covariance=pieces.covariance,
        design=free,
        residuals=pieces.residuals,
        robust=pieces.robust,
    )
    F, df, p = other.wald(contrast)
    note = fit.note
    if np.isnan(F):
        note = "singular covariance: too few clusters, or one unit alone decides a coefficient"
    return name, hypothesis, F, len(contrast), df, p, fit.n, note
