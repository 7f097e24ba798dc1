"""When a model has no test of fit and no fit measures, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.inference.covariance import invert, standard_covariance
from comply_measure.sem.language.records import Product
from comply_measure.sem.model import Model
from comply_measure.sem.objective import Point

COUNTS = ("npar", "df", "ntotal")
LIKELIHOODS = ("logl", "unrestricted.logl")
DESCRIPTIVE = ("rmr", "srmr", "crmr")
NOT_IDENTIFIED = "the model is not identified"


def unidentified_parameters(model: Model, point: Point, jacobian: Array | None = None) -> tuple[int, ...]:
    """Parameters (places in θ) that the data cannot separate; empty when the model is identified.

    The information of the fit's own kind decides, and another one where the family has one that shows it better. A
    model with product factors has to be identified without what only their covariances say
    (:func:`told_by_products_alone`).
    """
    found = standard_covariance(point, model.options.information, 1.0, jacobian).unidentified
    if found:
        return found
    hidden = model.family.hidden_information(point)
    if hidden is not None:
        found = invert(point.objective.space.curvature(hidden), point, 1.0, jacobian).unidentified
    return found or told_by_products_alone(model, point, jacobian)


def told_by_products_alone(model: Model, point: Point, jacobian: Array | None = None) -> tuple[int, ...]:
    """Parameters that are separated by nothing but the covariances of product factors with other variables.

    These covariances are third moments, zero for normal variables: what rests on them, such as ``X ~ Z`` beside
    ``X ~~ Z``, is not identified (nor is it by LMS or QML, which assume normal factors), however well the sample's
    skewness happens to separate it. The information is that of the same estimates with these covariances at zero.

    Parameters
    ----------
    model : Model
    point : Point
        The optimum.
    jacobian : array (c, r), optional
        Derivatives of active constraints in φ.
    """
    table, space = model.table, point.objective.space
    rows = [
        row
        for row, (lhs, rhs) in enumerate(zip(table.lhs, table.rhs, strict=True))
        if table.op[row] == "~~" and isinstance(lhs, Product) != isinstance(rhs, Product)
    ]
    places = np.unique(table.free[rows][table.free[rows] > 0]) - 1
    if not len(places):
        return ()
    theta = point.theta.copy()
    theta[places] = 0.0
    normal = point.objective.at(space.contract(theta))
    if not math.isfinite(normal.value):
        return ()
    held = np.eye(len(theta))[places] if space.K is None else space.K[places]
    held = held if jacobian is None else np.vstack([jacobian, held])
    return invert(normal.information, normal, 1.0, held).unidentified


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
