"""From the files of survey tools to one table by the plan's own ids: the one place where all steps meet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, Literal, get_args

from comply_measure.errors import InputError
from comply_measure.responses.faults import Faults
from comply_measure.statistics.words import counted, did_you_mean, require_known
from comply_measure.survey.names import sheet_ids
from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.reading.answers import CellReader, Value
from comply_measure.survey.reading.columns import Resolver, doubled, is_tools_own, said
from comply_measure.survey.reading.header import header_of
from comply_measure.survey.reading.merged import Options, Record, merged
from comply_measure.survey.reading.result import SurveyAnswers
from comply_measure.survey.reading.rows import Interviews, Place, RowFacts, is_finished, is_preview
from comply_measure.survey.reading.tables import AnswerTable, read_table
from comply_measure.survey.sheet import Field, Sheet
from comply_measure.survey.sheets import survey_sheet

Duplicates = Literal["refuse", "first", "last", "finished", "keep"]
Incomplete = Literal["keep", "drop"]
_MANY: Final = 12


def read_survey(
    plan: SurveyPlan,
    files: str | Path | Sequence[str | Path],
    *,
    codes: str | Path | None = None,
    duplicates: Duplicates = "refuse",
    incomplete: Incomplete = "keep",
    any_version: bool = False,
    header_rows: Sequence[int] | None = None,
    ignore: Sequence[str] = (),
) -> SurveyAnswers:
    """Read what survey tools return for a plan, without a mapping written by hand.

    Columns are found by the plan's ids as each tool writes them: ``C_dig_1``, LimeSurvey's ``p03a[Cdig1]``, Qualtrics'
    ``p03a_2``, REDCap's ``c_dig_1``, paths such as ``p03/p03a/C_dig_1``, SoSci Survey's ``AA04_02``, and wordings.
    Answers may be codes or labels of any language of the plan.

    Parameters
    ----------
    plan : SurveyPlan
        What was asked.
    files : path-like or sequence of path-like
        Files or folders of files: CSV, TSV, Excel, SPSS, Stata, Parquet, JSON; several by role, language, informant.
    codes : path-like, optional
        Table of the codes that were sent out (:func:`~comply_measure.survey.linking_codes`): unknown codes are
        problems, firms are taken from it.
    duplicates : {"refuse", "first", "last", "finished", "keep"}
        What is done with several submissions of one code that differ: problems; the first, the last, the only finished
        one is taken; all are kept as informants of their own. Submissions that are the same in every answer count once.
    incomplete : {"keep", "drop"}
        Unfinished interviews stay, with ``finished`` 0, or are left out; counted either way.
    any_version : bool
        Take answers to another version of the survey, where ids and codes fit.
    header_rows : sequence of int, optional
        Rows of the header, counted from 0; seen from the file by default.
    ignore : sequence of str
        Columns that are no part of the survey; ``*`` and ``?`` are wildcards.

    Returns
    -------
    SurveyAnswers

    Raises
    ------
    InputError
        Every problem of all files: unknown, missing and doubled columns, values that are no answers, another version,
        codes that are mistyped, unknown or used twice, answers about a unit that contradict each other.
    """
    require_known("rule for duplicates", duplicates, get_args(Duplicates))
    require_known("rule for unfinished interviews", incomplete, get_args(Incomplete))
    options = Options(duplicates, incomplete, any_version, tuple(ignore))
    sheets = {place: survey_sheet(plan, *place) for place in plan.sheets}
    ids = sheet_ids(sheets.values())
    resolvers = {place: Resolver(ids, sheet) for place, sheet in sheets.items()}
    parts = [_read_file(plan, sheets, resolvers, path, options, header_rows) for path in _paths(files)]
    faults = [part.faults for part in parts]
    records = [record for part in parts for record in part.records]
    notes = [note for part in parts for note in part.notes]
    found, more = merged(plan, sheets, records, options, Path(codes) if codes is not None else None)
    problems = [problem for one in [*faults, more] for problem in one.in_file_order()]
    if problems:
        raise InputError("the answers do not fit the survey", problems)
    absent = [role for role in plan.roles if role not in {record.place[0] for record in records}]
    if absent:
        notes.append(f"no file has an interview of {' or '.join(absent)}, whom the plan asks too")
    return SurveyAnswers(plan, found.table, (*notes, *found.notes))


def _paths(files: str | Path | Sequence[str | Path]) -> list[Path]:
    stated = [files] if isinstance(files, str | Path) else list(files)
    found: list[Path] = []
    for name in map(Path, stated):
        inside = sorted(path for path in name.iterdir() if path.is_file()) if name.is_dir() else [name]
        found += [path for path in inside if not path.name.startswith(".")]
    if not found:
        from comply_measure.errors import Problem

        raise InputError(
            "there are no answers to read", [Problem("no files", allowed="files, or a folder of files")]
        )
    return found


@dataclass(slots=True)
class _Part:
    """What one file holds."""

    faults: Faults
    records: list[Record] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _read_file(
    plan: SurveyPlan,
    sheets: Mapping[Place, Sheet],
    resolvers: Mapping[Place, Resolver],
    path: Path,
    options: Options,
    header_rows: Sequence[int] | None,
) -> _Part:
    rows = header_of(path, list(resolvers.values())) if header_rows is None else tuple(header_rows)
    table = read_table(path, rows)
    part = _Part(Faults(table.file), notes=[f"{path.name}: {note}" for note in table.notes])
    if len(rows) > 1:
        part.notes.append(
            f"{path.name}: rows {', '.join(str(row + 1) for row in rows)} were read as its header"
        )
    interviews = Interviews(plan, sheets, table, part.faults)
    code = _code_column(table, resolvers)
    facts = list(interviews.rows(code))
    part.notes += interviews.contradicted(facts)
    _check_columns(table, resolvers, {fact.place for fact in facts}, options, part)
    by_place: dict[Place, list[RowFacts]] = {}
    for fact in facts:
        by_place.setdefault(fact.place, []).append(fact)
    for place, mine in by_place.items():
        _check_version(sheets[place], mine, table, options, part)
        part.records += _records(resolvers, place, mine, table, part)
    part.records.sort(key=lambda record: record.row)
    return part


def _code_column(table: AnswerTable, resolvers: Mapping[Place, Resolver]) -> str | None:
    for column in table.columns:
        for resolver in resolvers.values():
            target = resolver.target(column)
            if target is not None and target.field.kind == "code":
                return column
    return None


def _ignored(column: str, options: Options) -> bool:
    return any(fnmatchcase(column, pattern) for pattern in options.ignore)


def _check_columns(
    table: AnswerTable,
    resolvers: Mapping[Place, Resolver],
    places: set[Place],
    options: Options,
    part: _Part,
) -> None:
    """Columns that are doubled, missing or of no meaning; each named once for the file."""
    used: set[str] = set()
    told: set[tuple[str, str]] = set()
    missing: dict[str, Field] = {}
    for place in sorted(places):
        resolver = resolvers[place]
        found = [(column, target) for column in table.columns if (target := resolver.target(column))]
        used |= {column for column, _ in found}
        for pair in doubled(found):
            if pair not in told:
                told.add(pair)
                part.faults.add(
                    f"holds the same question as column '{pair[0]}'",
                    column=pair[1],
                    allowed="one column per question",
                )
        held = {target.field.id for _, target in found}
        missing |= {
            entry.id: entry
            for entry in resolver.sheet.fields
            if entry.id not in held and entry.id not in missing
        }
    others = {c for c in table.columns if c not in used and any(r.target(c) for r in resolvers.values())}
    unknown = [
        column
        for column in table.columns
        if column not in used
        and column not in others
        and not is_tools_own(column)
        and not _ignored(column, options)
    ]
    for id, entry in missing.items():
        if places and not table.sparse:
            hint = did_you_mean(id, unknown) if entry.kind != "consent" else ""
            part.faults.add(
                f"no column for {_kind(entry)} {id}{hint}",
                column=id,
                allowed="its column, under the plan's id",
            )
    for column in unknown:
        hint = did_you_mean(column, missing)
        part.faults.add(
            f"no question of the survey{hint}",
            column=column,
            allowed="a question of the plan, or ignored by name (ignore)",
        )
    known = {*used, *unknown, *others}
    left = [column for column in table.columns if column not in known and said(column) is None]
    if left:
        shown = ", ".join(left[:_MANY]) + (" …" if len(left) > _MANY else "")
        part.notes.append(
            f"{Path(table.file).name}: {len(left)} columns of the tool or ignored ones were left out: {shown}"
        )


def _kind(entry: Field) -> str:
    return "item" if entry.kind == "rating" else "question"


def _check_version(
    sheet: Sheet, rows: Sequence[RowFacts], table: AnswerTable, options: Options, part: _Part
) -> None:
    name = Path(table.file).name
    stamps = Counter(fact.said.get("survey_version", "") for fact in rows)
    if stamps.pop("", 0):
        part.notes.append(
            f"{name}: the file does not say which version of the survey of {sheet.role} was answered"
        )
    known = {sheet.stamp}
    other = {
        stamp: count for stamp, count in stamps.items() if stamp not in known and not _combined(stamp, sheet)
    }
    for stamp, count in other.items():
        if options.any_version:
            part.notes.append(
                f"{name}: {counted(count, 'answer', 'answers')} to version {stamp}, read as if to {sheet.stamp}"
            )
            continue
        first = next(fact for fact in rows if fact.said.get("survey_version") == stamp)
        part.faults.add(
            f"answers to another version of the survey of {sheet.role} ({count} rows)",
            row=table.rows[first.position],
            column="survey_version",
            value=stamp,
            allowed=f"{sheet.stamp}, the plan of that version, or any_version where ids and codes are the same",
        )


def _combined(stamp: str, sheet: Sheet) -> bool:
    """The version of a form for all roles holds the digests of all of them."""
    return stamp.startswith(f"{sheet.version}-") and sheet.digest in stamp


def _records(
    resolvers: Mapping[Place, Resolver],
    place: Place,
    facts: Sequence[RowFacts],
    table: AnswerTable,
    part: _Part,
) -> Iterator[Record]:
    """The answers of all rows of one sheet."""
    resolver = resolvers[place]
    readers, foreign = _readers(resolvers, place, table)
    kinds = {column: [0, 0] for column in readers}
    submitted = any(said(column) == "submitted" for column in table.columns)
    unanswered = previews = 0
    for fact in facts:
        if is_preview(fact.said):
            previews += 1
            continue
        values, blanks = _row_values(readers, table, fact.position, kinds, part)
        unanswered += blanks
        _refuse_foreign(foreign, fact, table, part)
        yield Record(
            file=table.file,
            row=table.rows[fact.position],
            place=place,
            values=_ticks_settled(resolver.sheet, values),
            language=_language(fact, resolver.sheet),
            finished=int("submitted" in fact.said) if submitted else is_finished(fact.said),
        )
    name = Path(table.file).name
    if previews:
        told = counted(previews, "row was", "rows were")
        part.notes.append(f"{name}: {told} left out that the tool marks as tests or spam")
    if unanswered:
        part.notes.append(
            f"{name}: {unanswered} cells with a tool's code for no answer (-9, -99, -66, -77) are blank"
        )
    _mixed(readers, kinds, part, name)


def _readers(
    resolvers: Mapping[Place, Resolver], place: Place, table: AnswerTable
) -> tuple[dict[str, CellReader], dict[str, CellReader]]:
    """Readers of the columns that this sheet asks, and of those that only others do."""
    readers: dict[str, CellReader] = {}
    foreign: dict[str, CellReader] = {}
    for column in table.columns:
        if (target := resolvers[place].target(column)) is not None:
            readers[column] = CellReader(target)
        else:
            for other in resolvers.values():
                if (elsewhere := other.target(column)) is not None:
                    foreign[column] = CellReader(elsewhere)
                    break
    return readers, foreign


def _row_values(
    readers: Mapping[str, CellReader],
    table: AnswerTable,
    position: int,
    kinds: Mapping[str, list[int]],
    part: _Part,
) -> tuple[dict[str, Value], int]:
    """Values of one row by name, and how many cells hold a tool's code for no answer; counts codes and labels."""
    unanswered = 0
    values: dict[str, Value] = {}
    for column, reader in readers.items():
        read = reader.read(table.columns[column][position])
        if read.fault:
            part.faults.add(
                read.fault,
                row=table.rows[position],
                column=column,
                value=table.columns[column][position],
                allowed=read.allowed or None,
            )
            continue
        unanswered += read.unanswered
        if reader.field.answers and any(value is not None for value in read.values.values()):
            kinds[column][read.labelled] += 1
        for name, value in read.values.items():
            if value is not None or name not in values:
                values[name] = value
    return values, unanswered


