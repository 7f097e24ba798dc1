"""A scale file to begin with: items and answer range in, commented YAML out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from comply_measure.documents.commented import commented_yaml
from comply_measure.documents.safe_yaml import Key, read_yaml_text
from comply_measure.errors import InputError, Problem
from comply_measure.instrument.load import parse_scale
from comply_measure.instrument.naming import Names, plain_name
from comply_measure.statistics.words import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

GUESS: Final = "guess:"
_LONGEST_TEXT: Final = 4000
#: Columns of a table of items, by the names they may have.
_COLUMNS: Final = {
    "id": "id item item_id itemid code name variable nr number no",
    "construct": "construct dimension factor scale subscale konstrukt skala dimension_name",
    "text": "text wording question label item_text itemtext statement frage wortlaut content",
    "keying": "keying reversed reverse polung",
}
_REVERSED: Final = frozenset({"-1", "-1.0", "-", "r", "reverse", "reversed", "yes", "true", "x"})
_FORWARD: Final = frozenset({"", "1", "1.0", "+", "no", "false", "0", "0.0", "nan", "none"})


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item of a new scale.

    Parameters
    ----------
    id, construct : str
        Names as :class:`~comply_measure.instrument.naming.Names` makes them.
    text : str
        Wording.
    keying : {1, -1}
        -1 for an item that is reversed before it is scored.
    guess : str
        Why the item is written as it is, where that is a guess.
    """

    id: str
    construct: str
    text: str
    keying: int = 1
    guess: str = ""


@dataclass(frozen=True, slots=True)
class NewScale:
    """A scale that is about to be written.

    Parameters
    ----------
    key, title, language : str
        As in the file.
    response : mapping
        ``minimum``, ``maximum`` and, where they are known, ``anchors``.
    labels : mapping
        Construct -> label.
    items : sequence of NewItem
        In the order of the scale.
    guesses : mapping
        Place in the file -> why it is written as it is.
    """

    key: str
    title: str
    language: str
    response: Mapping[str, Any]
    labels: Mapping[str, str]
    items: Sequence[NewItem]
    guesses: Mapping[Key, str]

    def text(self) -> str:
        """The file: guesses are comments above what they are about."""
        data: dict[str, Any] = {
            "key": self.key,
            "title": self.title,
            "languages": [self.language],
            "response": dict(self.response),
            "constructs": [{"key": key, "label": label} for key, label in self.labels.items()],
            "items": [_entry(item) for item in _told_apart(self.items)],
        }
        comments: dict[Key, str] = {
            (): "A scale: what it measures, how it is answered, its items. "
            "'comply-measure scale check' finds every fault of this file.",
            (
                "response",
            ): "Lowest and highest answer; anchors are the labels of the answers from the lowest on.",
            ("constructs",): "What the items measure. 'parent: KEY' puts a construct below another one.",
            ("items",): "keying: -1 for an item whose agreement means a low standing.",
        }
        comments |= {place: f"{GUESS} {why}" for place, why in self.guesses.items()}
        comments |= {
            ("items", place): f"{GUESS} {item.guess}" for place, item in enumerate(self.items) if item.guess
        }
        return commented_yaml(data, comments)


def _entry(item: NewItem) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": item.id, "construct": item.construct, "text": item.text}
    return entry if item.keying == 1 else {**entry, "keying": item.keying}


def _told_apart(items: Sequence[NewItem]) -> list[NewItem]:
    """Items whose texts differ, as a scale needs it: the id stands behind a text that occurs twice or is missing."""
    found, seen = [], set()
    for item in items:
        text = " ".join(item.text.split())[: _LONGEST_TEXT - 100] or item.id
        if text.casefold() in seen:
            text = f"{text} ({item.id})"
        seen.add(text.casefold())
        found.append(NewItem(item.id, item.construct, text, item.keying, item.guess))
    return found


def scale_key(name: str) -> str:
    """Key of a scale, made of the name of a file: small letters, digits and ``_``."""
    return plain_name(name).lower() or "scale"


