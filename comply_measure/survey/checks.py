"""What the parts of a survey plan must be to each other and to its scales."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from comply_measure.documents import Key, YamlDocument, problem_at
from comply_measure.errors import Problem
from comply_measure.instrument import Scale
from comply_measure.instrument.text_checks import RESERVED
from comply_measure.statistics.words import did_you_mean
from comply_measure.survey.schema import AskedPart, AttentionPart, PlanPart
from comply_measure.survey.sheet import ACCEPTED

#: Variables that every questionnaire has beside its questions.
OWN = ("code", "consent_given", "language", "survey_version", "planned_form", "finished")
MAX_QUESTIONS = 500


def check(
    document: YamlDocument,
    head: PlanPart,
    attention: Sequence[AttentionPart | None],
    questions: Sequence[AskedPart | None],
    scales: Sequence[Scale],
) -> list[Problem]:
    """All faults between the entries of a plan whose entries are well formed, in no order."""
    at = _At(document)
    by_key = {scale.key: scale for scale in scales}
    roles = list(head.roles or dict.fromkeys(role for scale in scales for role in scale.roles))
    return [
        *_roles(at, head, scales),
        *_languages(at, head, attention, questions, scales),
        *_forms(at, head, by_key),
        *_set(at, head, scales),
        *_ids(at, attention, questions, scales),
        *_attention(at, attention, by_key, roles),
        *_audience(at, questions, roles),
        *_missingness(at, head, by_key),
        *_consent(at, head, scales),
    ]


class _At:
    """Problems at places of one document."""

    def __init__(self, document: YamlDocument) -> None:
        self.document = document

    def problem(self, key: Key, message: str, value: Any = None, allowed: str | None = None) -> Problem:
        return problem_at(self.document, key, message, value, allowed)

    def unknown(self, key: Key, kind: str, value: str, known: Iterable[str]) -> Iterator[Problem]:
        names = list(known)
        if value not in names:
            hint = did_you_mean(value, names)
            yield self.problem(key, f"unknown {kind}{hint}", value, ", ".join(names) or "none")


def _roles(at: _At, head: PlanPart, scales: Sequence[Scale]) -> Iterator[Problem]:
    known = dict.fromkeys(role for scale in scales for role in scale.roles)
    for index, role in enumerate(head.roles or []):
        yield from at.unknown(("roles", index), "role of the scales", role, known)
    for index, scale in enumerate(scales):
        if head.roles and not set(scale.roles) & set(head.roles):
            allowed = ", ".join(scale.roles)
            yield at.problem(
                ("scales", index), "no role of the plan answers the scale", scale.key, f"one of {allowed}"
            )


def _languages(
    at: _At,
    head: PlanPart,
    attention: Sequence[AttentionPart | None],
    questions: Sequence[AskedPart | None],
    scales: Sequence[Scale],
) -> Iterator[Problem]:
    languages = list(head.languages or scales[0].languages)
    for number, language in enumerate(languages):
        place: Key = ("languages", number) if head.languages else ("languages",)
        for scale in scales:
            yield from at.unknown(place, f"language of scale {scale.key}", language, scale.languages)
    texts: list[tuple[Key, Mapping[str, str], bool]] = [
        (("title",), head.title, True),
        *(((name,), getattr(head, name), False) for name in ("unit", "introduction", "closing")),
    ]
    if head.consent is not None and not head.consent.question:
        texts += [(("consent", n), getattr(head.consent, n), True) for n in ("text", "accept", "decline")]
    if head.codes is not None:
        texts.append((("codes", "label"), head.codes.label, False))
    for index, part in enumerate(attention):
        if part is not None:
            texts.append((("attention", index, "text"), part.text, True))
    for index, asked in enumerate(questions):
        if asked is None:
            continue
        here: Key = ("questions", index)
        texts += [((*here, "text"), asked.text, True), ((*here, "measure"), asked.measure, False)]
        texts += [
            ((*here, "choices", place, "label"), choice.label, True)
            for place, choice in enumerate(asked.choices)
        ]
    for key, found, needed in texts:
        if not found and not needed:
            continue
        if lacking := [language for language in languages if language not in found]:
            yield at.problem(key, f"no text in {', '.join(lacking)}", allowed=", ".join(languages))


def _forms(at: _At, head: PlanPart, scales: Mapping[str, Scale]) -> Iterator[Problem]:
    if isinstance(head.form, str):
        known = dict.fromkeys(form for scale in scales.values() for form in scale.forms)
        yield from at.unknown(("form",), "form", head.form, known)
        return
    for key, form in head.form.items():
        yield from at.unknown(("form", key), "scale of the plan", key, scales)
        if key in scales:
            yield from at.unknown(("form", key), f"form of scale {key}", form, scales[key].forms)


def _set(at: _At, head: PlanPart, scales: Sequence[Scale]) -> Iterator[Problem]:
    known = dict.fromkeys(name for scale in scales for name in scale.attribute_sets)
    if head.attribute_set is not None:
        yield from at.unknown(("attribute_set",), "attribute set", head.attribute_set, known)


def _ids(
    at: _At,
    attention: Sequence[AttentionPart | None],
    questions: Sequence[AskedPart | None],
    scales: Sequence[Scale],
) -> Iterator[Problem]:
    taken: dict[str, str] = {name.casefold(): "a column of every survey" for name in (*RESERVED, *OWN)}
    for scale in scales:
        for id in (*(item.id for item in scale.items), *(asked.id for asked in scale.questions)):
            where = taken.get(id.casefold())
            if where is not None and (where.startswith("a column") or where != f"scale {scale.key}"):
                yield at.problem(("scales",), f"'{id}' of scale {scale.key} is the name of {where}", id)
            taken[id.casefold()] = f"scale {scale.key}"
    if len(questions) > MAX_QUESTIONS:
        yield at.problem(("questions",), f"{len(questions)} entries", allowed=f"at most {MAX_QUESTIONS}")
    for name, parts in (("attention", attention), ("questions", questions)):
        for index, part in enumerate(parts):
            if part is None:
                continue
            if (where := taken.get(part.id.casefold())) is not None:
                yield at.problem((name, index, "id"), f"the name is taken by {where}", part.id)
            taken[part.id.casefold()] = "the plan"


def _attention(
    at: _At, attention: Sequence[AttentionPart | None], scales: Mapping[str, Scale], roles: Sequence[str]
) -> Iterator[Problem]:
    for index, part in enumerate(attention):
        if part is None:
            continue
        yield from at.unknown(("attention", index, "scale"), "scale of the plan", part.scale, scales)
        for place, role in enumerate(part.roles or []):
            yield from at.unknown(("attention", index, "roles", place), "role of the plan", role, roles)
        if (scale := scales.get(part.scale)) is None:
            continue
        if part.answer not in scale.response.categories:
            allowed = f"{scale.response.minimum} to {scale.response.maximum}"
            yield at.problem(("attention", index, "answer"), "not an answer category", part.answer, allowed)
        if not any(role in scale.roles for role in part.roles or roles):
            yield at.problem(("attention", index, "roles"), f"no role of scale {scale.key} is asked")


def _audience(at: _At, questions: Sequence[AskedPart | None], roles: Sequence[str]) -> Iterator[Problem]:
    for index, part in enumerate(questions):
        for place, role in enumerate(part.roles or [] if part is not None else []):
            yield from at.unknown(("questions", index, "roles", place), "role of the plan", role, roles)


def _consent(at: _At, head: PlanPart, scales: Sequence[Scale]) -> Iterator[Problem]:
    """A question that asks for consent is one of a scale, of everybody, and its code 1 agrees."""
    if head.consent is None or (id := head.consent.question) is None:
        return
    here: Key = ("consent", "question")
    questions = {question.id: question for scale in scales for question in scale.questions}
    yield from at.unknown(here, "question of the scales", id, questions)
    if (question := questions.get(id)) is None:
        return
    if question.answer != "one" or ACCEPTED not in {choice.code for choice in question.choices}:
        yield at.problem(
            here, "not a question whose code 1 agrees", id, "answer: one, with a choice of code 1"
        )
    roles = head.roles or dict.fromkeys(role for scale in scales for role in scale.roles)
    if lacking := [role for role in roles if role not in question.roles]:
        yield at.problem(
            here, f"{', '.join(lacking)} is not asked", id, "a question of all roles of the plan"
        )


def _missingness(at: _At, head: PlanPart, scales: Mapping[str, Scale]) -> Iterator[Problem]:
    design = head.missingness
    if design is None:
        return
    yield from at.unknown(("missingness", "scale"), "scale of the plan", design.scale, scales)
    if (scale := scales.get(design.scale)) is None:
        return
    form = head.form if isinstance(head.form, str) else head.form.get(scale.key, "full")
    form = form if form in scale.forms else "full"
    chosen = scale.collection_set if head.attribute_set is None else None
    if head.attribute_set is not None and head.attribute_set in scale.attribute_sets:
        chosen = head.attribute_set
    items = {item.id: item.construct for item in scale.items_for(form, chosen, kind="content")}
    known = [*dict.fromkeys(items.values()), *items]
    member: dict[str, str] = {}
    for block, names in design.blocks.items():
        for place, name in enumerate(names):
            here: Key = ("missingness", "blocks", block, place)
            yield from at.unknown(here, f"construct or content item of scale {scale.key}", name, known)
            if name in member:
                yield at.problem(here, f"named twice, first in block {member[name]}", name)
            member[name] = block
    for id, construct in items.items():
        stands = [name for name in (id, construct) if name in member]
        if len(stands) != 1:
            often = "in no block" if not stands else f"in blocks {member[id]} and {member[construct]}"
            yield at.problem(
                ("missingness", "blocks"),
                f"item {id} is {often}",
                allowed="exactly one, by item or construct",
            )
