"""A schema's kinds of fault in the words of this package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_MAPPING: Final = "must be a mapping of keys to values"
_LIST: Final = "must be a list"
_NUMBER: Final = "must be a number"
_WHOLE: Final = "must be a whole number"
_TRUTH: Final = "must be true or false"
_TEXT: Final = "must be text (a number needs quotes)"
_DATE: Final = "must be a date such as 2026-01-31"
_EMPTY: Final = "must not be empty"
_NO_KEY: Final = "unknown key"

#: What is said where pydantic has a kind of fault that no schema of the package can raise.
OTHERWISE: Final = "not an allowed value"

#: pydantic's kind of fault -> our sentence; names in braces are filled from the fault's context.
WORDS: Final[Mapping[str, str]] = {
    "bool_parsing": _TRUTH,
    "bool_type": _TRUTH,
    "date_from_datetime_inexact": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_parsing": _DATE,
    "date_type": _DATE,
    "dict_type": _MAPPING,
    "enum": OTHERWISE,
    "extra_forbidden": _NO_KEY,
    "finite_number": "must be a finite number",
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "frozen_set_type": _LIST,
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": "too large a number",
    "int_type": _WHOLE,
    "invalid_key": "a key must be text",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "list_type": _LIST,
    "literal_error": OTHERWISE,
    "mapping_type": _MAPPING,
    "missing": "missing key",
    "model_attributes_type": _MAPPING,
    "model_type": _MAPPING,
    "multiple_of": "must be a multiple of {multiple_of}",
    "none_required": "must be empty (null)",
    "recursion_loop": "contains itself",
    "set_type": _LIST,
    "string_pattern_mismatch": "not a valid name",
    "string_too_long": "too long a text: at most {max_length} characters",
    "string_type": _TEXT,
    "string_unicode": "not Unicode text",
    "too_long": "too many entries: at most {max_length}",
    "tuple_type": _LIST,
    "union_tag_invalid": "{discriminator} must be one of {expected_tags}",
    "union_tag_not_found": "the key {discriminator} is missing",
}

_LEAST_LENGTH: Final = {
    "string_too_short": ("characters", _EMPTY),
    "too_short": ("entries", _EMPTY),
}


def in_plain_words(kind: str, context: Mapping[str, Any]) -> str:
    """One sentence on a fault that a schema found.

    Parameters
    ----------
    kind : str
        pydantic's name of the kind of fault.
    context : mapping
        Limits and causes that pydantic gives with it.

    Returns
    -------
    str
        Never pydantic's own words: they speak of tuples, dictionaries and instances.
    """
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", OTHERWISE))
    if kind in _LEAST_LENGTH:
        noun, empty = _LEAST_LENGTH[kind]
        least = context.get("min_length", 1)
        return empty if least == 1 else f"needs at least {least} {noun}"
    text = WORDS.get(kind, OTHERWISE)
    return text.format_map(context) if "{" in text else text
