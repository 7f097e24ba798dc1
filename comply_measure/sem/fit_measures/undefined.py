"""When a model has no test of fit and no fit measures, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping

from comply_measure.sem.arrays import Array
from comply_measure.sem.discrepancy.ml import expected_information, pair_products
from comply_measure.sem.inference.covariance import invert, standard_covariance
from comply_measure.sem.inference.robust import spread_groups
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point
from comply_measure.sem.options import FULL_INFORMATION

COUNTS = ("npar", "df", "ntotal")
LIKELIHOODS = ("logl", "unrestricted.logl")
DESCRIPTIVE = ("rmr", "srmr", "crmr")
NOT_IDENTIFIED = "the model is not identified"


def unidentified_parameters(model: Model, point: Point, jacobian: Array | None = None) -> tuple[int, ...]:
    """Parameters (places in θ) that the data cannot separate; empty when the model is identified.

    The information of the fit's own kind decides; under full information also the expected one of complete data, which
    is exactly singular where the Hessian near an optimum is so up to the last steps of the search only.
    """
    found = standard_covariance(point, model.options.information, 1.0, jacobian).unidentified
    if found or model.options.missing not in FULL_INFORMATION:
        return found
    parts = []
    for at in point.implied:
        W = at.inverse
        parts.append(expected_information(at, W, pair_products(at, at.sandwich(W))))
    return invert(
        point.objective.space.curvature(spread_groups(point, parts)), point, 1.0, jacobian
    ).unidentified


def why_no_fit(model: Model, unidentified: tuple[int, ...]) -> str:
    """Why χ² and what rests on it are not defined; empty when they are.

    Without identification the number of parameters, and with it df, is not that of the model; with fewer cases than
    variables least squares compares the model with a singular covariance matrix.

    Parameters
    ----------
    model : Model
        The fitted model.
    unidentified : tuple of int
        From :func:`unidentified_parameters`.
    """
    if model.df < 0:
        return f"negative degrees of freedom: {model.n_parameters} parameters for {model.n_moments} moments"
    if unidentified:
        return NOT_IDENTIFIED
    if model.options.estimator.discrepancy == "ml" or model.table.options.thresholds:
        return ""
    small = [group for group in model.sample.groups if group.n <= group.p]
    if not small:
        return ""
    place = f" in group '{small[0].name}'" if small[0].name else ""
    return f"{small[0].n} cases for {small[0].p} variables{place}: the sample covariance matrix is singular"


def without_fit(measures: Mapping[str, float], reason: str) -> dict[str, float]:
    """The measures with NaN for all that is not defined.

    Counts and log-likelihoods stay; so do root mean square residuals where only cases are too few.
    """
    singular = "identified" not in reason and "degrees of freedom" not in reason
    kept = [*COUNTS, *LIKELIHOODS]
    return {
        name: value if name in kept or (singular and name.split("_")[0] in DESCRIPTIVE) else math.nan
        for name, value in measures.items()
    }
