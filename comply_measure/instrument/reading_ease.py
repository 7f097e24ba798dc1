"""How items read, language by language: length, negations, two questions in one, reading ease.

Reading ease is ``206.835 − 1.015·w − 84.6·s`` for English (Flesch 1948, *Journal of Applied Psychology* 32,
221-233) and ``180 − w − 58.5·s`` for German (Amstad 1978, *Wie verständlich sind unsere Zeitungen?*, Zürich), with w
words per sentence (colons and semicolons end one, as Flesch counts) and s syllables per word: about 30 is hard, 60
plain, 90 very easy. Syllables are counted by groups of vowels, which is right for most words. The formulas were made
for running text: the figure over all items of a language is the one to read; that of a single short item rests on few
words.

Negations, and conjunctions that may join two questions, are found as words: what is listed is to be looked at, and is
not wrong for that. Roles in a row and German nouns in both genders ("Kolleginnen und Kollegen") are one thing. Items
should have 20 words at most, their stem apart (Oppenheim 1992, *Questionnaire Design, Interviewing and Attitude
Measurement*, 128).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from comply_measure.instrument.scale import Scale
from comply_measure.results import Result
from comply_measure.statistics.reasons import undefined_because

if TYPE_CHECKING:
    import pandas as pd

MOST_WORDS: Final = 20
_NOTES: Final = (
    f"more than {MOST_WORDS} words",
    "negation",
    "double negation",
    "perhaps two questions in one",
)
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,]\d+)*")
_SENTENCE_END: Final = re.compile(r"[.!?…:;]+(?=\s|$)")
_ASIDE: Final = re.compile(r"\([^)]*\)")
_VOWELS_EN: Final = re.compile(r"[aeiouy]+")
_VOWELS_DE: Final = re.compile(r"ie|ei|ey|ai|ay|au|eu|äu|oi|aa|ee|oo|[aeiouyäöü]")
_SILENT_EN: Final = re.compile(r"(?<![aeiouyl])(?:e|es|ed)$|(?<=[aeiouy]l)e$|(?<=[^aeiouyt d]l)ed$")
_SOUNDED_EN: Final = re.compile(r"(?:[td]ed|(?:[sxz]|ch|sh|[cg])es|[^aeiouy]le)$")


@dataclass(frozen=True, slots=True)
class _Language:
    """What is known of a language."""

    formula: str
    constant: float
    per_word: float
    per_syllable: float
    syllables: Callable[[str], int]
    negations: re.Pattern[str]
    conjunctions: str
    pairs: re.Pattern[str] | None = None  # the same noun in two genders: one group of people


def _syllables_en(word: str) -> int:
    """``makes`` 1, ``table`` 2, ``united`` 3: groups of vowels without a silent e at the end."""
    word = word.casefold()
    count = len(_VOWELS_EN.findall(word))
    if count > 1 and not _SOUNDED_EN.search(word) and _SILENT_EN.search(word):
        count -= 1
    return max(count, 1)


def _syllables_de(word: str) -> int:
    """``Zusammenarbeit`` 5, ``Vertrauen`` 3: vowels, diphthongs and long vowels counting once."""
    return max(len(_VOWELS_DE.findall(word.casefold())), 1)


_KNOWN: Final[Mapping[str, _Language]] = {
    "en": _Language(
        "Flesch (1948)",
        206.835,
        1.015,
        84.6,
        _syllables_en,
        re.compile(
            r"\b(?:not|no|never|none|nobody|nothing|nowhere|neither|nor|without|hardly|cannot|unable|\w+n['’]t)\b"
        ),
        r"and/or|and|or|as well as",
    ),
    "de": _Language(
        "Amstad (1978)",
        180.0,
        1.0,
        58.5,
        _syllables_de,
        re.compile(r"\b(?:nicht|kein\w*|nie|niemals|niemand\w*|nichts|nirgends|weder|noch nie|ohne|kaum)\b"),
        r"und/oder|und|oder|sowie|bzw\.?|beziehungsweise",
        re.compile(
            r"\b(\w{3,}?)innen (?:und|oder|bzw\.?) \1(?:e|en|n)?\b|\b(\w{3,}?)(?:e|en|n)? (?:und|oder|bzw\.?) \2innen\b"
        ),
    ),
}


def negation_words(text: str, language: str) -> list[str]:
    """Words of negation in a text; none for languages whose words are not known here."""
    known = _KNOWN.get(language)
    return known.negations.findall(text.casefold()) if known else []


@dataclass(frozen=True, eq=False)
class Readability(Result):
    """How the items of a scale read.

    Parameters
    ----------
    items : DataFrame
        A row per item and language, and per role where wordings differ: ``id``, ``language``, ``role``, ``n_words``
        (of the item without its stem), ``n_words_read`` (with it), ``n_sentences``, ``n_syllables``, ``reading_ease``
        (of what is read), ``negations`` and ``conjunctions`` (the words found), ``note``.
    languages : DataFrame
        A row per language, over all wordings: ``language``, ``formula``, ``n_items``, ``words_per_sentence``,
        ``syllables_per_word``, ``reading_ease``.
    """

    items: pd.DataFrame
    languages: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """The items."""
        return self.items

    def lines(self) -> tuple[str, ...]:
        """What is to be looked at, a line per language and finding."""
        found = []
        for row in self.languages.to_dict("records"):
            ease = row["reading_ease"]
            told = (
                f"reading ease {ease:.0f} ({row['formula']})"
                if ease == ease
                else "no formula of reading ease"
            )
            words = f"{row['words_per_sentence']:.1f} words per sentence"
            found.append(f"{row['language']}: {row['n_items']} items, {words}, {told}")
            own = self.items[self.items["language"] == row["language"]]
            pairs = [
                (id, note)
                for id, notes in zip(own["id"], own["note"], strict=True)
                for note in notes.split("; ")
            ]
            for note in _NOTES:
                ids = dict.fromkeys(id for id, noted in pairs if noted == note)
                if ids:
                    named = ", ".join([*ids][:12]) + (", …" if len(ids) > 12 else "")
                    found.append(f"{row['language']}: {note}, {len(ids)} of {row['n_items']} items: {named}")
        return tuple(found)


def readability(scale: Scale) -> Readability:
    """Length, negations, conjunctions and reading ease of every item, as informants read it with its stem.

    Parameters
    ----------
    scale : Scale
        The instrument. Lists of its roles (``marketing, sales and IT``) and what stands in brackets join no questions.

    Returns
    -------
    Readability
        Reading ease is NaN for languages without a formula; negations and conjunctions are then not looked for.
    """
    import pandas as pd

    rows = [row for language in scale.languages for row in _rows(scale, language)]
    items = pd.DataFrame(rows)
    languages = pd.DataFrame(
        [_of_language(str(language), own) for language, own in items.groupby("language", sort=False)]
    )
    reason = "no formula of reading ease for the language"
    return Readability(undefined_because(items, reason), undefined_because(languages, reason))


def _of_language(language: str, items: pd.DataFrame) -> dict[str, Any]:
    """Figures over all wordings of a language."""
    n_words, n_sentences, n_syllables = (
        float(items[name].sum(skipna=False)) for name in ("n_words_read", "n_sentences", "n_syllables")
    )
    return {
        "language": language,
        "formula": _KNOWN[language].formula if language in _KNOWN else "",
        "n_items": items["id"].nunique(),
        "words_per_sentence": n_words / n_sentences,
        "syllables_per_word": n_syllables / n_words,
        "reading_ease": _ease(language, n_words, n_sentences, n_syllables),
    }


def _rows(scale: Scale, language: str) -> Iterator[dict[str, Any]]:
    known = _KNOWN.get(language)
    listed = _role_lists(scale, language) if known else None
    for item in scale.items:
        for role in item.roles if item.role_specific else (None,):
            sentence = item.sentence(language, role)
            words = _WORD.findall(sentence)
            statement = _ASIDE.sub(" ", item.text(language, role)).casefold()
            n_words = len(_WORD.findall(item.text(language, role)))
            negations = known.negations.findall(statement) if known else []
            plain = listed.sub(" ", statement) if listed else statement
            plain = known.pairs.sub(" ", plain) if known and known.pairs else plain
            joined = re.findall(rf"(?<!\w)(?:{known.conjunctions})(?!\w)", plain) if known else []
            n_syllables = sum(map(known.syllables, words)) if known else float("nan")
            n_sentences = max(len(_SENTENCE_END.findall(sentence.strip())), 1)
            yield {
                "id": item.id,
                "language": language,
                "role": role or "",
                "n_words": n_words,
                "n_words_read": len(words),
                "n_sentences": n_sentences,
                "n_syllables": n_syllables,
                "reading_ease": _ease(language, len(words), n_sentences, n_syllables),
                "negations": ", ".join(negations),
                "conjunctions": ", ".join(joined),
                "note": _note(n_words, len(negations), len(joined)),
            }


def _note(n_words: int, n_negations: int, n_conjunctions: int) -> str:
    told = (n_words > MOST_WORDS, n_negations == 1, n_negations > 1, n_conjunctions > 0)
    return "; ".join(note for note, holds in zip(_NOTES, told, strict=True) if holds)


def _ease(language: str, n_words: float, n_sentences: float, n_syllables: float) -> float:
    known = _KNOWN.get(language)
    if known is None or not n_words:
        return float("nan")
    return (
        known.constant - known.per_word * n_words / n_sentences - known.per_syllable * n_syllables / n_words
    )


def _role_lists(scale: Scale, language: str) -> re.Pattern[str] | None:
    """Roles in a row: ``marketing, sales and it``; None for scales with fewer than two roles."""
    names = {key.casefold() for key in scale.roles}
    names |= {labels[language].casefold() for labels in scale.role_labels.values() if language in labels}
    if len(names) < 2:
        return None
    any_of = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    joint = _KNOWN[language].conjunctions
    return re.compile(rf"\b(?:{any_of})(?:\s*,\s*(?:{any_of}))*\s+(?:{joint})\s+(?:{any_of})\b")
