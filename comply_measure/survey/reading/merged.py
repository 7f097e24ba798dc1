"""The interviews of all files together: codes, duplicates, unfinished ones, answers about units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from comply_measure.errors import Problem
from comply_measure.responses.faults import Faults
from comply_measure.survey.codes import plain_code, split_code
from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.reading.answers import Value
from comply_measure.survey.reading.rows import Place
from comply_measure.survey.sheet import ACCEPTED, Sheet

if TYPE_CHECKING:
    import pandas as pd

#: Stands where a form of a three-form design leaves an item out.
NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Options:
    """What the user says about the files."""

    duplicates: str
    incomplete: str
    any_version: bool
    ignore: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One interview: where it stands, which sheet it answers, and its values by variable."""

    file: str
    row: int
    place: Place
    values: Mapping[str, Value]
    language: str
    finished: int | None

    @property
    def where(self) -> str:
        """File and row in words."""
        return f"{Path(self.file).name} row {self.row}"


@dataclass(frozen=True, slots=True)
class Merged:
    """The table of all interviews, and what was noticed."""

    table: pd.DataFrame
    notes: tuple[str, ...]


def merged(
    plan: SurveyPlan,
    sheets: Mapping[Place, Sheet],
    records: Sequence[Record],
    options: Options,
    codes: Path | None,
) -> tuple[Merged, Faults]:
    """One row per interview that counts; faults that only all files together show."""
    faults = Faults("answers")
    notes: list[str] = []
    kept = _consenting(records, plan.consent_question or "consent_given", notes)
    kept = _finished(kept, options, notes)
    known = _sent(codes, faults)
    linked = [(record, unit) for record in kept if (unit := _unit(plan, record, known, faults)) is not None]
    linked = _once(linked, options, faults, notes)
    _check_units(plan, linked, faults)
    if not linked and not faults.problems:
        faults.add("no interview is left", allowed="at least one interview that was agreed to")
    return Merged(_table(plan, sheets, linked, known), tuple(notes)), faults


def _consenting(records: Sequence[Record], asked: str, notes: list[str]) -> list[Record]:
    """Without those who did not agree; a blank is an interview that ended before it began."""
    kept = [record for record in records if record.values.get(asked, ACCEPTED) == ACCEPTED]
    declined = sum(record.values.get(asked, ACCEPTED) not in (ACCEPTED, None) for record in records)
    blank = len(records) - len(kept) - declined
    if declined:
        notes.append(f"{declined} interviews were left out because their informants did not agree")
    if blank:
        notes.append(f"{blank} interviews were left out because the question for consent was not answered")
    return kept


def _finished(records: Sequence[Record], options: Options, notes: list[str]) -> list[Record]:
    broken = sum(record.finished == 0 for record in records)
    if not broken:
        return list(records)
    if options.incomplete == "drop":
        notes.append(f"{broken} unfinished interviews were left out")
        return [record for record in records if record.finished != 0]
    notes.append(f"{broken} unfinished interviews were kept (finished = 0); incomplete: drop leaves them out")
    return list(records)


def _sent(codes: Path | None, faults: Faults) -> dict[str, dict[str, str]]:
    """Code -> row of the table of codes that were sent out; empty without one."""
    if codes is None:
        return {}
    from comply_measure.survey.reading.tables import text_table

    table = text_table(codes)
    if "code" not in table:
        faults.problems.append(Problem("the table of codes has no column 'code'", str(codes)))
        return {}
    return {
        plain_code(str(row["code"])): {str(k): str(v) for k, v in row.items()} for _, row in table.iterrows()
    }


def _unit(
    plan: SurveyPlan, record: Record, known: Mapping[str, Mapping[str, str]], faults: Faults
) -> str | None:
    """The unit of an interview: the code without the role, or the name that was written."""
    name = "code" if plan.code_symbols else "unit"
    text = record.values.get(name)
    row, allowed = (
        record.row,
        f"a code of {plan.code_symbols} signs, a check sign, - and the number of the role",
    )
    if text is None:
        message = "no code, so nobody knows which unit these answers belong to"
        faults.problems.append(
            Problem(message, record.file, row, name, allowed="a code, or the row left out")
        )
        return None
    if not plan.code_symbols:
        return str(text).strip()
    parts = split_code(str(text), plan.code_symbols)
    if parts is None:
        message = "not a code of this survey: a sign is wrong"
        faults.problems.append(Problem(message, record.file, row, name, text, allowed))
        return None
    code = f"{parts[0]}-{parts[1] + 1}"
    if known and code not in known:
        message = "the code was not sent out"
        faults.problems.append(Problem(message, record.file, row, name, text, "a code of the table of codes"))
        return None
    planned = known.get(code, {}).get("planned_form", "") if known else ""
    if planned and planned != record.place[1]:
        message = f"the code was sent form {planned} and answered form {record.place[1]}"
        faults.problems.append(Problem(message, record.file, row, name, text, "the form that was planned"))
        return None
    return parts[0]


