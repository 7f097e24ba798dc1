"""Schema faults name file, line, dotted key, value and what is allowed."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from comply_measure.documents import problem_at, read_yaml_text, validate


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    id: str
    size: int = 1
    colour: Literal["red", "blue"] = "red"


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    title: str
    parts: list[Inner] = Field(default_factory=list)
    named: dict[str, Inner] = Field(default_factory=dict)
    single: Inner | None = None
    mixed: dict[str, str | dict[str, str]] = Field(default_factory=dict)
    renamed: int = Field(default=0, alias="class")


def found(text: str) -> list[str]:
    return [str(problem) for problem in validate(Outer, read_yaml_text(text, "f.yaml"))[1]]


def test_a_valid_document_gives_the_object() -> None:
    checked, problems = validate(Outer, read_yaml_text("title: t\nparts: [{id: a}]"))
    assert problems == []
    assert checked is not None
    assert checked.parts[0].size == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("titel: t\ntitle: u", "f.yaml, row 1, 'titel': unknown key; did you mean 'title'?"),
        (
            "title: t\nparts:\n  - id: a\n    colr: red",
            "row 4, 'parts.a.colr': unknown key; did you mean 'colour'?",
        ),
        ("title: t\nnamed: {n: {id: a, sise: 1}}", "'named.n.sise': unknown key; did you mean 'size'?"),
        ("title: t\nsingle: {id: a, sise: 1}", "'single.sise': unknown key; did you mean 'size'?"),
        ("title: t\nclas: 1", "unknown key; did you mean 'class'?"),
        ("title: t\nparts: [{size: 2}]", "row 2, 'parts.0.id': missing key"),
        ("parts: []", "'title': missing key"),
        ("title: 1.0", "'title': must be text (a number needs quotes) (found 1.0)"),
        ("title: t\nparts: [{id: a, size: '2'}]", "'parts.a.size': must be a whole number (found '2')"),
        ("title: t\nparts: [{id: a, size: true}]", "'parts.a.size': must be a whole number (found True)"),
        ("title: t\nparts: {id: a}", "'parts': must be a list"),
        ("title: t\nparts: [x]", "'parts.0': must be a mapping of keys to values (found 'x')"),
        ("title: t\nparts: [{id: a, colour: green}]", "(found 'green'); allowed: 'red' or 'blue'"),
    ],
)
def test_each_fault_reads_as_one_line(text: str, message: str) -> None:
    (problem,) = found(text)
    assert message in problem


def test_a_union_complains_once() -> None:
    (problem,) = found("title: t\nmixed: {en: 5}")
    assert "'mixed.en': must be text (a number needs quotes), or must be a mapping" in problem


def test_all_faults_come_at_once() -> None:
    assert len(found("titel: t\nparts: [{id: 1}, {size: x}]\nclass: a")) == 6


def test_long_values_are_cut_and_collections_left_out() -> None:
    document = read_yaml_text("a: 1", "f.yaml")
    assert problem_at(document, ("a",), "m", "x" * 200).value == "x" * 80 + "…"
    assert problem_at(document, ("a",), "m", [1]).value is None
