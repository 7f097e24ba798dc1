"""Plans: every fault at once with its line, and what a plan that can be used asks of whom."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from survey_interviews import KEY, PLANS

from comply_measure.errors import ComplyError, InputError
from comply_measure.survey import (
    SurveyPlan,
    check_survey,
    linking_codes,
    list_surveys,
    load_survey,
    missingness_matrix,
    pair_coverage,
    read_survey,
    sheet_table,
    survey_notes,
    survey_overview,
    survey_sheet,
    survey_sheets,
)
from comply_measure.survey.codes import SIGNS, check_sign, code_pattern, plain_code, split_code
from comply_measure.survey.names import _letters

PLAN = (PLANS / "plan.yaml").read_text(encoding="utf-8")


def changed(folder: Path, *changes: tuple[str, str]) -> Path:
    """The plan of the tests with pieces of its text replaced."""
    text = PLAN
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "meeting.yaml").write_bytes((PLANS / "meeting.yaml").read_bytes())
    path = folder / "changed.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def told(path: Path) -> list[tuple[object, str | None, str]]:
    return [(problem.row, problem.column, problem.message) for problem in check_survey(path)]


def test_all_faults_of_a_plan_are_told_at_once(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ('version: "2.1"', 'version: "two words"'),
        ("languages: [en, de]", "languages: [en, fr]"),
        ("codes: {symbols: 4}", "codes: {symbols: 2}"),
        ("answer: 2, text", "answer: 7, text"),
        ("id: remark", "id: Ord_1"),
        ("about: informant, roles: [buyer]", "about: informant, roles: [byer]"),
        ("minimum: 1, maximum: 5000", "minimum: 9, maximum: 5"),
    )
    found = told(path)
    assert [(row, column) for row, column, _ in found] == [
        (3, "version"),
        (14, "codes.symbols"),
        (18, "questions.site_size"),
    ]
    path = changed(
        tmp_path,
        ("languages: [en, de]", "languages: [en, fr]"),
        ("answer: 2, text", "answer: 7, text"),
        ("id: remark", "id: Ord_1"),
        ("about: informant, roles: [buyer]", "about: informant, roles: [byer]"),
    )
    found = told(path)
    messages = {message for _, _, message in found}
    assert "unknown language of scale meeting" in messages
    assert "not an answer category" in messages
    assert "the name is taken by scale meeting" in messages
    assert "unknown role of the plan; did you mean 'buyer'?" in messages
    assert (4, "title", "no text in fr") in found
    assert sum(message == "no text in fr" for message in messages) == 1
    assert all(row is not None for row, _, _ in found)


def test_ids_of_two_scales_are_told_apart(tmp_path: Path) -> None:
    path = changed(tmp_path, ("scales: [meeting.yaml]", "scales: [meeting.yaml, other.yaml]"))
    text = (tmp_path / "meeting.yaml").read_text(encoding="utf-8").replace("key: meeting", "key: other", 1)
    (tmp_path / "other.yaml").write_text(text.replace("id: Ord_1", "id: status"), encoding="utf-8")
    found = {message for _, _, message in told(path) if "is the name of" in message}
    assert "'Ord_2' of scale other is the name of scale meeting" in found
    assert not any("'Ord_1'" in message for message in found)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format: comply-measure survey 1", "format: comply-measure survey 2", "not an allowed value"),
        ("key: meetings", "key: meetings\nkye: x", "unknown key; did you mean 'key'?"),
        ("scales: [meeting.yaml]", "scales: [meting.yaml]", "there is no scale"),
        ("scales: [meeting.yaml]", "scales: [../meeting.yaml]", "the path leads outside the study's folder"),
        ("scales: [meeting.yaml]", "scales: [meeting.yaml, meeting.yaml]", "the scale is named twice"),
        ("scales: [meeting.yaml]", "scales: [meeting.yaml]\nroles: [byer]", "unknown role of the scales"),
        ("scales: [meeting.yaml]", "scales: [meeting.yaml]\nform: short", "unknown form"),
        ("scales: [meeting.yaml]", 'scales: [meeting.yaml]\nattribute_set: "20"', "unknown attribute set"),
        ("scale: meeting,", "scale: meting,", "unknown scale of the plan; did you mean 'meeting'?"),
        ("id: board,", "id: role,", "the name is taken by a column of every survey"),
        ("answer: text}", "answer: one}", "choices belong to the answers 'one' and 'several'"),
        ("{code: 2, label: {en: Legal", "{code: 1, label: {en: Legal", "a code is named twice"),
    ],
)
def test_a_fault_of_a_plan_is_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert any(message in text for _, _, text in told(changed(tmp_path, (old, new)))), told(
        changed(tmp_path, (old, new))
    )


def test_plans_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'comply_smsc'"):
        load_survey("comply_smc")
    (tmp_path / "list.yaml").write_text("- a\n", encoding="utf-8")
    assert "a mapping of keys" in check_survey(tmp_path / "list.yaml")[0].message


def test_the_shipped_plan_can_be_used() -> None:
    assert list_surveys() == ("comply_smsc",)
    plan = load_survey("comply_smsc")
    assert plan.roles == ("marketing", "sales", "it") and plan.languages == ("en", "de")
    it, sales = survey_sheet(plan, "it"), survey_sheet(plan, "sales")
    wanted = {
        item.id
        for scale in plan.scales
        if "sales" in scale.roles
        for item in scale.items_for("full", plan.set_of(scale), "sales")
    }
    assert wanted == {entry.id for entry in sales.fields if entry.kind == "rating"}
    assert not {item.id for item in plan.scales[1].items} & {entry.id for entry in it.fields}


def test_what_is_asked_of_whom(plan: SurveyPlan) -> None:
    buyer, seller = survey_sheets(plan)
    assert [entry.id for entry in buyer.fields if entry.kind != "rating"] == [
        "consent_given",
        "code",
        "site_size",
        "online",
        "tools",
        "remark",
        "board",
    ]
    assert {entry.id for entry in seller.fields} - {entry.id for entry in buyer.fields} == {"Know_1"}
    talk = {sheet.role: next(e for e in sheet.fields if e.id == "Talk_3") for sheet in (buyer, seller)}
    assert (
        talk["buyer"].text["de"] == "Wir im Einkauf sprechen zuerst."
        and talk["seller"].text["en"] == "Our customers speak first."
    )
    tools = next(page for page in buyer.pages if any(e.id == "tools" for e in page.fields))
    assert tools.only_if is not None and (tools.only_if.field, tools.only_if.codes) == ("online", (2, -3))
    texts = [text["en"] for page in buyer.pages for text in page.texts]
    assert "Think of your <site> & team." in texts
    assert f"Welcome. {buyer.minutes} minutes; ask Ann & Bob." in texts
    assert buyer.pages[-1].texts[0]["de"] == "Vielen Dank." and not buyer.pages[-1].fields
    asked = next(e for e in buyer.fields if e.id == "Talk_2")
    assert [answer.code for answer in asked.answers] == [1, 2, 3, 4, 5]  # offers no other answer
    assert [answer.code for answer in talk["buyer"].answers] == [1, 2, 3, 4, 5, 99]


def test_attention_items_stand_inside_the_rated_pages(plan: SurveyPlan) -> None:
    for sheet in survey_sheets(plan):
        page = next(page for page in sheet.pages if any(e.id == "Att_1" for e in page.fields))
        place = [e.id for e in page.fields].index("Att_1")
        assert 0 < place < len(page.fields) - 1 or len(page.fields) == 2
        item = page.fields[place]
        assert (item.instructed, item.kind, item.answers) == (2, "rating", page.fields[0].answers)


def test_pages_of_a_section_in_random_order_leave_their_text_in_front(plan: SurveyPlan) -> None:
    sheet = survey_sheet(plan, "buyer")
    random = [page for page in sheet.pages if page.block]
    assert {page.block for page in random} == {"meeting_rated"} and len(random) == 2
    assert all(page.shuffled and not page.texts for page in random)
    before = sheet.pages[sheet.pages.index(random[0]) - 1]
    assert [text["en"] for text in before.texts] == [
        "Your meetings",
        "Think of your <site> & team.",
    ] and not before.fields


def test_the_stamp_changes_with_what_is_asked_only(tmp_path: Path, plan: SurveyPlan) -> None:
    stamps = {sheet.role: sheet.stamp for sheet in survey_sheets(plan)}
    assert stamps["buyer"] != stamps["seller"] and stamps["buyer"].startswith("2.1-")

    def of(*changes: tuple[str, str]) -> dict[str, str]:
        return {sheet.role: sheet.stamp for sheet in survey_sheets(load_survey(changed(tmp_path, *changes)))}

    assert of(("codes: {symbols: 4}", "codes: {symbols: 4}\norder: {seed: 99, pages: fixed}")) == stamps
    other = of(("Finance, de: Finanzen", "Finances, de: Finanzen"))  # a label of the buyers' question
    assert other["buyer"] != stamps["buyer"] and other["seller"] == stamps["seller"]


def test_orders_of_a_plan_go_before_those_of_its_scales(tmp_path: Path) -> None:
    fixed = load_survey(changed(tmp_path, ("codes: {symbols: 4}", "order: {pages: fixed, items: fixed}")))
    assert not any(page.block or page.shuffled for sheet in survey_sheets(fixed) for page in sheet.pages)
    assert fixed.code_symbols == 0
    assert next(e for e in survey_sheet(fixed, "buyer").fields if e.kind == "code").id == "unit"


def test_notes_and_overview(tmp_path: Path, plan: SurveyPlan) -> None:
    assert survey_notes(plan) == ()
    open_plan = load_survey(changed(tmp_path, ("contact: Ann & Bob\n", ""), ("codes: {symbols: 4}\n", "")))
    notes = survey_notes(open_plan)
    assert any("{contact}" in note for note in notes) and any("linked by the name" in note for note in notes)
    table = survey_overview(plan)
    assert list(table["role"]) == ["buyer", "seller"]
    assert list(table["ratings"]) == [7, 8] and list(table["questions"]) == [5, 4]
    shown = sheet_table(survey_sheet(plan, "buyer"), "de")
    row = shown[shown["id"] == "tools"].iloc[0]
    assert row["only_if"] == "online = 2 or -3" and row["answers"] == "1 = Bild, Ton; 2 = Tafel; 10 = Telefon"
    with pytest.raises(ComplyError, match="unknown language"):
        sheet_table(survey_sheet(plan, "buyer"), "fr")
    with pytest.raises(ComplyError, match="unknown role"):
        survey_sheet(plan, "byer")


def test_every_wrong_sign_and_every_swap_of_a_code_is_noticed() -> None:
    code = "4K7X" + check_sign("4K7X")
    for place in range(len(code)):
        for sign in SIGNS:
            if sign != code[place]:
                assert split_code(f"{code[:place]}{sign}{code[place + 1 :]}-1", 4) is None
    signs = "4K7X"
    for place, (one, other) in enumerate(pairwise(signs)):
        swapped = signs[:place] + other + one + signs[place + 2 :]
        assert check_sign(swapped) != check_sign(signs)


def test_codes_are_read_as_people_write_them() -> None:
    unit = "1A0B" + check_sign("1A0B")
    assert split_code(f" {unit.lower()} - 2 ", 4) == (unit, 1)
    assert split_code(f"{unit}-2".replace("1", "I", 1).replace("0", "o", 1), 4) == (unit, 1)
    assert plain_code("ab.c d-1") == "ABCD-1"
    for wrong in ("", unit, f"{unit}-0", f"{unit}-x", f"{unit[:-1]}-1", f"{unit}U-1"):
        assert split_code(wrong, 4) is None
    assert code_pattern(4, 1) == "^[0-9A-Za-z]{5}-2$"


def test_linking_codes_are_the_same_for_the_same_key_only(plan: SurveyPlan, three_forms: SurveyPlan) -> None:
    units = [f"unit {place}" for place in range(30)]
    codes = linking_codes(plan, units, KEY, [f"firm {place // 3}" for place in range(30)])
    assert (
        list(codes.columns) == ["unit", "firm", "role", "unit_code", "firm_code", "code"] and len(codes) == 60
    )
    assert codes["code"].is_unique and codes.groupby("unit_code")["unit"].nunique().eq(1).all()
    assert codes.groupby("firm_code")["firm"].nunique().eq(1).all() and codes["firm_code"].nunique() == 10
    assert all(split_code(code, 4) is not None for code in codes["code"])
    assert linking_codes(plan, units, KEY)["code"].tolist() == codes["code"].tolist()
    assert not set(linking_codes(plan, units, KEY + "!")["unit_code"]) & set(codes["unit_code"])
    forms = linking_codes(three_forms, units, KEY)
    assert forms.groupby("unit")["planned_form"].nunique().eq(1).all()
    assert forms.drop_duplicates("unit")["planned_form"].value_counts().to_dict() == {
        "1": 10,
        "2": 10,
        "3": 10,
    }
    for arguments, message in (
        ({"units": ["a", "a"], "key": KEY}, "named twice"),
        ({"units": ["a"], "key": "short"}, "fewer than 8"),
        ({"units": ["a"], "key": KEY, "firms": ["x", "y"]}, "2 firms for 1 units"),
    ):
        with pytest.raises(ComplyError, match=message):
            linking_codes(plan, **arguments)  # type: ignore[arg-type]


def test_the_three_form_design(three_forms: SurveyPlan, plan: SurveyPlan) -> None:
    matrix = missingness_matrix(three_forms).set_index("item")
    assert matrix["block"].to_dict() == {
        "Ord_1": "X",
        "Ord_2": "A",
        "Ord_3": "B",
        "Talk_1": "A",
        "Talk_2": "C",
        "Talk_3": "X",
    }
    sheets = {(sheet.role, sheet.form): sheet for sheet in survey_sheets(three_forms)}
    assert len(sheets) == 6
    for item in matrix.index:
        for form in "123":
            held = any(entry.id == item for entry in sheets["seller", form].fields)
            assert matrix.loc[item, f"form_{form}"] == held
    coverage = pair_coverage(three_forms)
    for a in "XABC":
        for b in "XABC":
            one, other = (matrix[matrix["block"] == block].iloc[0] for block in (a, b))
            together = sum(one[f"form_{form}"] * other[f"form_{form}"] for form in "123") / 3
            assert coverage.loc[a, b] == together
    assert all(
        any(e.id == "Att_1" for e in sheet.fields) and any(e.id == "remark" for e in sheet.fields)
        for sheet in sheets.values()
    )
    with pytest.raises(ComplyError, match="states no missingness"):
        missingness_matrix(plan)


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        (
            "{X: [Ord_1, Talk_3], A: [Ord_2, Talk_1], B: [Ord_3], C: [Talk_9]}",
            "unknown construct or content item",
        ),
        ("{X: [order], A: [Ord_2], B: [Ord_3], C: [talk]}", "item Ord_2 is in blocks A and X"),
        ("{X: [Ord_1], A: [Ord_2, Talk_1], B: [Ord_3], C: [Talk_2]}", "item Talk_3 is in no block"),
        ("{A: [order], B: [talk], C: [order]}", "named twice"),
        ("{A: [order], B: [talk]}", "blocks A, B and C hold constructs or items"),
    ],
)
def test_faults_of_a_design_are_told(tmp_path: Path, blocks: str, message: str) -> None:
    path = changed(tmp_path, ("codes: {symbols: 4}", f"missingness:\n  scale: meeting\n  blocks: {blocks}"))
    assert any(message in text for _, _, text in told(path)), told(path)


ASKING = """key: asking
roles: [buyer, seller]
response: {minimum: 1, maximum: 5}
items:
  - {id: a_1, construct: a, text: We agree.}
  - {id: a_2, construct: a, text: We listen.}
