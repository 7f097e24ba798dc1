"""SPSS and Stata files with variable labels, value labels, missing codes and levels of measurement."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from comply_measure.instrument.naming import Names
from comply_measure.responses.codebook.variables import Variable

if TYPE_CHECKING:
    import pandas as pd

#: Codes of missing answers that have none of their own, by their words in text files.
WORD_CODES: Final = {"user_missing": -98, "cannot_judge": -97, "does_not_apply": -96}
#: Longest names both programs take (32, but Stata's sets of labels, named like their variable, are written up to 31
#: only), and longest variable labels of Stata and SPSS in bytes.
LONGEST_NAME: Final = 31
LONGEST_LABEL: Final = {".dta": 80, ".sav": 255}
_TAGS: Final = "abcdefghijklmnopqrstuvwxyz"
# Where the files say when they were made.
_SAV_CREATED: Final = slice(92, 109)
_DTA_CREATED: Final = re.compile(rb"(<timestamp>\x11)\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d(</timestamp>)")
_RESERVED: Final = frozenset(
    """
    all and by eq ge gt le lt ne not or to with _all _b byte _coef _cons double float if in int long _n _pi _pred _rc
    _skip strl using
    """.split()  # noqa: SIM905 - read as words
)


def program_names(variables: Sequence[Variable]) -> dict[str, str]:
    """Variable -> name that SPSS and Stata take: letters, digits and ``_``, at most 31, no word of theirs."""
    found: dict[str, str] = {}
    # The columns of every table keep their names; other names differ from them and from each other without case.
    ids = [variable.name for variable in variables if variable.kind == "id"]
    names = Names([*_RESERVED, *ids])
    for variable in variables:
        if variable.kind == "id":
            found[variable.name] = variable.name
            continue
        wanted = variable.name if len(variable.name) <= LONGEST_NAME else variable.name[: LONGEST_NAME - 3]
        made = names.take(wanted, "variable")
        found[variable.name] = made if len(made) <= LONGEST_NAME else names.take(wanted[:20], "variable")
    return found


def write_spss(table: pd.DataFrame, variables: Sequence[Variable], path: Path, title: str) -> None:
    """Write an SPSS file; answers outside the categories keep their codes and are declared as user-missing."""
    import pyreadstat

    names = program_names(variables)
    columns, labels, missing = {}, {}, {}
    for variable in variables:
        name = names[variable.name]
        codes = missing_codes(variable)
        columns[name] = _numbers(table[variable.name]) if not variable.text else _texts(table[variable.name])
        labels[name] = {float(code): text for code, text in (dict(variable.values) | codes).items()}
        if codes and not variable.text:
            missing[name] = [{"lo": float(code), "hi": float(code)} for code in codes]
    pyreadstat.write_sav(
        _frame(columns),
        str(path),
        file_label=_shortened(title, 60),
        column_labels=_labels(variables, names, ".sav"),
        variable_value_labels={name: found for name, found in labels.items() if found},
        missing_ranges=missing,
        variable_measure={names[variable.name]: variable.level for variable in variables},
    )
    content = bytearray(path.read_bytes())
    content[_SAV_CREATED] = b"01 Jan 8000:00:00"  # no clock: the same data give the same bytes
    path.write_bytes(content)


def write_stata(table: pd.DataFrame, variables: Sequence[Variable], path: Path, title: str) -> None:
    """Write a Stata file; answers outside the categories are tagged missing values, ``.a`` on, with their labels."""
    import pyreadstat

    names = program_names(variables)
    columns, labels, tagged = {}, {}, {}
    for variable in variables:
        name = names[variable.name]
        if variable.text:
            columns[name] = _texts(table[variable.name])
            continue
        tags = dict(zip(missing_codes(variable), _TAGS, strict=False))
        column = _numbers(table[variable.name])
        if tags:
            tagged[name] = list(tags.values())
            column = column.astype(object).map(lambda value, tags=tags: tags.get(value, value))
        columns[name] = column
        said: dict[Any, str] = dict(variable.values.items())
        said |= {tags[code]: text for code, text in missing_codes(variable).items()}
        if said:
            labels[name] = said
    pyreadstat.write_dta(
        _frame(columns),
        str(path),
        file_label=_shortened(title, 80),
        column_labels=_labels(variables, names, ".dta"),
        variable_value_labels=labels,
        missing_user_values=tagged,
        version=15,
    )
    path.write_bytes(_DTA_CREATED.sub(rb"\g<1>01 Jan 1980 00:00\g<2>", path.read_bytes(), count=1))


def missing_codes(variable: Variable) -> dict[int, str]:
    """Code -> label of everything that stands for a missing answer."""
    return dict(variable.missing) | {WORD_CODES[word]: word for word in variable.words}


def _numbers(values: pd.Series[Any]) -> pd.Series[Any]:
    """Cells as numbers, words of missing answers as their codes."""
    import pandas as pd

    coded = values.map(lambda cell: WORD_CODES.get(cell, cell) if isinstance(cell, str) else cell)
    return pd.to_numeric(coded).astype(float)


def _texts(values: pd.Series[Any]) -> pd.Series[Any]:
    return values.astype(object).where(values.notna(), "").astype(str)


def _frame(columns: Mapping[str, pd.Series[Any]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({name: column.reset_index(drop=True) for name, column in columns.items()})


def _labels(variables: Sequence[Variable], names: Mapping[str, str], ending: str) -> dict[str, str]:
    longest = LONGEST_LABEL[ending]
    return {names[variable.name]: _shortened(variable.label, longest) for variable in variables}


def _shortened(text: str, longest: int) -> str:
    """A text of at most so many bytes, cut between letters."""
    line = " ".join(text.split())
    if len(line.encode()) <= longest:
        return line
    cut = line.encode()[: longest - 3].decode(errors="ignore")
    return f"{cut}…"
