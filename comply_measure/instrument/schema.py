"""The YAML format of a scale: which keys there are and what each may hold, once what was left out is filled in.

What one entry must look like is said here; what entries must be to each other is checked in
:mod:`comply_measure.instrument.checks`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from comply_measure.instrument.types import Kind, Level, Mode, Option

MAX_CATEGORIES = 101

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=64)]
SetName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+$", max_length=64)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Texts = dict[str, Text]


def _distinct(names: list[str]) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"named twice: {', '.join(twice)}")
    return names


Names = Annotated[list[Name], Field(min_length=1, max_length=1000), AfterValidator(_distinct)]
SetNames = Annotated[list[SetName], Field(min_length=1, max_length=100), AfterValidator(_distinct)]
Languages = Annotated[list[Language], Field(min_length=1, max_length=100), AfterValidator(_distinct)]


class Part(BaseModel):
    """A mapping of the file; unknown keys are errors, and text is not turned into numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class OutsideAnswer(Part):
    """An answer outside the categories: "cannot judge", "does not apply"."""

    code: int
    label: Texts


class Response(Part):
    """Answer categories."""

    minimum: int
    maximum: int
    anchors: dict[str, list[Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]]]
    cannot_judge: OutsideAnswer | None = None
    does_not_apply: OutsideAnswer | None = None

    @model_validator(mode="after")
    def _range(self) -> Response:
        categories = self.maximum - self.minimum + 1
        if not 2 <= categories <= MAX_CATEGORIES:
            raise ValueError(f"{self.minimum} to {self.maximum} must span 2 to {MAX_CATEGORIES} categories")
        return self


class AttributeSets(Part):
    """Named sets of constructs, the one used by default and the one that is asked."""

    default: SetName
    collect: SetName | None = None
    names: SetNames


class FormPart(Part):
    """A named selection of items."""

    title: Texts


class StagePart(Part):
    """A situation that items refer to."""

    key: Name
    label: Texts


class PairPart(Part):
    """Two roles whose relation items ask about."""

    key: Name
    label: Texts
    roles: Annotated[list[Name], Field(min_length=2, max_length=2), AfterValidator(_distinct)]


class ConstructPart(Part):
    """Something the scale measures."""

    key: Name
    label: Texts
    parent: Name | None = None
    level: Level | None = None
    attribute_sets: SetNames | None = None
    definition: Texts = Field(default_factory=dict)
    contrasts: dict[Name, Texts] = Field(default_factory=dict)
    facets: dict[Name, Texts] = Field(default_factory=dict)
    mode: Mode | None = None
    mode_reason: Texts = Field(default_factory=dict)


class ProvenancePart(Part):
    """Where an item comes from."""

    paper: Text
    place: Text


class ItemPart(Part):
    """One question."""

    id: Name
    measures: Name = Field(alias="construct")
    kind: Kind = "content"
    keying: Literal[1, -1]
    stem: Name | None = None
    text: dict[str, Text | Texts]
    roles: Names | None = None
    forms: Names
    stage: Name | None = None
    pair: Name | None = None
    facet: Name | None = None
    offers: Annotated[list[Option], AfterValidator(_distinct)] | None = None
    instructed: int | None = None
    provenance: ProvenancePart | None = None
    rationale: Text | None = None


class ScalePart(Part):
    """The whole file; stages, constructs and items are checked one by one, so that all faults show."""

    key: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
    version: Text
    title: Texts
    description: Texts = Field(default_factory=dict)
    languages: Languages
    references: Texts = Field(default_factory=dict)
    roles: dict[Name, Texts] = Field(min_length=1)
    response: Response
    attribute_sets: AttributeSets | None = None
    stems: dict[Name, Texts] = Field(default_factory=dict)
    forms: dict[Name, FormPart] = Field(min_length=1)
    stages: list[Any] = Field(default_factory=list)
    pairs: list[Any] = Field(default_factory=list)
    questions: list[Any] = Field(default_factory=list)
    sections: list[Any] = Field(default_factory=list)
    constructs: list[Any] = Field(min_length=1)
    items: list[Any] = Field(min_length=1)
