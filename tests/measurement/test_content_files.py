"""Files of experts and judges: what is read, and that every fault is named at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import InputError
from comply_measure.instrument import load_scale
from comply_measure.measurement.content import (
    ContentOptions,
    content_evidence,
    content_validity,
    definitional_ratings,
    item_sort,
    read_definitional_ratings,
    read_expert_ratings,
    read_item_sorts,
)

ITEMS = ["a1", "a2", "b1"]
INTENDED = {"a1": "A", "a2": "A", "b1": "B"}


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_ratings_are_read_as_the_functions_take_them(tmp_path: Path) -> None:
    file = write(tmp_path / "r.csv", "expert;b1;a1\nE1;4;3\nE2;;2\n")
    read = read_expert_ratings(file, ITEMS)
    pd.testing.assert_frame_equal(
        read,
        pd.DataFrame({"a1": [3.0, 2.0], "b1": [4.0, np.nan]}, index=pd.Index(["E1", "E2"], name="expert")),
    )
    assert content_validity(read).items["n_experts"].tolist() == [2, 1]


def test_sorts_and_definitions_are_read_as_the_functions_take_them(tmp_path: Path) -> None:
    sorts = read_item_sorts(write(tmp_path / "s.csv", "judge,a1,b1\n1,A,B\n2,,A\n"), ITEMS, ["A", "B"])
    table = item_sort(sorts, INTENDED, ["A", "B"]).items.set_index("item")
    assert table.loc["b1", ["n_judges", "n_intended"]].tolist() == [2, 1]
    text = "judge,item,A,B\n1,a1,7,2\n2,a1,6,\n1,b1,1,5\n"
    ratings = read_definitional_ratings(write(tmp_path / "d.csv", text), ITEMS, ["A", "B"])
    assert len(ratings) == 5
    found = definitional_ratings(ratings, INTENDED, 7).items.set_index("item")
    assert found.loc["a1", "htc"] == pytest.approx(6.5 / 7)
    assert found.loc["a1", "htd"] == pytest.approx(5 / 6)


def places(error: InputError) -> set[tuple[str, object, str | None]]:
    return {(Path(str(p.file)).name, p.row, p.column) for p in error.problems}


def test_every_fault_of_all_files_in_one_error(tmp_path: Path) -> None:
    ratings = write(
        tmp_path / "r.csv",
        "expert,C_dig_1,C_dig_4,C_dgi_5\nE1,5,3,1\nE1,4,2.5,1\n,x,1,1\n",
    )
    sorts = write(tmp_path / "s.csv", "judge,C_dig_1\nJ1,Q\nJ2,O\n")
    definitions = write(
        tmp_path / "d.csv", "judge,item,C,O\nR1,C_dig_1,9,1\nR1,C_dig_1,4,1\nR2,nothing,1,1\n"
    )
    with pytest.raises(InputError) as caught:
        content_evidence(load_scale("comply"), ratings=ratings, sorts=sorts, definitions=definitions)
    assert places(caught.value) == {
        ("r.csv", None, "C_dgi_5"),
        ("r.csv", 4, "expert"),
        ("r.csv", 3, "expert"),
        ("r.csv", 2, "C_dig_1"),
        ("r.csv", 4, "C_dig_1"),
        ("r.csv", 3, "C_dig_4"),
        ("s.csv", 2, "C_dig_1"),
        ("d.csv", 2, "C"),
        ("d.csv", 3, "item"),
        ("d.csv", 4, "item"),
    }
    text = str(caught.value)
    assert "did you mean 'C_dig_5'" in text
    assert "whole numbers 1 to 4, or empty" in text
    assert "found 'Q'" in text


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("r.csv", "expert,a1\n", "no rows"),
        ("r.csv", "", "empty"),
        ("r.csv", "a1,a2\n1,2\n", "missing column"),
        ("r.csv", "expert,z\nE1,1\n", "no column is a known item"),
        ("r.doc", "expert,a1\nE1,1\n", "unknown file ending"),
        ("r.csv", "expert,a1\nE1,inf\n", "not a rating"),
    ],
)
def test_unusable_files(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_expert_ratings(write(tmp_path / name, text), ITEMS)


def test_missing_file_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_item_sorts(tmp_path / "none.csv", ITEMS, ["A", "B"])
    with pytest.raises(InputError, match="no file is given"):
        content_evidence(load_scale("comply"))
    with pytest.raises(InputError, match="item"):
        read_definitional_ratings(write(tmp_path / "d.csv", "judge,A\n1,2\n"), ITEMS, ["A"])


def test_small_panels_must_be_unanimous_and_nine_may_have_two_dissenters(tmp_path: Path) -> None:
    """Lynn (1986): 5 of 5; 7 of 9, which is .78 in print."""
    for n, agree, dropped in ((5, 4, True), (5, 5, False), (9, 7, False), (9, 6, True), (6, 5, False)):
        rows = [f"E{i},{4 if i < agree else 1}" for i in range(n)]
        file = write(tmp_path / "r.csv", "expert,C_dig_1\n" + "\n".join(rows) + "\n")
        found = content_evidence(load_scale("comply"), ratings=file)
        assert (found.log.dropped == ("C_dig_1",)) is dropped, (n, agree)
        assert found.tidy().set_index("item").loc["C_dig_4", "n_experts"] == 0
        assert found.notes[0].startswith("79 items rated by no expert: C_dig_4, ")


def test_what_one_stage_drops_the_next_does_not_judge(tmp_path: Path) -> None:
    ratings = write(tmp_path / "r.csv", "expert,C_dig_1,C_dig_4\n" + "".join(f"E{i},1,4\n" for i in range(9)))
    sorts = write(
        tmp_path / "s.csv", "judge,C_dig_1,C_dig_4,C_dig_5\n" + "".join(f"J{i},C,O,C\n" for i in range(12))
    )
    found = content_evidence(load_scale("comply"), ratings=ratings, sorts=sorts)
    log = found.log.tidy()
    assert log.query("item == 'C_dig_1'")["stage"].tolist() == ["expert ratings"]
    assert log.query("item == 'C_dig_4'")["decision"].tolist() == ["kept", "dropped"]
    decision = found.tidy().set_index("item")["decision"]
    assert decision[["C_dig_1", "C_dig_4", "C_dig_5", "C_pro_1"]].tolist() == [
        "dropped",
        "dropped",
        "kept",
        "not judged",
    ]
    assert found.sorts is not None and found.sorts.chance == 1 / len(found.sorts.constructs)
    assert found.summary()["n_people"].tolist() == [9, 9, 12, 12]


def test_too_few_judges_cannot_drop(tmp_path: Path) -> None:
    file = write(tmp_path / "s.csv", "judge,C_dig_1\nJ1,O\n")
    found = content_evidence(
        load_scale("comply"), sorts=file, options=ContentOptions(construct_level="dimension", alpha=0.01)
    )
    row = found.log.tidy().iloc[0]
    assert row["decision"] == "kept"
    assert "too few judges" in row["reason"]
    with pytest.raises(InputError, match="construct_level"):
        content_evidence(load_scale("comply"), sorts=file, options=ContentOptions(construct_level="stage"))
