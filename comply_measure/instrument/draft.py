"""A scale file before it is known to be valid: the raw document with guarded access."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from comply_measure.documents.safe_yaml import Key, YamlDocument
from comply_measure.documents.validation import problem_at
from comply_measure.errors import Problem
from comply_measure.statistics.words import did_you_mean


@dataclass(frozen=True, slots=True)
class Draft:
    """The raw document with guarded access.

    What is absent or of the wrong type reads as empty: the schema reports it, and the checks between
    entries go on with the rest.
    """

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
        return [key for _, entry in self.entries(name) if (key := text(entry, "key")) is not None]

    def languages(self) -> list[str]:
        """Languages the file declares."""
        return strings(self.document.data.get("languages"))

    def parents(self) -> dict[str, str | None]:
        """Construct -> parent, of the constructs that are not about the informant."""
        return {
            key: text(entry, "parent")
            for _, entry in self.entries("constructs")
            if (key := text(entry, "key")) is not None and entry.get("level") != "informant"
        }

    def problem(self, key: Key, message: str, value: Any = None, allowed: str | None = None) -> Problem:
        """Problem at a place of the file."""
        return problem_at(self.document, key, message, value, allowed)

    def unknown(
        self, key: Key, kind: str, value: Any, known: Iterable[str], *, required: bool = True
    ) -> Iterator[Problem]:
        """Problem if `value` is text and not among `known`.

        Where `known` comes from a required part of the file and is empty, the schema has already
        reported that part, and naming everything that refers to it would bury the cause.
        """
        names = list(known)
        if not isinstance(value, str) or value in names or (required and not names):
            return
        hint = did_you_mean(value, names)
        yield self.problem(key, f"unknown {kind}{hint}", value, ", ".join(names) or "none declared")


def strings(value: Any) -> list[str]:
    """The texts in a list; empty if it is no list."""
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def text(entry: dict[str, Any], name: str) -> str | None:
    """The text under a key of an entry; None if absent or of another type."""
    found = entry.get(name)
    return found if isinstance(found, str) else None


def kind_of(item: dict[str, Any]) -> str | None:
    """Kind of an item, ``content`` if not stated; None if it is no text."""
    return text(item, "kind") if "kind" in item else "content"
