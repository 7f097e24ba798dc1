"""Names in print: labels of constructs, items and roles in the language of the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from comply_measure.report.format import is_undefined
from comply_measure.report.translation.translator import translator
from comply_measure.tables.roles import POOLED

if TYPE_CHECKING:
    from comply_measure.instrument import Scale

_WIDTH = 22
#: What stands above constructs that have no common parent of their own (``Focal.top``).
_WHOLE = {"en": "overall construct", "de": "Gesamtkonstrukt"}


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
    variables : mapping of str to str
        Labels of variables of the units.
    """

    constructs: Mapping[str, str]
    items: Mapping[str, str]
    roles: Mapping[str, str]
    parents: Mapping[str, str]
    language: str = "en"
    stages: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(
        cls,
        scales: Iterable[Scale],
        language: str,
        variables: Mapping[str, str] | None = None,
        units: Iterable[str] = (),
    ) -> Labels:
        """Labels of several scales; a scale without the language uses its own first one.

        Parameters
        ----------
        scales : iterable of Scale
            Scales of the study.
        language : str
            Language of the report.
        variables : mapping of str to str, optional
            Labels of variables of the units that the study names.
        units : iterable of str
            Names of the variables of the units; those without a label are printed in words.
        """
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
        constructs.setdefault("overall", _WHOLE.get(language, _WHOLE["en"]))
        read_only, say = MappingProxyType, translator(language)
        return cls(
            read_only(constructs),
            read_only(items),
            read_only(roles),
            read_only(parents),
            language,
            read_only(stages),
            read_only({key: say(in_words(key)) for key in units} | dict(variables or {})),
        )

    def construct(self, key: str) -> str:
        """Label of a construct, or of a variable of the units; the key itself if it has none."""
        return self.constructs.get(key) or self.variables.get(key, key)

    def variable(self, key: str) -> str:
        """Label of a variable of the units, or of a construct; the key in words if it has none."""
        return self.constructs.get(key) or self.variables.get(key) or in_words(key)

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


def in_words(key: str) -> str:
    """A name of files as one of print.

    Examples
    --------
    >>> in_words("customer_satisfaction"), in_words("NPS_2025")
    ('Customer satisfaction', 'NPS 2025')
    """
    words = key.replace("_", " ").strip()
    return f"{words[:1].upper()}{words[1:]}" if words else key


def spaced(value: object) -> str:
    """A category of a variable as it is printed: blanks for underscores, nothing where there is none.

    Examples
    --------
    >>> spaced("rest_of_europe"), spaced(None)
    ('rest of europe', '')
    """
    return "" if is_undefined(value) else str(value).replace("_", " ")


def wrapped(text: str, width: int = _WIDTH) -> str:
    """A label on several lines, for figures."""
    from textwrap import fill

    return fill(text, width, break_long_words=False)
