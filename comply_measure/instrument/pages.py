"""The questionnaire as an informant sees it: pages of texts, items and questions, their order, the time they take."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from comply_measure.errors import ComplyError
from comply_measure.instrument.fielding import Question, Section
from comply_measure.instrument.scale import Scale
from comply_measure.instrument.types import Item
from comply_measure.results import Result
from comply_measure.statistics.words import require_known

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Part = TypeVar("Part")

#: Words read in a minute. Planning figure, on the slow side of silent reading of plain prose.
WORDS_PER_MINUTE: Final = 180.0
#: Seconds to choose an answer category once an item is read, and to answer a question of fact. Planning figures.
SECONDS_PER_ITEM: Final = 4.0
SECONDS_PER_QUESTION: Final = 8.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing on a page.

    Parameters
    ----------
    page : int
        Number of the page, from 1.
    section : str
        Key of the section.
    kind : {"text", "item", "question"}
        What it is.
    id : str
        Item or question; empty for a text.
    stem : str
        Opening that the item completes.
    text : str
        Wording.
    answers : tuple of str
        Answers that are offered; empty for texts and open questions.
    """

    page: int
    section: str
    kind: Literal["text", "item", "question"]
    id: str
    stem: str
    text: str
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Questionnaire(Result):
    """What one informant is asked, in order.

    Parameters
    ----------
    title : str
        Title of the first scale.
    role, language : str
        For whom it is.
    entries : tuple of Entry
        In the order of the pages.
    seconds : float
        Planned duration, nobody led past a section: words at 180 a minute (a stem once on a page), 4 seconds for each
        rating and 8 for each question of fact. To be replaced by the median of a pretest.
    """

    title: str
    role: str
    language: str
    entries: tuple[Entry, ...]
    seconds: float

    @property
    def minutes(self) -> int:
        """Planned duration in whole minutes, rounded up."""
        return math.ceil(self.seconds / 60)

    def ids(self) -> tuple[str, ...]:
        """Items and questions in the order in which they are asked."""
        return tuple(entry.id for entry in self.entries if entry.id)

    def tidy(self) -> pd.DataFrame:
        """A row per text, item and question: page, section, kind, id, stem, text, answers."""
        import pandas as pd

        rows = [
            {
                "page": entry.page,
                "section": entry.section,
                "kind": entry.kind,
                "id": entry.id,
                "stem": entry.stem,
                "text": entry.text,
                "answers": " | ".join(entry.answers),
            }
            for entry in self.entries
        ]
        return pd.DataFrame(rows, columns=["page", "section", "kind", "id", "stem", "text", "answers"])


def questionnaire(
    scales: Scale | Sequence[Scale],
    role: str,
    language: str | None = None,
    form: str | Mapping[str, str] = "full",
    attribute_set: str | None = None,
    seed: int | None = None,
    fill: Mapping[str, str] | None = None,
) -> Questionnaire:
    """The questionnaire of one role, in the order of the scales' sections.

    Parameters
    ----------
    scales : Scale or sequence of Scale
        Instruments that are asked together; those whose roles do not include `role` are left out.
    role : str
        Who is asked.
    language : str, optional
        Language; that of the first scale by default.
    form : str or mapping
        Form of all scales, or scale key -> form.
    attribute_set : str, optional
        Named set; the set that each scale collects by default.
    seed : int, optional
        Order of this informant where a section says ``random``; the order of the file if not given.
    fill : mapping, optional
        What stands for ``{unit}`` and ``{contact}``; ``{minutes}`` is the planned duration unless it is given.

    Returns
    -------
    Questionnaire

    Raises
    ------
    ComplyError
        If a scale has no sections, or form, role, language or set are unknown.
    """
    chosen = _asked(scales)
    known = list(dict.fromkeys(name for scale in chosen for name in scale.roles))
    require_known("role", role, known)
    spoken = language if language is not None else chosen[0].languages[0]
    parts = []
    for scale in chosen:
        if role not in scale.roles:
            continue
        require_known(f"language of scale {scale.key}", spoken, scale.languages)
        key = form if isinstance(form, str) else form.get(scale.key, "full")
        require_known(f"form of scale {scale.key}", key, scale.forms)
        if not scale.sections:
            raise ComplyError(f"scale {scale.key} has no sections: it does not say how it is asked")
        scope = _Scope(
            scale, key, role, spoken, scale.collection_set if attribute_set is None else attribute_set
        )
        parts += [(section.at, scope, section) for section in scope.sections()]
    parts.sort(key=lambda part: part[0])
    entries = list(_numbered(parts, _generator(seed)))
    made = Questionnaire(chosen[0].title[spoken], role, spoken, tuple(entries), _seconds(entries))
    return replace(made, entries=_filled(entries, {"minutes": str(made.minutes)} | dict(fill or {})))


def _asked(scales: Scale | Sequence[Scale]) -> list[Scale]:
    found = [scales] if isinstance(scales, Scale) else list(scales)
    if not found:
        raise ComplyError("a questionnaire needs a scale")
    return found


def _generator(seed: int | None) -> np.random.Generator | None:
    if seed is None:
        return None
    import numpy as np

    return np.random.default_rng(seed)


