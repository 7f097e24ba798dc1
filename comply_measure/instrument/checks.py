"""What the entries of a scale file must be to each other.

Every check reads the raw document with guards, so that a fault of form in one entry does not hide
the faults of the others. Faults of form themselves are found by the schema.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from comply_measure.documents.safe_yaml import Key, YamlDocument
from comply_measure.documents.suggest import nearest
from comply_measure.documents.validation import problem_at
from comply_measure.errors import Problem
from comply_measure.instrument.tree import MAX_HEIGHT, ancestors, in_cycle, levels

MIN_ITEMS = 3
MAX_ENTRIES = {"stages": 100, "constructs": 1000, "items": 5000}
FULL = "full"
# Columns of a response table; an item of this name could not be told from them.
RESERVED = frozenset({"unit", "firm", "role", "informant"})
OWN = "own"


@dataclass(frozen=True, slots=True)
class Draft:
    """The raw document with guarded access."""

    document: YamlDocument

    def mapping(self, name: str) -> dict[str, Any]:
        """A top-level mapping; empty if absent or not a mapping."""
        found = self.document.data.get(name)
        return found if isinstance(found, dict) else {}

    def entries(self, name: str) -> Iterator[tuple[Key, dict[str, Any]]]:
        """Place and content of each mapping in a top-level list."""
        found = self.document.data.get(name)
        for index, entry in enumerate(found if isinstance(found, list) else []):
            if isinstance(entry, dict):
                yield (name, index), entry

    def keys(self, name: str) -> list[str]:
        """Keys of the entries of a top-level list."""
        return [entry["key"] for _, entry in self.entries(name) if isinstance(entry.get("key"), str)]

    def languages(self) -> list[str]:
        """Languages the file declares."""
        return strings(self.document.data.get("languages"))

    def parents(self) -> dict[str, str | None]:
        """Construct -> parent, of the constructs that are not about the informant."""
        return {
            entry["key"]: parent if isinstance(parent := entry.get("parent"), str) else None
            for _, entry in self.entries("constructs")
            if isinstance(entry.get("key"), str) and entry.get("level") != "informant"
        }

    def problem(self, key: Key, message: str, value: Any = None, allowed: str | None = None) -> Problem:
        """Problem at a place of the file."""
        return problem_at(self.document, key, message, value, allowed)

    def unknown(self, key: Key, kind: str, value: Any, known: Iterable[str]) -> Iterator[Problem]:
        """Problem if `value` is text and not among `known`; other types are the schema's business."""
        names = list(known)
        if isinstance(value, str) and value not in names:
            close = nearest(value, names)
            hint = f"; did you mean '{close}'?" if close else ""
            yield self.problem(key, f"unknown {kind}{hint}", value, ", ".join(names) or "none declared")


def strings(value: Any) -> list[str]:
    """The texts in a list; empty if it is no list."""
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def check(document: YamlDocument) -> list[Problem]:
    """All faults between the entries of a scale file.

    Parameters
    ----------
    document : YamlDocument
        A document whose top level is a mapping.

    Returns
    -------
    list of Problem
        Empty if there are none.
    """
    draft = Draft(document)
    if oversized := list(not_oversized(draft)):
        return oversized
    checks = (
        languages_complete,
        names_unique,
        response_consistent,
        sets_declared,
        constructs_connected,
        items_connected,
        forms_used,
        enough_items,
        wordings_differ,
    )
    return [problem for find in checks for problem in find(draft)]


def not_oversized(draft: Draft) -> Iterator[Problem]:
    """The lists are of a size a survey can have; beyond it nothing else is checked."""
    for name, most in MAX_ENTRIES.items():
        found = draft.document.data.get(name)
        if isinstance(found, list) and len(found) > most:
            yield draft.problem((name,), f"{len(found)} entries", allowed=f"at most {most}")


def languages_complete(draft: Draft) -> Iterator[Problem]:
    """Every text is there in every declared language and in no other."""
    languages = draft.languages()
    for index, language in enumerate(languages):
        if language in languages[:index]:
            yield draft.problem(("languages", index), "language named twice", language)
    for key, texts in _texts(draft):
        if not isinstance(texts, dict):
            continue
        for language in languages:
            if language not in texts:
                yield draft.problem(
                    (*key, language), "missing language", allowed=f"text in {', '.join(languages)}"
                )
        for language in texts:
            yield from draft.unknown((*key, language), "language", language, languages)


