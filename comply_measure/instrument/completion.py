"""What a scale file may leave out, filled in: the short form of a scale becomes the full one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from comply_measure.instrument.schema import MAX_CATEGORIES

DEFAULT_LANGUAGE: Final = "en"
FULL: Final = "full"
#: Who answers a scale that names no roles.
ANYONE: Final = "informant"
UNVERSIONED: Final = "unversioned"


def completed(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a scale file with everything that may be left out.

    Only what is absent is added, and a bare text becomes the text of the first language; what is there in a wrong form
    stays as it is, for the schema to report.

    Parameters
    ----------
    data : mapping
        The document's data.

    Returns
    -------
    dict
    """
    full = dict(data)
    languages = full.setdefault("languages", _languages(data))
    spoken = [name for name in languages if isinstance(name, str)] if isinstance(languages, list) else []
    texts = _Texts(spoken or [DEFAULT_LANGUAGE])
    key = data["key"] if isinstance(data.get("key"), str) else "untitled"
    full.setdefault("version", UNVERSIONED)
    full["title"] = texts.of(data, "title", key)
    if "description" in data:
        full["description"] = texts.of(data, "description")
    anyone = {ANYONE: texts.everywhere("Informant")}
    full["roles"] = texts.named(data["roles"] if "roles" in data else named_roles(data) or anyone)
    if "stems" in data:
        full["stems"] = texts.named(data["stems"])
    if "response" in data:
        full["response"] = _response(data["response"], texts)
    full["forms"] = _forms(data, texts)
    items = [_item(entry, texts) for entry in _entries(data, "items")]
    if isinstance(data.get("items"), list):
        full["items"] = items
    if "constructs" not in data:
        full["constructs"] = _constructs(items)
    for part in ("constructs", "stages", "pairs"):
        if isinstance(full.get(part), list):
            full[part] = [texts.labelled(entry) for entry in full[part]]
    for part in ("constructs", "questions", "sections"):
        if isinstance(full.get(part), list):
            full[part] = [texts.described(entry) for entry in full[part]]
    return full


def _entries(data: Mapping[str, Any], name: str) -> list[Any]:
    found = data.get(name)
    return found if isinstance(found, list) else []


def _languages(data: Mapping[str, Any]) -> list[str]:
    """Languages of the items' texts, in the order of the file."""
    found: dict[str, None] = {}
    for entry in _entries(data, "items"):
        texts = entry.get("text") if isinstance(entry, dict) else None
        found.update(dict.fromkeys(texts if isinstance(texts, dict) else [DEFAULT_LANGUAGE]))
    return list(found) or [DEFAULT_LANGUAGE]


class _Texts:
    """Texts by language, made of bare ones."""

    def __init__(self, languages: list[str]) -> None:
        self.languages = languages

    def spread(self, value: Any) -> Any:
        """A bare text, or list of texts, in the first language; everything else as it is."""
        return {self.languages[0]: value} if isinstance(value, str | list) else value

    def everywhere(self, value: Any) -> dict[str, Any]:
        """The same in every language."""
        return dict.fromkeys(self.languages, value)

    def of(self, entry: Mapping[str, Any], name: str, otherwise: Any = None) -> Any:
        """Texts under a key of an entry; where it is absent, a name that stands for them."""
        if name not in entry:
            return self.everywhere(otherwise)
        return self.spread(entry[name])

    def named(self, value: Any) -> Any:
        """Name → texts, from such a mapping or a list of names."""
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return {name: self.everywhere(name) for name in value}
        return (
            {name: self.spread(texts) for name, texts in value.items()} if isinstance(value, dict) else value
        )

    def labelled(self, entry: Any) -> Any:
        """An entry with a label; its key, if it has none."""
        return (
            entry | {"label": self.of(entry, "label", entry.get("key"))} if isinstance(entry, dict) else entry
        )

    def described(self, entry: Any) -> Any:
        """An entry whose bare texts are in the first language, those of its facets, contrasts and choices too."""
        if not isinstance(entry, dict):
            return entry
        found = dict(entry)
        for name in ("definition", "mode_reason", "text", "title", "measure"):
            if isinstance(found.get(name), str):
                found[name] = self.spread(found[name])
        for name in ("facets", "contrasts"):
            if name in found:
                found[name] = self.named(found[name])
        if isinstance(found.get("choices"), list):
            found["choices"] = [
                choice | {"label": self.spread(choice["label"])}
                if isinstance(choice, dict) and "label" in choice
                else choice
                for choice in found["choices"]
            ]
        return found


def _response(value: Any, texts: _Texts) -> Any:
    if not isinstance(value, dict):
        return value
    found = dict(value)
    low: Any = value.get("minimum")
    high: Any = value.get("maximum")
    if "anchors" in value:
        found["anchors"] = texts.spread(value["anchors"])
    else:
        both = isinstance(low, int) and isinstance(high, int)
        count = high - low + 1 if both else 0
        found["anchors"] = texts.everywhere([""] * count if 0 <= count <= MAX_CATEGORIES else [])
    for option, label in (("cannot_judge", "Cannot judge"), ("does_not_apply", "Does not apply")):
        outside = value.get(option)
        if isinstance(outside, int) and not isinstance(outside, bool):
            outside = {"code": outside}
        if isinstance(outside, dict):
            found[option] = outside | {"label": texts.of(outside, "label", label)}
    return found


def _forms(data: Mapping[str, Any], texts: _Texts) -> Any:
    if "forms" not in data:
        used = _used_forms(_entries(data, "items"))
        return {name: {"title": texts.everywhere(name)} for name in dict.fromkeys([FULL, *used])}
    forms = data["forms"]
    if isinstance(forms, list) and all(isinstance(name, str) for name in forms):
        forms = {name: {} for name in forms}
    if not isinstance(forms, dict):
        return forms
    return {
        name: form | {"title": texts.of(form, "title", name)} if isinstance(form, dict) else form
        for name, form in forms.items()
    }


def named_roles(data: Mapping[str, Any]) -> list[str]:
    """Roles that the items name, by ``roles`` or by a wording for each."""
    found: dict[str, None] = {}
    for entry in _entries(data, "items"):
        if not isinstance(entry, dict):
            continue
        roles, text = entry.get("roles"), entry.get("text")
        wordings = text.values() if isinstance(text, dict) else ()
        for names in (roles, *(list(words) for words in wordings if isinstance(words, dict))):
            if isinstance(names, list):
                found.update(dict.fromkeys(name for name in names if isinstance(name, str)))
    return list(found)


def _constructs(items: Iterable[Any]) -> list[dict[str, Any]]:
    """The constructs that items name, side by side; those about the informant by the kind of their items."""
    kinds: dict[str, set[Any]] = {}
    for entry in items:
        if isinstance(entry, dict) and isinstance(name := entry.get("construct"), str):
            kinds.setdefault(name, set()).add(str(entry.get("kind")))
    return [
        {"key": name, "level": "informant"} if of_items == {"informant"} else {"key": name}
        for name, of_items in kinds.items()
    ]


def _used_forms(items: Iterable[Any]) -> list[str]:
    lists = (entry.get("forms") for entry in items if isinstance(entry, dict))
    return [name for names in lists if isinstance(names, list) for name in names if isinstance(name, str)]


def _item(entry: Any, texts: _Texts) -> Any:
    if not isinstance(entry, dict):
        return entry
    found = {"keying": 1, "forms": [FULL]} | entry
    if isinstance(entry.get("text"), str):
        found["text"] = texts.spread(entry["text"])
    return found
