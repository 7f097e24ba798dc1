"""The development kit follows the scale files, and no item changed without a reason."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
from shared_runs import texts_of

from comply_measure import framework
from comply_measure.documents import read_yaml
from comply_measure.instrument import construct_definitions, development_kit, durations, load_scale

FOLDER = Path(__file__).parents[2] / "scales" / "development"
NAMES = ("comply", "smsc", "marker", "desirability")
SCALES = {name: load_scale(name) for name in NAMES}
README = (FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["comply", "smsc"])
def test_the_files_of_the_kit_are_those_the_command_writes(name: str) -> None:
    for language in ("en", "de"):
        for file, text in development_kit(SCALES[name], language).items():
            assert (FOLDER / "kit" / name / file).read_text(encoding="utf-8") == text, file


def test_neighbours_are_named_from_both_sides_of_a_dimension_border() -> None:
    table = construct_definitions(SCALES["comply"], "de", "21")
    attributes = table[table["level"] == "attribute"]
    assert len(attributes) == 21
    assert (attributes["neighbours"].str.len() > 60).all()
    assert (attributes["definition"].str.startswith("Das Ausmaß, in dem ")).all()


def test_every_item_of_both_drafts_is_in_the_log_with_a_reason() -> None:
    with (FOLDER / "changes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for name, scale in SCALES.items():
        mine = [row for row in rows if row["scale"] == name]
        named = [id for row in mine for id in row["second_draft"].split()]
        assert sorted(named) == sorted(item.id for item in scale.items)
    first = {"comply": 114, "smsc": 53, "marker": 4}
    for name, count in first.items():
        told = [row["first_draft"] for row in rows if row["scale"] == name and row["first_draft"]]
        assert len(told) == len(set(told)) == count
    for kind, keys in parts_of_scales().items():
        mine = [row for row in rows if row["scale"] == kind]
        assert sorted(row["second_draft"] for row in mine) == sorted(keys), kind
    ids = {item.id for scale in SCALES.values() for item in scale.items}
    for row in rows:
        assert len(row["reason"]) >= 5
        assert row["what"] != "replaced" or row["first_draft"] not in ids, "an id is for ever"
        assert (row["what"] == "new") == (not row["first_draft"])
        same = row["first_draft"] == row["second_draft"]
        assert row["what"] in (("kept", "reworded") if same else ("replaced", "new"))
        assert row["what"] == "reworded" or not row["reason"].startswith("Reworded")
        assert row["what"] == "kept" or not re.match(r"(Wording )?kept\b", row["reason"], re.IGNORECASE)


def parts_of_scales() -> dict[str, list[str]]:
    """What a scale file has beside items, under the names of the log."""
    found = {
        f"{kind} of {name}": keys
        for name, scale in SCALES.items()
        for kind, keys in (
            ("stems", list(read_yaml(FOLDER.parent / f"{name}.yaml").data.get("stems", {}))),
            ("questions", [question.id for question in scale.questions]),
            ("sections", [section.key for section in scale.sections]),
            ("answers", [name for name in scale.response.options if name == "does_not_apply"]),
        )
        if keys
    }
    found |= {f"forms of {name}": list(SCALES[name].forms) for name in ("comply", "smsc")}
    return found | {"sets of comply": ["collect"], "title of comply": [SCALES["comply"].title["en"]]}


def test_every_lever_of_the_framework_has_items_of_the_pool() -> None:
    with (FOLDER / "levers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    levers = [(a.key, lever.text) for a in framework.attributes("21") for lever in framework.levers(a.key)]
    assert [(row["attribute"], row["lever"]) for row in rows] == levers
    pool = {item.id: item.construct for item in SCALES["comply"].items_for("pool", "21", kind="content")}
    for row in rows:
        items = row["items"].split()
        assert items and set(items) <= set(pool)
        assert row["remark"] or {pool[id] for id in items} == {row["attribute"]}, row


def test_the_planned_minutes_in_the_readme_are_the_computed_ones() -> None:
    table = durations(list(SCALES.values()), "en").set_index(["form", "role"])["minutes"]
    told = re.findall(r"^\| `(\w+)` \| .* \| (\d+) \| (\d+) \| (\d+) \|$", README, flags=re.MULTILINE)
    assert [row[0] for row in told] == list(SCALES["comply"].forms)
    for form, *minutes in told:
        assert [int(text) for text in minutes] == [table[form, role] for role in ("marketing", "sales", "it")]


def test_every_file_of_the_folder_is_in_its_readme() -> None:
    for path in FOLDER.iterdir():
        if path.name == "README.md":
            continue
        assert f"`{path.name}" in README or f"{path.name}/" in README, path.name


def test_the_counts_in_words_are_those_of_the_tables() -> None:
    """Decisions of the review, and how many texts were held against others."""
    review = (FOLDER / "review.md").read_text(encoding="utf-8")
    made = Counter(
        found.strip() for found in re.findall(r"^\| `[^`]+` \| \d \| ([^|]+)\|", review, re.MULTILINE)
    )
    line = re.search(r"^Decisions: (.+)\.$", review, re.MULTILINE)
    assert line is not None
    told = {what: int(n) for n, what in re.findall(r"(\d+) ([^,]+)", line[1])}
    assert told == dict(made) and sum(made.values()) == 99
    texts = {
        language: len({t for name in NAMES for t in texts_of(name, language)}) for language in ("en", "de")
    }
    assert f"the English texts of the four files ({texts['en']}," in README
    assert f"German texts ({texts['de']})" in README
