"""Structured text files read as data: safe YAML with line numbers, schema checks, suggestions."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from comply_measure.documents.safe_yaml import Key, YamlDocument, read_yaml, read_yaml_text
    from comply_measure.documents.suggest import nearest, require_known, unknown_message
    from comply_measure.documents.validation import problem_at, validate

_PUBLIC = {
    "Key": "safe_yaml",
    "YamlDocument": "safe_yaml",
    "nearest": "suggest",
    "problem_at": "validation",
    "read_yaml": "safe_yaml",
    "read_yaml_text": "safe_yaml",
    "require_known": "suggest",
    "unknown_message": "suggest",
    "validate": "validation",
}

__all__ = [
    "Key",
    "YamlDocument",
    "nearest",
    "problem_at",
    "read_yaml",
    "read_yaml_text",
    "require_known",
    "unknown_message",
    "validate",
]


def __getattr__(name: str) -> Any:
    # PyYAML and pydantic are loaded on first use, so that the command line starts fast.
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