def _once(
    linked: Sequence[tuple[Record, str]], options: Options, faults: Faults, notes: list[str]
) -> list[tuple[Record, str]]:
    """One interview per unit and role, as the rule for duplicates says."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for record, unit in linked:
        groups.setdefault((unit, record.place[0]), []).append(record)
    kept: list[tuple[Record, str]] = []
    same = dropped = 0
    for (unit, role), mine in groups.items():
        different = _different(mine)
        same += len(mine) - len(different)
        chosen = _chosen(different, options.duplicates)
        if chosen is None:
            first = different[0]
            for other in different[1:]:
                n = _n_different(first, other)
                both = (
                    "unfinished" if other.finished == 0 or first.finished == 0 else "two people or two units"
                )
                faults.problems.append(
                    Problem(
                        f"code {unit} of {role} was answered before, in {first.where}; {n} answers differ: {both} "
                        "under one code",
                        other.file,
                        other.row,
                        "code",
                        other.values.get("code") or other.values.get("unit"),
                        "one interview per code; or duplicates: first, last, finished, keep",
                    )
                )
            continue
        dropped += len(different) - len(chosen)
        kept += [(record, unit) for record in chosen]
    if same:
        notes.append(f"{same} submissions are the same as another one in every answer and count once")
    if dropped:
        notes.append(
            f"{dropped} further submissions of a code were left out (duplicates: {options.duplicates})"
        )
    return kept


def _different(records: Sequence[Record]) -> list[Record]:
    found: list[Record] = []
    for record in records:
        if not any(_n_different(record, other) == 0 for other in found):
            found.append(record)
    return found


def _n_different(one: Record, other: Record) -> int:
    names = {*one.values, *other.values}
    return sum(one.values.get(name) != other.values.get(name) for name in names)


def _chosen(records: list[Record], rule: str) -> list[Record] | None:
    """Interviews that count; None where the rule leaves it open."""
    if len(records) == 1 or rule == "keep":
        return records
    if rule == "first":
        return records[:1]
    if rule == "last":
        return records[-1:]
    if rule == "finished":
        done = [record for record in records if record.finished == 1]
        return done if len(done) == 1 else None
    return None


def _check_units(plan: SurveyPlan, linked: Sequence[tuple[Record, str]], faults: Faults) -> None:
    """What informants say about their unit must be the same."""
    for asked in plan.questions:
        if asked.about != "unit":
            continue
        for name in asked.question.variables:
            first: dict[str, tuple[Value, Record]] = {}
            for record, unit in linked:
                value = record.values.get(name)
                if value is None:
                    continue
                before, where = first.setdefault(unit, (value, record))
                if before != value:
                    faults.problems.append(
                        Problem(
                            f"unit {unit} has another answer in {where.where}: two units under one code, or "
                            "informants who disagree",
                            record.file,
                            record.row,
                            name,
                            value,
                            f"{before!r} as there; or about: informant in the plan",
                        )
                    )


def _table(
    plan: SurveyPlan,
    sheets: Mapping[Place, Sheet],
    linked: Sequence[tuple[Record, str]],
    known: Mapping[str, Mapping[str, str]],
) -> pd.DataFrame:
    """A row per interview by unit and role, columns in the order of the plan."""
    import pandas as pd

    names = plan_variables(plan, sheets)
    rows = []
    order = {role: place for place, role in enumerate(plan.roles)}
    units = {unit: place for place, unit in enumerate(dict.fromkeys(unit for _, unit in linked))}
    for record, unit in sorted(linked, key=lambda pair: (units[pair[1]], order[pair[0].place[0]])):
        role, form = record.place
        row: dict[str, Value] = {"unit": unit}
        if known and any(entry.get("firm_code") for entry in known.values()):
            row["firm"] = known[f"{unit}-{order[role] + 1}"].get("firm_code")
        row |= {"role": role, "language": record.language or None, "finished": record.finished}
        if plan.blocks:
            row["planned_form"] = form
        asked = {name for entry in sheets[record.place].fields for name in entry.variables}
        for name in names:
            left_out = name in plan.blocks and name not in asked and not plan.is_asked(name, form)
            value = record.values.get(name)
            row[name] = NOT_ASKED if left_out and _is_asked_of(sheets, name, role) else value
        rows.append(row)
    first = ["unit", "firm", "role", "language", "finished", "planned_form"]
    table = pd.DataFrame(rows, columns=[*(n for n in first if rows and n in rows[0]), *names], dtype=object)
    return table.drop(columns=[n for n in ("finished", "language") if n in table and table[n].isna().all()])


def _is_asked_of(sheets: Mapping[Place, Sheet], id: str, role: str) -> bool:
    """Whether some form asks this role for an item."""
    return any(id == entry.id for (who, _), sheet in sheets.items() if who == role for entry in sheet.fields)


def plan_variables(plan: SurveyPlan, sheets: Mapping[Place, Sheet]) -> tuple[str, ...]:
    """Variables of all sheets: items in the order of the scales, then the plan's own, then other questions."""
    fields = {entry.id: entry for sheet in sheets.values() for entry in sheet.fields}
    skipped = {entry.id for entry in fields.values() if entry.kind in ("code", "consent")}
    items = [item.id for _, item in plan.rated() if item.id in fields]
    attention = [entry.item.id for entry in plan.attention if entry.item.id in fields]
    rest = [id for id in fields if id not in skipped and id not in items and id not in attention]
    return tuple(name for id in [*items, *attention, *rest] for name in fields[id].variables)
