"""Which column of a tool's file is which variable of the plan."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from comply_measure.responses.cells import folded
from comply_measure.responses.sketch.words import is_metadata
from comply_measure.survey.formats import sosci
from comply_measure.survey.names import answer_name, limesurvey_names, redcap_names, sheet_grids
from comply_measure.survey.sheet import Field, Sheet

_IN_BRACKETS: Final = re.compile(r"(?P<head>[^\[\]]+)\[(?P<part>[^\[\]]+)\]\s*$")
#: ``p03a_2`` of Qualtrics; ``contacts___1`` of REDCap and ``contacts_1`` of others.
_NUMBERED: Final = re.compile(r"(?P<head>.+?)_{1,3}(?P<part>n?\d+)$")
_PATH: Final = re.compile(r"[/.:-]")
_ROLE: Final = re.compile(r"role_(?P<role>\w+)")

#: What tools write about an interview, by what it says here; compared without case and signs.
SAID: Final[dict[str, str]] = {
    "surveyversion": "survey_version",
    "role": "role",
    "plannedform": "planned_form",
    "language": "language",
    "userlanguage": "language",
    "startlanguage": "language",
    "finished": "finished",
    "submitdate": "submitted",
    "progress": "progress",
    "status": "status",
}
_TOOLS_OWN: Final = frozenset(
    """
    start end deviceid instanceid instancename meta formversion key submissiondate submittername
    submitterid recordid attachmentspresent attachmentsexpected reviewstate devicetype edits
    durationinseconds responseid recipientlastname qlanguage locationlatitude locationlongitude
    distributionchannel id uuid submissiontime validationstatus notes submittedby version tags index
    savedat seconds redcapsurveyidentifier redcapeventname redcaprepeatinstrument
    redcaprepeatinstance redcapdataaccessgroup case serial ref mailsent lastpage maxpage missing
    missrel timersi timesum qviewer lastdata started mode questnnr locale pageno happenedat clientid
    rootuuid interviewtime
    """.split()  # noqa: SIM905 - a list this long is read as words
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a column's cells belong.

    Parameters
    ----------
    field : Field
        Item or question.
    part : int or None
        Code of the answer whose tick the column holds; None for whole answers.
    codes : dict
        The tool's own codes -> ours; empty where they are ours.
    """

    field: Field
    part: int | None = None
    codes: tuple[tuple[int, int], ...] = ()

    @property
    def key(self) -> tuple[str, int | None]:
        """What two columns must not share."""
        return self.field.id, self.part


