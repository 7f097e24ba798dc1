"""Planned missingness: which form holds which item, and how many informants see each pair of items together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.errors import ComplyError
from comply_measure.survey.plan import THREE_FORMS, SurveyPlan

if TYPE_CHECKING:
    import pandas as pd


def missingness_matrix(plan: SurveyPlan) -> pd.DataFrame:
    """Which form of a three-form design holds which item.

    Parameters
    ----------
    plan : SurveyPlan
        A plan with ``missingness``.

    Returns
    -------
    pandas.DataFrame
        A row per item of the design: ``item``, ``construct``, ``block``, and ``form_1`` to ``form_3``, 1 where the form
        asks it and 0 where it leaves it out by design.

    Raises
    ------
    ComplyError
        If the plan has no such design.
    """
    import pandas as pd

    if not plan.blocks:
        raise ComplyError("the survey asks everybody everything: its plan states no missingness")
    rows = []
    for _, item in plan.rated():
        if (block := plan.blocks.get(item.id)) is None:
            continue
        held = {f"form_{form}": int(block in blocks) for form, blocks in THREE_FORMS.items()}
        rows.append({"item": item.id, "construct": item.construct, "block": block, **held})
    return pd.DataFrame(rows)


def pair_coverage(plan: SurveyPlan) -> pd.DataFrame:
    """Share of informants who answer an item of one block and an item of another, forms being equally frequent.

    Parameters
    ----------
    plan : SurveyPlan
        A plan with ``missingness``.

    Returns
    -------
    pandas.DataFrame
        Blocks by blocks: 1 within X, 2/3 for X with another block and within A, B and C, 1/3 for two of them.
        Correlations of items of two different blocks rest on a third of the informants; these shares are what a plan
        of the sample size needs (Graham, Taylor, Olchowski & Cumsille, 2006, Psychological Methods, 11, 323-343).

    Raises
    ------
    ComplyError
        If the plan has no such design.
    """
    import pandas as pd

    if not plan.blocks:
        raise ComplyError("the survey asks everybody everything: its plan states no missingness")
    names = [name for name in ("X", "A", "B", "C") if name in plan.blocks.values()]
    share = [
        [sum(a in held and b in held for held in THREE_FORMS.values()) / len(THREE_FORMS) for b in names]
        for a in names
    ]
    return pd.DataFrame(share, index=pd.Index(names, name="block"), columns=names)
