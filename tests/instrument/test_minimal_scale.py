"""Scales by others: a key, items and a response range are enough; what the models fit is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from comply_measure.cli import main
from comply_measure.documents import read_yaml_text
from comply_measure.errors import InputError
from comply_measure.instrument import Scale, codebook, describe_scale, fitted_tree, load_scale, scale_notes
from comply_measure.instrument.load import parse_scale
from comply_measure.models import factors_of
from comply_measure.responses import ColumnMapping, responses_from_frame

LEAST = """
key: trust
response: {minimum: 1, maximum: 5}
items:
  - {id: t1, construct: honesty, text: They tell the truth.}
  - {id: t2, construct: honesty, text: They hide mistakes., keying: -1}
  - {id: t3, construct: honesty, text: They keep their word.}
  - {id: c1, construct: care, text: They listen.}
  - {id: c2, construct: care, text: They help.}
  - {id: o1, construct: openness, text: They share what they know.}
"""


def scale(text: str) -> Scale:
    return parse_scale(read_yaml_text(text, "own.yaml"))


def test_the_least_a_scale_can_be() -> None:
    found = scale(LEAST)
    assert found.languages == ("en",)
    assert found.title["en"] == "trust"
    assert found.roles == ("informant",)
    assert not found.roles_stated
    assert list(found.forms) == ["full"]
    assert found.version == "unversioned"
    assert found.measurement() == {"honesty": ("t1", "t2", "t3"), "care": ("c1", "c2"), "openness": ("o1",)}
    assert found.construct("care").label["en"] == "care"
    assert found.item("t2").keying == -1
    assert found.item("t1").text("en") == "They tell the truth."
    assert (found.item("t1").provenance, found.item("t1").rationale) == (None, "")
    assert found.response.anchors["en"] == ("",) * 5
    book = codebook(found)
    assert book["paper"].tolist() == [""] * 6
    assert describe_scale(found).facts.set_index("fact")["value"]["version"] == "unversioned"


def test_what_a_publication_will_want() -> None:
    assert scale_notes(scale(LEAST)) == (
        "construct care has two items: reliability rests on one correlation, and a factor of it alone is not "
        "identified",
        "construct openness has one item: it is its own score, without reliability of its own and without a factor",
        "6 of 6 items have no source (provenance); a publication will want it",
        "6 of 6 items have no rationale; a publication will want it",
        "the answer categories have no labels; a publication will want the wording of the ends",
        "the scale has no version; results cannot say which wording was asked",
    )
    assert scale_notes(load_scale("marker")) == ()
    ends = LEAST.replace("maximum: 5", "maximum: 5, anchors: {en: [never, '', '', '', always]}")
    assert scale_notes(scale(ends))[-2:] == scale_notes(scale(LEAST))[3:4] + scale_notes(scale(LEAST))[5:]


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (
            "title: Vertrauen\nlanguages: [de]",
            lambda s: (s.languages, s.title["de"]) == (("de",), "Vertrauen"),
        ),
        ("roles: [buyer, seller]", lambda s: s.roles == ("buyer", "seller") and s.roles_stated),
        ("roles: {buyer: Buyer}", lambda s: s.role_labels["buyer"]["en"] == "Buyer"),
        ("forms: [full, brief]", None),
        ('version: "2"', lambda s: s.version == "2"),
        ("description: A short scale.", lambda s: s.description["en"] == "A short scale."),
    ],
)
def test_short_ways_to_write(change: str, check: Any) -> None:
    text = f"{LEAST}{change}\n"
    if check is None:
        with pytest.raises(InputError, match="form without items"):
            scale(text)
    else:
        assert check(scale(text))


def test_anchors_and_cannot_judge_in_one_language() -> None:
    text = LEAST.replace(
        "maximum: 5}", "maximum: 5, anchors: [never, '', sometimes, '', always], cannot_judge: 9}"
    )
    response = scale(text).response
    assert response.value_labels("en") == {1: "never", 3: "sometimes", 5: "always", 9: "Cannot judge"}


def test_languages_are_those_of_the_items() -> None:
    two = LEAST
    for wording in ("They tell the truth.", "They hide mistakes.", "They keep their word.", "They listen."):
        two = two.replace(wording, f"{{de: D {wording[:-1]}, en: E {wording[:-1]}}}")
    with pytest.raises(InputError) as caught:
        scale(two)
    assert [(p.column, p.message) for p in caught.value.problems] == [
        ("items.c2.text.en", "missing language"),
        ("items.o1.text.en", "missing language"),
    ]


def test_roles_that_items_name_are_the_roles() -> None:
    found = scale(LEAST.replace("text: They listen.", "text: They listen., roles: [seller]"))
    assert found.roles == ("seller",)
    assert found.roles_stated


def test_faults_of_a_short_scale_stand_at_their_lines() -> None:
    with pytest.raises(InputError) as caught:
        scale(LEAST.replace("minimum: 1, ", "").replace("id: c1, ", "").replace("keying: -1", "keying: 3"))
    assert [(p.row, p.column, p.message) for p in caught.value.problems] == [
        (3, "response.minimum", "missing key"),
        (6, "items.t2.keying", "not an allowed value"),
        (8, "items.3.id", "missing key"),
    ]


TREE = """
constructs:
  - {key: top}
  - {key: honesty, parent: top}
  - {key: care, parent: top}
  - {key: openness}