def draft_scale(
    items: pd.DataFrame,
    key: str = "scale",
    *,
    minimum: int = 1,
    maximum: int = 5,
    language: str = "en",
) -> str:
    """A scale file of a table of items.

    Parameters
    ----------
    items : DataFrame
        A row per item with columns for id, construct and text, and keying if there is one; usual other names, in
        English and German, are understood. Without ids or constructs, items are numbered and belong to one construct.
    key : str
        Key and title of the scale.
    minimum, maximum : int
        Range of answers.
    language : str
        Language of the texts.

    Returns
    -------
    str
        YAML; what was guessed stands in comments that begin with ``# guess:``.

    Raises
    ------
    InputError
        If there is no column of texts, no item, or a text, id or keying that cannot be used, all at once; or if the
        range or the language cannot be those of a scale.
    """
    header = [str(name) for name in items.columns]
    columns = _columns(items)
    problems = [
        Problem("the column name occurs twice", column=name, allowed="each name once")
        for name in dict.fromkeys(header)
        if header.count(name) > 1
    ] or _faults(items, columns)
    if problems:
        raise InputError("the table of items cannot be used", problems)
    names, constructs, labels = Names(), {}, {}
    texts = _cells(items, columns["text"])
    of_item = _cells(items, columns["construct"]) if "construct" in columns else [key] * len(items)
    for label in dict.fromkeys(of_item):
        constructs[label] = names.take(label, "construct")
        labels[constructs[label]] = label
    ids = _cells(items, columns["id"]) if "id" in columns else [""] * len(items)
    keyings = _cells(items, columns["keying"]) if "keying" in columns else [""] * len(items)
    made = []
    for place, (given, construct, text, keying) in enumerate(zip(ids, of_item, texts, keyings, strict=True)):
        number = of_item[: place + 1].count(construct)
        id = names.take(given or f"{constructs[construct]}_{number}", f"item_{place + 1}")
        guess = (
            "" if id == given else f"the id was made; the table has {given!r}" if given else "the id was made"
        )
        made.append(
            NewItem(id, constructs[construct], text, -1 if keying.casefold() in _REVERSED else 1, guess)
        )
    guesses: dict[Key, str] = {
        ("response",): f"{minimum} to {maximum}; a table of items does not say how they are answered"
    }
    if "construct" not in columns:
        guesses["constructs",] = "one construct; the table has no column that names constructs"
    title = key
    response = {"minimum": minimum, "maximum": maximum}
    text = NewScale(scale_key(key), title, language, response, labels, made, guesses).text()
    parse_scale(read_yaml_text(text, "the new scale"))
    return text


def _cells(items: pd.DataFrame, column: str) -> list[str]:
    found = []
    for cell in items[column].tolist():
        blank = cell is None or cell != cell
        whole = isinstance(cell, float) and not blank and cell.is_integer()
        found.append("" if blank else " ".join(str(int(cell) if whole else cell).split()))
    return found


def _columns(items: pd.DataFrame) -> dict[str, str]:
    """Ours -> the table's; the first column with a usual name counts, exact names before others."""
    found: dict[str, str] = {}
    plain = {re.sub(r"\W+", "_", str(name).casefold()).strip("_"): str(name) for name in items.columns}
    for ours, words in _COLUMNS.items():
        for word in words.split():
            if word in plain and plain[word] not in found.values():
                found[ours] = plain[word]
                break
    return found


def _faults(items: pd.DataFrame, columns: Mapping[str, str]) -> list[Problem]:
    given = [str(name) for name in items.columns]
    if "text" not in columns:
        hint = did_you_mean("text", given)
        return [
            Problem(
                f"no column of item texts{hint}", allowed="a column named text, wording, question or label"
            )
        ]
    if not len(items):
        return [Problem("the table has no items", allowed="a row per item")]
    problems = [
        Problem("holds several values", row=row, column=column, allowed="text, or a number")
        for column in columns.values()
        for row, cell in enumerate(items[column].tolist(), start=1)
        if hasattr(cell, "__len__") and not isinstance(cell, str)
    ]
    if problems:
        return problems
    for row, cell in enumerate(_cells(items, columns["text"]), start=1):
        if not cell:
            problems.append(Problem("the item has no text", row=row, column=columns["text"]))
    if "id" in columns:
        seen: dict[str, int] = {}
        for row, cell in enumerate(_cells(items, columns["id"]), start=1):
            if cell and (first := seen.setdefault(cell.casefold(), row)) != row:
                problems.append(
                    Problem(
                        "the id occurs twice, capitals ignored",
                        row=row,
                        column=columns["id"],
                        value=cell,
                        allowed=f"each id once; the first is in row {first}",
                    )
                )
    if "construct" in columns:
        for row, cell in enumerate(_cells(items, columns["construct"]), start=1):
            if not cell:
                problems.append(Problem("the item has no construct", row=row, column=columns["construct"]))
    if "keying" in columns:
        for row, cell in enumerate(_cells(items, columns["keying"]), start=1):
            if cell.casefold() not in _REVERSED | _FORWARD:
                problems.append(
                    Problem(
                        "not a keying",
                        row=row,
                        column=columns["keying"],
                        value=cell,
                        allowed="1, -1 or blank",
                    )
                )
    return problems
