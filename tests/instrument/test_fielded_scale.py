"""What a fielded scale adds: other answers, pairs, facets, modes, questions of fact, sections, pages, durations."""

from __future__ import annotations

import copy
import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from comply_measure.cli import main
from comply_measure.documents import read_yaml, read_yaml_text
from comply_measure.errors import ComplyError, InputError
from comply_measure.evidence.topics.items import items as item_evidence
from comply_measure.evidence.topics.sample import missing_shares
from comply_measure.instrument import (
    codebook,
    construct_definitions,
    describe_scale,
    development_kit,
    durations,
    item_pool,
    load_scale,
    questionnaire,
)
from comply_measure.instrument.load import parse_scale
from comply_measure.measurement.content import read_definitional_ratings, read_item_sorts
from comply_measure.responses import ColumnMapping, read_responses, responses_from_frame
from comply_measure.tables.roles import POOLED

FILE = Path(__file__).parent / "fielded_scale.yaml"
SCALE = load_scale(FILE)
DATA = read_yaml(FILE).data


def faults(change: Any) -> list[str]:
    data = copy.deepcopy(DATA)
    change(data)
    try:
        parse_scale(read_yaml_text(json.dumps(data, ensure_ascii=False), "own.yaml"))
    except InputError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_other_answers_have_codes_of_their_own_and_are_offered_where_they_make_sense() -> None:
    assert SCALE.response.options == {"cannot_judge": 9, "does_not_apply": 8}
    assert SCALE.item("T_1").offers == ("cannot_judge", "does_not_apply")
    assert SCALE.item("T_2").offers == ("cannot_judge",), "does not apply only where an item names it"
    assert SCALE.item("T_4").offers == ()
    assert list(SCALE.response.value_labels("de", ("does_not_apply",))) == [1, 3, 5, 8]
    book = codebook(SCALE, "en", "large", "pool").set_index("variable")
    assert book.loc["T_1", ["cannot_judge", "does_not_apply"]].tolist() == [9, 8]
    assert book.loc["T_2", "value_labels"] == "1 = No; 3 = Partly; 5 = Yes; 9 = Cannot judge"
    assert book["does_not_apply"].notna().sum() == 1
    assert book.loc["A_1", "instructed"] == 3
    assert book.loc["T_1", ["mode", "facet"]].tolist() == ["eliciting", "truth"]


def test_the_set_that_is_asked_is_one_switch_and_the_set_that_is_analysed_another() -> None:
    assert (SCALE.collection_set, SCALE.resolve_set()) == ("large", "small")
    assert [item.id for item in SCALE.items_for(kind="content")] == ["T_1", "T_2", "T_3"]
    assert "P_1" in questionnaire(SCALE, "buyer").ids()
    assert "P_1" not in questionnaire(SCALE, "buyer", attribute_set="small").ids()
    assert "P_1" in set(item_pool(SCALE)["id"])
    assert describe_scale(SCALE).facts.set_index("fact")["value"]["attribute set that is asked"] == "large"
    assert faults(lambda d: d["attribute_sets"].update(collect="huge"))[0].endswith("small, large")


def test_items_about_pairs_are_known_by_pair_construct_and_rater() -> None:
    assert SCALE.items_by_pair("large", "dyad") == {
        "bs": {"trust": "D_bs_T", "pace": "D_bs_P"},
        "bc": {"trust": "D_bc_T", "pace": "D_bc_P"},
    }
    assert SCALE.items_by_pair(form="dyad") == {"bs": {"trust": "D_bs_T"}, "bc": {"trust": "D_bc_T"}}
    assert SCALE.items_by_pair() == {}
    assert {pair.key: pair.roles for pair in SCALE.pairs} == {
        "bs": ("buyer", "seller"),
        "bc": ("buyer", "carrier"),
    }
    assert SCALE.measurement("dimension", "large", "dyad")["trust"] == ("D_bs_T", "D_bc_T")


def frame(**answers: list[Any]) -> pd.DataFrame:
    rows = {"unit": ["u1"] * 3, "role": ["buyer", "seller", "carrier"]}
    full = {name: [1, 2, 3] for name in ("T_1", "T_2", "T_3", "T_4", "P_1", "A_1")}
    return pd.DataFrame(rows | full | answers)


def read(data: pd.DataFrame, **mapping: Any) -> Any:
    return responses_from_frame(
        data, SCALE, form="pool", attribute_set="large", mapping=ColumnMapping(**mapping)
    )


