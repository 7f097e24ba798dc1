"""Names in print: labels of constructs, items and roles in the language of the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from comply_measure.tables.roles import POOLED

if TYPE_CHECKING:
    from comply_measure.instrument import Scale

_WIDTH = 22


@dataclass(frozen=True, slots=True)
class Labels:
    """Key -> name in print.

    Parameters
    ----------
    constructs, items, roles : mapping of str to str
        Labels by key.
    parents : mapping of str to str
        Construct -> key of the construct above; absent where there is none.
    language : str
        Language of the report.
    stages : mapping of str to str
        Labels of the stages that items ask about.
    """

    constructs: Mapping[str, str]
    items: Mapping[str, str]
    roles: Mapping[str, str]
    parents: Mapping[str, str]
    language: str = "en"
    stages: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, scales: Iterable[Scale], language: str) -> Labels:
        """Labels of several scales; a scale without the language uses its own first one."""
        constructs: dict[str, str] = {}
        items: dict[str, str] = {}
        roles: dict[str, str] = {}
        parents: dict[str, str] = {}
        stages: dict[str, str] = {}
        for scale in scales:
            chosen = language if language in scale.languages else scale.languages[0]
            for entry in scale.constructs:
                constructs.setdefault(entry.key, entry.label[chosen])
                if entry.parent is not None:
                    parents.setdefault(entry.key, entry.parent)
            for item in scale.items:
                wordings = dict.fromkeys(item.text(chosen, role) for role in item.roles)
                items.setdefault(item.id, " / ".join(wordings))
            for role, texts in scale.role_labels.items():
                roles.setdefault(role, texts[chosen])
            for stage in scale.stages:
                stages.setdefault(stage.key, stage.label[chosen])
        read_only = MappingProxyType
        return cls(
            read_only(constructs),
            read_only(items),
            read_only(roles),
            read_only(parents),
            language,
            read_only(stages),
        )

    def construct(self, key: str) -> str:
        """Label of a construct; the key itself if it has none."""
        return self.constructs.get(key, key)

    def parent(self, key: str) -> str:
        """Label of the construct above; empty if there is none."""
        return self.construct(self.parents[key]) if key in self.parents else ""

    def role(self, key: str) -> str:
        """Label of a role or of the pooled group."""
        return "All informants" if key == POOLED else self.roles.get(key, key)

    def stage(self, key: str) -> str:
        """Label of a stage; the key itself if it has none."""
        return self.stages.get(key, key)

    def pair(self, name: str) -> str:
        """``Marketing – Sales`` for the pair ``marketing - sales``."""
        return " – ".join(self.role(part) for part in name.split(" - "))


def wrapped(text: str, width: int = _WIDTH) -> str:
    """A label on several lines, for figures."""
    from textwrap import fill

    return fill(text, width, break_long_words=False)
