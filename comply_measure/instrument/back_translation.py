"""Back-translations beside their source: what words differ, so that somebody can look at the meaning."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from comply_measure.errors import InputError, Problem
from comply_measure.instrument.reading_ease import negation_words
from comply_measure.instrument.translation import BACK, NOTE, PLACE, TEXT, column_faults

if TYPE_CHECKING:
    import pandas as pd

_WORD: Final = re.compile(r"\w+(?:['’-]\w+)*")
_COLUMNS: Final = (
    "place", "source", "back_translation", "similarity", "only_source", "only_back", "note",
)  # fmt: skip


def compare_back_translation(table: pd.DataFrame, source: str) -> pd.DataFrame:
    r"""Words of every back-translation that its source lacks, and the other way round; least alike first.

    ``similarity = 2|A ∩ B|/(|A| + |B|)`` of the words of source and back-translation, each as often as it occurs,
    without case (Dice, 1945): 1 for the same words in any order. It is no measure of meaning: synonyms lower it, and a
    lost "not" hardly does, which the note names. Where words differ, somebody who knows both languages decides
    (Brislin, 1970).

    Parameters
    ----------
    table : DataFrame
        A filled table of :func:`translation_table`.
    source : str
        Language into which was translated back: a column of the table.

    Returns
    -------
    DataFrame
        A row per back-translation: place, source, back_translation, similarity, only_source and only_back (words,
        separated by blanks), note (a negation or number that one of them lacks; negations of English and German).

    Raises
    ------
    InputError
        If the table lacks a column, or holds no back-translation.
    """
    import pandas as pd

    languages = [str(c) for c in table.columns if c not in (PLACE, TEXT, BACK, NOTE)]
    problems = column_faults(table, (PLACE, BACK), "a table of comply-measure scale translate")
    if source not in languages:
        problems.append(
            Problem("no language of the table", column="source", value=source, allowed=", ".join(languages))
        )
    if not problems and not (table[BACK].fillna("").astype(str).str.strip() != "").any():
        problems.append(Problem("no back-translation in the table", column=BACK))
    if problems:
        raise InputError("back-translations cannot be compared", problems)
    rows = []
    for entry in table.fillna("").astype(str).to_dict("records"):
        text, back = (" ".join(str(entry[column]).split()) for column in (source, BACK))
        if back:
            rows.append((entry[PLACE], text, back, *_compared(text, back, source)))
    found = pd.DataFrame(rows, columns=list(_COLUMNS))
    return found.sort_values("similarity", kind="stable", ignore_index=True)


def _compared(text: str, back: str, language: str) -> tuple[float, str, str, str]:
    """Similarity, words of the source alone, of the back-translation alone, and what to look at."""
    mine, theirs = (Counter(_WORD.findall(words.casefold())) for words in (text, back))
    shared = sum((mine & theirs).values())
    size = sum(mine.values()) + sum(theirs.values())
    notes = []
    no = [len(negation_words(words, language)) for words in (text, back)]
    if no[0] != no[1]:
        notes.append(f"negations: {no[0]} in the source, {no[1]} in the back-translation")
    numbers = [sorted(word for word in words.elements() if word.isdigit()) for words in (mine, theirs)]
    if numbers[0] != numbers[1]:
        notes.append("other numbers")
    return (
        2 * shared / size if size else float(text == back),
        " ".join((mine - theirs).elements()),
        " ".join((theirs - mine).elements()),
        "; ".join(notes),
    )
