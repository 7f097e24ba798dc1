"""A pydantic schema's complaints as problems that name file, line, key, value and what is allowed."""

from __future__ import annotations

from dataclasses import replace
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError, ValidationInfo, field_validator

from comply_measure.documents.safe_yaml import Key, YamlDocument
from comply_measure.documents.wording import in_plain_words
from comply_measure.errors import InputError, Problem
from comply_measure.statistics.words import did_you_mean

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)

Model = TypeVar("Model", bound=BaseModel)

MAX_SHOWN = 80


def validate(
    model: type[Model], document: YamlDocument, data: Any = None, at: Key = ()
) -> tuple[Model | None, list[Problem]]:
    """Check a document, or one place in it, against a schema.

    Parameters
    ----------
    model : type of pydantic.BaseModel
        The schema; unknown keys are reported where it forbids them.
    document : YamlDocument
        The file, for names and lines.
    data : object, optional
        The value at `at`; the whole document by default.
    at : tuple, optional
        Path of the value inside the document.

    Returns
    -------
    tuple
        The checked object (None if there are problems) and all problems in the order of the schema.
    """
    value = document.data if not at and data is None else data
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        found = [_problem(model, document, at, details) for details in error.errors(include_url=False)]
        return None, _merged(found)


def without_truth(model: type[BaseModel], value: Any, key: str | None) -> Any:
    """A value of a key as it is; true and false are refused, alone or in a list or mapping, where numbers are meant.

    Raises
    ------
    ValueError
        Which a schema tells as a fault of the key: ``yes`` is not read as 1.
    """
    kinds = _kinds_of(model.model_fields[str(key)].annotation)
    if kinds & {int, float} and bool not in kinds:
        members = value.values() if isinstance(value, dict) else value
        found = [value, *members] if isinstance(value, dict | list | tuple) else [value]
        if any(isinstance(member, bool) for member in found):
            raise ValueError("true or false where a number belongs")
    return value


class _SpeakingMeta(ModelMetaclass):
    """Calls of the class, not readings of a document, answer in words."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except ValidationError as error:
            found = [_argument_problem(self, details) for details in error.errors(include_url=False)]
        raise InputError(f"{self.__name__} cannot be made like this.", _merged(found))


class Speaking(BaseModel, metaclass=_SpeakingMeta):
    """A schema whose constructor raises one :class:`InputError` with all bad values."""

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth(cls, value: Any, info: ValidationInfo) -> Any:
        return without_truth(cls, value, info.field_name)


def _argument_problem(model: Any, details: Any) -> Problem:
    kind, place = details["type"], tuple(details["loc"])
    column = ".".join(map(str, place)) or None
    if kind == "extra_forbidden":
        known = _field_names(model, place[:-1])
        message = f"unknown key{did_you_mean(place[-1], known)}"
        return Problem(message, column=column, allowed=", ".join(known))
    context = details.get("ctx", {})
    allowed = str(context["expected"]) if "expected" in context else None
    value = details["input"]
    shown = (
        shortened(value)
        if isinstance(value, str | int | float | list | tuple | dict)
        else type(value).__name__
    )
    return Problem(in_plain_words(kind, context), column=column, value=shown, allowed=allowed)


def problem_at(
    document: YamlDocument, key: Key, message: str, value: Any = None, allowed: str | None = None
) -> Problem:
    """Problem at one place of a document, with its line and dotted key."""
    return Problem(
        message,
        file=document.file,
        row=document.line(key),
        column=dotted(document, key) or None,
        value=shortened(value),
        allowed=allowed,
    )


def dotted(document: YamlDocument, key: Key) -> str:
    """Path as text; a list entry goes by its ``id`` or ``key`` if it has one (``items.C_dig_1.keying``)."""
    parts: list[str] = []
    place: Any = document.data
    for part in key:
        place = _step(place, part)
        name = (
            place.get("id", place.get("key")) if isinstance(part, int) and isinstance(place, dict) else None
        )
        parts.append(name if isinstance(name, str) else str(part))
    return ".".join(parts)


def shortened(value: Any) -> Any:
    """Value for a message: long text is cut, collections are left out."""
    if isinstance(value, str) and len(value) > MAX_SHOWN:
        return value[:MAX_SHOWN] + "…"
    return None if isinstance(value, dict | list | tuple) else value


def _step(place: Any, part: str | int) -> Any:
    if isinstance(place, dict):
        return place.get(part)
    if isinstance(place, list) and isinstance(part, int) and part < len(place):
        return place[part]
    return None


def _problem(model: type[BaseModel], document: YamlDocument, at: Key, details: Any) -> Problem:
    kind, inner = details["type"], tuple(details["loc"])
    key = at + _existing(document, at, inner, keep_last=kind == "missing")
    if kind == "extra_forbidden":
        known = _field_names(model, inner[:-1])
        return problem_at(
            document, key, f"unknown key{did_you_mean(inner[-1], known)}", allowed=", ".join(known)
        )
    if kind == "missing":
        return problem_at(document, key, "missing key")
    context = details.get("ctx", {})
    allowed = str(context["expected"]) if "expected" in context else None
    if kind == "string_pattern_mismatch":
        allowed = f"text that matches {context['pattern']}"
    return problem_at(document, key, in_plain_words(kind, context), details["input"], allowed)


def _merged(problems: list[Problem]) -> list[Problem]:
    """Problems with those of one place joined: a union complains once for each of its members."""
    joined: dict[tuple[Any, ...], Problem] = {}
    for problem in problems:
        place = (problem.row, problem.column, problem.allowed)
        first = joined.setdefault(place, problem)
        if problem.message not in first.message:
            joined[place] = replace(first, message=f"{first.message}, or {problem.message}")
    return list(joined.values())


def _existing(document: YamlDocument, at: Key, inner: Key, *, keep_last: bool) -> Key:
    """Part of pydantic's location that is in the document (it adds names of union members)."""
    place = document.data
    for part in at:
        place = _step(place, part)
    kept: list[str | int] = []
    for number, part in enumerate(inner):
        present = (isinstance(place, dict) and part in place) or (
            isinstance(place, list) and isinstance(part, int) and part < len(place)
        )
        if present:
            place = _step(place, part)
            kept.append(part)
        elif keep_last and number == len(inner) - 1:
            kept.append(part)
    return tuple(kept)


def _field_names(model: type[BaseModel], inner: Key) -> list[str]:
    """Keys a schema knows at a place, by walking its annotations."""
    here: Any = model
    for part in inner:
        schema = _schema_of(here)
        if schema is not None and part in (fields := _fields(schema)):
            here = fields[str(part)]
        elif get_origin(here) in (list, tuple):
            here = get_args(here)[0]
        elif get_origin(here) is dict:
            here = get_args(here)[1]
    found = _schema_of(here)
    return list(_fields(found)) if found is not None else []


def _fields(schema: type[BaseModel]) -> dict[str, Any]:
    """Key in the file -> annotation."""
    return {field.alias or name: field.annotation for name, field in schema.model_fields.items()}


def _schema_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType, Annotated, list):
        for inner in get_args(annotation):
            if (found := _schema_of(inner)) is not None:
                return found
    return None


def _kinds_of(annotation: Any) -> set[Any]:
    """The plain types that an annotation is made of."""
    inner = get_args(annotation)
    return set().union(*map(_kinds_of, inner)) if inner else {annotation}
