"""From the checked parts of a scale file to the frozen scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comply_measure.documents.safe_yaml import YamlDocument
from comply_measure.framework.frozen import FrozenMap
from comply_measure.framework.types import Provenance
from comply_measure.instrument.fielding import Choice, Condition, Question, Section
from comply_measure.instrument.fielding_schema import QuestionPart, SectionPart
from comply_measure.instrument.scale import Scale
from comply_measure.instrument.schema import (
    ConstructPart,
    ItemPart,
    PairPart,
    Response,
    ScalePart,
    StagePart,
)
from comply_measure.instrument.tree import levels
from comply_measure.instrument.types import Construct, Form, Item, Option, Pair, ResponseFormat, Stage


@dataclass(frozen=True, slots=True)
class Parts:
    """The lists of a scale file, each entry checked by itself."""

    stages: list[StagePart]
    pairs: list[PairPart]
    constructs: list[ConstructPart]
    items: list[ItemPart]
    questions: list[QuestionPart]
    sections: list[SectionPart]


def built_scale(document: YamlDocument, head: ScalePart, parts: Parts, *, roles_stated: bool) -> Scale:
    """The scale of a document that has no faults.

    Parameters
    ----------
    document : YamlDocument
        The file.
    head : ScalePart
        The file but for its lists.
    parts : Parts
        The lists.
    roles_stated : bool
        Whether the file names roles.
    """
    sets = head.attribute_sets
    others = [] if sets is None else [name for name in sets.names if name != sets.default]
    roles, forms = tuple(head.roles), tuple(head.forms)
    response = _response(head.response)
    stems = {key: FrozenMap(texts) for key, texts in head.stems.items()}
    return Scale(
        key=head.key,
        version=head.version,
        title=FrozenMap(head.title),
        description=FrozenMap(head.description),
        languages=tuple(head.languages),
        response=response,
        roles=roles,
        role_labels=FrozenMap({key: FrozenMap(texts) for key, texts in head.roles.items()}),
        constructs=_constructs(parts.constructs),
        items=tuple(_item(part, roles, stems, response) for part in parts.items),
        forms=FrozenMap({key: Form(key, FrozenMap(form.title)) for key, form in head.forms.items()}),
        stages=tuple(Stage(part.key, FrozenMap(part.label)) for part in parts.stages),
        attribute_sets=() if sets is None else (sets.default, *others),
        references=FrozenMap(head.references),
        source=Path(document.file).name,
        sha256=document.sha256,
        roles_stated=roles_stated,
        pairs=tuple(
            Pair(part.key, FrozenMap(part.label), (part.roles[0], part.roles[1])) for part in parts.pairs
        ),
        collection_set=None if sets is None else sets.collect or sets.default,
        questions=tuple(_question(part, roles, forms) for part in parts.questions),
        sections=tuple(_section(part, roles, forms) for part in parts.sections),
    )


def _response(part: Response) -> ResponseFormat:
    judge, apply = part.cannot_judge, part.does_not_apply
    return ResponseFormat(
        minimum=part.minimum,
        maximum=part.maximum,
        anchors=FrozenMap({language: tuple(labels) for language, labels in part.anchors.items()}),
        cannot_judge=None if judge is None else judge.code,
        cannot_judge_label=FrozenMap({} if judge is None else judge.label),
        does_not_apply=None if apply is None else apply.code,
        does_not_apply_label=FrozenMap({} if apply is None else apply.label),
    )


def _constructs(parts: list[ConstructPart]) -> tuple[Construct, ...]:
    derived = levels({part.key: part.parent for part in parts if part.level != "informant"})
    return tuple(
        Construct(
            key=part.key,
            label=FrozenMap(part.label),
            parent=part.parent,
            level=derived.get(part.key, "informant"),
            attribute_sets=None if part.attribute_sets is None else tuple(part.attribute_sets),
            order=order,
            definition=FrozenMap(part.definition),
            contrasts=_by_key(part.contrasts),
            facets=_by_key(part.facets),
            mode=part.mode,
            mode_reason=FrozenMap(part.mode_reason),
        )
        for order, part in enumerate(parts, start=1)
    )


def _by_key(texts: Mapping[str, Mapping[str, str]]) -> FrozenMap[FrozenMap[str]]:
    return FrozenMap({key: FrozenMap(by_language) for key, by_language in texts.items()})


def _item(
    part: ItemPart, roles: tuple[str, ...], stems: dict[str, FrozenMap[str]], response: ResponseFormat
) -> Item:
    # "Does not apply" makes sense for few items, so that only those that name it have it.
    usual: tuple[Option, ...] = ("cannot_judge",) if response.cannot_judge is not None else ()
    texts: dict[str, Any] = {
        language: wording if isinstance(wording, str) else FrozenMap(wording)
        for language, wording in part.text.items()
    }
    return Item(
        id=part.id,
        construct=part.measures,
        kind=part.kind,
        keying=part.keying,
        stem=FrozenMap() if part.stem is None else stems[part.stem],
        texts=FrozenMap(texts),
        roles=roles if part.roles is None else tuple(part.roles),
        forms=tuple(part.forms),
        stage=part.stage,
        provenance=None
        if part.provenance is None
        else Provenance(part.provenance.paper, part.provenance.place),
        rationale=part.rationale or "",
        pair=part.pair,
        facet=part.facet,
        offers=usual if part.offers is None else tuple(part.offers),
        instructed=part.instructed,
    )


def _question(part: QuestionPart, roles: tuple[str, ...], forms: tuple[str, ...]) -> Question:
    return Question(
        id=part.id,
        block=part.block,
        text=FrozenMap(part.text),
        answer=part.answer,
        roles=roles if part.roles is None else tuple(part.roles),
        forms=forms if part.forms is None else tuple(part.forms),
        definition=FrozenMap(part.definition),
        choices=tuple(Choice(choice.code, FrozenMap(choice.label)) for choice in part.choices),
        minimum=part.minimum,
        maximum=part.maximum,
        measure=FrozenMap(part.measure),
        stage=part.stage,
        source=part.source,
    )


def _section(part: SectionPart, roles: tuple[str, ...], forms: tuple[str, ...]) -> Section:
    asked = part.only_if
    return Section(
        key=part.key,
        at=part.at,
        title=FrozenMap(part.title),
        text=FrozenMap(part.text),
        forms=forms if part.forms is None else tuple(part.forms),
        roles=roles if part.roles is None else tuple(part.roles),
        shows=tuple(part.shows),
        page_by=part.page_by,
        page_size=part.page_size,
        page_order=part.page_order,
        item_order=part.item_order,
        only_if=None if asked is None else Condition(asked.question, tuple(asked.codes)),
    )