questions:
  - {id: agree, block: agree, text: Do you take part?, answer: one,
     choices: [{code: 1, label: "Yes"}, {code: 2, label: "No"}]}
sections:
  - {key: welcome, at: 1, text: Welcome.}
  - {key: consent, at: 2, shows: [agree]}
  - {key: rated, at: 3, shows: [content]}
  - {key: end, at: 9, text: Thank you.}
"""


def asking(folder: Path, *changes: tuple[str, str]) -> Path:
    text = ASKING
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "asking.yaml").write_text(text, encoding="utf-8")
    path = folder / "plan.yaml"
    path.write_text(
        "format: comply-measure survey 1\nkey: s\nversion: '1'\ntitle: {en: S}\nscales: [asking.yaml]\n"
        "consent: {question: agree}\ncodes: {symbols: 3}\n"
        "questions: [{id: remark, text: {en: Anything?}, answer: text}]\n",
        encoding="utf-8",
    )
    return path


def test_a_question_of_a_scale_may_ask_for_consent(tmp_path: Path) -> None:
    plan = load_survey(asking(tmp_path))
    sheet = survey_sheet(plan, "buyer")
    assert [[entry.id for entry in page.fields] or page.texts[0]["en"] for page in sheet.pages] == [
        "Welcome.",
        ["agree"],
        ["code"],
        ["a_1", "a_2"],
        ["remark"],
        "Thank you.",
    ]
    asked = sheet.pages[1].fields[0]
    assert (asked.kind, asked.required) == ("consent", True)
    assert survey_notes(plan) == ("answer categories have no labels in asking: their numbers are shown",)
    code = linking_codes(plan, ["one", "two"], KEY).query("role == 'buyer'")["code"].tolist()
    (tmp_path / "buyer.csv").write_text(
        f"agree,code,a_1,a_2,remark\nYes,{code[0]},1,2,\n2,{code[1]},,,\n", encoding="utf-8"
    )
    read = read_survey(plan, tmp_path / "buyer.csv")
    assert len(read.table) == 1
    assert list(read.table["a_2"]) == [2.0] and "agree" not in read.table
    assert any(
        "1 interviews were left out because their informants did not agree" in note for note in read.notes
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: agree", "id: agre", "unknown question of the scales; did you mean 'agre'?"),
        ("{code: 1, label", "{code: 3, label", "not a question whose code 1 agrees"),
        ("block: agree, text: Do", "block: agree, roles: [seller], text: Do", "buyer is not asked"),
    ],
)
def test_faults_of_a_question_for_consent_are_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert any(message in text for _, _, text in told(asking(tmp_path, (old, new)))), told(
        asking(tmp_path, (old, new))
    )


def test_consent_is_texts_or_a_question(tmp_path: Path) -> None:
    path = changed(tmp_path, ("  text: {en: Do you take part?, de: Nehmen Sie teil?}\n", ""))
    assert any("consent has text, accept and decline" in text for _, _, text in told(path))


def test_items_in_random_order_stand_together_by_answers(tmp_path: Path) -> None:
    from comply_measure.framework.frozen import FrozenMap
    from comply_measure.survey import Field, Page
    from comply_measure.survey.sheet import Answer

    few, many = (tuple(Answer(code, FrozenMap({"en": "x"})) for code in range(n)) for n in (2, 3))
    fields = tuple(
        Field(id, "rating", FrozenMap({"en": id}), answers=few if id in "ac" else many) for id in "abcd"
    )
    grids = [[entry.id for entry in grid] for grid in Page("p", fields=fields).grids()]
    assert grids == [["a"], ["b"], ["c"], ["d"]]
    mixed = Page("p", fields=fields, shuffled=True)
    assert [[entry.id for entry in grid] for grid in mixed.grids()] == [["a", "c"], ["b", "d"]]


def test_letters_of_questions_go_on_after_z() -> None:
    assert [_letters(number) for number in (0, 25, 26, 27, 51, 52)] == ["a", "z", "za", "zb", "zz", "zza"]
