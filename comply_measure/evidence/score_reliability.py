"""Reliability of the scores in use, by role: what gaps, odd roles and their errors rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from comply_measure.evidence.focal import Focal, by_group
from comply_measure.measurement import alpha_table
from comply_measure.models.congeneric import congeneric_reliability
from comply_measure.tables.roles import POOLED


def role_reliabilities(
    chosen: Focal, scales: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, float]] | None:
    """ω of every score by role; None if a reliability is undefined or negative.

    A dimension's score is the mean of its attribute scores, so its reliability is that of this composite: ω of a
    one-factor model of the attribute scores, which is ω_h of the items under a model of attributes within the
    dimension, as what is particular to an attribute is no part of the dimension. α or ω over the items counts it as
    true. Other scores are means of items, and have ω of a one-factor model of these. Where such a model is not
    identified (two indicators) or has no proper solution, α over the same indicators stands in, which is a lower bound.

    Parameters
    ----------
    chosen : Focal
        The scale.
    scales : mapping of str to sequence of str
        Scores -> their items.

    Returns
    -------
    dict of str to dict of str to float, or None
        Role -> score -> reliability.

    References
    ----------
    McDonald, R. P. (1999). Test theory. Zinbarg, R. E., Revelle, W., Yovel, I., & Li, W. (2005). Psychometrika, 70.
    """
    composites = {
        key: chosen.factors[key]
        for key in scales
        if chosen.by_scores and len(chosen.factors.get(key, ())) > 1
    }
    plain = {key: tuple(items) for key, items in scales.items() if key not in composites}
    parts = []
    if composites:
        parts.append(by_group(chosen, chosen.indicators(), composites, _one_group))
    if plain:
        parts.append(by_group(chosen, chosen.answers(), plain, _one_group))
    table = pd.concat(parts, ignore_index=True)
    table = table[table["group"] != POOLED]
    complete = len(table) == len(chosen.roles) * len(scales)
    if not complete or not table["reliability"].between(0, 1).all():
        return None
    found: dict[str, dict[str, float]] = {role: {} for role in chosen.roles}
    for scale, role, value in zip(table["scale"], table["group"], table["reliability"], strict=True):
        found[role][scale] = float(value)
    return found


def _one_group(mine: pd.DataFrame, asked: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    """ω of each score, α where there is none."""
    omega = congeneric_reliability(mine, asked, by=None).tidy().set_index("scale")["omega"]
    proper = omega.to_numpy(dtype=np.float64)
    usable = np.isfinite(proper) & (proper >= 0) & (proper <= 1)
    found = omega.where(usable)
    if not usable.all():
        left = {key: asked[key] for key in omega.index[~usable]}
        alpha = alpha_table(mine, left, by=None).tidy().set_index("scale")["alpha"]
        found = found.fillna(alpha)
    return found.rename("reliability").rename_axis("scale").reset_index()
