"""The YAML format of a survey plan: which keys there are and what each may hold.

What one entry must look like is said here; what entries must be to each other and to the scales is checked in
:mod:`comply_measure.survey.checks`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from comply_measure.instrument.fielding import Answer
from comply_measure.instrument.fielding_schema import ChoicePart
from comply_measure.instrument.schema import Languages, Name, Names, Part, SetName, Text, Texts

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Version = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+_]*$", max_length=40)]
Position = Literal["start", "end"]
About = Literal["informant", "unit"]


def _codes_differ(choices: list[ChoicePart]) -> list[ChoicePart]:
    codes = [choice.code for choice in choices]
    if len(set(codes)) < len(codes):
        raise ValueError("a code is named twice")
    return choices


class ConsentPart(Part):
    """What informants are asked to agree to and the two answers; or a question of a scale that asks it."""

    question: Name | None = None
    text: Texts = Field(default_factory=dict)
    accept: Texts = Field(default_factory=dict)
    decline: Texts = Field(default_factory=dict)

    @model_validator(mode="after")
    def _either(self) -> ConsentPart:
        texts = [bool(part) for part in (self.text, self.accept, self.decline)]
        if any(texts) if self.question else not all(texts):
            raise ValueError(
                "consent has text, accept and decline; or the question of a scale, and nothing else"
            )
        return self


class CodesPart(Part):
    """Linking codes: random-looking signs for the unit, a check sign, a number for the role."""

    symbols: Annotated[int, Field(ge=3, le=12)] = 5
    label: Texts = Field(default_factory=dict)


class OrderPart(Part):
    """Order of the pages of rated items, and of the items of a page; ``scales``: as the scales' sections say."""

    pages: Literal["scales", "fixed", "random"] = "scales"
    items: Literal["scales", "fixed", "random"] = "scales"
    seed: Annotated[int, Field(ge=0)] = 1


class AttentionPart(Part):
    """An instructed item: it says which answer to give."""

    id: Name
    scale: Key
    answer: int
    text: Texts
    roles: Names | None = None


class AskedPart(Part):
    """A question of fact about the informant or the unit."""

    id: Name
    about: About = "informant"
    at: Position = "end"
    text: Texts
    answer: Answer
    choices: Annotated[list[ChoicePart], AfterValidator(_codes_differ)] = Field(default_factory=list)
    minimum: float | None = None
    maximum: float | None = None
    measure: Texts = Field(default_factory=dict)
    roles: Names | None = None
    required: bool = False

    @model_validator(mode="after")
    def _fits(self) -> AskedPart:
        if (self.answer in ("one", "several")) != bool(self.choices):
            raise ValueError("choices belong to the answers 'one' and 'several', and to these only")
        bounded = self.minimum is not None or self.maximum is not None
        if self.answer != "number" and (bounded or self.measure):
            raise ValueError("minimum, maximum and measure belong to the answer 'number'")
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError(f"minimum {self.minimum:g} is not below maximum {self.maximum:g}")
        return self


class MissingnessPart(Part):
    """Three-form design: everybody answers block X and two of A, B and C."""

    scale: Key
    blocks: dict[Literal["X", "A", "B", "C"], list[Name]]

    @model_validator(mode="after")
    def _complete(self) -> MissingnessPart:
        if lacking := [name for name in ("A", "B", "C") if not self.blocks.get(name)]:
            raise ValueError(f"blocks A, B and C hold constructs or items: {', '.join(lacking)} does not")
        return self


class PlanPart(Part):
    """The whole file; attention items and questions are checked one by one, so that all faults show."""

    format: Literal["comply-measure survey 1"]
    key: Key
    version: Version
    title: Texts
    scales: Annotated[list[Text], Field(min_length=1, max_length=20)]
    form: Name | dict[Key, Name] = "full"
    attribute_set: SetName | None = None
    roles: Names | None = None
    languages: Languages | None = None
    unit: Texts = Field(default_factory=dict)
    contact: Text | None = None
    introduction: Texts = Field(default_factory=dict)
    closing: Texts = Field(default_factory=dict)
    consent: ConsentPart | None = None
    codes: CodesPart | None = None
    order: OrderPart = OrderPart()
    page_size: Annotated[int, Field(ge=1, le=100)] = 8
    required: bool = False
    attention: list[Any] = Field(default_factory=list)
    questions: list[Any] = Field(default_factory=list)
    missingness: MissingnessPart | None = None
