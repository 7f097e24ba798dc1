"""Products of factors estimated by their own likelihood, without product indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.errors import Problem
from comply_measure.sem.errors import InputError
from comply_measure.sem.interactions.model import LatentProducts

if TYPE_CHECKING:
    from comply_measure.sem.families.base import Request
    from comply_measure.sem.result import Fit


def fit_directly(products: LatentProducts, request: Request) -> Fit:
    """The fit of a model with products of factors by the method that ``request.asked.interactions`` names.

    Parameters
    ----------
    products : LatentProducts
        Products of the text, and the text without them.
    request : Request
        Data, checked arguments and options as for the text without products; its ``records`` are those of the text.

    Raises
    ------
    InputError
        For a method that is not there.
    """
    word = request.asked.interactions
    problem = Problem("not available", column="interactions", value=word, allowed="product")
    raise InputError("Products of factors cannot be estimated so.", [problem])
