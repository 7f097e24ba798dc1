"""The parts of an instrument as frozen data: constructs, items, forms, response format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from comply_measure.errors import ComplyError
from comply_measure.framework.frozen import FrozenMap
from comply_measure.framework.types import Provenance
from comply_measure.statistics.words import require_known

Kind = Literal["content", "global", "overall", "informant"]
Level = Literal["attribute", "dimension", "construct", "informant"]
Keying = Literal[1, -1]
MeasurementLevel = Literal["attribute", "dimension"]

KINDS: tuple[Kind, ...] = ("content", "global", "overall", "informant")


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
    """

    minimum: int
    maximum: int
    anchors: FrozenMap[tuple[str, ...]]
    cannot_judge: int | None
    cannot_judge_label: FrozenMap[str]

    @property
    def n_categories(self) -> int:
        """Number of answer categories, "cannot judge" not counted."""
        return self.maximum - self.minimum + 1

    @property
    def categories(self) -> range:
        """Codes of the answer categories."""
        return range(self.minimum, self.maximum + 1)

    def value_labels(self, language: str) -> dict[int, str]:
        """Code -> label in one language, "cannot judge" last; unnamed categories are left out."""
        require_known("language", language, self.anchors)
        labels = {
            code: text for code, text in zip(self.categories, self.anchors[language], strict=True) if text
        }
        if self.cannot_judge is not None:
            labels[self.cannot_judge] = self.cannot_judge_label[language]
        return labels


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
    """

    key: str
    label: FrozenMap[str]
    parent: str | None
    level: Level
    attribute_sets: tuple[str, ...] | None
    order: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A situation (stage of the customer journey) that items of a form refer to."""

    key: str
    label: FrozenMap[str]


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
    kind : {"content", "global", "overall", "informant"}
        ``content`` items make the scores; ``global`` items ask for a construct as a whole,
        ``overall`` items for the focal construct; ``informant`` items are about the informant.
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