def test_does_not_apply_is_read_apart_from_cannot_judge() -> None:
    responses = read(frame(T_1=[8, 9, 4], T_2=["Kann ich nicht beurteilen", 2, None]))
    assert responses.missing_reason["T_1"].tolist() == ["does_not_apply", "cannot_judge", ""]
    assert responses.missing_reason["T_2"].tolist() == ["cannot_judge", "", "not_answered"]
    assert responses.data["T_1"].isna().tolist() == [True, True, False]
    shares = missing_shares(responses).set_index("role")
    assert shares.loc["buyer", ["n_asked", "cannot_judge", "does_not_apply"]].tolist() == [6, 1 / 6, 1 / 6]
    assert shares.loc["seller", ["cannot_judge", "does_not_apply"]].tolist() == [1 / 6, 0]
    analysis = item_evidence(responses).scales[0].items.set_index(["group", "item"])
    assert analysis.loc[(POOLED, "T_1"), "n_missing"] == 2


def test_both_answers_survive_a_file(tmp_path: Path) -> None:
    responses = read(frame(T_1=[8, 9, 4], T_3=[None, 1, 9]))
    responses.write_csv(tmp_path / "a.csv")
    again = read_responses(tmp_path / "a.csv", SCALE, form="pool", attribute_set="large")
    assert again.same_answers(responses)
    assert again.missing_reason["T_1"].tolist() == ["does_not_apply", "cannot_judge", ""]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"T_2": [8, 1, 1]}, "does not offer the answer 'does not apply'"),
        ({"A_1": [3, 9, 3]}, "does not offer the answer 'cannot judge'"),
        ({"T_4": ["Does not apply", 1, 1]}, "does not offer the answer 'does not apply'"),
    ],
)
def test_an_answer_that_an_item_does_not_offer_is_a_problem(answers: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(frame(**answers))
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.column == next(iter(answers))
    assert "1 to 5" in str(problem.allowed)


def test_several_informants_keep_the_reason_that_says_most() -> None:
    data = pd.concat([frame(T_1=[8, 9, 4]), frame(T_1=[9, 9, 2])], ignore_index=True)
    responses = responses_from_frame(data, SCALE, form="pool", attribute_set="large", informants="average")
    assert responses.missing_reason["T_1"].tolist() == ["does_not_apply", "cannot_judge", ""]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["response"]["does_not_apply"].update(code=9), "the code of 'cannot_judge'"),
        (lambda d: d["response"]["does_not_apply"].update(code=5), "code of an answer category"),
        (lambda d: d["response"]["does_not_apply"]["label"].pop("de"), "missing language"),
        (lambda d: d["response"].pop("does_not_apply"), "the response format has no such answer"),
        (lambda d: d["items"][0].update(facet="trth"), "did you mean 'truth'"),
        (lambda d: d["items"][9].update(pair="sb"), "unknown pair"),
        (lambda d: d["items"][13].pop("instructed"), "an attention item says which answer to give"),
        (lambda d: d["items"][13].update(instructed=6), "not an answer category"),
        (lambda d: d["items"][0].update(instructed=3), "only attention items ask for an answer"),
        (lambda d: d["items"][13].update(construct="trust"), "kind and construct do not fit"),
        (
            lambda d: d["constructs"][0]["facets"].update(care={"en": "care", "de": "x"}),
            "no content item covers",
        ),
        (lambda d: d["constructs"][0].pop("mode_reason"), "a mode and its reason"),
        (lambda d: d["constructs"][0].update(mode="reflective"), "not an allowed value"),
        (
            lambda d: d["constructs"][0]["contrasts"].update(trust={"en": "x", "de": "x"}),
            "neighbouring construct",
        ),
        (lambda d: d["constructs"][0]["definition"].pop("de"), "missing language"),
        (lambda d: d["pairs"][0].update(roles=["buyer", "byer"]), "unknown role"),
        (lambda d: d["pairs"][0].update(roles=["buyer"]), "pairs.bs.roles"),
        (lambda d: d["questions"][0].update(id="T_1"), "the name of an item"),
        (lambda d: d["questions"][0].update(id="unit"), "a construct or a column"),
        (lambda d: d["questions"][0].update(block="content"), "the name of a kind of items"),
        (lambda d: d["questions"][0].update(answer="one"), "choices belong to the answers"),
        (lambda d: d["questions"][0].update(minimum=60), "is not below maximum"),
        (lambda d: d["questions"][1].update(minimum=1), "belong to the answer 'number'"),
        (lambda d: d["questions"][1]["choices"][0].update(code=2), "a code is named twice"),
        (lambda d: d["questions"][1]["choices"][0]["label"].pop("de"), "missing language"),
        (lambda d: d["questions"][1]["choices"][0].pop("label"), "missing key"),
        (lambda d: d["questions"][1]["choices"].__setitem__(0, "a label"), "must be"),
        (lambda d: d["questions"][2].pop("definition"), "needs a definition"),
        (lambda d: d["questions"][1].update(stage="begin"), "unknown stage"),
        (lambda d: d["sections"][0]["text"].update(en="{untt}"), "unknown placeholder"),
        (lambda d: d["sections"][1]["shows"].append("persn"), "unknown kind of items or block"),
        (lambda d: d["sections"].pop(4), "no section of form 'full' shows 'person'"),
        (lambda d: d["sections"][0].update(shows=["content"]), "2 sections of form 'full' shows 'content'"),
        (
            lambda d: d["sections"][4].update(only_if={"question": "yeers", "codes": [1]}),
            "did you mean 'years'",
        ),
        (lambda d: d["sections"][1].update(forms=["ful", "pool"]), "unknown form"),
        (lambda d: d["sections"][4].update(key="pairs"), "duplicate key"),
    ],
)
def test_faults_of_what_a_fielded_scale_adds(change: Any, message: str) -> None:
    found = faults(change)
    assert any(message in fault for fault in found), found
    assert faults(lambda d: None) == []


