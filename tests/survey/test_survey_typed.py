"""Paper: the table to type answers into has the numbers of the printed questionnaire, and what is typed is read."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from survey_interviews import interviews_of

from comply_measure.survey import SurveyPlan, load_survey, read_survey, survey_files, survey_sheets
from comply_measure.survey.sheet import Sheet


def typed(table: bytes, sheet: Sheet, interviews: list[dict[str, Any]], version: str) -> bytes:
    """The table with a row per questionnaire, codes as printed beside the boxes."""
    rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))
    fields = {variable: (field, field.id) for field in sheet.fields for variable in field.variables}
    for one in interviews:
        row: list[Any] = [version]
        for name in rows[0][1:]:
            field, id = fields[name]
            value = one.get(id)
            if field.kind == "several" and value is not None:
                value = int(int(name.rpartition("_")[2]) in value)
            row.append("" if value is None else value)
        rows.append(row)
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode()


@pytest.mark.parametrize(
    ("name", "tool", "stamped"),
    [
        ("meetings", "print", True),
        ("meetings", "word", True),
        ("meetings", "print", False),
        ("comply_smsc", "print", True),
    ],
)
def test_what_is_typed_comes_back(
    name: str, tool: str, stamped: bool, plan: SurveyPlan, tmp_path: Path
) -> None:
    mine = plan if name == "meetings" else load_survey(name)
    sheets, given = {sheet.role: sheet for sheet in survey_sheets(mine)}, {}
    for role, sheet in sheets.items():
        table = survey_files(mine, tool, [role])[f"{sheet.name}_entry.csv"]
        interviews = interviews_of(mine, n_units=2)[role, ""]
        given |= {(one["code"].split("-")[0], role): one for one in interviews}
        content = typed(table, sheet, interviews, sheet.stamp if stamped else "")
        (tmp_path / f"{sheet.name}_entry.csv").write_bytes(content)
    read = read_survey(mine, tmp_path)
    assert len(read.table) == len(given) and any("which version" in note for note in read.notes) != stamped
    for row in read.table.to_dict("records"):
        one = given[row["unit"], row["role"]]
        for field in sheets[row["role"]].fields:
            value = one.get(field.id)
            if field.kind in ("consent", "code"):
                continue
            wanted = {field.id: value}
            if field.kind == "several":
                wanted = {v: value and float(int(v.rpartition("_")[2]) in value) for v in field.variables}
            for variable, expected in wanted.items():
                found = None if pd.isna(row[variable]) else row[variable]
                assert found == expected, (variable, found, expected)


def test_its_numbers_are_those_of_the_paper(plan: SurveyPlan) -> None:
    files = survey_files(plan, "print", ["buyer"])
    page = files["meetings_buyer_de.html"].decode()
    numbered = re.findall(r'id="(\w+)"[^>]*>(?:<td>|\s*<p>)<span class="number">(\d+)</span>([^<]*)', page)
    names, told = csv.reader(io.StringIO(files["meetings_buyer_entry.csv"].decode("utf-8-sig")))
    first = {text.partition(".")[0]: (name, text) for name, text in zip(names[::-1], told[::-1], strict=True)}
    assert len(numbered) == 14
    for id, number, _ in numbered:
        assert first[number][0].startswith(id)
    english = re.findall(r'<span class="number">\d+</span>([^<]*)', files["meetings_buyer_en.html"].decode())
    assert {unescape(text) for text in english if text.startswith("…")} <= {
        text.partition(". ")[2] for text in told
    }
