"""What a survey needs beside rated items: questions of fact, and the sections of a questionnaire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from comply_measure.framework.frozen import FrozenMap

Answer = Literal["one", "several", "number", "text"]
Source = Literal["informant", "records"]
PageBy = Literal["stage", "pair", "stem"]
Order = Literal["fixed", "random"]

#: What a text of a section may leave open: the name of the unit, the stated duration, whom to ask.
PLACEHOLDERS: tuple[str, ...] = ("unit", "minutes", "contact")


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of a question that offers answers."""

    code: int
    label: FrozenMap[str]


@dataclass(frozen=True, slots=True)
class Question:
    """A question of fact: about the informant, a meeting, a stage, or a figure taken from records.

    Parameters
    ----------
    id : str
        Name of the variable.
    block : str
        Questions of one block are asked together; a section names the blocks it shows.
    text : FrozenMap
        Language -> wording.
    definition : FrozenMap
        Language -> what counts and how the figure is made; empty if nothing needs saying.
    answer : {"one", "several", "number", "text"}
        One of the choices, any number of them, a number, or free text.
    choices : tuple of Choice
        The answers of ``one`` and ``several``.
    minimum, maximum : float or None
        Range of a number.
    measure : FrozenMap
        Language -> unit of a number, such as hours or percent.
    roles, forms : tuple of str
        Who answers, and the forms it is part of.
    stage : str or None
        Key of the stage it is asked on.
    source : {"informant", "records"}
        Who gives the figure: the informant, or the records of the firm.
    """

    id: str
    block: str
    text: FrozenMap[str]
    answer: Answer
    roles: tuple[str, ...]
    forms: tuple[str, ...]
    definition: FrozenMap[str] = field(default_factory=FrozenMap)
    choices: tuple[Choice, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    measure: FrozenMap[str] = field(default_factory=FrozenMap)
    stage: str | None = None
    source: Source = "informant"

    @property
    def variables(self) -> tuple[str, ...]:
        """Columns of the answers: one, or one per choice (0 or 1) where several may be ticked."""
        if self.answer != "several":
            return (self.id,)
        return tuple(f"{self.id}_{choice.code}" for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Condition:
    """A section is shown only to informants who gave one of these answers to a question."""

    question: str
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the questionnaire: a text, the items and questions under it, and their order.

    Parameters
    ----------
    key : str
        Name.
    at : int
        Place in the questionnaire; sections of several scales are sorted by it.
    title, text : FrozenMap
        Language -> heading, instruction.
    forms, roles : tuple of str
        Where and to whom it is shown.
    shows : tuple of str
        Kinds of items and blocks of questions.
    page_by : {"stage", "pair", "stem"} or None
        A page for each of these.
    page_size : int or None
        Most items on a page.
    page_order, item_order : {"fixed", "random"}
        Whether every informant gets an own order of pages, and of the items of a page (or of all items, where pages
        are only cut by size).
    only_if : Condition or None
        Who is led past it.
    """

    key: str
    at: int
    title: FrozenMap[str]
    text: FrozenMap[str]
    forms: tuple[str, ...]
    roles: tuple[str, ...]
    shows: tuple[str, ...] = ()
    page_by: PageBy | None = None
    page_size: int | None = None
    page_order: Order = "fixed"
    item_order: Order = "fixed"
    only_if: Condition | None = None
