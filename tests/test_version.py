"""The version stands in three files and has its section in the changelog, which holds no line twice in a section."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import yaml

from comply_measure import __version__
from comply_measure.framework import PAPERS

ROOT = Path(__file__).parents[1]
CHANGES = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    released = re.findall(r"^## (\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)$", CHANGES, re.MULTILINE)
    assert project == cited["version"] == __version__ == released[0][0]
    assert str(cited["date-released"]) == released[0][1]


def test_the_citation_file_names_what_it_must() -> None:
    """What CFF 1.2.0 requires, and the two studies as the package cites them."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {
        "cff-version",
        "message",
        "title",
        "authors",
        "abstract",
        "keywords",
        "license",
        "references",
    } <= set(cited)
    assert (cited["cff-version"], cited["type"]) == ("1.2.0", "software")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cited["license"] == project["license"]
    assert cited["authors"] == project["authors"]
    for work in cited["references"]:
        assert {"type", "title", "authors"} <= set(work)
        assert all({"family-names", "given-names"} == set(person) for person in work["authors"])
    for paper, work in zip(PAPERS.values(), cited["references"], strict=False):
        assert work["title"] in paper
        assert all(person["family-names"] in paper for person in work["authors"])
        assert work.get("doi", "") in paper


def test_no_change_is_listed_twice() -> None:
    lines = [line for line in CHANGES.splitlines() if line.startswith("- ")]
    assert [line for line, n in Counter(lines).items() if n > 1] == []
