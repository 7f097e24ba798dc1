"""Products of factors estimated by a likelihood of their own, without product indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from comply_measure.sem.errors import ModelError
from comply_measure.sem.interactions.lms_model import ProductModel
from comply_measure.sem.interactions.lms_search import refined

if TYPE_CHECKING:
    from comply_measure.sem.families.base import Request
    from comply_measure.sem.result import Fit


def fit_directly(request: Request) -> Fit:
    """The fit of a model with products of factors by LMS or QML.

    Parameters
    ----------
    request : Request
        Parsed text with the products, data, checked arguments and options of one of these families.
    """
    try:
        model = cast(ProductModel, request.options.family.model(request))
        optimum = model.family.search(model)
        if request.asked.nodes is None:
            model, optimum = refined(model, optimum)
        return model.family.result(model, optimum)
    except np.linalg.LinAlgError as error:
        raise ModelError(
            "the paths of the model form a loop that has no solution: I - A is singular"
        ) from error