class Resolver:
    """Finds the variable of a column for one sheet, whatever tool named it.

    Parameters
    ----------
    ids : sequence of str
        Ids of the whole survey: the tools' names are made of all of them.
    sheet : Sheet
        The questionnaire.
    """

    def __init__(self, ids: Sequence[str], sheet: Sheet) -> None:
        grids = sheet_grids(sheet)
        self.sheet = sheet
        self.fields = {entry.id: entry for entry in sheet.fields}
        self.named: dict[str, Field] = {}
        lime = limesurvey_names(
            [*ids, *(name for page in sheet.pages for name in _grid_ids(sheet, page.key))]
        )
        self.lime = {code.casefold(): id for id, code in lime.items()}
        for names in (limesurvey_names(ids), redcap_names(["record_id", *ids]), {id: id for id in ids}):
            for id, name in names.items():
                if id in self.fields:
                    self.named[folded(name)] = self.fields[id]
        self.grids = {name.casefold(): group for name, group in grids.items()}
        self.texts = dict(self._texts())
        self.sosci = {
            name.casefold(): Target(entry, part, tuple(codes.items()))
            for name, (entry, part, codes) in sosci.variables(sheet).items()
        }

    def target(self, column: str) -> Target | None:
        """The variable of a column; None if it is none of this sheet's."""
        if (role := _ROLE.search(column)) and role["role"].split("-")[0].split("/")[0] != self.sheet.role:
            return None
        whole = folded(column)
        if (found := self.named.get(whole)) is not None:
            return Target(found)
        for candidate in dict.fromkeys([column, _PATH.split(column)[-1]]):
            if (target := self._named(candidate) or self._bracketed(candidate)) is not None:
                return target
        parts = _PATH.split(column)
        if len(parts) > 1 and (target := self._ticked(parts[-2], parts[-1])) is not None:
            return target
        if (target := self._numbered(_PATH.split(column)[-1])) is not None:
            return target
        return self.sosci.get(whole) or self.texts.get(whole)

    def _named(self, name: str) -> Target | None:
        found = self.named.get(folded(name))
        return None if found is None else Target(found)

    def _bracketed(self, column: str) -> Target | None:
        """``p03a[Cdig1]``, ``contacts[1]`` and ``Question [statement]``."""
        hit = _IN_BRACKETS.match(column)
        if hit is None:
            return None
        head, part = folded(hit["head"]), folded(hit["part"])
        grid = self.grids.get(self.lime.get(head, head)) or self.grids.get(head)
        if grid is not None:
            inside = self.named.get(part)
            return Target(inside) if inside in grid else None
        return self._ticked(head, part) or self.texts.get(part)

    def _numbered(self, name: str) -> Target | None:
        """``p03a_2``, the second item of a table, and ``contacts_1``, the tick of an answer."""
        hit = _NUMBERED.match(name)
        if hit is None:
            return None
        grid = self.grids.get(hit["head"].casefold())
        if grid is not None and hit["part"].isdigit() and 1 <= int(hit["part"]) <= len(grid):
            return Target(grid[int(hit["part"]) - 1])
        return self._ticked(hit["head"], hit["part"])

    def _ticked(self, head: str, part: str) -> Target | None:
        found = self.named.get(folded(head))
        if found is None or found.kind != "several":
            return None
        code = next(
            (a.code for a in found.answers if answer_name(a.code) == part or str(a.code) == part), None
        )
        return None if code is None else Target(found, code)

    def _texts(self) -> Iterator[tuple[str, Target]]:
        """Wordings that stand for one field only: forms name columns by the question."""
        seen: dict[str, set[str]] = {}
        for entry in self.sheet.fields:
            for language in entry.text:
                statement = entry.text[language]
                within = f"{entry.stem[language]} [{statement}]" if entry.stem else statement
                for text in (statement, entry.sentence(language), within):
                    seen.setdefault(folded(text), set()).add(entry.id)
        for text, ids in seen.items():
            if len(ids) == 1:
                yield text, Target(self.fields[next(iter(ids))])


def _grid_ids(sheet: Sheet, page: str) -> list[str]:
    from comply_measure.survey.names import grid_names

    return list(grid_names(next(entry for entry in sheet.pages if entry.key == page)))


def said(column: str) -> str | None:
    """What a column says about the interview; None if it is no such column."""
    if re.fullmatch(r"[a-z0-9_]+_complete", column):
        return "completion"  # REDCap: 0 incomplete, 1 unverified, 2 complete
    last = _PATH.split(column)[-1]
    return SAID.get(_plain(column)) or SAID.get(_plain(last))


def is_tools_own(column: str) -> bool:
    """Whether a column is what a tool writes about an interview, and no answer."""
    names = {_plain(column), _plain(_PATH.split(column)[-1])}
    timed = re.fullmatch(r"time\d+|.*timestamp|.*complete|.*(text|note)\d*", _plain(column))
    return bool(
        names & (_TOOLS_OWN | SAID.keys())
        or timed
        or column.startswith(("_", "__", "Q_"))
        or is_metadata(column)
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def doubled(targets: Iterable[tuple[str, Target]]) -> Iterator[tuple[str, str]]:
    """Pairs of columns that hold the same variable."""
    first: dict[tuple[str, int | None], str] = {}
    for column, target in targets:
        if target.key in first:
            yield first[target.key], column
        else:
            first[target.key] = column
