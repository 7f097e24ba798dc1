"""Several files of answers, one for each role, as one table."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from comply_measure.errors import InputError, Problem
from comply_measure.responses.cells import folded
from comply_measure.responses.files.raw import Cell, Column, RawTable, encoded
from comply_measure.responses.files.signature import ENDINGS
from comply_measure.responses.sketch.groups import joined_groups
from comply_measure.responses.sketch.words import ROLE, split_code, tokens

_WORD: Final = re.compile(r"[^\W_]+")
_LABELLED: Final = frozenset({".sav", ".zsav", ".dta"})
ROLE_COLUMN: Final = "role"
INFORMANT_COLUMN: Final = "informant"


@dataclass(frozen=True, slots=True)
class Joined:
    """Answers of several files below each other.

    Parameters
    ----------
    table : RawTable
        All rows, with a column for the role unless the files have one, and ids of informants.
    files : tuple of str
        Names of the files.
    roles : mapping
        File -> role that its name says, empty where the files have a column of roles.
    partly : tuple of str
        Columns that some files lack, each with the files that have it.
    told : tuple of str
        How files of groups that repeat were put beside their interviews.
    """

    table: RawTable
    files: tuple[str, ...]
    roles: dict[str, str]
    partly: tuple[str, ...]
    told: tuple[str, ...] = ()

    @property
    def labelled(self) -> bool:
        """Whether any column has a label beside its name."""
        return any(column.label for column in self.table.columns.values())


def answer_files(folder: Path) -> list[Path]:
    """Files of answers in a folder, by name."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.suffix.lower() in ENDINGS and path.name[0] not in ".~"
    )


def joined_files(folder: Path, opened: Callable[[Path], RawTable]) -> Joined:
    """Read all files of answers in a folder and put them below each other.

    Files of groups that repeat, as ODK Central and SurveyCTO write them, are put beside their interviews instead. A
    row belongs to the role that its file's name says: the words of the name that not all files have. Files with a
    column named like a role keep it instead.

    Parameters
    ----------
    folder : Path
        Folder with at least two files.
    opened : callable
        Path -> its table.

    Returns
    -------
    Joined

    Raises
    ------
    InputError
        If a file cannot be read, files of groups do not fit each other, a file has labels of values (SPSS, Stata), or
        the names of the files do not tell roles.
    """
    paths = answer_files(folder)
    _check(folder, paths)
    tables = [opened(path) for path in paths]
    files = tuple(path.name for path in paths)
    if beside := joined_groups(dict(zip(files, tables, strict=True))):
        return Joined(beside[0], files, {}, (), tuple(beside[1]))
    names = list(dict.fromkeys(name for table in tables for name in table.columns))
    columns = {name: _below(name, tables) for name in names}
    roles: dict[str, str] = {}
    if not any(not tokens(split_code(name)[0]).isdisjoint(ROLE) and len(name.split()) < 4 for name in names):
        roles = _roles(folder, paths)
        told = [
            roles[path.name] for path, table in zip(paths, tables, strict=True) for _ in range(len(table))
        ]
        columns[_free(ROLE_COLUMN, names)] = encoded(_free(ROLE_COLUMN, names), told)
    stems = [path.stem for path, table in zip(paths, tables, strict=True) for _ in range(len(table))]
    numbers = [number for table in tables for number in range(1, len(table) + 1)]
    ids = [f"{stem}-{number}" for stem, number in zip(stems, numbers, strict=True)]
    columns[_free(INFORMANT_COLUMN, names)] = encoded(_free(INFORMANT_COLUMN, names), ids)
    above = 2 if any(column.label for column in columns.values()) else 1
    rows = np.arange(above + 1, above + 1 + len(ids), dtype=np.intp)
    partly = tuple(
        f"{name} ({', '.join(p.name for p, table in zip(paths, tables, strict=True) if name in table.columns)})"
        for name in names
        if not all(name in table.columns for table in tables)
    )
    return Joined(RawTable(folder.name, columns, rows), files, roles, partly)


def _check(folder: Path, paths: Sequence[Path]) -> None:
    problems = [
        Problem(
            "labels of values would be lost where files are put below each other",
            str(path),
            allowed="one file that SPSS (ADD FILES) or Stata (append) made of them, or text files",
        )
        for path in paths
        if path.suffix.lower() in _LABELLED
    ]
    if len(paths) < 2:
        allowed = "one file of answers by its name, or a folder with a file for each role"
        problems.append(Problem(f"a folder with {len(paths)} files of answers", str(folder), allowed=allowed))
    if problems:
        raise InputError(f"{folder} cannot be read as files of answers by role", problems)


def _below(name: str, tables: Sequence[RawTable]) -> Column:
    cells: list[Cell | None] = []
    labels = []
    for table in tables:
        column = table.columns.get(name)
        cells += [None] * len(table) if column is None else column.cells()
        labels += [column.label] if column is not None and column.label else []
    return encoded(name, cells, label=labels[0] if labels else "")


def _roles(folder: Path, paths: Sequence[Path]) -> dict[str, str]:
    """File -> the words of its name that not all names have; digits alone are no role."""
    words = [_WORD.findall(path.stem) for path in paths]
    shared = set.intersection(*({folded(word) for word in said} for said in words))
    roles = {
        path.name: " ".join(word for word in said if folded(word) not in shared and not word.isdigit())
        for path, said in zip(paths, words, strict=True)
    }
    if not all(roles.values()) or len({*map(folded, roles.values())}) < len(roles):
        raise InputError(
            f"{folder} does not say whose answers its files are",
            [
                Problem(
                    "the names of the files do not tell roles",
                    str(folder),
                    value=", ".join(roles),
                    allowed="a role in the name of every file (answers_sales.csv), or a column role in each",
                )
            ],
        )
    return roles


def _free(name: str, names: Sequence[str]) -> str:
    """The name, or a longer one that no column of the files has."""
    while name in names:
        name = f"{name}_of_file"
    return name