def test_pages_follow_the_sections() -> None:
    asked = questionnaire(SCALE, "carrier", "de", "journey", fill={"unit": "Werk 1"})
    table = asked.tidy()
    assert table["page"].tolist() == [1, 2, 2, 2, 3, 3, 3, 4, 4]
    assert asked.ids() == (
        *("absent_before", "J_before_T", "J_before_P", "J_after_T", "J_after_P"),
        *("A_1", "years"),
    )
    assert table["text"][0] == "Zu Werk 1: 1 Minuten. Fragen an {contact}."
    assert table["stem"][2] == "Vor einer Lieferung gilt: Alle drei …"
    assert table["answers"][1] == "Einkauf | Verkauf"
    assert table["answers"][8] == "___ Jahre"
    assert asked.title == "Beziehung"
    assert "late" not in asked.ids(), "records are not asked of informants"


def test_pages_are_cut_evenly_and_no_item_stands_alone() -> None:
    pages = Counter(
        entry.page for entry in questionnaire(SCALE, "buyer", form="pool").entries if entry.kind == "item"
    )
    assert list(pages.values()) == [3, 3]
    four = questionnaire(SCALE, "buyer", form="full", attribute_set="small")
    assert [entry.page for entry in four.entries if entry.kind == "item"] == [2, 2, 3, 3]


def test_every_informant_has_an_own_order_that_a_seed_gives_again() -> None:
    orders = {questionnaire(SCALE, "buyer", form="pool", seed=seed).ids() for seed in range(20)}
    assert len(orders) > 10
    assert {frozenset(order) for order in orders} == {frozenset(orders.copy().pop())}
    assert questionnaire(SCALE, "buyer", form="pool", seed=3) == questionnaire(
        SCALE, "buyer", form="pool", seed=3
    )
    pairs = {questionnaire(SCALE, "buyer", form="dyad", seed=seed).ids()[0] for seed in range(20)}
    assert pairs == {"D_bs_T", "D_bc_T"}, "pages in random order, items in the order of the file"
    stages = {questionnaire(SCALE, "buyer", form="journey", seed=seed).ids()[0] for seed in range(20)}
    assert stages == {"absent_before"}, "stages in the order of the journey"


def test_the_duration_is_the_stated_arithmetic() -> None:
    asked = questionnaire(SCALE, "buyer", "en", "dyad")
    text, stems, wordings = 6, 3 + 3, 2 * 2  # "About {unit}: …", "Buyer and seller …", "agree.", "hurry."
    title, question, measure = 2, 6, 1  # "About you", "How long …?", "years"
    words = text + stems + wordings + title + question + measure
    assert asked.seconds == pytest.approx(words / 180 * 60 + 4 * 4 + 8)
    table = durations(SCALE).set_index(["form", "role"])
    assert table.loc[("dyad", "buyer"), "seconds"] == asked.seconds
    assert table.loc[("dyad", "buyer"), ["items", "questions", "pages"]].tolist() == [4, 1, 4]
    assert len(table) == 12


def test_several_scales_share_one_questionnaire() -> None:
    data = copy.deepcopy(DATA)
    data |= {"key": "second", "items": [item | {"id": f"x{item['id']}"} for item in data["items"]]}
    data["questions"] = []
    data["sections"] = [section | {"at": section["at"] + 1} for section in data["sections"][1:4]]
    data["sections"][1]["shows"] = ["content", "attention"]
    other = parse_scale(read_yaml_text(json.dumps(data), "other.yaml"))
    ids = questionnaire([SCALE, other], "buyer", form={"relation": "dyad", "second": "full"}).ids()
    assert ids[:5] == ("D_bs_T", "D_bs_P", "D_bc_T", "D_bc_P", "xT_1")
    assert ids[-1] == "years", "sections are sorted by their place over all scales"


