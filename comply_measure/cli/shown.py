"""What ``scale show`` can show of a scale beside its tables."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.instrument import Scale


class Shown(StrEnum):
    """Words of ``--kind``."""

    tables = "tables"
    pool = "pool"
    definitions = "definitions"
    questionnaire = "questionnaire"
    durations = "durations"


def shown(
    kind: Shown,
    scale: Scale,
    form: str,
    attribute_set: str | None,
    language: str | None,
    role: str | None,
    seed: int | None,
) -> pd.DataFrame:
    """The table of one kind; ComplyError as the functions of the instrument raise it."""
    from comply_measure.instrument import construct_definitions, durations, item_pool, questionnaire

    if kind is Shown.pool:
        return item_pool(scale, attribute_set)
    if kind is Shown.definitions:
        return construct_definitions(scale, language, attribute_set)
    if kind is Shown.durations:
        return durations(scale, language, attribute_set)
    asked = scale.roles[0] if role is None else role
    return questionnaire(scale, asked, language, form, attribute_set, seed).tidy()
