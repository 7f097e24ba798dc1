"""Checks of texts and names: complete languages, unique names, anchors, wordings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from comply_measure.documents.safe_yaml import Key
from comply_measure.errors import Problem
from comply_measure.instrument.draft import Draft, text
from comply_measure.instrument.types import OPTIONS

# Columns of a response table; an item of this name could not be told from them.
RESERVED = frozenset({"unit", "firm", "role", "informant"})
#: Tables of scores have a column of remarks, too.
RESERVED_OF_CONSTRUCTS = RESERVED | {"note"}


def languages_complete(draft: Draft) -> Iterator[Problem]:
    """Every text is there in every declared language and in no other."""
    languages = draft.languages()
    for key, texts in texts_by_language(draft):
        if not isinstance(texts, dict):
            continue
        for language in dict.fromkeys(languages):
            if language not in texts:
                allowed = f"text in {', '.join(languages)}"
                yield draft.problem((*key, language), "missing language", allowed=allowed)
        for language in texts:
            yield from draft.unknown((*key, language), "language", language, languages)


def texts_by_language(draft: Draft) -> Iterator[tuple[Key, Any]]:
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
    for option in OPTIONS:
        if isinstance(outside := response.get(option), dict) and "label" in outside:
            yield ("response", option, "label"), outside["label"]
    for name, fields in _TEXTS.items():
        for place, entry in draft.entries(name):
            for field in fields:
                if field in entry:
                    yield (*place, field), entry[field]
            yield from _inner_texts(place, entry)


_TEXTS = {
    "stages": ("label",),
    "pairs": ("label",),
    "constructs": ("label", "definition", "mode_reason"),
    "items": ("text",),
    "questions": ("text", "definition", "measure"),
    "sections": ("title", "text"),
}


def _inner_texts(place: Key, entry: dict[str, Any]) -> Iterator[tuple[Key, Any]]:
    """Texts of facets, contrasts and choices of an entry."""
    for field in ("contrasts", "facets"):
        found = entry.get(field)
        for key, texts in found.items() if isinstance(found, dict) else ():
            yield (*place, field, key), texts
    choices = entry.get("choices")
    for index, choice in enumerate(choices if isinstance(choices, list) else ()):
        if isinstance(choice, dict) and "label" in choice:
            yield (*place, "choices", index, "label"), choice["label"]


def names_unique(draft: Draft) -> Iterator[Problem]:
    """Keys of stages and constructs occur once; those of constructs are no columns that tables of scores have."""
    for name in ("stages", "constructs"):
        seen: set[str] = set()
        for place, entry in draft.entries(name):
            if (key := text(entry, "key")) is None:
                continue
            if key in seen:
                yield draft.problem((*place, "key"), "duplicate key", key, "each key once")
            seen.add(key)
            if name == "constructs" and key in RESERVED_OF_CONSTRUCTS:
                allowed = f"not one of {', '.join(sorted(RESERVED_OF_CONSTRUCTS))}"
                yield draft.problem((*place, "key"), "reserved name", key, allowed)


def ids_unique(draft: Draft) -> Iterator[Problem]:
    """Item ids differ in more than case, from construct keys and from the columns of response tables."""
    constructs = set(draft.keys("constructs"))
    first: dict[str, str] = {}
    for place, entry in draft.entries("items"):
        if (id := text(entry, "id")) is None:
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
    """One anchor per category, and codes of other answers outside the categories, each its own."""
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
    codes: dict[int, str] = {}
    for option in OPTIONS:
        outside = response.get(option)
        code = outside.get("code") if isinstance(outside, dict) else None
        if not isinstance(code, int):
            continue
        key = ("response", option, "code")
        if low <= code <= high:
            yield draft.problem(key, "code of an answer category", code, f"outside {low} to {high}")
        if code in codes:
            yield draft.problem(key, f"the code of '{codes[code]}'", code, "a code of its own")
        codes[code] = option


def wordings_differ(draft: Draft) -> Iterator[Problem]:
    """No two items read the same: a copied item measures nothing new."""
    seen: dict[tuple[Any, ...], str] = {}
    for place, item in draft.entries("items"):
        texts, id = item.get("text"), text(item, "id")
        if not isinstance(texts, dict) or id is None:
            continue
        for language, wording in texts.items():
            for key, words in _wordings(language, wording):
                same = (text(item, "stem"), text(item, "stage"), key, " ".join(words.casefold().split()))
                first = seen.setdefault(same, id)
                if first != id:
                    message = f"same wording as item '{first}'"
                    yield draft.problem((*place, "text", *key), message, words)


def _wordings(language: str, wording: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(wording, str):
        yield (language,), wording
    elif isinstance(wording, dict):
        for role, words in wording.items():
            if isinstance(words, str):
                yield (language, role), words
