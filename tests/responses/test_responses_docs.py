"""The page on responses says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from comply_measure.documents import read_yaml_text, validate
from comply_measure.responses import ColumnMapping, DatasetDescription, FileFormat
from comply_measure.responses.files.signature import ENDINGS
from comply_measure.responses.vocabulary import REASONS

PAGE = (Path(__file__).parents[2] / "docs" / "responses.md").read_text(encoding="utf-8")


def section(title):
    return PAGE.split(f"## {title}")[1].split("\n## ")[0]


def test_every_key_of_the_mapping_is_documented():
    rows = [line.split("|")[1] for line in section("The mapping").splitlines() if line.startswith("| `")]
    keys = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    assert keys == set(ColumnMapping.model_fields)
    assert all(f"`{name}`" in section("The mapping") for name in FileFormat.model_fields)


def test_endings_and_reasons_are_documented():
    assert all(f"`{ending}`" in section("What can be read") for ending in ENDINGS)
    assert all(f"| `{reason}` |" in section("What an answer may be") for reason in REASONS[1:])


def test_the_example_description_is_valid():
    example = re.search(r"```yaml\n(.*?)```", section("Data sets that ship"), re.DOTALL)
    assert example is not None
    description, problems = validate(DatasetDescription, read_yaml_text(example.group(1)))
    assert problems == []
    assert description is not None
    assert description.scales == ("comply", "smsc", "marker")
