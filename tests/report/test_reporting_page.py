"""The page that says where a run answers names tables and files that a run writes."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from test_latex_pages import tables

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reporting.md").read_text(encoding="utf-8")
sys.path.insert(0, str(ROOT / "tests" / "pipeline"))


def named(heading: str) -> list[str]:
    """Names in code type in the second column of the table under a heading."""
    part = PAGE.split(f"\n## {heading}", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[2] for line in part.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 8
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


@pytest.mark.parametrize(
    "heading", ["What reviewers ask", "Reporting standards for structural", "Measurement properties"]
)
def test_every_named_table_is_printed_and_has_rows(heading: str) -> None:
    keys = [name for name in named(heading) if re.fullmatch(r"[a-z_]+", name) and name != "known_groups"]
    printed = tables()
    assert [key for key in keys if key not in printed] == []
    assert [key for key in keys if printed[key].data.empty] == []
    files = [name for name in named(heading) if name.startswith("scales/")]
    assert [name for name in files if not (ROOT / name).stat().st_size] == []


def test_all_nineteen_points_have_a_row() -> None:
    part = PAGE.split("\n## What reviewers ask", 1)[1].split("\n## ", 1)[0]
    assert re.findall(r"^\| (\d+) ", part, re.M) == [str(n) for n in range(1, 20)]


def test_every_named_file_is_one_that_packages_are_tested_to_hold() -> None:
    from test_packages import NAMED

    files = [name for name in named("Replication packages") if not name.endswith("/")]
    assert [name for name in files if name not in NAMED] == []