def _refuse_foreign(
    foreign: Mapping[str, CellReader], fact: RowFacts, table: AnswerTable, part: _Part
) -> None:
    """Answers to what this row's sheet does not ask."""
    for column, reader in foreign.items():
        cell = table.columns[column][fact.position]
        read = reader.read(cell)
        if read.fault or any(value not in (None, 0.0) for value in read.values.values()):
            role, form = fact.place
            whose = role + (f", form {form}" if form else "")
            part.faults.add(
                f"an answer to a question that {whose} is not asked",
                row=table.rows[fact.position],
                column=column,
                value=cell,
                allowed="blank",
            )


def _mixed(
    readers: Mapping[str, CellReader], kinds: Mapping[str, Sequence[int]], part: _Part, name: str
) -> None:
    """Columns that hold codes and labels: read where a label cannot be mistaken for a code, else refused."""
    both = [column for column, (codes, labels) in kinds.items() if codes and labels]
    unclear = [
        column for column in both if any(label.lstrip("+-").isdigit() for label in readers[column].labels)
    ]
    for column in unclear:
        part.faults.add(
            "the column mixes codes and labels, and labels of this question are numbers",
            column=column,
            allowed="codes only, or labels only",
        )
    if rest := [column for column in both if column not in unclear]:
        shown = ", ".join(rest[:_MANY]) + (" …" if len(rest) > _MANY else "")
        part.notes.append(f"{name}: {len(rest)} columns mix codes and labels, which were told apart: {shown}")


def _ticks_settled(sheet: Sheet, values: Mapping[str, Value]) -> dict[str, Value]:
    """Blank ticks are 0 where another answer of the question is ticked; all blank: not answered."""
    found = dict(values)
    for entry in sheet.fields:
        if entry.kind != "several":
            continue
        ticks = [found.get(name) for name in entry.variables]
        if any(tick == 1.0 for tick in ticks):
            found |= {name: found.get(name) or 0.0 for name in entry.variables}
    return found


def _language(fact: RowFacts, sheet: Sheet) -> str:
    """The language a row says it was answered in; that of the sheet where it has one only."""
    stated = fact.said.get("language", "").casefold().replace("_", "-")
    if not stated:
        return sheet.languages[0] if len(sheet.languages) == 1 else ""
    names = {language.casefold(): language for language in sheet.languages}
    longer = {"eng": "en", "ger": "de", "deu": "de", "english": "en", "deutsch": "de", "german": "de"}
    short = stated.split("-")[0]
    return names.get(stated) or names.get(short) or names.get(longer.get(short, ""), stated)
