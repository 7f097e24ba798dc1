"""A further language of a scale by one table: every text beside its source, then the scale with the filled table.

The table has a column for the back-translation, which somebody who has not seen the source writes, so that both can be
compared (Brislin 1970, *Journal of Cross-Cultural Psychology* 1, 185-216).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from comply_measure.documents.commented import commented_yaml
from comply_measure.documents.safe_yaml import Key, YamlDocument, read_yaml, read_yaml_text
from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.instrument.completion import completed
from comply_measure.instrument.draft import Draft
from comply_measure.instrument.load import load_scale, parse_scale, scale_path
from comply_measure.instrument.text_checks import texts_by_language
from comply_measure.statistics.words import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

PLACE: Final = "place"
TEXT: Final = "translation"
BACK: Final = "back_translation"
NOTE: Final = "note"
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def translation_table(scale: str | Path, language: str) -> pd.DataFrame:
    """Every text of a scale beside a blank cell for its translation.

    Parameters
    ----------
    scale : str or path-like
        Name of a shipped scale, or a scale file.
    language : str
        New language, such as ``fr``.

    Returns
    -------
    DataFrame
        ``place`` (where the text stands), a column per language of the scale, and blank ``translation``,
        ``back_translation`` and ``note``. A wording per role, and an anchor per category, have rows of their own.

    Raises
    ------
    InputError
        If the scale has faults.
    ComplyError
        If the language is none, or one that the scale has.
    """
    import pandas as pd

    document = _document(scale, language)
    languages = Draft(document).languages()
    rows = [
        {PLACE: name, **{spoken: _at(document.data, (*key, spoken, *inner)) for spoken in languages}}
        for name, key, inner in _places(document)
    ]
    return pd.DataFrame(rows).assign(**{TEXT: "", BACK: "", NOTE: ""})


def translated_scale(scale: str | Path, table: pd.DataFrame, language: str) -> str:
    """The scale file with a further language.

    Parameters
    ----------
    scale, language
        As for :func:`translation_table`.
    table : DataFrame
        The filled table: ``place``, ``translation``, and the source texts, which must be those of the scale. A text
        that is blank in every language of the scale stays blank.

    Returns
    -------
    str
        YAML; comments of the scale file are not in it.

    Raises
    ------
    InputError
        If texts are missing, unknown, twice in the table, or their source is another one; all at once.
    """
    document = _document(scale, language)
    languages = Draft(document).languages()
    data = copy.deepcopy(document.data)
    wanted = {name: (key, inner) for name, key, inner in _places(document)}
    problems = column_faults(table, (PLACE, TEXT), f"the columns of the table for {language}")
    if problems:
        raise InputError("the table of translations cannot be used", problems)
    given: dict[str, str] = {}
    for row, entry in enumerate(table.to_dict("records"), 2):
        name, text = _cell(entry[PLACE]), _cell(entry[TEXT])
        if name not in wanted:
            known = did_you_mean(name, wanted)
            problems.append(Problem(f"no text of the scale{known}", row=row, column=PLACE, value=name))
            continue
        if name in given:
            problems.append(Problem("the place occurs twice", row=row, column=PLACE, value=name))
            continue
        given[name] = text
        key, inner = wanted[name]
        source = {spoken: _cell(_at(document.data, (*key, spoken, *inner))) for spoken in languages}
        if not text and any(source.values()):
            problems.append(Problem("no translation", row=row, column=TEXT, value=name))
        problems += [
            Problem(
                "the scale has another text here: the table is of another version",
                row=row,
                column=spoken,
                value=_cell(entry[spoken]),
                allowed=source[spoken],
            )
            for spoken in languages
            if spoken in entry and " ".join(_cell(entry[spoken]).split()) != " ".join(source[spoken].split())
        ]
    problems += [
        Problem("the table lacks a text", column=PLACE, value=name) for name in wanted if name not in given
    ]
    if problems:
        raise InputError("the table of translations cannot be used", problems)
    for name, (key, inner) in wanted.items():
        _put(data, key, language, inner, given[name], languages[0])
    data["languages"] = [*languages, language]
    text = commented_yaml(data, {})
    parse_scale(read_yaml_text(text, "the translated scale"))
    return text


def column_faults(table: pd.DataFrame, needed: Sequence[str], allowed: str) -> list[Problem]:
    """Columns that a table of translations lacks or has twice."""
    lacking = [column for column in needed if column not in table.columns]
    twice = dict.fromkeys(table.columns[table.columns.duplicated()])
    return [Problem("the table lacks a column", column=column, allowed=allowed) for column in lacking] + [
        Problem("two columns have one name", column=str(column), allowed="each name once") for column in twice
    ]


def _document(scale: str | Path, language: str) -> YamlDocument:
    """The scale's file as data with nothing left out; refused if it has faults or the language."""
    from dataclasses import replace

    if not _LANGUAGE.fullmatch(language):
        raise ComplyError(f"'{language}' names no language; allowed: such as fr, es or pt-BR")
    if language in load_scale(scale).languages:
        raise ComplyError(f"the scale has the language {language} already")
    document = read_yaml(scale_path(scale))
    data = completed(document.data)
    if "roles" not in document.data:
        data = {key: value for key, value in data.items() if key != "roles"}
    return replace(document, data=data)


def _places(document: YamlDocument) -> Iterator[tuple[str, Key, Key]]:
    """Name of every text, the key of its languages, and what follows the language: a role, or an anchor's place."""
    first = Draft(document).languages()[0]
    for key, texts in texts_by_language(Draft(document)):
        if not isinstance(texts, dict) or first not in texts:
            continue
        name = ".".join(_named(document.data, key[: place + 1]) for place in range(len(key)))
        source = texts[first]
        if isinstance(source, dict):
            yield from ((f"{name}@{role}", key, (role,)) for role in source)
        elif isinstance(source, list):
            yield from ((f"{name}.{place + 1}", key, (place,)) for place in range(len(source)))
        else:
            yield name, key, ()


def _named(data: Any, key: Key) -> str:
    """A part of a key: entries of lists by their id or key, which stay when the order changes."""
    last = key[-1]
    if not isinstance(last, int):
        return str(last)
    entry = _at(data, key)
    named = next(
        (entry[name] for name in ("id", "key", "code") if isinstance(entry, dict) and name in entry), None
    )
    return str(last if named is None else named)


def _at(data: Any, key: Key) -> Any:
    for part in key:
        data = data[part]
    return data


def _put(data: Any, key: Key, language: str, inner: Key, text: str, first: str) -> None:
    texts = _at(data, key)
    if not inner:
        texts[language] = text
    elif isinstance(inner[0], int):
        texts.setdefault(language, [""] * len(texts[first]))[inner[0]] = text
    else:
        texts.setdefault(language, {})[inner[0]] = text


def _cell(value: Any) -> str:
    return "" if value is None or value != value else str(value).strip()
