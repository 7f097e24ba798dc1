"""What a schema complains of, in the package's words and never in pydantic's."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic_core import core_schema

import comply_measure
from comply_measure.documents import read_yaml_text, validate
from comply_measure.documents.wording import OTHERWISE, WORDS, in_plain_words
from comply_measure.pipeline.schema import StudyFile
from comply_measure.responses.mapping import ColumnMapping, FileFormat

FOREIGN = re.compile(
    r"\b(tuple|dict|dictionary|string|integer|boolean|instance|input|field|extra|valid|set|None)\b", re.I
)
CONTEXT: dict[str, Any] = {
    "gt": 0,
    "ge": 0,
    "lt": 9,
    "le": 9,
    "multiple_of": 2,
    "min_length": 1,
    "max_length": 3,
}
CONTEXT |= {"discriminator": "'kind'", "expected_tags": "'a', 'b'"}

# Kinds of fault by kind of schema; limits add theirs.
RAISED = {
    "any": (),
    "bool": ("bool_type", "bool_parsing"),
    "date": ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
    "default": (),
    "dict": ("dict_type",),
    "float": ("float_type", "float_parsing", "finite_number"),
    "function-after": ("value_error",),
    "function-before": ("value_error",),
    "function-wrap": ("value_error",),
    "int": ("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
    "list": ("list_type",),
    "literal": ("literal_error",),
    "model": ("model_type",),
    "model-field": ("missing",),
    "model-fields": ("model_type", "extra_forbidden", "invalid_key"),
    "none": ("none_required",),
    "nullable": (),
    "str": ("string_type", "string_unicode"),
    "tagged-union": ("union_tag_invalid", "union_tag_not_found", "model_attributes_type"),
    "tuple": ("tuple_type",),
    "union": (),
}
LIMITS = {
    "gt": "greater_than",
    "ge": "greater_than_equal",
    "lt": "less_than",
    "le": "less_than_equal",
    "multiple_of": "multiple_of",
    "pattern": "string_pattern_mismatch",
}


def schemas() -> list[type[BaseModel]]:
    """Every schema of the package."""
    for module in pkgutil.walk_packages(comply_measure.__path__, "comply_measure."):
        importlib.import_module(module.name)

    def below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
        for child in model.__subclasses__():
            if child.__module__.startswith("comply_measure."):
                yield child
            yield from below(child)

    return sorted(set(below(BaseModel)), key=lambda model: model.__qualname__)


def kinds_of_fault(schema: Any) -> Iterator[str]:
    """Kinds of fault that a core schema can raise."""
    if isinstance(schema, list | tuple):
        for part in schema:
            yield from kinds_of_fault(part)
    if not isinstance(schema, dict):
        return
    kind = schema.get("type")
    if not isinstance(kind, str):
        # A mapping of names to schemas, in which any name may occur.
        yield from kinds_of_fault(list(schema.values()))
        return
    if kind in RAISED:
        yield from RAISED[kind]
    elif kind not in (
        "definitions",
        "definition-ref",
        "function",
        "no-info",
        "with-info",
        "field",
    ):
        raise AssertionError(f"a kind of schema without known faults: {kind}")
    for name, fault in LIMITS.items():
        if schema.get(name) is not None and kind in ("int", "float", "str"):
            yield fault
    for name, word in (("min_length", "short"), ("max_length", "long")):
        if schema.get(name) is not None:
            yield f"string_too_{word}" if kind == "str" else f"too_{word}"
    for name, part in schema.items():
        if name not in ("metadata", "serialization", "expected", "default", "config"):
            yield from kinds_of_fault(part)


def test_every_fault_that_a_schema_of_the_package_can_raise_has_words() -> None:
    models = schemas()
    assert {"StudyFile", "ScalePart", "ColumnMapping", "FileFormat", "DatasetDescription"} <= {
        model.__name__ for model in models
    }
    found = {kind for model in models for kind in kinds_of_fault(model.__pydantic_core_schema__)}
    assert len(found) > 15
    ours = {*WORDS, "value_error", "assertion_error", "string_too_short", "too_short"}
    assert found <= ours, sorted(found - ours)


@pytest.mark.parametrize("kind", get_args(core_schema.ErrorType))
def test_no_fault_speaks_as_pydantic_does(kind: str) -> None:
    text = in_plain_words(kind, CONTEXT)
    assert text
    assert not FOREIGN.search(text.replace("not a valid name", ""))
    assert "{" not in text


def test_words_of_limits() -> None:
    assert in_plain_words("greater_than_equal", {"ge": 2}) == "must be at least 2"
    assert in_plain_words("too_short", {"min_length": 1}) == "must not be empty"
    assert in_plain_words("too_short", {"min_length": 3}) == "needs at least 3 entries"
    assert in_plain_words("string_too_short", {"min_length": 2}) == "needs at least 2 characters"
    assert in_plain_words("string_too_long", {"max_length": 64}) == "too long a text: at most 64 characters"
    assert (
        in_plain_words("value_error", {"error": ValueError("the shares must add up")})
        == "the shares must add up"
    )
    assert in_plain_words("uuid_type", {}) == OTHERWISE


@pytest.mark.parametrize(
    ("model", "text", "message"),
    [
        (StudyFile, "scales: comply", "'scales': must be a list"),
        (StudyFile, "steps: all", "'steps': must be a list"),
        (StudyFile, "seed: -1", "'seed': must be at least 0 (found -1)"),
        (StudyFile, "seed: 1.5", "'seed': must be a whole number (found 1.5)"),
        (StudyFile, "seed: x", "'seed': must be a whole number (found 'x')"),
        (StudyFile, "cutoffs: {cfi: x}", "'cutoffs.cfi': must be a number (found 'x')"),
        (StudyFile, "options: [a]", "'options': must be a mapping of keys to values"),
        (ColumnMapping, "as_text: size", "'as_text': must be a list"),
        (ColumnMapping, "labels: {en: {yes: 1.5}}", "must be a whole number (found 1.5)"),
        (ColumnMapping, "missing: {9: gone}", "not an allowed value (found 'gone'); allowed: 'not_answered'"),
        (ColumnMapping, "wide_pattern: '{item}'", "the pattern must name {item} and {role} once each"),
        (FileFormat, "delimiter: ';;'", "'delimiter': too long a text: at most 1 characters"),
        (FileFormat, "decimal: ';'", "not an allowed value (found ';'); allowed: 'auto', '.' or ','"),
    ],
)
def test_faults_of_a_study_in_plain_words(model: type[BaseModel], text: str, message: str) -> None:
    _, problems = validate(model, read_yaml_text(text, "f.yaml"))
    assert any(message in str(problem) for problem in problems), [str(problem) for problem in problems]
