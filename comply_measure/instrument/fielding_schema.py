"""What questions of fact and sections of a questionnaire may hold in a scale file."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from comply_measure.instrument.fielding import Answer, Order, PageBy, Source
from comply_measure.instrument.schema import Name, Names, Part, Texts


def _distinct_codes(codes: list[int]) -> list[int]:
    if len(set(codes)) < len(codes):
        raise ValueError("a code is named twice")
    return codes


class ChoicePart(Part):
    """One answer of a question that offers answers."""

    code: int
    label: Texts


def _distinct_choices(choices: list[ChoicePart]) -> list[ChoicePart]:
    _distinct_codes([choice.code for choice in choices])
    return choices


class QuestionPart(Part):
    """A question of fact, or a figure from records."""

    id: Name
    block: Name
    text: Texts
    definition: Texts = Field(default_factory=dict)
    answer: Answer
    choices: Annotated[list[ChoicePart], AfterValidator(_distinct_choices)] = Field(default_factory=list)
    minimum: float | None = None
    maximum: float | None = None
    measure: Texts = Field(default_factory=dict)
    roles: Names | None = None
    forms: Names | None = None
    stage: Name | None = None
    source: Source = "informant"

    @model_validator(mode="after")
    def _fits(self) -> QuestionPart:
        offers = self.answer in ("one", "several")
        if offers != bool(self.choices):
            raise ValueError("choices belong to the answers 'one' and 'several', and to these only")
        bounds = (self.minimum, self.maximum)
        if self.answer != "number" and (any(bound is not None for bound in bounds) or self.measure):
            raise ValueError("minimum, maximum and measure belong to the answer 'number'")
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError(f"minimum {self.minimum:g} is not below maximum {self.maximum:g}")
        if self.source == "records" and not self.definition:
            raise ValueError("a figure from records needs a definition: what counts, over which period")
        return self


class ConditionPart(Part):
    """Who sees a section: those who gave one of these answers."""

    question: Name
    codes: Annotated[list[int], Field(min_length=1, max_length=100), AfterValidator(_distinct_codes)]


class SectionPart(Part):
    """A part of the questionnaire."""

    key: Name
    at: int
    title: Texts = Field(default_factory=dict)
    text: Texts = Field(default_factory=dict)
    forms: Names | None = None
    roles: Names | None = None
    shows: Annotated[list[Name], Field(max_length=100)] = Field(default_factory=list)
    page_by: PageBy | None = None
    page_size: Annotated[int, Field(ge=1, le=1000)] | None = None
    page_order: Order = "fixed"
    item_order: Order = "fixed"
    only_if: ConditionPart | None = None
