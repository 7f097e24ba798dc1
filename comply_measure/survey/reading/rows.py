"""Which sheet every row of a file answers: by its role, its version, the code of the invitation, the file's name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from comply_measure.responses.cells import folded
from comply_measure.responses.faults import Faults
from comply_measure.responses.sketch.tools import QUALTRICS_TESTS
from comply_measure.survey.codes import split_code
from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.reading.columns import said
from comply_measure.survey.reading.tables import AnswerTable, Cell
from comply_measure.survey.sheet import Sheet

Place = tuple[str, str]
"""Role, and form of a three-form design."""


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What a row says about itself: cells by what they say, and the sheet it answers."""

    position: int
    said: Mapping[str, str]
    place: Place


class Interviews:
    """The rows of one file with their sheets; faults go to the file's."""

    def __init__(
        self, plan: SurveyPlan, sheets: Mapping[Place, Sheet], table: AnswerTable, faults: Faults
    ) -> None:
        self.plan, self.sheets, self.table, self.faults = plan, sheets, table, faults
        self.facts: dict[str, list[str]] = {}
        for column in table.columns:
            what = said(column)
            if what is not None:
                # The survey's own constant goes before what a tool says of its menu.
                own = column.rpartition("-")[2].rpartition("/")[2] == what
                columns = self.facts.setdefault(what, [])
                columns.insert(0 if own else len(columns), column)
        self.from_name = self._role_of_name(Path(table.file).stem)

    def _role_of_name(self, stem: str) -> str:
        words = {word for word in folded(stem).replace("-", "_").replace(" ", "_").split("_") if word}
        named = [role for role in self.plan.roles if set(folded(role).split("_")) <= words]
        return named[0] if len(named) == 1 else ""

    def contradicted(self, facts: Sequence[RowFacts]) -> list[str]:
        """A note where the file's name has one role and rows say another one."""
        others = [fact.place[0] for fact in facts if self.from_name and fact.place[0] != self.from_name]
        if not others:
            return []
        roles = " or ".join(role for role in self.plan.roles if role in others)
        return [
            f"{Path(self.table.file).name}: the file is named after {self.from_name}, and {len(others)} of its "
            f"{len(facts)} rows are of {roles} by what they say themselves, which counts"
        ]

    def rows(self, code_column: str | None) -> Iterator[RowFacts]:
        """Rows that answer a sheet; others are faults."""
        for position in range(len(self.table.rows)):
            facts = {
                what: shown(cell)
                for what, columns in self.facts.items()
                if (cell := self._first(columns, position)) is not None
            }
            place = self._place(facts, position, code_column)
            if place is not None:
                yield RowFacts(position, facts, place)

    def _first(self, columns: Sequence[str], position: int) -> Cell:
        cells = (self.table.columns[column][position] for column in columns)
        return next((cell for cell in cells if cell not in (None, "")), None)

    def _place(self, facts: Mapping[str, str], position: int, code_column: str | None) -> Place | None:
        role = self._role(facts, position, code_column)
        if role is None:
            return None
        forms = [form for asked, form in self.plan.sheets if asked == role]
        form = facts.get("planned_form", "")
        if form not in forms and len(forms) > 1:
            stamped = [f for f in forms if self.sheets[role, f].stamp == facts.get("survey_version")]
            form = stamped[0] if len(stamped) == 1 else form
        if len(forms) == 1:
            return role, forms[0]
        if form not in forms:
            self.faults.add(
                "the row does not say which form of the three-form design it answers",
                row=self.table.rows[position],
                column="planned_form",
                value=form or None,
                allowed=", ".join(forms),
            )
            return None
        return role, form

    def _role(self, facts: Mapping[str, str], position: int, code_column: str | None) -> str | None:
        row = self.table.rows[position]
        stated = facts.get("role", "")
        words = {folded(known): known for known in self.plan.roles}
        for known, labels in self.plan.role_labels.items():
            words |= {folded(label): known for label in labels.values()}
        role = words.get(folded(stated)) if stated else None
        if stated and role is None:
            allowed = ", ".join(self.plan.roles)
            self.faults.add("unknown role", row=row, column="role", value=stated, allowed=allowed)
            return None
        by_code = self._role_of_code(position, code_column)
        if role is not None and by_code is not None and by_code != role:
            self.faults.add(
                f"the code is one of {by_code}, the questionnaire one of {role}: somebody used another's link",
                row=row,
                column=code_column,
                value=shown(self.table.columns[code_column][position]) if code_column else None,
                allowed=f"a code that ends in -{self.plan.roles.index(role) + 1}, or the row left out",
            )
            return None
        found = role or by_code or self.from_name
        if not found:
            self.faults.add(
                "nothing says whose answers these are",
                row=row,
                allowed="a column role, codes of invitations, or a role in the name of the file: "
                + ", ".join(self.plan.roles),
            )
            return None
        return found

    def _role_of_code(self, position: int, code_column: str | None) -> str | None:
        if not self.plan.code_symbols or code_column is None:
            return None
        cell = self.table.columns[code_column][position]
        parts = split_code(shown(cell), self.plan.code_symbols) if cell is not None else None
        return self.plan.roles[parts[1]] if parts is not None and parts[1] < len(self.plan.roles) else None


def shown(cell: Cell) -> str:
    """A cell as text: whole numbers without decimals."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell).strip()


def is_finished(facts: Mapping[str, str]) -> int | None:
    """Whether an interview was finished: 1, 0, or None where the file does not say."""
    if "finished" in facts:
        return int(folded(facts["finished"]) in {"1", "true", "yes", "ja", "wahr"})
    if "completion" in facts:
        return int(folded(facts["completion"]) in {"2", "complete"})
    if "submitted" in facts:
        return 1
    if "progress" in facts:
        return int(facts["progress"].rstrip("%") == "100")
    return None


def is_preview(facts: Mapping[str, str]) -> bool:
    """Whether Qualtrics marks a row as a test or spam."""
    return folded(facts.get("status", "0")) in QUALTRICS_TESTS