def _texts(draft: Draft) -> Iterator[tuple[Key, Any]]:
    """Place and content of every mapping from language to text."""
    data = draft.document.data
    for name in ("title", "description"):
        if name in data:
            yield (name,), data[name]
    for name in ("roles", "stems"):
        for key, texts in draft.mapping(name).items():
            yield (name, key), texts
    for key, form in draft.mapping("forms").items():
        if isinstance(form, dict) and "title" in form:
            yield ("forms", key, "title"), form["title"]
    response = draft.mapping("response")
    if "anchors" in response:
        yield ("response", "anchors"), response["anchors"]
    if isinstance(judge := response.get("cannot_judge"), dict) and "label" in judge:
        yield ("response", "cannot_judge", "label"), judge["label"]
    for name, field in (("stages", "label"), ("constructs", "label"), ("items", "text")):
        for place, entry in draft.entries(name):
            if field in entry:
                yield (*place, field), entry[field]


def names_unique(draft: Draft) -> Iterator[Problem]:
    """Ids and keys occur once; item ids also differ in more than case and from construct keys."""
    for name in ("stages", "constructs"):
        seen: set[str] = set()
        for place, entry in draft.entries(name):
            key = entry.get("key")
            if isinstance(key, str) and key in seen:
                yield draft.problem((*place, "key"), "duplicate key", key, "each key once")
            elif isinstance(key, str):
                seen.add(key)
    constructs = set(draft.keys("constructs"))
    first: dict[str, str] = {}
    for place, entry in draft.entries("items"):
        if not isinstance(id := entry.get("id"), str):
            continue
        here = (*place, "id")
        if id.casefold() in RESERVED:
            yield draft.problem(here, "reserved name", id, f"not one of {', '.join(sorted(RESERVED))}")
        if id in constructs:
            yield draft.problem(here, "an item and a construct have the same name", id, "different names")
        if id.casefold() in first:
            earlier = first[id.casefold()]
            like = "" if earlier == id else f" (differs from '{earlier}' only in case)"
            yield draft.problem(here, f"duplicate id{like}", id, "each id once, capitals ignored")
        first.setdefault(id.casefold(), id)


def response_consistent(draft: Draft) -> Iterator[Problem]:
    """One anchor per category, and a "cannot judge" code outside the categories."""
    response = draft.mapping("response")
    low, high = response.get("minimum"), response.get("maximum")
    if not isinstance(low, int) or not isinstance(high, int):
        return
    needed = high - low + 1
    anchors = response.get("anchors")
    for language, labels in anchors.items() if isinstance(anchors, dict) else ():
        if isinstance(labels, list) and len(labels) != needed:
            yield draft.problem(
                ("response", "anchors", language),
                f"{len(labels)} anchors for {needed} categories",
                allowed=f"{needed} labels, '' for a category without a label",
            )
    judge = response.get("cannot_judge")
    code = judge.get("code") if isinstance(judge, dict) else None
    if isinstance(code, int) and low <= code <= high:
        yield draft.problem(
            ("response", "cannot_judge", "code"),
            "code of an answer category",
            code,
            f"outside {low} to {high}",
        )


def sets_declared(draft: Draft) -> Iterator[Problem]:
    """The default set and the sets of constructs are declared, each set name once."""
    declared = draft.mapping("attribute_sets")
    names = strings(declared.get("names"))
    for name, times in Counter(names).items():
        if times > 1:
            yield draft.problem(("attribute_sets", "names"), "set named twice", name)
    yield from draft.unknown(("attribute_sets", "default"), "attribute set", declared.get("default"), names)
    for place, entry in draft.entries("constructs"):
        for index, name in enumerate(strings(entry.get("attribute_sets"))):
            yield from draft.unknown((*place, "attribute_sets", index), "attribute set", name, names)


