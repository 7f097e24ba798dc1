"""A survey plan as one frozen object: what is asked, of whom, in which languages and order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from comply_measure.framework.frozen import FrozenMap
from comply_measure.instrument import Item, Question, Scale

FORMAT = "comply-measure survey 1"
OrderRule = Literal["scales", "fixed", "random"]
#: Forms of the three-form design and the blocks that each holds (Graham, Taylor, Olchowski & Cumsille, 2006).
THREE_FORMS: dict[str, tuple[str, ...]] = {"1": ("X", "A", "B"), "2": ("X", "A", "C"), "3": ("X", "B", "C")}


@dataclass(frozen=True, slots=True)
class Consent:
    """What informants agree to, and the labels of the two answers, by language."""

    text: FrozenMap[str]
    accept: FrozenMap[str]
    decline: FrozenMap[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the plan itself.

    Parameters
    ----------
    question : Question
        The question of fact.
    about : {"informant", "unit"}
        Whose variable it is; answers about a unit must agree among its informants.
    at : {"start", "end"}
        Before or after the scales.
    required : bool
        Whether it must be answered.
    """

    question: Question
    about: Literal["informant", "unit"]
    at: Literal["start", "end"]
    required: bool


@dataclass(frozen=True, slots=True)
class Attention:
    """An instructed item of the plan: the item, and the scale among whose items it stands."""

    item: Item
    scale: str


@dataclass(frozen=True, slots=True)
class SurveyPlan:
    """What a survey asks.

    Parameters
    ----------
    key, version : str
        Name of the survey, and version of what is asked.
    title : FrozenMap
        Language -> title.
    scales : tuple of Scale
        Instruments that are asked together.
    forms : FrozenMap
        Scale -> form.
    attribute_set : str or None
        Named set that is asked; that each scale collects by default.
    roles, languages : tuple of str
        Who is asked, in which languages; the first language is the default.
    role_labels : FrozenMap
        Role -> language -> label.
    unit, introduction, closing : FrozenMap
        Language -> what stands for ``{unit}``; first page; last page. Empty where the plan says nothing.
    contact : str
        What stands for ``{contact}``; empty where the plan says nothing.
    consent : Consent or None
        What informants agree to before anything else.
    consent_question : str
        Question of a scale that asks for consent instead, with the code 1 of those who agree; empty for none.
    code_symbols : int
        Signs of a unit's code, the check sign not counted; 0: informants write the name of their unit.
    code_label : FrozenMap
        Language -> question for the code.
    page_order, item_order : {"scales", "fixed", "random"}
        Order of the pages of rated items, and of the items of a page.
    seed : int
        Of orders that are drawn.
    page_size : int
        Most items on a page of scales without sections.
    required : bool
        Whether ratings must be given.
    attention : tuple of Attention
        Instructed items.
    questions : tuple of Asked
        Questions about informant and unit.
    blocks : FrozenMap
        Item -> block X, A, B or C of the three-form design; empty without it.
    source, sha256 : str
        File and its digest.
    scale_files : tuple of str
        Where each scale lies: the name of a shipped one, the path of another.
    """

    key: str
    version: str
    title: FrozenMap[str]
    scales: tuple[Scale, ...]
    forms: FrozenMap[str]
    attribute_set: str | None
    roles: tuple[str, ...]
    languages: tuple[str, ...]
    role_labels: FrozenMap[FrozenMap[str]]
    unit: FrozenMap[str] = field(default_factory=FrozenMap)
    contact: str = ""
    introduction: FrozenMap[str] = field(default_factory=FrozenMap)
    closing: FrozenMap[str] = field(default_factory=FrozenMap)
    consent: Consent | None = None
    code_symbols: int = 0
    code_label: FrozenMap[str] = field(default_factory=FrozenMap)
    page_order: OrderRule = "scales"
    item_order: OrderRule = "scales"
    seed: int = 1
    page_size: int = 8
    required: bool = False
    attention: tuple[Attention, ...] = ()
    questions: tuple[Asked, ...] = ()
    blocks: FrozenMap[str] = field(default_factory=FrozenMap)
    source: str = ""
    sha256: str = ""
    scale_files: tuple[str, ...] = ()
    consent_question: str = ""

    @property
    def sheets(self) -> tuple[tuple[str, str], ...]:
        """Role and form of the three-form design (``""`` without it) of every questionnaire."""
        return tuple((role, form) for role in self.roles for form in (THREE_FORMS if self.blocks else ("",)))

    def rated(self, role: str | None = None) -> tuple[tuple[Scale, Item], ...]:
        """Rated items of the scales with their scale, of one role if asked, in the order of the scales."""
        found = []
        for scale in self.scales:
            if role is not None and role not in scale.roles:
                continue
            chosen = self.set_of(scale)
            found += [(scale, item) for item in scale.items_for(self.forms[scale.key], chosen, role)]
        return tuple(found)

    def set_of(self, scale: Scale) -> str | None:
        """The attribute set that is asked of a scale."""
        return scale.collection_set if self.attribute_set is None else scale.resolve_set(self.attribute_set)

    def is_asked(self, id: str, form: str) -> bool:
        """Whether a form of the three-form design holds an item; everything is asked where there is no design."""
        return not form or id not in self.blocks or self.blocks[id] in THREE_FORMS[form]
