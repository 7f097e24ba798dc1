"""Names of columns and factors as they stand in a model text."""

from __future__ import annotations

import re

from comply_measure.sem.language.tokens import tokenize

_PLAIN = re.compile(r"[^\W\d][\w.]*|\.[^\W\d][\w.]*")
_WORDS = frozenset({"NA", "Inf"})  # before a "*" these are no labels


def quoted(name: object) -> str:
    """A name as the model language reads it: as it is, or between backticks where it needs them.

    Parameters
    ----------
    name : object
        Name of a column, factor or label; anything that is not text is taken by its text (``1`` → ```1```).

    Examples
    --------
    >>> quoted("x1"), quoted("item 1"), quoted(3)
    ('x1', '`item 1`', '`3`')
    """
    text = str(name)
    if _PLAIN.fullmatch(text) and text not in _WORDS:
        return text
    doubled = text.replace("`", "``")
    return f"`{doubled}`"


def parameter_key(text: str) -> str:
    """``lhs op rhs`` of a parameter as the parameter table joins it: no blanks between, no backticks."""
    return "".join(token.name for token in tokenize(text))