def constructs_connected(draft: Draft) -> Iterator[Problem]:
    """Parents exist, the tree has no cycle and at most three levels, stated levels fit the tree."""
    parents = draft.parents()
    derived = levels(parents)
    for place, entry in draft.entries("constructs"):
        key = entry.get("key")
        if not isinstance(key, str):
            continue
        if entry.get("level") == "informant":
            if entry.get("parent") is not None:
                yield draft.problem((*place, "parent"), "a construct about the informant has no parent", key)
            continue
        here = (*place, "parent")
        yield from draft.unknown(here, "parent construct", entry.get("parent"), parents)
        if in_cycle(key, parents):
            yield draft.problem(here, "the parents form a cycle", entry.get("parent"))
            continue
        if len(ancestors(key, parents)) >= MAX_HEIGHT:
            yield draft.problem(here, "too many levels", entry.get("parent"), f"at most {MAX_HEIGHT} levels")
        stated = entry.get("level")
        if stated in ("attribute", "dimension", "construct") and stated != derived[key]:
            yield draft.problem((*place, "level"), "the parents give another level", stated, derived[key])


def items_connected(draft: Draft) -> Iterator[Problem]:
    """Every name an item uses is declared, and its role wordings cover its roles."""
    constructs = draft.keys("constructs")
    about_informant = {
        entry["key"]
        for _, entry in draft.entries("constructs")
        if isinstance(entry.get("key"), str) and entry.get("level") == "informant"
    }
    roles, stages = list(draft.mapping("roles")), draft.keys("stages")
    papers = [*draft.mapping("references"), OWN]
    for place, item in draft.entries("items"):
        construct = item.get("construct")
        yield from draft.unknown((*place, "construct"), "construct", construct, constructs)
        yield from draft.unknown((*place, "stem"), "stem", item.get("stem"), draft.mapping("stems"))
        yield from draft.unknown((*place, "stage"), "stage", item.get("stage"), stages)
        for index, form in enumerate(strings(item.get("forms"))):
            yield from draft.unknown((*place, "forms", index), "form", form, draft.mapping("forms"))
        for index, role in enumerate(strings(item.get("roles"))):
            yield from draft.unknown((*place, "roles", index), "role", role, roles)
        if isinstance(provenance := item.get("provenance"), dict):
            here = (*place, "provenance", "paper")
            yield from draft.unknown(here, "reference", provenance.get("paper"), papers)
        if construct in constructs and (item.get("kind") == "informant") != (construct in about_informant):
            allowed = "'informant' exactly for constructs of level informant"
            yield draft.problem((*place, "kind"), "kind and construct do not fit", item.get("kind"), allowed)
        yield from _role_wordings(draft, place, item, strings(item.get("roles")) or roles)


def _role_wordings(draft: Draft, place: Key, item: dict[str, Any], roles: list[str]) -> Iterator[Problem]:
    texts = item.get("text")
    for language, wording in texts.items() if isinstance(texts, dict) else ():
        if not isinstance(wording, dict):
            continue
        here = (*place, "text", language)
        for role in roles:
            if role not in wording:
                yield draft.problem(
                    (*here, role), "no wording for a role that answers", allowed=", ".join(roles)
                )
        for role in wording:
            yield from draft.unknown((*here, role), "role for this item", role, roles)


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
    """Every construct that is measured directly has at least three content items in the full form."""
    parents = draft.parents()
    above = {parent for parent in parents.values() if parent is not None}
    counts = Counter(
        item.get("construct")
        for _, item in draft.entries("items")
        if item.get("kind", "content") == "content"
        and FULL in strings(item.get("forms"))
        and isinstance(item.get("construct"), str)
    )
    for place, entry in draft.entries("constructs"):
        key = entry.get("key")
        if key in parents and key not in above and counts[key] < MIN_ITEMS:
            yield draft.problem(
                (*place, "key"),
                f"{counts[key]} content items in the full form",
                key,
                f"at least {MIN_ITEMS}",
            )


def wordings_differ(draft: Draft) -> Iterator[Problem]:
    """No two items read the same: a copied item measures nothing new."""
    seen: dict[tuple[Any, ...], str] = {}
    for place, item in draft.entries("items"):
        texts = item.get("text")
        for language, wording in texts.items() if isinstance(texts, dict) else ():
            if not isinstance(wording, str) or not isinstance(item.get("id"), str):
                continue
            same = (language, item.get("stem"), item.get("stage"), " ".join(wording.casefold().split()))
            first = seen.setdefault(same, item["id"])
            if first != item["id"]:
                yield draft.problem((*place, "text", language), f"same wording as item '{first}'", wording)
