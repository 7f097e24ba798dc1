"""One questionnaire as every tool gets it: pages of fields, with all texts in all languages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from comply_measure.framework.frozen import FrozenMap

FieldKind = Literal["rating", "one", "several", "number", "text", "code", "consent"]
ACCEPTED, DECLINED = 1, 2


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that can be chosen: its code, and its label by language (empty for an unnamed category)."""

    code: int
    label: FrozenMap[str]

    def shown(self, language: str) -> str:
        """The label, or the code where the category has none."""
        return self.label.get(language, "") or str(self.code)


@dataclass(frozen=True, slots=True)
class Condition:
    """Shown only to those who gave one of these answers to another field."""

    field: str
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to answer.

    Parameters
    ----------
    id : str
        Item or question: the variable, or the begin of its variables where several answers may be ticked.
    kind : {"rating", "one", "several", "number", "text", "code", "consent"}
        How it is answered.
    text, stem, help : FrozenMap
        Language -> wording for this role, opening that the wording completes, what counts.
    answers : tuple of Answer
        Of ratings, ``one`` and ``several``.
    scale : str
        Scale of an item or question; empty for the plan's own.
    required : bool
        Whether it must be answered.
    minimum, maximum : float or None
        Of numbers.
    measure : FrozenMap
        Language -> unit of a number.
    pattern : str
        Regular expression that a text must match; empty for none.
    instructed : int or None
        Answer that an attention item asks for.
    """

    id: str
    kind: FieldKind
    text: FrozenMap[str]
    stem: FrozenMap[str] = field(default_factory=FrozenMap)
    help: FrozenMap[str] = field(default_factory=FrozenMap)
    answers: tuple[Answer, ...] = ()
    scale: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    measure: FrozenMap[str] = field(default_factory=FrozenMap)
    pattern: str = ""
    instructed: int | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        """Columns of its answers: one, or one of 0 and 1 per answer where several may be ticked."""
        if self.kind != "several":
            return (self.id,)
        return tuple(f"{self.id}_{answer.code}" for answer in self.answers)

    def sentence(self, language: str) -> str:
        """Stem and wording as one sentence."""
        opening = self.stem.get(language, "")
        wording = self.text[language]
        return f"{opening.rstrip('… ')} {wording.lstrip('… ')}" if opening else wording


@dataclass(frozen=True, slots=True)
class Page:
    """What is seen at once.

    Parameters
    ----------
    key : str
        Name: a letter and a number, the same in every language.
    texts : tuple of FrozenMap
        Paragraphs above the fields, the first of them a heading where `headed`.
    headed : bool
        Whether the first text is a heading.
    fields : tuple of Field
        In the order in which they are asked.
    block : str
        Pages of one block may change places; empty for pages that stay where they are.
    shuffled : bool
        Whether every informant gets an own order of the ratings.
    only_if : Condition or None
        Who sees it.
    """

    key: str
    texts: tuple[FrozenMap[str], ...] = ()
    headed: bool = False
    fields: tuple[Field, ...] = ()
    block: str = ""
    shuffled: bool = False
    only_if: Condition | None = None

    def grids(self) -> Iterator[tuple[Field, ...]]:
        """Fields by what stands together: ratings of one stem and one set of answers, others alone.

        Ratings are neighbours; where their order is random, those that belong together come together.
        """
        group: list[Field] = []
        for entry in self._together() if self.shuffled else self.fields:
            if group and not (
                entry.kind == group[0].kind == "rating"
                and entry.stem == group[0].stem
                and entry.answers == group[0].answers
                and entry.required == group[0].required
            ):
                yield tuple(group)
                group = []
            group.append(entry)
        if group:
            yield tuple(group)

    def _together(self) -> list[Field]:
        """Fields with each rating moved to the first one of its stem and answers."""
        places: dict[object, int] = {}
        for place, entry in enumerate(self.fields):
            places.setdefault(_table_of(entry), place)
        return sorted(self.fields, key=lambda entry: places[_table_of(entry)])


def _table_of(entry: Field) -> object:
    """What ratings share that stand in one table; a field of another kind stands alone."""
    return (entry.stem, entry.answers, entry.required) if entry.kind == "rating" else entry.id


@dataclass(frozen=True)
class Sheet:
    """The questionnaire of one role, and of one form of a three-form design.

    Parameters
    ----------
    survey, version : str
        Key and version of the plan.
    title : FrozenMap
        Language -> title.
    role, form : str
        For whom; form of the three-form design, empty without one.
    role_label : FrozenMap
        Language -> label of the role.
    languages : tuple of str
        The first is the default.
    pages : tuple of Page
        In order.
    seed : int
        Of orders that are drawn.
    minutes : int
        Planned duration.
    """

    survey: str
    version: str
    title: FrozenMap[str]
    role: str
    form: str
    role_label: FrozenMap[str]
    languages: tuple[str, ...]
    pages: tuple[Page, ...]
    seed: int = 1
    minutes: int = 0

    @property
    def name(self) -> str:
        """Name of its files: survey, role and form."""
        return "_".join(part for part in (self.survey, self.role, self.form and f"form{self.form}") if part)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """All fields in the order of the pages."""
        return tuple(entry for page in self.pages for entry in page.fields)

    @property
    def stamp(self) -> str:
        """Version and a digest of everything that is asked; every answer carries it."""
        return f"{self.version}-{self.digest}"

    @cached_property
    def digest(self) -> str:
        """Eight signs that change with ids, codes, wordings and labels, not with their order."""
        told = [
            [
                entry.id,
                entry.kind,
                sorted(entry.text.items()),
                sorted(entry.stem.items()),
                [[answer.code, sorted(answer.label.items())] for answer in entry.answers],
            ]
            for entry in sorted(self.fields, key=lambda entry: entry.id)
        ]
        text = json.dumps([self.survey, self.role, self.form, told], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    @property
    def hidden(self) -> dict[str, str]:
        """Variables that are the same in every answer to this sheet."""
        constant = {"role": self.role, "survey_version": self.stamp}
        return constant | ({"planned_form": self.form} if self.form else {})
