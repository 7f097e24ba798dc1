"""What a single cell answers: codes, labels of any language, ticks, numbers, texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from comply_measure.responses.cells import folded
from comply_measure.responses.numerals import PLAIN
from comply_measure.survey.names import answer_name
from comply_measure.survey.reading.columns import Target
from comply_measure.survey.reading.tables import Cell
from comply_measure.survey.sheet import Field

#: What tools write where a question was not shown or not answered.
NOTHING: Final = frozenset({"", "n/a", "na", "#n/a", "{question_not_shown}", "null", "none", "-"})
#: Codes of SoSci Survey and Qualtrics for the same; they count only where the question has no such answer.
UNANSWERED: Final = frozenset({-9.0, -99.0, -66.0, -77.0})
YES: Final = frozenset(
    {"1", "y", "yes", "ja", "true", "checked", "selected", "ausgewählt", "gewählt", "x", "on"}
)
NO: Final = frozenset({"0", "n", "no", "nein", "false", "unchecked", "nicht gewählt", "not selected", "off"})
_LIST: Final = re.compile(r"[,;|\s]+")
_COMMA: Final = re.compile(r"[+-]?\d+,(\d{1,2}|\d{4,})")

Value = float | str | None


@dataclass(frozen=True, slots=True)
class Read:
    """What a cell was read as: values by variable, whether it was a label, or what is wrong with it."""

    values: Mapping[str, Value]
    labelled: bool = False
    unanswered: bool = False
    fault: str = ""
    allowed: str = ""


class CellReader:
    """Reads the cells of one column."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.field: Field = target.field
        self.known = dict(target.codes)
        self.codes = {answer.code for answer in self.field.answers}
        self.names = {answer_name(answer.code): answer.code for answer in self.field.answers}
        self.labels: dict[str, set[int]] = {}
        for answer in self.field.answers:
            for label in answer.label.values():
                if label:
                    self.labels.setdefault(folded(label), set()).add(answer.code)
        self.seen: dict[Cell, Read] = {}

    def read(self, cell: Cell) -> Read:
        """What the cell answers; the same cell is read once."""
        found = self.seen.get(cell)
        if found is None:
            found = self.seen[cell] = self._read(cell)
        return found

    def _read(self, cell: Cell) -> Read:
        text = "" if cell is None else folded(str(cell))
        if self.field.kind == "several":
            return self._tick(cell, text) if self.target.part is not None else self._list(cell, text)
        if text in NOTHING:
            return Read({self.field.id: None})
        if self.field.answers:
            return self._choice(cell, text)
        if self.field.kind == "number":
            return self._number(cell, text)
        return Read({self.field.id: str(cell).strip() if isinstance(cell, str) else _shown(cell)})

    def _choice(self, cell: Cell, text: str) -> Read:
        number = _number(cell)
        if number is not None:
            code = self.known.get(int(number), None) if self.known and number.is_integer() else number
            if code in self.codes:
                return Read({self.field.id: float(code)})
            if number in UNANSWERED and number not in self.codes:
                return Read({self.field.id: None}, unanswered=True)
        if text in self.names:
            return Read({self.field.id: float(self.names[text])})
        meant = self.labels.get(text, set())
        if len(meant) == 1:
            return Read({self.field.id: float(next(iter(meant)))}, labelled=True)
        fault = "the label stands for several answers" if meant else "not an answer of this question"
        return Read({}, fault=fault, allowed=self.allowed())

    def allowed(self) -> str:
        """Codes and labels, shortened."""
        listed = [f"{answer.code} = {next(iter(answer.label.values()), '')}" for answer in self.field.answers]
        return "; ".join(listed if len(listed) <= 9 else [*listed[:9], "…"])

    def _number(self, cell: Cell, text: str) -> Read:
        number = _number(cell)
        if number is None and _COMMA.fullmatch(text):
            number = float(text.replace(",", "."))
        low, high = self.field.minimum, self.field.maximum
        bounds = " to ".join("" if bound is None else f"{bound:g}" for bound in (low, high))
        if number is None:
            return Read({}, fault="not a number", allowed=f"a number {bounds}".strip())
        if (low is not None and number < low) or (high is not None and number > high):
            if number in UNANSWERED:
                return Read({self.field.id: None}, unanswered=True)
            return Read({}, fault="outside the range of the question", allowed=bounds)
        return Read({self.field.id: number})

    def _tick(self, cell: Cell, text: str) -> Read:
        """The column of one answer: ticked, not ticked; blank is decided by the row."""
        variable = f"{self.field.id}_{self.target.part}"
        number = _number(cell)
        if self.known and number is not None and number.is_integer() and int(number) in self.known:
            return Read({variable: float(self.known[int(number)])})
        if text in NOTHING:
            return Read({variable: None})
        label = next((a.label for a in self.field.answers if a.code == self.target.part), None)
        words = {folded(word) for word in label.values()} if label else set()
        shown = _shown(cell) if number is not None else text
        if shown in YES or text in words or shown == str(self.target.part):
            return Read({variable: 1.0}, labelled=text in words)
        if shown in NO:
            return Read({variable: 0.0})
        if number in UNANSWERED:
            return Read({variable: None}, unanswered=True)
        return Read({}, fault="not a tick", allowed="1 or 0, yes or no, blank")

    def _list(self, cell: Cell, text: str) -> Read:
        """All answers in one cell: codes or labels between blanks, commas or semicolons."""
        if text in NOTHING:
            return Read(dict.fromkeys(self.field.variables))
        chosen: set[int] = set()
        labelled = False
        codes = _LIST.split(text.strip("[]"))
        if all(self._code(part) is not None for part in codes):
            chosen = {code for part in codes if (code := self._code(part)) is not None}
        else:
            labelled = True
            for part in _split_labels(text, self.labels):
                meant = self.labels.get(part, set())
                if len(meant) != 1:
                    return Read({}, fault="not answers of this question", allowed=self.allowed())
                chosen |= meant
        values = {f"{self.field.id}_{a.code}": float(a.code in chosen) for a in self.field.answers}
        return Read(values, labelled=labelled)

    def _code(self, part: str) -> int | None:
        if part in self.names:
            return self.names[part]
        number = _number(part)
        return int(number) if number is not None and number in self.codes else None


def _split_labels(text: str, labels: Mapping[str, object]) -> Sequence[str]:
    """Labels between commas or semicolons; a label may hold a comma itself."""
    for sign in (";", ",", "|"):
        parts = [part.strip() for part in text.split(sign)]
        if all(part in labels for part in parts):
            return parts
    found, rest = [], text
    for label in sorted(labels, key=len, reverse=True):
        if label in rest:
            found.append(label)
            rest = rest.replace(label, "", 1)
    return found if not rest.strip(" ,;|") else [text]


def _number(cell: Cell) -> float | None:
    if isinstance(cell, int | float):
        return float(cell)
    return None if cell is None else PLAIN.number(str(cell).strip())


def _shown(cell: Cell) -> str:
    """A cell as text: whole numbers without decimals."""
    if cell is None:
        return ""
    number = _number(cell)
    if number is not None and number.is_integer():
        return str(int(number))
    return str(cell)
