"""Text files of answers that an SPSS syntax file describes, as LimeSurvey exports them (``.dat`` and ``.sps``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from comply_measure.responses.faults import Faults
from comply_measure.responses.files.delimited import Records, blocks, encoded_columns, until_broken
from comply_measure.responses.files.encoding import decoded
from comply_measure.responses.files.limits import MAX_TEXT_BYTES, too_many_cells
from comply_measure.responses.files.raw import Cell, Column, RawTable, encoded
from comply_measure.responses.mapping import FileFormat

_ENDINGS: Final = (".dat", ".txt")
_COMMAND: Final = re.compile(r"(?m)^(?=[*A-Za-z/])")
_TEXT: Final = r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\''
_FILE: Final = re.compile(r"/FILE\s*=\s*(" + _TEXT + ")", re.IGNORECASE)
_FROM_THE_FIRST: Final = re.compile(r"/FIRSTCASE\s*=\s*1\b", re.IGNORECASE)
_VARIABLES: Final = re.compile(r"/VARIABLES\s*=(.*)", re.IGNORECASE | re.DOTALL)
_VALUE: Final = re.compile(rf"({_TEXT}|[^\s\"']+)\s+({_TEXT})")
_RENAMED: Final = re.compile(r"\(\s*(\S+)\s*=\s*(\S+)\s*\)")
#: Commands that say nothing about values: settings, how data are fetched, levels of measurement.
_IDLE: Final = ("*", "SET ", "SHOW ", "PRESERVE", "RESTORE", "CACHE", "EXECUTE", "VARIABLE LEVEL", "FORMATS ")


@dataclass(slots=True)
class _Syntax:
    """What a syntax file says about a file of answers."""

    delimiter: str = ","
    quote: str = "'"
    formats: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[Cell, str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


def syntax_of(path: Path) -> Path | None:
    """The syntax file in the same folder that reads this file; None if there is none, or several."""
    if path.suffix.lower() not in _ENDINGS or not path.parent.is_dir():
        return None
    beside = sorted(
        other for other in path.parent.iterdir() if other.suffix.lower() == ".sps" and other.is_file()
    )
    naming = [other for other in beside if _named_in(other) == path.name]
    return naming[0] if len(naming) == 1 else None


def _named_in(syntax: Path) -> str | None:
    """Name, without its folder, of the file that a syntax file reads from its first line on: one without a header."""
    with syntax.open("rb") as stream:
        head = stream.read(10_000).decode("utf-8", errors="replace")
    found = _FILE.search(head) if _FROM_THE_FIRST.search(head) else None
    return None if found is None else re.split(r"[\\/]", _unquoted(found[1]))[-1]


def read_with_syntax(path: Path, file_format: FileFormat, faults: Faults) -> RawTable | None:
    """Read a text file of answers without a header, whose variables and labels stand in a syntax file beside it.

    Parameters
    ----------
    path, file_format, faults
        As in :func:`~comply_measure.responses.files.load.load_table`.

    Returns
    -------
    RawTable or None
        Columns under the names that the syntax gives them, with labels; None if faults leave nothing to read.
    """
    beside = syntax_of(path)
    if beside is None:
        faults.add(
            "no syntax file says what this file's columns are",
            allowed=f"an SPSS syntax file (.sps) in the same folder whose /FILE is '{path.name}'",
        )
        return None
    if (size := max(path.stat().st_size, beside.stat().st_size)) > MAX_TEXT_BYTES:
        faults.add("the file is too large", value=size, allowed=f"at most {MAX_TEXT_BYTES:,} bytes")
        return None
    of_syntax = Faults(str(Path(faults.file or path.name).with_name(beside.name)))
    syntax = _understood(decoded(beside.read_bytes(), file_format.encoding, of_syntax), of_syntax)
    text = decoded(path.read_bytes(), file_format.encoding, faults)
    faults.problems.extend(of_syntax.problems)
    if syntax is None or text is None or faults.problems:
        return None
    width = len(syntax.formats)
    if too_many_cells(1, width, faults):
        return None
    reader = Records(text, syntax.delimiter, 0, quote=syntax.quote)
    columns, rows = encoded_columns(blocks(until_broken(reader, faults), reader, width, faults), width)
    if not len(rows):
        if not faults.problems:
            faults.add("the file has no rows", allowed="at least one row of answers")
        return None
    named = [_column(name, syntax, column) for name, column in zip(syntax.formats, columns, strict=True)]
    names = [column.name for column in named]
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.add("the column name occurs twice", column=name, allowed="each name once")
    note = f"variables and labels are those of {beside.name}"
    return RawTable(path.name, {column.name: column for column in named}, rows, notes=(note,))


def _column(variable: str, syntax: _Syntax, column: Column) -> Column:
    cells: list[Cell | None] = [*column.distinct, None]
    if syntax.formats[variable].upper().startswith(("F", "N")):
        cells = [_number(cell) for cell in cells]
    typed = encoded("", [cells[code] for code in column.codes])
    return replace(
        typed,
        name=syntax.names.get(variable, variable),
        label=syntax.labels.get(variable, ""),
        value_labels=syntax.values.get(variable, {}),
    )


def _number(cell: Cell | None) -> Cell | None:
    """A number that is written as one; anything else stays the text it is."""
    plain = isinstance(cell, str) and re.fullmatch(r"[+-]?\d{1,15}(\.\d+)?", cell, re.ASCII) is not None
    return float(cell) if plain and cell is not None else cell


def _understood(text: str | None, faults: Faults) -> _Syntax | None:
    """What the commands say; one that would change values and is not understood is a problem."""
    if text is None:
        return None
    syntax = _Syntax()
    row = 1
    for command in _COMMAND.split(text.replace("\r\n", "\n").replace("\r", "\n")):
        _take(command, syntax, row, faults)
        row += command.count("\n")
    if not syntax.formats and not faults.problems:
        faults.add(
            "the syntax names no variables", allowed="GET DATA … /VARIABLES= with a name and format each"
        )
    return syntax


def _take(command: str, syntax: _Syntax, row: int, faults: Faults) -> None:
    head = " ".join(command[:40].upper().split()) + " "
    if not command.strip() or head.startswith(_IDLE):
        return
    if head.startswith("GET DATA"):
        _take_data(command, syntax)
    elif head.startswith("VARIABLE LABELS"):
        for name, text in re.findall(rf"([^\s\"'/]+)\s+({_TEXT})", command.split(None, 2)[2]):
            syntax.labels[name] = " ".join(_unquoted(text).split())
    elif head.startswith("VALUE LABELS"):
        name, _, rest = command.split(None, 2)[2].partition("\n") if "\n" in command else ("", "", "")
        name = name.strip()
        known = syntax.values.setdefault(name, {})
        for value, text in _VALUE.findall(rest):
            key = _number(_unquoted(value)) if value[0] not in "\"'" else _unquoted(value)
            known[key if key is not None else value] = _unquoted(text)
    elif head.startswith("RENAME VARIABLE"):
        syntax.names |= dict(_RENAMED.findall(command))
    else:
        faults.add(
            "a command of the syntax that is not understood",
            row=row,
            value=command.strip().split("\n")[0][:60],
            allowed="GET DATA, VARIABLE LABELS, VALUE LABELS, RENAME VARIABLE, VARIABLE LEVEL",
        )


def _take_data(command: str, syntax: _Syntax) -> None:
    stated: Mapping[str, str] = {
        key.upper(): _unquoted(value)
        for key, value in re.findall(rf"/(DELIMITERS|QUALIFIER)\s*=\s*({_TEXT})", command, re.IGNORECASE)
    }
    syntax.delimiter = stated.get("DELIMITERS", ",").replace("\\t", "\t")
    syntax.quote = stated.get("QUALIFIER", "'")
    if (found := _VARIABLES.search(command)) is not None:
        words = found[1].strip().removesuffix(".").split()
        syntax.formats = dict(zip(words[::2], words[1::2], strict=False))


def _unquoted(text: str) -> str:
    sign = text[:1]
    return text[1:-1].replace(sign * 2, sign) if sign in ("'", '"') and len(text) > 1 else text
