"""Checks of what refers to what: the tree of constructs, items, forms, sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from comply_measure.documents.safe_yaml import Key
from comply_measure.errors import Problem
from comply_measure.instrument.draft import Draft, kind_of, strings, text
from comply_measure.instrument.tree import MAX_HEIGHT, ancestors, in_cycle, levels

MIN_ITEMS = 1
FULL = "full"
OWN = "own"
#: Kinds of items about the informant, or the way the survey is answered.
ABOUT_INFORMANT = ("informant", "attention")


def sets_declared(draft: Draft) -> Iterator[Problem]:
    """The default set and the sets of constructs are declared."""
    declared = draft.mapping("attribute_sets")
    names = strings(declared.get("names"))
    for use in ("default", "collect"):
        yield from draft.unknown(("attribute_sets", use), "attribute set", declared.get(use), names)
    for place, entry in draft.entries("constructs"):
        for index, name in enumerate(strings(entry.get("attribute_sets"))):
            here = (*place, "attribute_sets", index)
            yield from draft.unknown(here, "attribute set", name, names, required=False)


def constructs_connected(draft: Draft) -> Iterator[Problem]:
    """Parents exist, the tree has no cycle and at most three levels, stated levels fit the tree."""
    parents = draft.parents()
    derived = levels(parents)
    for place, entry in draft.entries("constructs"):
        key, parent, stated = text(entry, "key"), entry.get("parent"), text(entry, "level")
        if key is None:
            continue
        here = (*place, "parent")
        if key not in parents:
            if parent is not None:
                yield draft.problem(here, "a construct about the informant has no parent", parent)
            continue
        yield from draft.unknown(here, "parent construct", parent, parents)
        if in_cycle(key, parents):
            yield draft.problem(here, "the parents form a cycle", parent)
            continue
        if len(ancestors(key, parents)) >= MAX_HEIGHT:
            yield draft.problem(here, "too many levels", parent, f"at most {MAX_HEIGHT} levels")
        if stated in ("attribute", "dimension", "construct") and stated != derived[key]:
            yield draft.problem((*place, "level"), "the parents give another level", stated, derived[key])


def items_connected(draft: Draft) -> Iterator[Problem]:
    """Every name an item uses is declared."""
    roles = list(draft.mapping("roles"))
    declared = {
        "construct": ("construct", draft.keys("constructs"), True),
        "stem": ("stem", list(draft.mapping("stems")), False),
        "stage": ("stage", draft.keys("stages"), False),
    }
    papers = [*draft.mapping("references"), OWN]
    for place, item in draft.entries("items"):
        for field, (kind, known, required) in declared.items():
            yield from draft.unknown((*place, field), kind, item.get(field), known, required=required)
        for index, form in enumerate(strings(item.get("forms"))):
            yield from draft.unknown((*place, "forms", index), "form", form, draft.mapping("forms"))
        for index, role in enumerate(strings(item.get("roles"))):
            yield from draft.unknown((*place, "roles", index), "role", role, roles)
        if isinstance(provenance := item.get("provenance"), dict):
            here = (*place, "provenance", "paper")
            yield from draft.unknown(here, "reference", provenance.get("paper"), papers)
        yield from _role_wordings(draft, place, item, strings(item.get("roles")) or roles)


def _role_wordings(draft: Draft, place: Key, item: dict[str, Any], roles: list[str]) -> Iterator[Problem]:
    """Wordings by role are there for every role that answers the item and for no other."""
    texts = item.get("text")
    for language, wording in texts.items() if isinstance(texts, dict) else ():
        if not isinstance(wording, dict):
            continue
        here = (*place, "text", language)
        for role in roles:
            if role not in wording:
                yield draft.problem((*here, role), "no wording for this role", allowed=", ".join(roles))
        for role in wording:
            yield from draft.unknown((*here, role), "role for this item", role, roles)


def kinds_fit(draft: Draft) -> Iterator[Problem]:
    """Items about the informant belong to informant constructs; content items to what the scale scores."""
    about = {
        key: entry.get("level") for _, entry in draft.entries("constructs") if (key := text(entry, "key"))
    }
    for place, item in draft.entries("items"):
        construct, kind = text(item, "construct"), kind_of(item)
        if (
            construct in about
            and kind is not None
            and (kind in ABOUT_INFORMANT) != (about[construct] == "informant")
        ):
            allowed = "'informant' or 'attention' exactly for constructs of level informant"
            yield draft.problem((*place, "kind"), "kind and construct do not fit", kind, allowed)


def forms_used(draft: Draft) -> Iterator[Problem]:
    """There is a full form, and every form has items."""
    forms = draft.mapping("forms")
    if forms and FULL not in forms:
        yield draft.problem(("forms",), f"no form '{FULL}'", allowed=f"a form named {FULL}")
    used = {form for _, item in draft.entries("items") for form in strings(item.get("forms"))}
    for form in forms:
        if form not in used:
            yield draft.problem(("forms", form), "form without items")


def enough_items(draft: Draft) -> Iterator[Problem]:
    """Every construct that is measured directly has a content item in the full form."""
    parents = draft.parents()
    above = {parent for parent in parents.values() if parent is not None}
    counts = Counter(
        construct
        for _, item in draft.entries("items")
        if kind_of(item) == "content"
        and FULL in strings(item.get("forms"))
        and (construct := text(item, "construct")) is not None
    )
    for place, entry in draft.entries("constructs"):
        key = text(entry, "key")
        if key in parents and key not in above and counts[key] < MIN_ITEMS:
            yield draft.problem((*place, "key"), "no content item in the full form", key, "at least one")


def content_on_one_level(draft: Draft) -> Iterator[Problem]:
    """A form measures either attributes or their dimension with content items, not both.

    Otherwise a dimension's score would mix means of attributes with single items.
    """
    parents = draft.parents()
    above = {parent for parent in parents.values() if parent is not None}
    measured: dict[str, set[str]] = {}
    for _, item in draft.entries("items"):
        construct = text(item, "construct")
        if kind_of(item) == "content" and construct is not None:
            for form in strings(item.get("forms")):
                measured.setdefault(form, set()).add(construct)
    for place, item in draft.entries("items"):
        construct = text(item, "construct")
        if construct not in above or kind_of(item) != "content":
            continue
        for form in strings(item.get("forms")):
            below = sorted(key for key in measured[form] if construct in ancestors(key, parents))
            if below:
                message = f"content item of a construct whose parts have content items in form '{form}'"
                yield draft.problem((*place, "construct"), message, construct, ", ".join(below))
