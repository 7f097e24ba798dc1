"""Extraction and rotation by the library factor_analyzer, with guards.

What is guarded in factor_analyzer 0.5.1: its class sorts the loadings but leaves Φ in the old order, replaces
missing answers by medians in silence, and computes communalities without Φ; its oblimin is wrong unless γ = 0;
its method ``principal`` is components, not factors. So it is given a correlation matrix, asked for unrotated
loadings, and its rotator is called by itself; order, signs and communalities are computed here.

The library only confirms what this package extracts itself, and is an extra (``comply-measure[confirm]``).
"""

from __future__ import annotations

import warnings
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.dimensionality.extraction import LOWER, Extraction
from comply_measure.measurement.dimensionality.rotation import Rotation, RotationOptions, ordered
from comply_measure.measurement.linear_algebra import gram_inverse, least_squares
from comply_measure.measurement.moments import Floats

METHODS = {"ml": "ml", "minres": "minres"}
ROTATIONS = {
    "none": None,
    "varimax": "varimax",
    "quartimax": "quartimax",
    "promax": "promax",
    "oblimin": "oblimin",
    "quartimin": "quartimin",
    "geomin": "geomin_obl",
    "geomin_orthogonal": "geomin_ort",
}


def factor_analyzer_part(name: str) -> ModuleType:
    """A module of factor_analyzer, or the error that says how to install it.

    Raises
    ------
    InputError
        When the library is not installed.
    """
    try:
        import_module("factor_analyzer")
    except ModuleNotFoundError as error:
        if error.name != "factor_analyzer":
            raise
        allowed = "own; factor_analyzer after pip install 'comply-measure[confirm]'"
        problem = Problem("engine", value="factor_analyzer", allowed=allowed)
        raise InputError("factor_analyzer is not installed.", [problem]) from None
    return import_module(f"factor_analyzer.{name}")


def _analyzer() -> Any:
    """The library's class, with the spelling of an argument that scikit-learn 1.6 renamed and 1.8 removed.

    factor_analyzer 0.5.1 calls ``check_array(force_all_finite=...)``, which is ``ensure_all_finite`` today.
    """
    module = factor_analyzer_part("factor_analyzer")
    check = module.check_array
    if check.__module__.startswith("sklearn."):

        def check_array(X: Any, *, force_all_finite: Any, **options: Any) -> Any:
            return check(X, ensure_all_finite=force_all_finite, **options)

        vars(module)["check_array"] = check_array
    return module.FactorAnalyzer


def extract_with_factor_analyzer(correlation: Floats, n_factors: int, method: str) -> Extraction:
    """Unrotated loadings by factor_analyzer (``ml`` or ``minres``).

    Parameters
    ----------
    correlation : ndarray, shape (p, p)
    n_factors : int
    method : str

    Returns
    -------
    Extraction
        ``converged`` is False when the library says so.

    Raises
    ------
    InputError
        For principal axes, which the library does not have, and where it is not installed.
    """
    if method not in METHODS:
        problem = Problem("method", value=method, allowed="ml, minres with engine='factor_analyzer'")
        raise InputError("Factors cannot be extracted.", [problem])
    analyzer = _analyzer()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = analyzer(
            n_factors=n_factors,
            rotation=None,
            method=METHODS[method],
            is_corr_matrix=True,
            bounds=(LOWER, 1.0),
        )
        model.fit(correlation.copy())
    converged = not any("converge" in str(entry.message) for entry in caught)
    loadings = np.asarray(model.loadings_, dtype=np.float64)
    loadings = loadings * np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    psi = 1.0 - (loadings**2).sum(axis=1)
    residual = correlation - loadings @ loadings.T - np.diag(psi)
    value = 0.5 * float((residual**2).sum())
    if method == "ml":
        sigma = loadings @ loadings.T + np.diag(psi)
        ratio = np.linalg.solve(sigma, correlation)
        value = float(np.trace(ratio) - np.linalg.slogdet(ratio)[1] - len(psi))
    return Extraction(
        loadings, psi, np.array(value), np.array(converged), psi <= LOWER * (1 + 1e-6), 0, method
    )


def rotate_with_factor_analyzer(loadings: Floats, options: RotationOptions) -> Rotation:
    """Rotated loadings by factor_analyzer's rotator: one start, the stopping rule of R's functions.

    R's ``varimax`` (and so ``promax``) stops once a step gains less than 1e-5 of the criterion, which leaves
    loadings up to about 1e-3 from the optimum.

    Raises
    ------
    InputError
        For a rotation the library does not have, γ ≠ 0, and where it is not installed.
    """
    problems = []
    if options.name not in ROTATIONS:
        problems.append(Problem("rotation", value=options.name, allowed=", ".join(ROTATIONS)))
    if options.gamma != 0:
        problems.append(Problem("gamma", value=options.gamma, allowed="0 with engine='factor_analyzer'"))
    if problems:
        raise InputError("factor_analyzer cannot rotate these loadings.", problems)
    m = loadings.shape[1]
    name = ROTATIONS[options.name]
    if m == 1 or name is None:
        return Rotation(loadings.copy(), np.eye(m), np.eye(m), float("nan"), True, 1, 1, "none")
    rotator = factor_analyzer_part("rotator").Rotator(
        method=name,
        normalize=options.normalises,
        power=options.power,
        gamma=0,
        delta=options.epsilon,
    )
    rotated = np.asarray(rotator.fit_transform(loadings), dtype=np.float64)
    matrix = least_squares(loadings, rotated)
    matrix = ordered(loadings, matrix)
    phi = gram_inverse(matrix) if options.oblique else np.eye(m)
    return Rotation(loadings @ matrix, phi, matrix, float("nan"), True, 1, 1, options.name)