def test_a_scale_without_sections_cannot_be_asked() -> None:
    with pytest.raises(ComplyError, match="scale trust has no sections"):
        questionnaire(
            parse_scale(
                read_yaml_text(
                    "key: trust\nresponse: {minimum: 1, maximum: 5}\nitems: [{id: t1, construct: a, text: They do.}]"
                )
            ),
            "informant",
        )
    with pytest.raises(ComplyError, match="unknown role"):
        questionnaire(SCALE, "boss")


def test_the_pool_shows_every_item_in_every_language() -> None:
    pool = item_pool(SCALE).set_index("id")
    assert len(pool) == 14
    assert pool.loc["T_3", ["construct", "keying", "facet", "mode", "forms"]].tolist() == [
        *("trust", -1, "truth", "eliciting", "full pool"),
    ]
    assert pool.loc["T_1", "text_de"] == "Bei unserer Arbeit gilt: Alle drei sagen die Wahrheit."
    assert pool.loc["T_1", "text_en"] == "In our work, all three tell the truth."
    assert "P_1" not in item_pool(SCALE, "small")["id"].tolist()


def test_definitions_name_neighbours_and_facets() -> None:
    table = construct_definitions(SCALE, "en").set_index("construct")
    assert table.loc["trust", "neighbours"] == "Pace: Trust is about persons. Pace is about time."
    assert table.loc["trust", "facets"] == "telling the truth; keeping one's word"
    assert table.loc["trust", "mode_reason"] == "Trust shows in what people do."


def filled(text: str, key: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    item = {row["card"]: row["item"] for row in csv.DictReader(io.StringIO(key))}
    rows = [dict(row) | {"judge": "j1"} | values for row in csv.DictReader(io.StringIO(text))]
    return [{"item": item[row.pop("card")]} | row for row in rows]


def test_filled_sheets_are_what_the_readers_of_judges_read(tmp_path: Path) -> None:
    kit = development_kit(SCALE)
    assert set(kit) == {"definitions_en.csv", "rating_sheet_en.csv", "item_sort_en.csv", "card_key.csv"}
    rows = filled(kit["rating_sheet_en.csv"], kit["card_key.csv"], {"trust": "6", "pace": "2"})
    sheet = pd.DataFrame(rows).drop(columns="text")
    sheet.to_csv(tmp_path / "ratings.csv", index=False)
    items = [item.id for item in SCALE.items_for("pool", "large", kind="content")]
    ratings = read_definitional_ratings(tmp_path / "ratings.csv", items, ["trust", "pace"])
    assert len(ratings) == 10
    assert set(ratings["item"]) == set(items)
    cards = filled(kit["item_sort_en.csv"], kit["card_key.csv"], {"construct": "pace"})
    one_judge = {"judge": "j1"} | {card["item"]: card["construct"] for card in cards}
    pd.DataFrame([one_judge]).to_csv(tmp_path / "sort.csv", index=False)
    assert read_item_sorts(tmp_path / "sort.csv", items, ["trust", "pace"]).shape == (1, 5)


def test_cards_hide_the_construct_and_are_the_same_in_every_language() -> None:
    kits = [development_kit(SCALE, language) for language in ("en", "de")]
    assert kits[0]["card_key.csv"] == kits[1]["card_key.csv"]
    order = [row["item"] for row in csv.DictReader(io.StringIO(kits[0]["card_key.csv"]))]
    assert order != [item.id for item in SCALE.items_for("pool", "large", kind="content")]
    assert "T_1" not in kits[0]["rating_sheet_en.csv"]
    with pytest.raises(ComplyError, match="defines no construct"):
        development_kit(load_scale(Path(__file__).parent / "own_scale.yaml"))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("pool", "In our work, all three hide mistakes."),
        ("definitions", "Relying on one another."),
        ("questionnaire", "How long have you worked here?"),
        ("durations", "dyad\tcarrier\t4\t4\t1"),
        ("tables", "# constructs"),
    ],
)
def test_the_command_shows_each_kind(kind: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["scale", "show", str(FILE), "--kind", kind, "--attribute-set", "large"])
    assert not done.value.code
    assert expected in capsys.readouterr().out


def test_the_command_writes_the_kit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["scale", "kit", str(FILE), "--out", str(tmp_path / "kit"), "--language", "de"])
    assert not done.value.code
    assert (tmp_path / "kit" / "rating_sheet_de.csv").read_text(encoding="utf-8") == development_kit(
        SCALE, "de"
    )["rating_sheet_de.csv"]
    assert "card_key.csv" in capsys.readouterr().out
