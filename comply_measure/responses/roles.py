"""How roles are written: keys, initials and labels in every language, and the user's own words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comply_measure import framework
from comply_measure.instrument import Scale
from comply_measure.responses.cells import folded
from comply_measure.responses.mapping import ColumnMapping

_WORDED = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class RoleWords:
    """How the roles of a study may be written.

    Parameters
    ----------
    words : mapping
        Folded word -> role key.
    spellings : mapping
        Role key -> words as they may stand in a column name, the most likely first.
    """

    words: Mapping[str, str]
    spellings: Mapping[str, tuple[str, ...]]

    def role(self, text: str) -> str | None:
        """Role that a text names; None if it names none."""
        return self.words.get(folded(text))


def study_scales(scales: Sequence[Scale], mapping: ColumnMapping) -> tuple[Scale, ...]:
    """Scales with the roles of the study: one that names none is answered by the roles of the others.

    Without such others, the roles are those that the mapping names, and otherwise everybody has the same one. Roles of
    the mapping are called in print what it says (``role_labels``), or what the file writes where the key is made of it.
    """
    labels: dict[str, Mapping[str, str]] = {}
    for scale in scales:
        if scale.roles_stated:
            for role in scale.roles:
                labels.setdefault(role, scale.role_labels[role])
    if not labels:
        languages = dict.fromkeys(name for scale in scales for name in scale.languages)
        labels = {role: dict.fromkeys(languages, text) for role, text in _names_in_print(mapping).items()}
    if not labels:
        return tuple(scales)
    return tuple(scale if scale.roles_stated else scale.with_roles(labels) for scale in scales)


def role_key(text: str) -> str:
    """Key of a role, made of its label: small letters and ``_``; ``role_`` before a digit.

    Examples
    --------
    >>> role_key("Sales & Service"), role_key("2")
    ('sales_service', 'role_2')
    """
    key = re.sub(r"\W+", "_", text.casefold()).strip("_") or text
    return f"role_{key}" if key[:1].isdigit() else key


def _names_in_print(mapping: ColumnMapping) -> dict[str, str]:
    """Role of the mapping -> its label: as stated, as the file writes it, or the key."""
    found: dict[str, str] = {}
    for word, role in mapping.roles.items():
        spelt = role_key(word) == role and _WORDED.search(word) is not None
        if role not in found or (spelt and found[role] == role):
            found[role] = word if spelt else role
    return found | {role: text for role, text in mapping.role_labels.items() if role in found}


def role_words(scales: Sequence[Scale], mapping: ColumnMapping) -> RoleWords:
    """Words for the roles of the scales: the user's, the keys, and labels and initials in every language.

    A label or initial that would stand for two roles stands for none.
    """
    roles = tuple(dict.fromkeys(role for scale in scales for role in scale.roles))
    usual: dict[str, list[str]] = {role: [] for role in roles}
    for scale in scales:
        for role, labels in scale.role_labels.items():
            usual[role] += labels.values()
    for entry in framework.roles():
        if entry.key in roles:
            usual[entry.key] += [*entry.label.values(), entry.initial]
    words: dict[str, str] = {}
    for role in roles:
        for word in map(folded, usual[role]):
            meant = {other for other in roles if word in map(folded, usual[other])}
            if len(meant) == 1:
                words[word] = role
    words.update({folded(role): role for role in roles})
    words.update({folded(word): role for word, role in mapping.roles.items() if role in roles})
    spellings = {
        role: tuple(
            dict.fromkeys(
                form
                for word in (*(w for w, key in mapping.roles.items() if key == role), role, *usual[role])
                if words.get(folded(word)) == role
                for form in (word, word.lower(), word.upper(), word.capitalize())
            )
        )
        for role in roles
    }
    return RoleWords(words, spellings)
