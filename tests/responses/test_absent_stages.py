"""A function that is not involved in a stage leaves its statements out; what is answered nevertheless is set aside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from comply_measure.framework.frozen import FrozenMap
from comply_measure.instrument import load_scale
from comply_measure.instrument.fielding import Choice
from comply_measure.responses import (
    ColumnMapping,
    load_dataset,
    read_responses,
    responses_from_frame,
)

COMPLY = load_scale("comply")
TICKS = [f"absent_be_aware_{code}" for code in (1, 2, 3, 4)]
MAPPING = ColumnMapping(informants=TICKS)
STAGE = [item.id for item in COMPLY.items if item.stage == "be_aware"]


@pytest.fixture
def answers() -> pd.DataFrame:
    frame = load_dataset("journey_triads").data.head(6).drop(columns="firm")
    frame[STAGE] = 4.0
    asked = [item.id for item in COMPLY.items_for("journey") if item.id not in frame]
    return frame.assign(**dict.fromkeys(asked, 5), **dict.fromkeys(TICKS, 0))


def test_own_function_is_set_aside_and_counted(answers: pd.DataFrame) -> None:
    answers.loc[answers["role"] == "it", "absent_be_aware_3"] = 1  # own
    answers.loc[answers["role"] == "sales", "absent_be_aware_1"] = 1  # another one: judged
    read = responses_from_frame(answers, [COMPLY], MAPPING, form="journey")
    it = read.data["role"] == "it"
    assert read.data.loc[it, STAGE].isna().all().all()
    assert (read.missing_reason.loc[it, STAGE] == "not_applicable").all().all()
    assert (read.data.loc[~it, STAGE] == 4.0).all().all()
    assert [note for note in read.notes if "not involved" in note] == [
        "12 answers of 2 informants about stages in which their own function is not involved, as they say: set aside"
    ]


def test_stages_left_out_as_asked_are_no_missing_answers(answers: pd.DataFrame) -> None:
    answers.loc[answers["role"] == "it", "absent_be_aware_3"] = 1
    answers.loc[answers["role"] == "it", STAGE] = np.nan
    read = responses_from_frame(answers, [COMPLY], MAPPING, form="journey")
    assert (read.missing_reason.loc[read.data["role"] == "it", STAGE] == "not_applicable").all().all()
    assert not [note for note in read.notes if "not involved" in note]


def test_who_ticks_none_as_well_contradicts_itself_and_counts_as_involved(answers: pd.DataFrame) -> None:
    answers.loc[answers["role"] == "it", ["absent_be_aware_3", "absent_be_aware_4"]] = 1
    read = responses_from_frame(answers, [COMPLY], MAPPING, form="journey")
    assert (read.data[STAGE] == 4.0).all().all()


def test_questions_of_another_block_and_several_choices_without_a_role(answers: pd.DataFrame) -> None:
    """ "Which function takes the lead" names roles as well; of two choices beside the roles none means "none"."""
    answers.loc[answers["role"] == "it", ["absent_be_aware_3", "absent_be_aware_4"]] = 1
    lead = replace(COMPLY, questions=tuple(replace(question, block="lead") for question in COMPLY.questions))
    assert (responses_from_frame(answers, [lead], MAPPING, form="journey").data[STAGE] == 4.0).all().all()
    first = next(question for question in COMPLY.questions if question.block == "absent")
    more = replace(first, choices=(*first.choices, Choice(5, FrozenMap({"en": "Finance", "de": "Finanzen"}))))
    wider = replace(
        COMPLY,
        questions=tuple(more if question.id == first.id else question for question in COMPLY.questions),
    )
    mapping = ColumnMapping(informants=[*TICKS, "absent_be_aware_5"])
    read = responses_from_frame(answers.assign(absent_be_aware_5=0), [wider], mapping, form="journey")
    assert read.data.loc[read.data["role"] == "it", STAGE].isna().all().all()


def test_what_was_read_is_written_and_read_back(answers: pd.DataFrame, tmp_path) -> None:
    answers.loc[answers["role"] == "it", "absent_be_aware_3"] = 1
    read = responses_from_frame(answers, [COMPLY], MAPPING, form="journey")
    read.write_csv(tmp_path / "back.csv")
    again = read_responses(tmp_path / "back.csv", [COMPLY], MAPPING, form="journey")
    pd.testing.assert_frame_equal(again.data, read.data)
    pd.testing.assert_frame_equal(again.missing_reason, read.missing_reason)


def test_one_that_is_read_from_a_file_of_the_full_form_is_untouched(answers: pd.DataFrame) -> None:
    full = load_dataset("msi_triads")
    assert not [note for note in full.notes if "not involved" in note]
