"""Names of fields as the tools allow them: always the plan's own id where a tool can hold it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping

from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.sheet import Field, Page, Sheet
from comply_measure.survey.sheets import survey_sheets

#: Longest code of a question in LimeSurvey, and longest name of a field that REDCap recommends for SPSS and Stata.
LIMESURVEY_LONGEST = 20
REDCAP_LONGEST = 100


def plan_ids(plan: SurveyPlan) -> tuple[str, ...]:
    """Ids of all fields of all sheets, and of the constants, each once."""
    return sheet_ids(survey_sheets(plan))


def sheet_ids(sheets: Collection[Sheet]) -> tuple[str, ...]:
    """Ids of all fields of these sheets, and of the constants, each once."""
    found = dict.fromkeys(entry.id for sheet in sheets for entry in sheet.fields)
    return tuple(dict.fromkeys([*found, *(name for sheet in sheets for name in sheet.hidden), "language"]))


def limesurvey_names(ids: Iterable[str]) -> dict[str, str]:
    """Id -> code for LimeSurvey: letters and digits only, at most twenty, different also without case."""
    return _distinct(ids, lambda id: re.sub(r"[^A-Za-z0-9]", "", id), LIMESURVEY_LONGEST, "")


def redcap_names(ids: Iterable[str]) -> dict[str, str]:
    """Id -> field name for REDCap: small letters, digits and single ``_``."""
    return _distinct(
        ids,
        lambda id: re.sub(r"_+", "_", re.sub(r"[^a-z0-9]", "_", id.lower())).strip("_"),
        REDCAP_LONGEST,
        "_",
    )


def _distinct(ids: Iterable[str], made: Callable[[str], str], longest: int, before: str) -> dict[str, str]:
    found: dict[str, str] = {}
    taken: set[str] = set()
    for id in dict.fromkeys(ids):
        base = made(id)[:longest] or "x"
        base = base if base[0].isalpha() else f"x{base}"[:longest]
        name, number = base, 1
        while name.casefold() in taken:
            number += 1
            end = f"{before}{number}"
            name = base[: longest - len(end)] + end
        taken.add(name.casefold())
        found[id] = name
    return found


def answer_name(code: int) -> str:
    """A code as LimeSurvey, XLSForm and Qualtrics take it in names: ``-9`` as ``n9``."""
    return str(code) if code >= 0 else f"n{-code}"


def grid_names(page: Page) -> Mapping[str, tuple[Field, ...]]:
    """Name -> fields that stand together; a field that stands alone goes by its own id."""
    found: dict[str, tuple[Field, ...]] = {}
    for number, group in enumerate(page.grids()):
        rated = group[0].kind == "rating"
        found[f"{page.key}{_letters(number)}" if rated else group[0].id] = group
    return found


def sheet_grids(sheet: Sheet) -> dict[str, tuple[Field, ...]]:
    """Name -> fields that stand together, of all pages that have ratings."""
    return {
        name: group
        for page in sheet.pages
        for name, group in grid_names(page).items()
        if group[0].kind == "rating"
    }


def _letters(number: int) -> str:
    """``a`` to ``z``, then ``za`` and so on."""
    return "z" * (number // 26) + chr(ord("a") + number % 26)
