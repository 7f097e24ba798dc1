"""YAML read as plain data, with the line of every key.

The reader builds its values from the parser's events and never constructs objects. It refuses tags,
duplicate keys, merge keys, several documents and deep nesting, and limits size, aliases and the
number of values after aliases are expanded. Plain words follow YAML 1.2's core schema: ``no``, ``on``
and ``12:30`` are text. Keys of mappings are text as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from comply_measure.documents.paths import path_fault
from comply_measure.errors import InputError, Problem

MAX_BYTES = 2_000_000
MAX_DEPTH = 30
MAX_ALIASES = 100
MAX_VALUES = 100_000

Key = tuple[str | int, ...]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
# Long enough for the entropy of a random seed; beyond it a number stays text.
_INTEGER = re.compile(r"[-+]?[0-9]{1,100}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]{1,3})?")
# what YAML's own reader refuses where it is not written as an escape
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One YAML document as plain data.

    Parameters
    ----------
    file : str
        Name for messages.
    data : object
        Nested dict, list, str, int, float, bool and None.
    lines : dict
        Line (from 1) of each place, by its path of keys and list positions.
    sha256 : str
        Digest of the file's bytes; empty for text that came from no file.
    """

    file: str
    data: Any
    lines: dict[Key, int]
    sha256: str = ""

    def line(self, key: Key) -> int | None:
        """Line of `key`, or of the nearest enclosing place that has one."""
        for length in range(len(key), -1, -1):
            if key[:length] in self.lines:
                return self.lines[key[:length]]
        return None


class _Refused(Exception):  # noqa: N818 - control flow inside this module, never raised outside
    """Reading must stop here: what follows cannot be trusted."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


@dataclass(slots=True)
class _Reader:
    file: str
    events: Iterator[yaml.Event]
    lines: dict[Key, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    aliases: int = 0
    values: int = 0

    def problem(self, message: str, event: yaml.Event, allowed: str | None = None) -> Problem:
        return Problem(message, file=self.file, row=_line(event), allowed=allowed)

    def refuse_tag(self, event: yaml.Event) -> None:
        if (tag := getattr(event, "tag", None)) is not None:
            self.problems.append(self.problem(f"tag {tag!r} refused", event, "plain values without tags"))

    def count(self, size: int, event: yaml.Event) -> None:
        self.values += size
        if self.values > MAX_VALUES:
            raise _Refused(self.problem("too many values", event, f"at most {MAX_VALUES}, aliases expanded"))

    def check_characters(self, event: yaml.ScalarEvent) -> None:
        """Report what no file of results can hold: escapes would bring it into the text."""
        if _CONTROL.search(event.value):
            self.problems.append(self.problem("control characters are not allowed", event, "text"))

    def read(self, event: yaml.Event, key: Key) -> Any:
        """Value that starts with `event`; consumes its remaining events."""
        self.lines.setdefault(key, _line(event))
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        before = self.values
        self.count(1, event)
        self.refuse_tag(event)
        if len(key) > MAX_DEPTH:
            raise _Refused(self.problem("nested too deeply", event, f"at most {MAX_DEPTH} levels"))
        value: Any
        if isinstance(event, yaml.ScalarEvent):
            value = event.value if event.style else _plain(event.value)
            self.check_characters(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self.sequence(key)
        else:
            value = self.mapping(key)
        if (anchor := getattr(event, "anchor", None)) is not None:
            self.anchors[anchor] = (value, self.values - before)
        return value

    def alias(self, event: yaml.AliasEvent) -> Any:
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            raise _Refused(self.problem("too many aliases", event, f"at most {MAX_ALIASES}"))
        if event.anchor not in self.anchors:
            # Covers an anchor that contains itself: it is only known once it is complete.
            raise _Refused(self.problem(f"alias *{event.anchor} has no complete anchor before it", event))
        value, size = self.anchors[event.anchor]
        self.count(size, event)
        return value

    def sequence(self, key: Key) -> list[Any]:
        result: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            result.append(self.read(event, (*key, len(result))))
        return result

    def mapping(self, key: Key) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _Refused(self.problem("a key must be plain text", event))
            name = event.value
            self.refuse_tag(event)
            self.check_characters(event)
            if name == "<<" and not event.style:
                self.problems.append(self.problem("merge key '<<' refused", event, "keys written out"))
            if name in result:
                first = self.lines[(*key, name)]
                dotted = ".".join(map(str, (*key, name)))
                self.problems.append(
                    Problem(
                        f"key written twice, first in line {first}",
                        file=self.file,
                        row=_line(event),
                        column=dotted,
                        allowed="each key once",
                    )
                )
                self.read(next(self.events), (*key, name, "<duplicate>"))
                continue
            self.count(1, event)
            self.lines[(*key, name)] = _line(event)
            result[name] = self.read(next(self.events), (*key, name))
        return result


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark is not None else 1


def _plain(text: str) -> Any:
    """Value of an unquoted scalar under YAML 1.2's core schema (decimal numbers only)."""
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def read_yaml_text(text: str, file: str = "text") -> YamlDocument:
    """Read one YAML document from text.

    Parameters
    ----------
    text : str
        The document.
    file : str
        Name for messages.

    Returns
    -------
    YamlDocument

    Raises
    ------
    InputError
        If the text is not YAML or holds something that is refused; every fault is listed, except
        that reading stops at the first fault of syntax or size.
    """
    reader = _Reader(file, iter(yaml.parse(text, Loader=_LOADER)))
    data: Any = None
    try:
        next(reader.events)
        start = next(reader.events)
        if isinstance(start, yaml.StreamEndEvent):
            raise InputError(f"{file}: the file is empty", [Problem("no content", file=file)])
        data = reader.read(next(reader.events), ())
        next(reader.events)
        if not isinstance(extra := next(reader.events), yaml.StreamEndEvent):
            reader.problems.append(reader.problem("a second document begins", extra, "one document per file"))
    except _Refused as refused:
        reader.problems.append(refused.problem)
    except yaml.YAMLError as error:
        reader.problems.append(_syntax_problem(file, error))
    if reader.problems:
        raise InputError(f"{file} cannot be read as YAML", reader.problems)
    return YamlDocument(file, data, reader.lines)


def _syntax_problem(file: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    context = getattr(error, "context", None)
    message = f"{what} ({context})" if context else str(what)
    return Problem(message, file=file, row=None if mark is None else mark.line + 1)


def read_yaml(path: Path | str) -> YamlDocument:
    """Read one YAML document from a UTF-8 file.

    Parameters
    ----------
    path : path-like
        The file; at most 2 MB.

    Returns
    -------
    YamlDocument

    Raises
    ------
    InputError
        If the path is no file (a folder, a device, a pipe), or the file cannot be read, is too large, is not
        UTF-8 or is refused by :func:`read_yaml_text`.
    """
    file = str(path)
    headline = f"{file} cannot be read"
    if fault := path_fault(path):
        raise InputError(headline, [Problem(fault, file=file)])
    try:
        with Path(path).open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(headline, [Problem(reason, file=file)]) from error
    if len(raw) > MAX_BYTES:
        raise InputError(
            headline, [Problem("file too large", file=file, allowed=f"at most {MAX_BYTES} bytes")]
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = Problem("not UTF-8 text", file=file, row=line, value=raw[error.start : error.start + 1])
        raise InputError(headline, [problem]) from error
    return replace(read_yaml_text(text, file), sha256=sha256(raw).hexdigest())
