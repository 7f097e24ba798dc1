"""When a model has no test of fit and no fit measures, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping

from comply_measure.sem.arrays import Array
from comply_measure.sem.inference.covariance import invert, standard_covariance
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point

COUNTS = ("npar", "df", "ntotal")
LIKELIHOODS = ("logl", "unrestricted.logl")
DESCRIPTIVE = ("rmr", "srmr", "crmr")
NOT_IDENTIFIED = "the model is not identified"


def unidentified_parameters(model: Model, point: Point, jacobian: Array | None = None) -> tuple[int, ...]:
    """Parameters (places in θ) that the data cannot separate; empty when the model is identified.

    The information of the fit's own kind decides, and another one where the family has one that shows it better.
    """
    found = standard_covariance(point, model.options.information, 1.0, jacobian).unidentified
    hidden = None if found else model.family.hidden_information(point)
    if hidden is None:
        return found
    return invert(point.objective.space.curvature(hidden), point, 1.0, jacobian).unidentified


def why_no_fit(model: Model, unidentified: tuple[int, ...]) -> str:
    """Why χ² and what rests on it are not defined; empty when they are.

    Without identification the number of parameters, and with it df, is not that of the model; a family may have
    reasons of its own.

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
    return model.family.why_no_test(model)


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
