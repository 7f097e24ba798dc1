"""Content validity from experts: relevance ratings, item sorts, definitional ratings, log of decisions."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "ContentValidity": "ratings",
    "content_validity": "ratings",
    "cvr_critical": "ratings",
    "ItemSort": "sorting",
    "item_sort": "sorting",
    "sort_critical": "sorting",
    "DefinitionalRatings": "definitional",
    "definitional_ratings": "definitional",
    "DropLog": "decisions",
    "Decision": "decisions",
    "ContentEvidence": "evidence",
    "ContentOptions": "evidence",
    "content_evidence": "evidence",
    "read_definitional_ratings": "files",
    "read_expert_ratings": "files",
    "read_item_sorts": "files",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
