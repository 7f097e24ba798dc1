"""A study can ask several forms at once: the first makes the scores, the others bring further items."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import ComplyError
from comply_measure.evidence import chosen_focal
from comply_measure.instrument import load_scale
from comply_measure.pipeline import STEPS, load_study
from comply_measure.responses import read_responses, responses_from_frame


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    scale = load_scale("comply")
    items = {item.id for form in ("short", "journey") for item in scale.items_for(form)}
    rng = np.random.default_rng(7)
    table = pd.DataFrame({name: rng.integers(1, 8, 12) for name in sorted(items)})
    return table.assign(unit=np.repeat(range(4), 3), role=["marketing", "sales", "it"] * 4)


def test_the_first_form_makes_the_scores(frame: pd.DataFrame) -> None:
    scale = load_scale("comply")
    both = responses_from_frame(frame, scale, form="short+journey")
    short = responses_from_frame(
        frame.drop(columns=[c for c in frame if c.startswith("S_")]), scale, form="short"
    )
    assert set(both.item_ids) == {item.id for form in ("short", "journey") for item in scale.items_for(form)}
    assert [item.id for item in both.items()] == [item.id for item in short.items()]
    pd.testing.assert_frame_equal(both.scores("dimension"), short.scores("dimension"))
    assert chosen_focal(both, None).factors == chosen_focal(short, None).factors


def test_stage_items_are_found_in_any_form(frame: pd.DataFrame) -> None:
    for form in ("short+journey", "journey+short", "journey"):
        found = responses_from_frame(frame, load_scale("comply"), form=form).stage_items()
        assert list(found) == ["be_aware", "consider", "evaluate", "purchase", "confirm", "bond"]
        assert found["purchase"] == {dim: (f"S_purchase_{dim}",) for dim in "COMPLY"}
    assert responses_from_frame(frame, load_scale("comply"), form="short").stage_items() == {}


def test_a_form_nobody_knows_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(ComplyError, match="jurney"):
        responses_from_frame(frame, load_scale("comply"), form="short+jurney")


def test_written_and_read_again(frame: pd.DataFrame, tmp_path: Path) -> None:
    first = responses_from_frame(frame, load_scale("comply"), form="short+journey")
    first.write_csv(tmp_path / "answers.csv")
    again = read_responses(tmp_path / "answers.csv", load_scale("comply"))
    assert again.form == "short+journey"
    assert again.item_ids == first.item_ids
    pd.testing.assert_frame_equal(again.scored(), first.scored())


def test_a_study_file_lists_them(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "answers.csv", index=False)
    study = tmp_path / "study.yaml"
    lines = ["format: comply-measure study 1", "title: both", "scales: [comply]", "data: {file: answers.csv}"]
    study.write_text("\n".join([*lines, "form: [short, journey]"]), encoding="utf-8")
    assert load_study(study, STEPS).file.form == "short+journey"
    study.write_text("\n".join([*lines, "form: [short, jurney]"]), encoding="utf-8")
    with pytest.raises(ComplyError, match="jurney"):
        load_study(study, STEPS)
