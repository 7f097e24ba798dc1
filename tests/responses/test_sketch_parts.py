"""Guesses about columns of a file, one by one: which codes are missing ones, which columns are left out, and why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from comply_measure.errors import InputError
from comply_measure.responses.cells import name_in, shown
from comply_measure.responses.faults import Faults
from comply_measure.responses.files.raw import Column, RawTable, encoded
from comply_measure.responses.sketch.blocks import Block, _block, _too_wide
from comply_measure.responses.sketch.opening import opening_of
from comply_measure.responses.sketch.places import (
    Place,
    Places,
    _firm,
    _informant,
    _is_id,
    _may_be_role,
    _may_be_unit,
    _score,
    _unit_and_role,
    within,
)
from comply_measure.responses.sketch.ranges import answer_scales
from comply_measure.responses.sketch.seen import Seen, codes_of, lone_codes, words_of
from comply_measure.responses.sketch.sketch import _check, _reversed, _roles
from comply_measure.responses.sketch.variables import is_text, unwanted, variables
from comply_measure.responses.sketch.words import no_answer, tokens

FIVE = frozenset(range(1, 6))


def column(name: str, *cells: Any) -> Column:
    return encoded(name, list(cells))


@pytest.mark.parametrize(
    "code",
    [
        -1,
        -2,
        -3,
        -4,
        -5,
        -6,
        -7,
        -8,
        -9,
        -66,
        -77,
        -88,
        -97,
        -98,
        -99,
        -999,
        -9999,
        8,
        9,
        66,
        77,
        88,
        96,
        97,
        98,
        99,
        888,
        996,
        997,
        998,
        999,
        9999,
    ],
)
def test_conventional_codes_apart_from_the_answers_are_missing(code: int) -> None:
    assert lone_codes(Seen(FIVE | {code})) == {code}
    assert lone_codes(Seen(FIVE | {code}, labels={code: "An answer"})) == set()


@pytest.mark.parametrize(
    ("codes", "lone"),
    [
        (FIVE, set()),
        (FIVE | {6}, set()),
        (FIVE | {7, 9}, set()),
        (FIVE | {8, 9}, {8, 9}),
        (FIVE | {7}, set()),
        (FIVE | {98, 99}, {98, 99}),
        (FIVE | {9, 99}, {9, 99}),
        (FIVE | {-9, 99}, {-9, 99}),
        (FIVE | {100}, set()),
        (FIVE | {-10}, set()),
        ({1, 2, 9}, set()),  # two answers are no run to stand apart from
        ({1, 2, 3, 9}, {9}),
        ({2, 3, 4, 9}, set()),  # 8 and 9 only above answers from 0 or 1
        ({0, 1, 2, 9}, {9}),
        ({1, 2, 4, 9}, set()),  # nor above answers with a gap
        ({1, 2, 4, 99}, {99}),
        ({-2, -1, 0, 1, 2}, set()),
        ({-2, -1, 0, 1, 2, 99}, {99}),
        (set(range(-9, 10)), set()),
        (set(range(-9, 10)) | {99}, {99}),
        ({-2, -1, 0, 1, 2, -99}, {-99}),  # answers on both sides of zero
        ({-3, -2, -1, 1, 2, 3, -9, -99}, {-9, -99}),
        ({-2, -1, 0, 1, 2, -99, 99}, {-99, 99}),
        ({-3, -1, 0, 1, 3}, set()),  # nobody gave 2 or its opposite
        ({1, 2, 3, 4, 5, -1, -2, -99}, {-1, -2, -99}),
        ({-1, 0, 1}, {-1}),
        (FIVE | {-8, -9, 8, 9}, {-8, -9, 8, 9}),
        (frozenset(range(11)), set()),
        (frozenset(range(11)) | {99}, {99}),
    ],
)
def test_codes_that_stand_apart(codes: set[int], lone: set[int]) -> None:
    assert lone_codes(Seen(frozenset(codes))) == lone


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("Don’t know", "cannot_judge"),
        ("Cannot judge", "cannot_judge"),
        ("Weiß nicht", "cannot_judge"),
        ("No opinion", "cannot_judge"),
        ("Refused", "user_missing"),
        ("n/a", "user_missing"),
        ("Keine Angabe", "user_missing"),
        ("Prefer not to say", "user_missing"),
        ("missing" + " " * 3 + "x" * 50, "user_missing"),
        ("missing " + "x" * 52, "user_missing"),
        ("missing " + "x" * 53, None),  # longer than a label
        ("Strongly agree", None),
        ("dismissing", None),
        ("", None),
    ],
)
def test_labels_that_are_no_answer(label: str, why: str | None) -> None:
    assert no_answer(label) == why


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("BusinessUnit_ID", {"business", "unit", "id", "businessunitid"}),
        ("first.name", {"first", "name", "firstname"}),
        ("Q12b", {"q", "12", "b", "q12b"}),
        ("größe", {"grösse"} if "grösse" in tokens("größe") else {"größe"}),
    ],
)
def test_words_of_a_name(name: str, words: set[str]) -> None:
    assert tokens(name) == words


@pytest.mark.parametrize(
    ("name", "cells", "reason"),
    [
        ("size", (1, 2, 3), ""),
        ("StartDate", ("a", "b"), "written by the survey tool"),
        ("Email", ("a", "b"), "may name a person"),
        ("last_name", ("a", "b"), "may name a person"),
        ("name", (0, 1, 0, 1, 1), ""),  # ticks, no names
        ("branch", (None, None), "empty"),
        ("branch", ("a", "a"), "the same in every row"),
        ("branch", ("a", "a", None), "ticked or blank, where blank may mean not shown"),
        ("branch", ("a", "b", None), ""),
        ("when", ("2024-05-03", "2024-05-03T10:12:55.123+02:00"), "dates and times"),
        ("when", ("03.05.2024 10:12:55", "2024/05/03 10:12:55 AM GMT+2", None), "dates and times"),
        ("growth", ("5.0", "3.1"), ""),
        ("when", ("5/3/2024 10:12", "later", "later"), ""),
        ("comment", ("a", "a", "x" * 60), ""),
        ("comment", ("a", "a", "x" * 61), "free text"),
        ("key", ("uuid:1", "uuid:2"), "a text of its own in every row"),
    ],
)
def test_columns_left_out_have_their_reason(name: str, cells: tuple[Any, ...], reason: str) -> None:
    assert unwanted(column(name, *cells), ["StartDate"]) == reason


def test_the_informant_is_told_by_a_column_with_a_value_of_its_own_in_every_row() -> None:
    plain, hinted = column("colour", "a", "b", "c"), column("informant", "x", "y", "z")
    tool, twice = column("ResponseId", 1, 2, 3), column("code", "a", "a", "b")

    def found(*columns: Column, repeated: bool = False, taken: set[str] = frozenset()) -> str | None:  # type: ignore[assignment]
        place = _informant(
            {c.name: c for c in columns}, set(taken), {"ResponseId", "tool2"}, repeated=repeated
        )
        if place is not None:
            assert place.why == "every row has a value of its own"
        return place and place.column

    assert found(twice, plain, hinted) == "informant"
    assert found(twice, plain) == "colour"
    assert found(column("tool2", "a", "b", "c"), plain) == "colour"  # what the tool wrote comes last
    assert found(column("tool2", "a", "b", "c"), twice) == "tool2"
    assert found(twice, plain, repeated=True) is None
    assert found(twice, plain, hinted, repeated=True) == "informant"
    assert found(plain, hinted, taken={"informant"}) == "colour"
    assert found(column("name", "a", "b", "c")) is None  # may name a person
    assert found(column("colour", "a", None, "c")) is None
    assert found(tool) == "ResponseId"


@pytest.mark.parametrize(
    ("values", "units", "expected"),
    [
        ([0, 0, 1, 1], [0, 0, 1, 1], True),
        ([0, 1, 1, 1], [0, 0, 1, 1], False),
        ([0, 0, -1, 0], [0, 0, 1, 1], False),
        ([0, 1, 1], [0, -1, 1], True),
        ([-1, -1, 0, 0], [0, 0, 1, 1], True),
    ],
)
def test_a_variable_of_the_unit_has_one_value_in_it(
    values: list[int], units: list[int], expected: bool
) -> None:
    assert within(np.array(values), np.array(units)) is expected


def test_a_block_of_words_reads_its_numbers_too() -> None:
    words = ("Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree")
    block = _block("q", [column("q1", *words, "99"), column("q2", *words, None)])
    assert block is not None and block.ends == (1, 5)
    assert block.lone == {99} and block.seen.codes == FIVE | {99}
    read = words_of([column("q1", "1 - never", "2 - often", "3 - always", "no answer")])
    assert read is not None
    seen, language, doubtful = read
    assert (seen.codes, language, doubtful) == ({1, 2, 3}, "en", False)
    assert seen.missing == {"no answer": "user_missing"} and seen.labels[2] == "2 - often"
    assert words_of([column("q1", "blue", "red")]) is None
    assert codes_of(column("q1", 1, 2.5)) is None and codes_of(column("q1", 1, 10_000)) is None
    assert codes_of(column("q1", 1, 9999)) == Seen(frozenset({1, 9999}))
    assert codes_of(column("q1", "a")) is None and codes_of(column("q1", None)) is None


@pytest.mark.parametrize(
    ("unit", "role", "expected"),
    [
        # hints of both names, whether the unit's own name is one, share of rows told apart, number of units
        ("team", "role", (2.0, 1.0, 1.0, 3.0)),
        ("firm", "role", (2.0, 0.0, 1.0, 3.0)),
        ("team", "x", (1.0, 1.0, 1.0, 3.0)),
        ("x", "role", (1.0, 0.0, 1.0, 3.0)),
        ("x", "y", None),
    ],
)
def test_a_pair_of_unit_and_role_is_scored_by_names_and_by_rows_told_apart(
    unit: str, role: str, expected: tuple[float, ...] | None
) -> None:
    units, roles = column(unit, *"aabbcc"), column(role, *"msmsms")
    assert _score(units, roles) == expected
    # four rows of two units in two roles, and two that lack one of both
    units, roles = column(unit, *"aaaabb", None, "b"), column(role, *"msmsms", "m", None)
    found = _score(units, roles)
    if expected is not None and expected[0] == 2.0:
        assert found == (*expected[:2], round(4 / 6, 2), 2.0)
    else:
        assert found is None  # rows that are alike need both names


def test_a_unit_has_fewer_than_two_roles_where_nobody_shares_it() -> None:
    assert _score(column("team", *"abcd"), column("role", *"msms")) is None


@pytest.mark.parametrize(
    ("cells", "name", "unit", "role"),
    [
        (["a1", "a1", "b2", "b2"], "code", True, True),
        (["a", "a", "b", "b"], "code", False, True),
        (["a", "a", "b", "b"], "team", True, True),
        (["a", "b", "c", "c"], "team", True, False),
        (["a", "b", "c", "d"], "team", False, False),
        (["a", "a", "a", "a"], "team", False, False),
        ([1, 1, 2, 2], "team", True, False),
        ([1, 1, 2, 2], "role", False, True),
        ([1.5, 1.5, 2.5, 2.5], "team", False, False),
        (["1", "1", "2", "2"], "code", True, False),
        (["a", "a", "n/a", "n/a"], "role", False, None),
    ],
)
def test_columns_that_may_name_units_or_roles(
    cells: list[Any], name: str, unit: bool, role: bool | None
) -> None:
    made = column(name, *cells)
    assert _may_be_unit(made) is unit
    if role is not None:
        assert _may_be_role(made) is role


def block_of(
    stem: str, codes: set[int], labels: dict[int, str] | None = None, lone: set[int] = frozenset()
) -> Block:  # type: ignore[assignment]
    return Block(stem, (f"{stem}1",), Seen(frozenset(codes), labels=labels or {}), frozenset(lone))


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ({1, 2, 3, 4, 5}, (1, 5)),
        ({2, 3, 4, 5}, (1, 5)),  # nobody gave the lowest
        ({3, 4, 5, 6, 7}, (1, 7)),
        ({2, 3, 4}, (1, 4)),
        ({3, 4}, (1, 4)),
        ({3, 5}, (1, 5)),
        ({2, 3}, (2, 3)),
        ({4, 5, 6}, (4, 6)),
        ({0, 1, 2, 3}, (0, 3)),
        ({-2, 0, 1}, (-2, 2)),
        ({-1, 0, 3}, (-3, 3)),
    ],
)
def test_the_range_of_answers_of_one_block(codes: set[int], expected: tuple[int, int]) -> None:
    (scale,) = answer_scales([block_of("a", codes)])
    assert (scale.minimum, scale.maximum, scale.anchors) == (*expected, ())
    end = "; a category at an end that nobody chose would not show"
    given = f"answers of 1 blocks lie between {min(codes)} and {max(codes)}"
    assert scale.why == f"{expected[0]} to {expected[1]}: {given}{end}"


def test_ranges_of_several_blocks_help_each_other() -> None:
    five = block_of("a", {1, 2, 3, 4, 5})
    four, six = block_of("b", {1, 2, 3, 4}), block_of("c", {1, 2, 3, 4, 5, 6})
    assert [(s.minimum, s.maximum, len(s.blocks)) for s in answer_scales([five, four])] == [(1, 5, 2)]
    assert [(s.minimum, s.maximum) for s in answer_scales([four, six])] == [(1, 4), (1, 6)]
    assert [(s.minimum, s.maximum) for s in answer_scales([five, six])] == [(1, 5), (1, 6)]
    labels = {code: f"label   {code}" for code in range(1, 6)}
    words = block_of("w", {1, 2, 4}, labels)
    (both,) = answer_scales([five, words])
    assert both.anchors == tuple(f"label {code}" for code in range(1, 6)) and both.why.endswith(
        ", with labels"
    )
    twice = block_of("t", {1, 2, 3}, {1: "Yes", 2: "yes", 3: "no"})
    assert answer_scales([twice])[0].anchors == ()  # two categories of one label say nothing
    long = block_of("l", {1, 2, 3}, {1: "x" * 200, 2: "y" * 201, 3: "z"})
    assert [len(anchor) for anchor in answer_scales([long])[0].anchors] == [200, 200, 1]


def test_items_that_run_against_their_block_are_found_by_their_correlation() -> None:
    rng = np.random.default_rng(4)
    values = np.clip(np.round(3 + rng.normal(size=(40, 1)) + 0.5 * rng.normal(size=(40, 4))), 1, 5)
    values[:, 2] = 6 - values[:, 2]
    cells = values.astype(object)
    cells[:3, 0], cells[5, 1] = None, 99  # a missing code is no answer
    names = ("q1", "q2", "q3", "q4")
    table = RawTable("a", {n: column(n, *cells[:, j]) for j, n in enumerate(names)}, np.arange(40))
    block = Block("q", names, Seen(frozenset({1, 2, 3, 4, 5, 99})), frozenset({99}))
    found = _reversed(table, [block])
    used = np.array([row for row in range(40) if row > 2 and row != 5])
    rest = values[np.ix_(used, [0, 1, 3])].mean(axis=1)
    assert found == {"q3": pytest.approx(np.corrcoef(values[used, 2], rest)[0, 1], abs=1e-12)}
    flat = {n: column(n, *([3] * 40)) for n in names}
    assert _reversed(RawTable("a", flat, np.arange(40)), [block]) == {}
    two = {n: column(n, *cells[:2, j]) for j, n in enumerate(names)}
    assert _reversed(RawTable("a", two, np.arange(2)), [block]) == {}


def test_a_row_per_unit_and_a_file_without_items_are_told() -> None:
    """Half of the columns named item@role may be names; more than half are a row per unit."""
    some = [block_of("a", {1, 2})]
    half = RawTable("f.csv", {name: column(name, 1) for name in ("a@x", "b@x", "c", "d")}, np.array([2]))
    _check(half, some)
    with pytest.raises(InputError) as caught:
        _check(half, [])
    (problem,) = caught.value.problems
    assert caught.value.headline == "no block of items was found in f.csv"
    assert problem.message == "none of 4 columns looks like an item of a block"
    wide = RawTable("f.csv", {name: column(name, 1) for name in ("a@x", "b@x", "c")}, np.array([2]))
    with pytest.raises(InputError) as caught:
        _check(wide, some)
    (problem,) = caught.value.problems
    assert caught.value.headline == "f.csv has a row per unit"
    assert problem.message == "2 columns are named item@role"


def test_columns_that_are_too_wide_for_a_block() -> None:
    """Eleven categories at most, the lowest not below -5; missing codes do not count."""

    def wide(*codes: int) -> bool:
        seen = Seen(frozenset(codes))
        return _too_wide(seen, lone_codes(seen))

    assert not wide(0, 10) and wide(0, 11) and not wide(0, 10, 99)
    assert not wide(*range(-5, 6)) and wide(*range(-6, 5))
    assert _too_wide(Seen(frozenset({99})), frozenset({99}))  # nothing but missing codes


def test_a_column_is_text_by_its_words_or_its_labels() -> None:
    def labelled(cells: tuple[Any, ...], labels: dict[Any, str]) -> bool:
        return is_text(replace(column("x", *cells), value_labels=labels))

    assert labelled((1, 2), {1: "a", 2: "b"}) and labelled((1, 2), {1: "a", 2: "b", 3: "c"})
    assert not labelled((1, 2, 3), {1: "a", 2: "b"}) and not labelled((), {}) and not labelled((1,), {})
    assert labelled(("a", "b"), {})


def test_variables_of_units_are_told_where_units_repeat() -> None:
    columns = {
        c.name: c for c in (column("team", *"aabb"), column("size", 1, 1, 2, 2), column("age", 1, 2, 3, 3))
    }
    team = Place("team", "")
    for unit, repeated, expected in (
        (team, True, (("size",), ("age",), {})),
        (team, False, ((), ("size", "age"), {})),
        (None, True, ((), ("team", "size", "age"), {})),
    ):
        places = Places(unit, None, None, None, repeated, False)
        assert variables(columns, places, [], None) == expected


def rows_of(tmp_path: Path, *rows: str) -> tuple[tuple[int, ...], str]:
    path = tmp_path / "a.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    opening = opening_of(path, Faults("a.csv"))
    return opening.header_rows, opening.header_why


LABELS = ((0, 1), "the second row has texts where the rows below have numbers: labels of the columns")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("id,q1,q2", "a,One,Two", "b,1,2"), LABELS),
        (("id,q1,q2", "a,1,Two", "b,1,2"), ((0,), "")),  # a number among them
        (("id,q1,q2", "a,One,", "b,1,2"), ((0,), "")),  # a blank among them
        (("id,q1,q2", "a,One,One", "b,1,2"), ((0,), "")),  # half of them differ, no more
        (("id,q1,q2,q3", "a,One,One,Two", "b,1,2,3"), LABELS),
        (("id,q1", "a,One", "b,1"), ((0,), "")),  # one column of numbers
        (("id,q1,q2", "a,One,Two"), ((0,), "")),  # no third row
    ],
)
def test_a_second_row_of_labels_is_told_from_answers(
    tmp_path: Path, rows: tuple[str, ...], expected: tuple[tuple[int, ...], str]
) -> None:
    assert rows_of(tmp_path, *rows) == expected


def test_header_rows_of_survey_tools(tmp_path: Path) -> None:
    found = rows_of(tmp_path, "Q,,id", "Fast,Slow,x", "1,2,a")
    assert found == ((0, 1), "the first row has blanks above the parts of questions, as SurveyMonkey writes")
    assert rows_of(tmp_path, "Q,,id", "Fast,3,x", "1,2,a") == ((0,), "")
    ids = ",".join(['"{""ImportId"":""QID1""}"'] * 2)
    said = "has the ids that Qualtrics writes below the questions"
    assert rows_of(tmp_path, "a,b", ids, "1,2") == ((0, 1), f"row 2 {said}")
    assert rows_of(tmp_path, "a,b", "One,Two", ids, "1,2") == ((0, 1, 2), f"row 3 {said}")
    assert rows_of(tmp_path, "a,b", "One,Two", "1,2", ids)[1] == LABELS[1]


def test_ids_are_texts_or_whole_numbers() -> None:
    assert _is_id(column("x", "a", 1, 2.0)) and _is_id(column("x"))
    assert not _is_id(column("x", 1, 2.5)) and not _is_id(column("x", "a", 2.5))


def test_short_names_of_ids_are_no_items() -> None:
    """A name of up to two words with a word for units, firms, roles or informants, unless it is numbered."""
    from comply_measure.responses.sketch.sketch import _blocks

    five = (1, 2, 3, 4, 5)
    names = ("team size", "team mood", "my team works", "our team helps", "team_1", "team_2")
    table = RawTable("f.csv", {name: column(name, *five) for name in names}, np.arange(2, 7))
    taken = {name for block in _blocks(table, [], None) for name in block.columns}
    assert {"team_1", "team_2"} <= taken and not {"team size", "team mood"} & taken
    assert {name for block in _blocks(table, ["team_1", "team_2"], None) for name in block.columns} <= set(
        names[2:4]
    )


def test_roles_have_short_keys() -> None:
    numbered = replace(column("role", 1.0, 2.0), value_labels={1.0: "Sales & IT", 2.0: "3rd party"})
    named = {"sales_it": "Sales & IT", "role_3rd_party": "3rd party"}
    assert _roles(numbered) == ({"1": "sales_it", "2": "role_3rd_party"}, named)
    words = column("role", "Buyer", "b-2", 4.0)
    assert _roles(words) == ({"Buyer": "buyer", "b-2": "b_2", "4": "role_4"}, {})


def test_the_firm_is_a_named_column_with_fewer_values_one_in_every_unit() -> None:
    unit, role = column("unit", *"aabbcc"), column("role", *"xyxyxy")

    def found(*further: Column) -> str | None:
        place = _firm({c.name: c for c in (unit, role, *further)}, "unit", "role")
        assert place is None or place.why == "2 values, one within every id of column unit"
        return place and place.column

    assert found(column("firm", *"ppppqq")) == "firm"
    assert found(column("colour", *"ppppqq")) is None  # by no name of a firm
    assert found(column("firm", *"ppppqp")) is None  # two in one unit
    assert found(column("firm", *"ppqqrr")) is None and found(column("firm", *"pppppp")) is None
    assert found(column("firm", 1.5, 1.5, 1.5, 1.5, 2.5, 2.5)) is None  # measured, no id
    assert found(column("firm", *"ppppqp"), column("company", *"ppppqq")) == "company"


def test_of_several_pairs_the_best_is_unit_and_role() -> None:
    unit, role = column("unit", *"aabbcc"), column("role", *"xyxyxy")
    other = column("colour", *"aabbcc")
    for columns in ((unit, role, other), (other, role, unit)):
        places = _unit_and_role({c.name: c for c in columns})
        assert [place and place.column for place in places] == ["unit", "role"]
        assert places[0].why == "3 ids that repeat, 2.0 rows each, and differ in column role"  # type: ignore[union-attr]
        assert places[1].why == "2 values that repeat over the ids of column unit"  # type: ignore[union-attr]
    alone = _unit_and_role({"unit": column("unit", *"aabbccc")})
    assert alone == (Place("unit", "3 ids that repeat, 2.3 rows each"), None)
    assert _unit_and_role({"colour": column("colour", *"xyxy")}) == (None, None)


def test_numbers_as_names_are_whole_where_they_are() -> None:
    assert [name_in(cell) for cell in (3.0, 2.5, "3.0")] == ["3", "2.5", "3.0"]
    assert [shown(cell) for cell in (3.0, 2.5, "a")] == [3, 2.5, "a"]
    assert isinstance(shown(3.0), int)


@pytest.mark.parametrize(
    ("words", "numbers", "found", "codes"),
    [
        ({"strongly disagree", "strongly agree"}, range(2, 7), {1, 7}, range(1, 8)),
        ({"strongly disagree"}, range(2, 8), {1}, range(1, 8)),  # the highest answer is written as a number
        ({"strongly agree"}, range(1, 7), {7}, range(1, 8)),
        (
            {"strongly disagree", "strongly agree"},
            range(1, 4),
            {1, 3},
            range(1, 4),
        ),  # labels beside their codes
        ({"strongly disagree", "neutral"}, (2, 3), {1, 3}, (1, 2, 3, 5)),  # and words of the middle
    ],
)
def test_words_among_numbers_are_ends_of_their_scale(
    words: set[str], numbers: Any, found: set[int], codes: Any
) -> None:
    read = words_of([column("q1", *sorted(words))], numbers=frozenset(numbers))
    assert read is not None and read[2]
    assert (set(read[0].words), set(read[0].words.values())) == (words, found)
    assert read[0].codes == frozenset(codes)
