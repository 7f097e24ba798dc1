"""What the entries of a scale file must be to each other.

Every check reads the raw document with guards, so that a fault of form in one entry does not hide
the faults of the others. Faults of form themselves are found by the schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from comply_measure.documents.safe_yaml import YamlDocument
from comply_measure.errors import Problem
from comply_measure.instrument import fielding_checks, link_checks, text_checks
from comply_measure.instrument.draft import Draft

MAX_ENTRIES = {
    "stages": 100,
    "pairs": 100,
    "constructs": 1000,
    "items": 5000,
    "questions": 1000,
    "sections": 200,
}

CHECKS: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    text_checks.languages_complete,
    text_checks.names_unique,
    text_checks.ids_unique,
    text_checks.response_consistent,
    text_checks.wordings_differ,
    link_checks.sets_declared,
    link_checks.constructs_connected,
    link_checks.items_connected,
    link_checks.kinds_fit,
    link_checks.forms_used,
    link_checks.enough_items,
    link_checks.content_on_one_level,
    fielding_checks.items_fit_fielding,
    fielding_checks.constructs_described,
    fielding_checks.pairs_connected,
    fielding_checks.questions_connected,
    fielding_checks.sections_connected,
    fielding_checks.everything_shown_once,
)


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
    return [problem for find in CHECKS for problem in find(draft)]


def not_oversized(draft: Draft) -> Iterator[Problem]:
    """The lists are of a size a survey can have; beyond it nothing else is checked."""
    for name, most in MAX_ENTRIES.items():
        found = draft.document.data.get(name)
        if isinstance(found, list) and len(found) > most:
            yield draft.problem((name,), f"{len(found)} entries", allowed=f"at most {most}")
