"""The catalogue: data of the package, read as such and checked by a schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from comply_measure.documents import YamlDocument, problem_at, read_yaml, validate
from comply_measure.errors import InputError, Problem
from comply_measure.report.references.work import Person, Work, WorkType, letters

_FILE = Path(__file__).parent / "catalogue.yaml"
# Surname with its particles, initials with their points; a hyphen joins the initials of a double name.
_Name = Annotated[str, Field(pattern=r"^[^,\d]+, [^\W\d_]\.(-[^\W\d_]\.| [^\W\d_]\.)*$")]
_Count = Annotated[int, Field(ge=1)]
_NEEDED: Mapping[WorkType, tuple[str, ...]] = MappingProxyType(
    {
        "article": ("journal", "volume", "pages"),
        "book": ("publisher",),
        "chapter": ("booktitle", "editors", "publisher", "pages"),
    }
)
_ALLOWED: Mapping[WorkType, tuple[str, ...]] = MappingProxyType(
    {
        "article": (*_NEEDED["article"], "issue", "doi"),
        "book": (*_NEEDED["book"], "edition", "doi"),
        "chapter": (*_NEEDED["chapter"], "edition", "doi"),
    }
)


class _Entry(BaseModel):
    """A work in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    type: WorkType
    authors: list[_Name] = Field(min_length=1)
    year: int = Field(ge=1600, le=2100)
    title: str = Field(min_length=1)
    journal: str = Field("", min_length=1)
    booktitle: str = Field("", min_length=1)
    editors: list[_Name] = Field(default_factory=list, min_length=1)
    publisher: str = Field("", min_length=1)
    edition: int | None = Field(None, ge=2)
    volume: _Count | None = None
    issue: _Count | None = None
    pages: str = Field("", pattern=r"^\d+(-\d+)?$")
    doi: str = Field("", pattern=r"^10\.\d{4,9}/[^\s{}\\]+$")


class _File(BaseModel):
    """The file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal["comply-measure references 1"]
    works: dict[str, _Entry]


@cache
def catalogue() -> Mapping[str, Work]:
    """The works that texts of the package cite, by key, in the order of a reference list."""
    return read_catalogue(read_yaml(_FILE))


def read_catalogue(document: YamlDocument) -> Mapping[str, Work]:
    """Works of a file, by key, in the order of a reference list.

    Raises
    ------
    InputError
        With all faults: keys that the schema does not know, values it refuses, fields that a type of work lacks or does
        not have, keys that are not made of surname and year, works that a text could not tell apart.
    """
    file, problems = validate(_File, document)
    if file is not None:
        works = [_work(key, entry) for key, entry in file.works.items()]
        problems = [fault for key, entry in file.works.items() for fault in _faults(document, key, entry)]
        problems += _indistinct(document, works)
        if not problems:
            return MappingProxyType({work.key: work for work in sorted(works, key=lambda work: work.place)})
    raise InputError(f"{document.file} is no catalogue of works", problems)


def _work(key: str, entry: _Entry) -> Work:
    people = {name: _people(getattr(entry, name)) for name in ("authors", "editors")}
    return Work(key, **{**entry.model_dump(), **people})


def _people(names: list[str]) -> tuple[Person, ...]:
    return tuple(Person(*name.split(", ")) for name in names)


def _faults(document: YamlDocument, key: str, entry: _Entry) -> list[Problem]:
    at = ("works", key)
    found = [problem_at(document, (*at, name), "missing key") for name in _NEEDED[entry.type]
             if not getattr(entry, name)]  # fmt: skip
    known = {"type", "authors", "year", "title", *_ALLOWED[entry.type]}
    article = "an" if entry.type == "article" else "a"
    unfit = f"{article} {entry.type} has no such key"
    found += [problem_at(document, (*at, name), unfit) for name in sorted(entry.model_fields_set - known)]
    wanted = _key(entry)
    if key != wanted:
        found.append(problem_at(document, at, "the key is not surname and year", key, wanted))
    return found


def _key(entry: _Entry) -> str:
    """``ronkko2022``: letters, figures and hyphens alone, so that BibTeX and HTML take it as it is."""
    family = entry.authors[0].split(", ")[0]
    return "-".join(letters(part) for part in re.split("-", family)) + str(entry.year)


def _indistinct(document: YamlDocument, works: list[Work]) -> list[Problem]:
    found, seen = [], dict[tuple[tuple[str, ...], int], str]()
    for work in works:
        first = seen.setdefault((work.called, work.year), work.key)
        if first != work.key:
            message = f"a text calls it as it calls '{first}'"
            found.append(problem_at(document, ("works", work.key), message))
    return found