"""


def test_the_tree_of_items() -> None:
    tree = fitted_tree(scale(LEAST))
    assert not tree.by_scores
    assert tree.lines == (
        "honesty: factor of 3 items",
        "├─ t1",
        "├─ t2",
        "└─ t3",
        "care: factor of 2 items",
        "├─ c1",
        "└─ c2",
        "openness: factor of 1 item",
        "└─ o1",
    )
    assert tree.notes == (
        "care has 2 items: alone, such a factor is not identified",
        "openness has 1 item: alone, such a factor is not identified",
    )


def test_a_tree_that_fits_a_single_factor_on_scores_says_so() -> None:
    tree = fitted_tree(scale(LEAST + TREE))
    assert tree.by_scores
    assert tree.factors == {"top": ("honesty", "care")}
    assert tree.lines == (
        "top: factor of 2 scores",
        "├─ honesty: mean of t1, t2, t3",
        "└─ care: mean of c1, c2",
        "openness: in no factor, score of 1 item",
        "└─ o1",
    )
    assert tree.notes == (
        "as written, top is a dimension and honesty, care are its attributes: models fit a single factor on 2 scores, "
        "not factors of items. Leave top out if honesty, care are to be the factors",
        "top has 2 scores: alone, such a factor is not identified",
        "models of dimensions leave out openness: no dimension stands above",
    )


@pytest.mark.parametrize("name", ["comply", "smsc", "marker"])
def test_the_tree_is_what_the_models_fit(name: str) -> None:
    found = load_scale(name)
    for form in found.forms:
        assert dict(fitted_tree(found, form=form).factors) == factors_of(found, form=form)


def test_check_and_tree_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(LEAST + TREE)

    def run(*arguments: str) -> list[str]:
        with pytest.raises(SystemExit) as done:
            main(list(arguments))
        assert not done.value.code
        return capsys.readouterr().out.splitlines()

    checked = run("scale", "check", str(path))
    assert checked[0] == f"{path}: no problems found"
    assert "top: factor of 2 scores" in checked
    assert sum(line.startswith("note: ") for line in checked) == 9
    assert run("scale", "tree", str(path))[:2] == [
        "top: factor of 2 scores",
        "├─ honesty: mean of t1, t2, t3",
    ]


def answers(**more: Any) -> pd.DataFrame:
    table = {"unit": ["a", "b", "c"], **more}
    return pd.DataFrame(table | {item: [1, 2, 3] for item in ("t1", "t2", "t3", "c1", "c2", "o1")})


def test_answers_to_a_scale_without_roles() -> None:
    read = responses_from_frame(answers(), scale(LEAST))
    assert read.data["role"].tolist() == ["informant"] * 3
    assert read.scores()["honesty"].tolist() == [(1 + 5 + 1) / 3, (2 + 4 + 2) / 3, (3 + 3 + 3) / 3]


def test_a_scale_without_roles_takes_those_of_the_study() -> None:
    mapping = ColumnMapping(roles={"Vertrieb": "sales", "Mkt": "marketing"})
    read = responses_from_frame(answers(role=["Vertrieb", "Mkt", "sales"]), scale(LEAST), mapping)
    assert read.data["role"].tolist() == ["sales", "marketing", "sales"]
    other = load_scale("marker")
    table = answers(role=["sales", "it", "marketing"]).assign(**{item.id: 3 for item in other.items})
    both = responses_from_frame(table, [scale(LEAST), other])
    assert both.roles == other.roles
    assert both.scale("trust").item("t1").roles == other.roles
    assert both.scale("trust").role_labels["it"]["en"] == other.role_labels["it"]["en"]
    with pytest.raises(InputError, match="unknown role"):
        responses_from_frame(answers(role=["x", "y", "x"]), scale(LEAST))
