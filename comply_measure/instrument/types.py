"""The parts of an instrument as frozen data: constructs, items, forms, response format."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from comply_measure.errors import ComplyError
from comply_measure.framework.frozen import FrozenMap
from comply_measure.framework.types import Provenance
from comply_measure.statistics.words import require_known

Kind = Literal["content", "global", "overall", "informant", "attention"]
Level = Literal["attribute", "dimension", "construct", "informant"]
Keying = Literal[1, -1]
MeasurementLevel = Literal["attribute", "dimension"]
#: How items stand to their construct (Rossiter 2002): it is one plain thing, their sum, or what they come from.
Mode = Literal["concrete", "formed", "eliciting"]
#: Answers outside the categories.
Option = Literal["cannot_judge", "does_not_apply"]

KINDS: tuple[Kind, ...] = ("content", "global", "overall", "informant", "attention")
OPTIONS: tuple[Option, ...] = ("cannot_judge", "does_not_apply")


@dataclass(frozen=True, slots=True)
class ResponseFormat:
    """The answer categories of a scale.

    Parameters
    ----------
    minimum, maximum : int
        Lowest and highest code of an answer.
    anchors : FrozenMap
        Language -> label of every category, lowest first; an empty label marks an unnamed category.
    cannot_judge : int or None
        Code of the answer "cannot judge", outside the categories; read as missing with its own reason.
    cannot_judge_label : FrozenMap
        Language -> label of that answer.
    does_not_apply : int or None
        Code of the answer "does not apply", outside the categories; offered by the items that name it.
    does_not_apply_label : FrozenMap
        Language -> label of that answer.
    """

    minimum: int
    maximum: int
    anchors: FrozenMap[tuple[str, ...]]
    cannot_judge: int | None
    cannot_judge_label: FrozenMap[str]
    does_not_apply: int | None = None
    does_not_apply_label: FrozenMap[str] = field(default_factory=FrozenMap)

    @property
    def n_categories(self) -> int:
        """Number of answer categories, answers outside them not counted."""
        return self.maximum - self.minimum + 1

    @property
    def categories(self) -> range:
        """Codes of the answer categories."""
        return range(self.minimum, self.maximum + 1)

    @property
    def options(self) -> dict[Option, int]:
        """Answers outside the categories -> their codes."""
        codes = (self.cannot_judge, self.does_not_apply)
        return {name: code for name, code in zip(OPTIONS, codes, strict=True) if code is not None}

    def option_labels(self, option: Option) -> FrozenMap[str]:
        """Language -> label of an answer outside the categories."""
        return self.cannot_judge_label if option == "cannot_judge" else self.does_not_apply_label

    def value_labels(self, language: str, options: Iterable[Option] | None = None) -> dict[int, str]:
        """Code -> label in one language; unnamed categories are left out.

        Parameters
        ----------
        language : str
            Language of the labels.
        options : iterable of str, optional
            Answers outside the categories that are shown, last; all by default.
        """
        require_known("language", language, self.anchors)
        labels = {
            code: text for code, text in zip(self.categories, self.anchors[language], strict=True) if text
        }
        shown = set(self.options if options is None else options)
        outside = {name: code for name, code in self.options.items() if name in shown}
        return labels | {code: self.option_labels(name)[language] for name, code in outside.items()}


@dataclass(frozen=True, slots=True)
class Construct:
    """Something the scale measures, with its place in the tree.

    Parameters
    ----------
    key : str
        Name used in models and tables.
    label : FrozenMap
        Language -> label.
    parent : str or None
        Key of the construct above.
    level : {"attribute", "dimension", "construct", "informant"}
        ``attribute``: has a dimension above it; ``dimension``: groups attributes; ``construct``:
        measured directly without attributes, or a construct above dimensions; ``informant``: is
        about the informant and not about the unit.
    attribute_sets : tuple of str or None
        Named sets the construct belongs to; None means all.
    order : int
        Position in the scale, from 1.
    definition : FrozenMap
        Language -> what it is; empty if the file does not say.
    contrasts : FrozenMap
        Neighbouring construct -> language -> what tells the two apart.
    facets : FrozenMap
        Key of a part of its content -> language -> what it is.
    mode : {"concrete", "formed", "eliciting"} or None
        How its items stand to it; None if the file does not say.
    mode_reason : FrozenMap
        Language -> why.
    """

    key: str
    label: FrozenMap[str]
    parent: str | None
    level: Level
    attribute_sets: tuple[str, ...] | None
    order: int
    definition: FrozenMap[str] = field(default_factory=FrozenMap)
    contrasts: FrozenMap[FrozenMap[str]] = field(default_factory=FrozenMap)
    facets: FrozenMap[FrozenMap[str]] = field(default_factory=FrozenMap)
    mode: Mode | None = None
    mode_reason: FrozenMap[str] = field(default_factory=FrozenMap)


@dataclass(frozen=True, slots=True)
class Stage:
    """A situation (stage of the customer journey) that items of a form refer to."""

    key: str
    label: FrozenMap[str]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two roles whose relation items ask about; every informant may rate every pair.

    Parameters
    ----------
    key : str
        Name.
    label : FrozenMap
        Language -> label.
    roles : tuple of str
        The two roles. An informant of one of them is part of the pair, any other looks at it from outside.
    """

    key: str
    label: FrozenMap[str]
    roles: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Form:
    """A named selection of items."""

    key: str
    title: FrozenMap[str]


