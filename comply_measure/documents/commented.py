"""YAML with comments: values written by safe dumping, comments that no text can break out of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from comply_measure.documents.safe_yaml import Key, read_yaml_text

_WIDTH = 110
_LONGEST = 400


class _Dumper(yaml.SafeDumper):
    """Safe dumping without aliases; text that a reader could take for a number stands in quotation marks."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    plain = value[:1].isascii() and value[:1].isalpha() and value.isprintable()
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


_Dumper.add_representer(str, _text)


def commented_yaml(data: Mapping[str, Any], comments: Mapping[Key, str]) -> str:
    """A YAML document with a comment above some of its entries.

    Parameters
    ----------
    data : mapping
        Nested dict, list, str, int, float, bool and None.
    comments : mapping of tuple to str
        Place of an entry (keys and list positions; ``()`` for the document) to the comment above it. Line breaks and
        signs that cannot be printed become blanks, so that a comment stays a comment.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the text would not be read as `data`.
    """
    lines = [*_comment(comments, (), ""), *_mapping(data, comments, (), "")]
    text = "\n".join(lines) + "\n"
    if read_yaml_text(text, "document").data != data:
        raise ValueError("the document cannot be written as YAML that reads the same")
    return text


def plain_line(text: str) -> str:
    """A text on one line, without signs that cannot be printed, shortened where it is very long."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _comment(comments: Mapping[Key, str], place: Key, indent: str) -> Iterator[str]:
    if place in comments:
        yield f"{indent}# {plain_line(comments[place])}"


def _mapping(data: Mapping[str, Any], comments: Mapping[Key, str], place: Key, indent: str) -> Iterator[str]:
    for key, value in data.items():
        here = (*place, key)
        yield from _comment(comments, here, indent)
        below = any(len(other) > len(here) and other[: len(here)] == here for other in comments)
        if below and value and isinstance(value, dict):
            yield f"{indent}{_name(key)}:"
            yield from _mapping(value, comments, here, indent + "  ")
        elif below and value and isinstance(value, list):
            yield f"{indent}{_name(key)}:"
            for position, entry in enumerate(value):
                yield from _comment(comments, (*here, position), indent + "  ")
                yield from (f"{indent}  {line}" for line in _dumped([entry]))
        else:
            yield from (indent + line for line in _dumped({key: value}))


def _name(key: str) -> str:
    """A key on one line."""
    dumped: str = yaml.dump(key, Dumper=_Dumper, allow_unicode=True, width=float("inf"))
    return dumped.removesuffix("...\n").rstrip("\n")


def _dumped(value: Any) -> list[str]:
    dumped: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return dumped.rstrip("\n").split("\n")
