"""Are two fitted models nested or equivalent? Answered by fitting one to what the other implies."""

from __future__ import annotations

from typing import Literal

from comply_measure.errors import ComplyError
from comply_measure.sem import Fit
from comply_measure.sem.comparison.nesting import reproduces

Relation = Literal["nested", "equivalent", "not nested", "undecided"]


def relation(restricted: Fit, general: Fit) -> Relation:
    """Whether one model is nested in another, by the NET procedure (Bentler & Satorra 2010).

    The general model is fitted to the moments that the restricted one implies. If it reproduces them, every
    set of moments near these that the restricted model can produce is within the general model's reach:
    nested, or equivalent when the degrees of freedom are the same. Being numerical, the answer holds at the
    estimates at hand.

    Parameters
    ----------
    restricted, general : Fit
        The first has at least as many degrees of freedom.

    Returns
    -------
    {"nested", "equivalent", "not nested", "undecided"}
        Undecided for ordinal data and two levels, and when the second fit neither reproduced the moments nor converged.

    Raises
    ------
    ComplyError
        For fits of other variables, or in the wrong order.
    """
    variables = [[sorted(group.names) for group in fit.model.sample.groups] for fit in (restricted, general)]
    if variables[0] != variables[1]:
        raise ComplyError("nesting is examined for models of the same groups and variables")
    if not (restricted.model.family.one_level and general.model.family.one_level):
        return "undecided"
    if restricted.model.df < general.model.df:
        raise ComplyError("nesting is examined with the model of more degrees of freedom first")
    found = reproduces(general, restricted)
    if found is None:
        return "undecided"
    if not found:
        return "not nested"
    return "equivalent" if restricted.model.df == general.model.df else "nested"
