"""Checks of what a survey needs beside rated items: pairs, facets, other answers, questions, sections."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from comply_measure.documents.safe_yaml import Key
from comply_measure.errors import Problem
from comply_measure.instrument.draft import Draft, kind_of, strings, text
from comply_measure.instrument.fielding import PLACEHOLDERS
from comply_measure.instrument.text_checks import RESERVED
from comply_measure.instrument.types import KINDS, OPTIONS


def items_fit_fielding(draft: Draft) -> Iterator[Problem]:
    """Pairs and facets of items are declared, what they offer too; attention items name an answer category."""
    pairs = draft.keys("pairs")
    facets = {
        text(entry, "key"): entry["facets"]
        for _, entry in draft.entries("constructs")
        if isinstance(entry.get("facets"), dict)
    }
    declared = [option for option in OPTIONS if option in draft.mapping("response")]
    for place, item in draft.entries("items"):
        yield from draft.unknown((*place, "pair"), "pair", item.get("pair"), pairs, required=False)
        known = facets.get(text(item, "construct"), {})
        yield from draft.unknown((*place, "facet"), "facet", item.get("facet"), known, required=False)
        for index, option in enumerate(strings(item.get("offers"))):
            if option in OPTIONS and option not in declared:
                here = (*place, "offers", index)
                yield draft.problem(
                    here, "the response format has no such answer", option, ", ".join(declared) or None
                )
        yield from _instruction(draft, place, item)


def _instruction(draft: Draft, place: Key, item: dict[str, Any]) -> Iterator[Problem]:
    answer, attention = item.get("instructed"), kind_of(item) == "attention"
    here = (*place, "instructed")
    if attention and answer is None:
        yield draft.problem(
            here, "an attention item says which answer to give", allowed="a code of an answer"
        )
    if not attention and answer is not None:
        yield draft.problem(here, "only attention items ask for an answer", answer)
    response = draft.mapping("response")
    low, high = response.get("minimum"), response.get("maximum")
    if not (attention and isinstance(answer, int) and isinstance(low, int) and isinstance(high, int)):
        return
    if not low <= answer <= high:
        yield draft.problem(here, "not an answer category", answer, f"{low} to {high}")


def constructs_described(draft: Draft) -> Iterator[Problem]:
    """Contrasts name other constructs, every facet has a content item, a mode has its reason."""
    known = draft.keys("constructs")
    covered = {
        (text(item, "construct"), text(item, "facet"))
        for _, item in draft.entries("items")
        if kind_of(item) == "content"
    }
    for place, entry in draft.entries("constructs"):
        key = text(entry, "key")
        contrasts, facets = entry.get("contrasts"), entry.get("facets")
        for other in contrasts if isinstance(contrasts, dict) else ():
            names = [name for name in known if name != key]
            yield from draft.unknown((*place, "contrasts", other), "neighbouring construct", other, names)
        for facet in facets if isinstance(facets, dict) else ():
            if (key, facet) not in covered:
                yield draft.problem(
                    (*place, "facets", facet), "no content item covers this facet", allowed="at least one"
                )
        if ("mode" in entry) != ("mode_reason" in entry):
            yield draft.problem((*place, "mode"), "a mode and its reason (mode_reason) belong together")


def pairs_connected(draft: Draft) -> Iterator[Problem]:
    """Pairs are named once, of declared roles."""
    yield from _once(draft, "pairs", "key")
    roles = draft.mapping("roles")
    for place, entry in draft.entries("pairs"):
        for index, role in enumerate(strings(entry.get("roles"))):
            yield from draft.unknown((*place, "roles", index), "role", role, roles)


def questions_connected(draft: Draft) -> Iterator[Problem]:
    """Questions have names of their own and refer to what there is."""
    yield from _once(draft, "questions", "id")
    items = {id.casefold() for _, item in draft.entries("items") if (id := text(item, "id"))}
    taken = items | {key.casefold() for key in draft.keys("constructs")} | RESERVED
    for place, entry in draft.entries("questions"):
        if (id := text(entry, "id")) is not None and id.casefold() in taken:
            yield draft.problem((*place, "id"), "the name of an item, a construct or a column", id)
        if (block := text(entry, "block")) in KINDS:
            yield draft.problem((*place, "block"), "the name of a kind of items", block)
        yield from draft.unknown((*place, "stage"), "stage", entry.get("stage"), draft.keys("stages"))
        yield from _audience(draft, place, entry)


def sections_connected(draft: Draft) -> Iterator[Problem]:
    """Sections refer to what there is, and their texts leave open only what can be filled in."""
    yield from _once(draft, "sections", "key")
    questions = {text(entry, "id"): entry for _, entry in draft.entries("questions")}
    blocks = [block for entry in questions.values() if (block := text(entry, "block"))]
    for place, entry in draft.entries("sections"):
        yield from _audience(draft, place, entry)
        for index, name in enumerate(strings(entry.get("shows"))):
            yield from draft.unknown(
                (*place, "shows", index), "kind of items or block of questions", name, [*KINDS, *blocks]
            )
        if isinstance(condition := entry.get("only_if"), dict):
            asked = condition.get("question")
            here = (*place, "only_if", "question")
            yield from draft.unknown(here, "question", asked, [id for id in questions if id], required=False)
        texts = entry.get("text")
        for language, words in texts.items() if isinstance(texts, dict) else ():
            for name in re.findall(r"\{(\w*)\}", words) if isinstance(words, str) else ():
                if name not in PLACEHOLDERS:
                    allowed = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
                    yield draft.problem(
                        (*place, "text", language), "unknown placeholder", f"{{{name}}}", allowed
                    )


def everything_shown_once(draft: Draft) -> Iterator[Problem]:
    """In every form each kind of items and each block of questions has exactly one section; if there are sections."""
    sections = list(draft.entries("sections"))
    if not sections:
        return
    every = list(draft.mapping("forms"))
    shown = Counter(
        (form, role, name)
        for _, entry in sections
        for form in strings(entry.get("forms")) or every
        for role in strings(entry.get("roles")) or draft.mapping("roles")
        for name in strings(entry.get("shows"))
    )
    wanted: dict[tuple[str, str, str], Key] = {}
    for part, name_of in (("items", kind_of), ("questions", lambda entry: text(entry, "block"))):
        for place, entry in draft.entries(part):
            name = name_of(entry)
            if name is None or entry.get("source") == "records":
                continue
            for form in strings(entry.get("forms")) or every:
                for role in strings(entry.get("roles")) or draft.mapping("roles"):
                    wanted.setdefault((form, role, name), place)
    for (form, role, name), place in wanted.items():
        if (count := shown[form, role, name]) != 1:
            often = "no section" if count == 0 else f"{count} sections"
            yield draft.problem(
                place,
                f"{often} of form '{form}' shows '{name}' to role '{role}'",
                allowed="exactly one section",
            )


def _once(draft: Draft, part: str, field: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for place, entry in draft.entries(part):
        if (key := text(entry, field)) is None:
            continue
        if key.casefold() in seen:
            yield draft.problem((*place, field), f"duplicate {field}", key, f"each {field} once")
        seen.add(key.casefold())


def _audience(draft: Draft, place: Key, entry: dict[str, Any]) -> Iterator[Problem]:
    for index, form in enumerate(strings(entry.get("forms"))):
        yield from draft.unknown((*place, "forms", index), "form", form, draft.mapping("forms"))
    for index, role in enumerate(strings(entry.get("roles"))):
        yield from draft.unknown((*place, "roles", index), "role", role, draft.mapping("roles"))
