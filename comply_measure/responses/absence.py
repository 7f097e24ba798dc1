"""Stages in which an informant's own function is not involved: what is answered about them is set aside."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.instrument.fielding import Question
from comply_measure.instrument.scale import Scale
from comply_measure.responses.table import Responses
from comply_measure.responses.vocabulary import NOT_APPLICABLE, REASONS
from comply_measure.statistics.words import counted

#: Block of the questions that ask which functions are not involved in a stage.
ABSENT: Final = "absent"


def absent_at(responses: Responses, scale: Scale, question: Question) -> NDArray[np.bool_]:
    """Who says of their own function that it is not involved in the stage that a question is about (informants,).

    A choice stands for the role that has its label. A function counts as involved where the one choice that stands for
    no role ("none of them") is ticked as well: such an answer contradicts itself. Of several choices without a role
    none is taken for "none".

    Parameters
    ----------
    responses : Responses
        With the answers to the question among the variables of informants, a column of 0 and 1 per choice.
    scale : Scale
        Its roles.
    question : Question
        One of several answers, about a stage.
    """
    absent = np.zeros(len(responses.data), dtype=np.bool_)
    ticked = {
        choice.code: pd.to_numeric(responses.informants[name], errors="coerce").eq(1.0).to_numpy()
        for choice, name in zip(question.choices, question.variables, strict=True)
        if name in responses.informants.columns
    }
    roles = {
        choice.code: role
        for choice in question.choices
        for role, label in scale.role_labels.items()
        if any(choice.label.get(language) == text for language, text in label.items())
    }
    others = [mine for code, mine in ticked.items() if code not in roles]
    for code, mine in ticked.items():
        if code in roles:
            absent |= mine & responses.data["role"].eq(roles[code]).to_numpy()
    return absent & ~others[0] if len(others) == 1 else absent


def without_absent_stages(responses: Responses) -> Responses:
    """The answers without those about stages in which the informant's own function is not involved.

    Informants are asked to leave such stages out: their items have the reason ``not_applicable`` there. What is
    answered nevertheless is set aside, and a note counts it.
    """
    data, reasons = responses.data, responses.missing_reason
    n_answers, who = 0, np.zeros(len(data), dtype=np.bool_)
    present = set(responses.item_ids)
    for scale in responses.scales:
        for question in scale.questions:
            if question.block != ABSENT or question.stage is None or question.answer != "several":
                continue
            absent = absent_at(responses, scale, question)
            items = [item.id for item in scale.items if item.stage == question.stage and item.id in present]
            if not items or not absent.any():
                continue
            if data is responses.data:
                data, reasons = data.copy(), reasons.copy()
            answered = data[items].notna().to_numpy() & absent[:, None]
            data.loc[absent, items] = np.nan
            reasons.loc[absent, items] = REASONS[NOT_APPLICABLE]
            n_answers += int(answered.sum())
            who |= answered.any(axis=1)
    if data is responses.data:
        return responses
    notes = responses.notes
    if n_answers:
        aside = (
            f"{counted(n_answers, 'answer', 'answers')} of {counted(int(who.sum()), 'informant', 'informants')} about "
            "stages in which their own function is not involved, as they say: set aside"
        )
        notes = (*notes, aside)
    return replace(responses, data=data, missing_reason=reasons, notes=notes)
