"""Are two fitted models nested or equivalent? Answered by fitting one to what the other implies."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.sem import Fit, from_moments

Relation = Literal["nested", "equivalent", "not nested", "undecided"]
# F below which implied moments count as reproduced; a misfit of this size has χ² = 0.001 at n = 1000.
REPRODUCED = 1e-6


def relation(restricted: Fit, general: Fit, general_text: str) -> Relation:
    """Whether one model is nested in another, by the NET procedure (Bentler & Satorra 2010).

    The general model is fitted to the moments that the restricted one implies. If it reproduces them, every
    set of moments near these that the restricted model can produce is within the general model's reach:
    nested, or equivalent when the degrees of freedom are the same. Being numerical, the answer holds at the
    estimates at hand.

    Parameters
    ----------
    restricted, general : Fit
        Fits of one group; the first has at least as many degrees of freedom.
    general_text : str
        Model text of the second.

    Returns
    -------
    {"nested", "equivalent", "not nested", "undecided"}
        Undecided when the second fit did not converge.

    Raises
    ------
    ComplyError
        For fits in the wrong order or with several groups.
    """
    if restricted.model.df < general.model.df or len(restricted.model.sample.groups) != 1:
        raise ComplyError("nesting is examined for one group, the model with more degrees of freedom first")
    at = restricted.optimum.point.implied[0]
    implied = pd.DataFrame(at.sigma, index=at.layout.observed, columns=at.layout.observed)
    try:
        refit = from_moments(general_text, implied, nobs=restricted.n, rescale=False)
    except ComplyError:
        return "undecided"
    misfit = refit.optimum.point.value
    if not np.isfinite(misfit):
        return "undecided"
    if abs(misfit) < REPRODUCED:
        return "equivalent" if restricted.model.df == general.model.df else "nested"
    return "not nested" if refit.converged else "undecided"