@dataclass(frozen=True, slots=True)
class Item:
    """One question of the survey.

    Parameters
    ----------
    id : str
        Name of the variable in data and models.
    construct : str
        Key of the construct it measures.
    kind : {"content", "global", "overall", "informant", "attention"}
        ``content`` items make the scores; ``global`` items ask for a construct as a whole,
        ``overall`` items for the focal construct; ``informant`` items are about the informant;
        ``attention`` items say which answer to give.
    keying : {1, -1}
        -1 if agreement means a low standing on the construct.
    stem : FrozenMap
        Language -> opening the item completes; empty if the item stands alone.
    texts : FrozenMap
        Language -> wording, or role -> wording where the wording depends on the role.
    roles : tuple of str
        Roles that answer the item.
    forms : tuple of str
        Forms the item is part of.
    stage : str or None
        Key of the stage it refers to.
    provenance : Provenance or None
        Where the content comes from; None if the file does not say.
    rationale : str
        Why the item is there; empty if the file does not say.
    pair : str or None
        Key of the pair of roles it asks about.
    facet : str or None
        Key of the part of its construct that it covers.
    offers : tuple of str
        Answers outside the categories that it offers.
    instructed : int or None
        Answer that an ``attention`` item asks for.
    """

    id: str
    construct: str
    kind: Kind
    keying: Keying
    stem: FrozenMap[str]
    texts: FrozenMap[str | FrozenMap[str]]
    roles: tuple[str, ...]
    forms: tuple[str, ...]
    stage: str | None
    provenance: Provenance | None
    rationale: str
    pair: str | None = None
    facet: str | None = None
    offers: tuple[Option, ...] = ()
    instructed: int | None = None

    @property
    def role_specific(self) -> bool:
        """Whether the wording depends on the role in any language."""
        return any(not isinstance(text, str) for text in self.texts.values())

    def text(self, language: str, role: str | None = None) -> str:
        """Wording under the stem.

        Parameters
        ----------
        language : str
            Language of the survey.
        role : str, optional
            Role of the informant; needed where the wording depends on it.

        Returns
        -------
        str

        Raises
        ------
        ComplyError
            If the language is unknown, the role does not answer the item, or a role is needed.
        """
        require_known("language", language, self.texts)
        if role is not None:
            require_known(f"role for item {self.id}", role, self.roles)
        wording = self.texts[language]
        if isinstance(wording, str):
            return wording
        if role is None:
            raise ComplyError(f"the wording of item {self.id} depends on the role: name one of {self.roles}")
        return wording[role]

    def sentence(self, language: str, role: str | None = None) -> str:
        """Stem and wording as one sentence; raises as :meth:`text` does."""
        wording = self.text(language, role)
        stem = self.stem.get(language, "")
        if not stem:
            return wording
        return f"{stem.rstrip('… ')} {wording.lstrip('… ')}"