@dataclass(frozen=True, slots=True)
class _Scope:
    """A scale as one informant gets it."""

    scale: Scale
    form: str
    role: str
    language: str
    attribute_set: str | None

    def sections(self) -> list[Section]:
        return [
            section
            for section in self.scale.sections
            if self.form in section.forms and self.role in section.roles
        ]

    def items(self, section: Section) -> list[Item]:
        found = self.scale.items_for(self.form, self.attribute_set, self.role)
        return [item for item in found if item.kind in section.shows]

    def questions(self, section: Section) -> list[Question]:
        return [
            question
            for question in self.scale.questions
            if question.block in section.shows
            and self.form in question.forms
            and self.role in question.roles
            and question.source == "informant"
        ]

    def item(self, page: int, section: str, item: Item) -> Entry:
        labels = self.scale.response.value_labels(self.language, item.offers)
        stem = item.stem.get(self.language, "")
        return Entry(
            page, section, "item", item.id, stem, item.text(self.language, self.role), tuple(labels.values())
        )

    def question(self, page: int, section: str, question: Question) -> Entry:
        answers = [choice.label[self.language] for choice in question.choices]
        if measure := question.measure.get(self.language):
            answers = [f"___ {measure}"]
        return Entry(page, section, "question", question.id, "", question.text[self.language], tuple(answers))


def _numbered(
    parts: Iterable[tuple[int, _Scope, Section]], generator: np.random.Generator | None
) -> Iterator[Entry]:
    page = 0
    for _, scope, section in parts:
        words = [texts[scope.language] for texts in (section.title, section.text) if scope.language in texts]
        pages = _pages(scope, section, generator)
        if not pages and section.shows:
            continue
        page += 1
        for text in words:
            yield Entry(page, section.key, "text", "", "", text)
        for number, (questions, items) in enumerate(pages):
            page += number > 0
            for question in questions:
                yield scope.question(page, section.key, question)
            for item in items:
                yield scope.item(page, section.key, item)


def _pages(
    scope: _Scope, section: Section, generator: np.random.Generator | None
) -> list[tuple[list[Question], list[Item]]]:
    """Questions and items of each page of a section, in the order of this informant."""
    items, questions = scope.items(section), scope.questions(section)
    by = section.page_by
    if by is None:
        groups = {"": (questions, items)}
    else:
        groups = {}
        for question in questions:
            groups.setdefault(question.stage or "", ([], []))[0].append(question)
        for item in items:
            name = item.stem.get(scope.language, "") if by == "stem" else getattr(item, by) or ""
            groups.setdefault(name, ([], []))[1].append(item)
        # Items that belong to no group, such as attention items, go to the last page that has one.
        if by != "stem" and "" in groups and len(groups) > 1:
            loose = groups.pop("")
            last = groups[list(groups)[-1]]
            last[0].extend(loose[0])
            last[1].extend(loose[1])
    pages = list(groups.values())
    if section.page_order == "random":
        pages = _shuffled(pages, generator)
    if section.item_order == "random":
        pages = [(asked, _shuffled(rated, generator)) for asked, rated in pages]
    return [cut for asked, rated in pages for cut in _cut(asked, rated, section.page_size)]


def _cut(
    questions: list[Question], items: list[Item], size: int | None
) -> list[tuple[list[Question], list[Item]]]:
    """Pages of at most `size` items, as even as can be, so that no item stands alone."""
    if size is None or len(items) <= size:
        return [(questions, items)] if questions or items else []
    count = math.ceil(len(items) / size)
    ends = [round(len(items) * part / count) for part in range(count + 1)]
    return [(questions if part == 0 else [], items[ends[part] : ends[part + 1]]) for part in range(count)]


def _shuffled(parts: list[Part], generator: np.random.Generator | None) -> list[Part]:
    if generator is None:
        return parts
    return [parts[place] for place in generator.permutation(len(parts))]


def _seconds(entries: Sequence[Entry]) -> float:
    words, stems = 0, set()
    for entry in entries:
        words += _words(entry.text)
        if entry.stem and (entry.page, entry.stem) not in stems:
            stems.add((entry.page, entry.stem))
            words += _words(entry.stem)
        if entry.kind == "question":
            words += sum(_words(answer) for answer in entry.answers)
    rated = sum(entry.kind == "item" for entry in entries)
    asked = sum(entry.kind == "question" for entry in entries)
    return words / WORDS_PER_MINUTE * 60 + rated * SECONDS_PER_ITEM + asked * SECONDS_PER_QUESTION


def _words(text: str) -> int:
    return sum(any(sign.isalnum() for sign in word) for word in text.split())


def _filled(entries: Sequence[Entry], fill: Mapping[str, str]) -> tuple[Entry, ...]:
    """Entries whose placeholders are filled; what is not given stays as it is in the file."""

    def told(text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: fill.get(found[1], found[0]), text)

    return tuple(replace(entry, text=told(entry.text)) for entry in entries)


def durations(
    scales: Scale | Sequence[Scale], language: str | None = None, attribute_set: str | None = None
) -> pd.DataFrame:
    """Planned duration by form and role.

    Parameters
    ----------
    scales : Scale or sequence of Scale
        Instruments that are asked together; the forms are those of the first, and a scale that lacks one is asked in
        full.
    language, attribute_set : str, optional
        As in :func:`questionnaire`.

    Returns
    -------
    pandas.DataFrame
        Columns ``form``, ``role``, ``pages``, ``items``, ``questions``, ``seconds``, ``minutes``.
    """
    import pandas as pd

    chosen = _asked(scales)
    rows = []
    for form in chosen[0].forms:
        forms = {scale.key: form if form in scale.forms else "full" for scale in chosen}
        for role in chosen[0].roles:
            made = questionnaire(chosen, role, language, forms, attribute_set)
            counts = {
                kind: sum(entry.kind == kind for entry in made.entries) for kind in ("item", "question")
            }
            rows.append(
                {
                    "form": form,
                    "role": role,
                    "pages": max((entry.page for entry in made.entries), default=0),
                    "items": counts["item"],
                    "questions": counts["question"],
                    "seconds": made.seconds,
                    "minutes": made.minutes,
                }
            )
    return pd.DataFrame(rows)
