"""From a scale file to a frozen scale; all faults of the file at once."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from comply_measure.documents.paths import ABSENT, path_fault
from comply_measure.documents.safe_yaml import Key, YamlDocument, read_yaml
from comply_measure.documents.validation import problem_at, validate
from comply_measure.errors import InputError, Problem
from comply_measure.instrument.build import Parts, built_scale
from comply_measure.instrument.checks import check
from comply_measure.instrument.completion import completed, named_roles
from comply_measure.instrument.fielding_schema import QuestionPart, SectionPart
from comply_measure.instrument.scale import Scale
from comply_measure.instrument.schema import ConstructPart, ItemPart, PairPart, ScalePart, StagePart
from comply_measure.resources import shipped
from comply_measure.statistics.words import did_you_mean

Part = TypeVar("Part", bound=BaseModel)
SUFFIX = ".yaml"


def list_scales() -> tuple[str, ...]:
    """Names of the scales that ship, in alphabetical order."""
    return tuple(sorted(path.stem for path in shipped("scales").glob(f"*{SUFFIX}")))


def load_scale(name_or_path: str | Path) -> Scale:
    """Load a scale that ships, or one of your own.

    Parameters
    ----------
    name_or_path : str or path-like
        ``comply``, ``smsc``, ``marker``, or the path of a YAML file (docs/instrument.md).

    Returns
    -------
    Scale

    Raises
    ------
    InputError
        If there is no such scale or the file has faults; all are listed with line and key.
    """
    return _load(scale_path(name_or_path))


def check_scale(path: str | Path) -> list[Problem]:
    """All faults of a scale file; empty if it can be used.

    Parameters
    ----------
    path : str or path-like
        As for :func:`load_scale`.

    Returns
    -------
    list of Problem
    """
    try:
        load_scale(path)
    except InputError as error:
        return list(error.problems) or [Problem(error.headline, file=str(path))]
    return []


def scale_path(name_or_path: str | Path) -> Path:
    """File of a scale, given the name of a shipped one or a path; InputError if there is none."""
    names = list_scales()
    if isinstance(name_or_path, str) and name_or_path in names:
        return shipped("scales") / f"{name_or_path}{SUFFIX}"
    path = Path(name_or_path)
    fault = path_fault(path)
    if fault is None:
        return path
    what = "not a shipped scale and not a file" if fault == ABSENT else f"not a scale: {fault}"
    hint = did_you_mean(str(name_or_path), names)
    raise InputError(
        f"there is no scale {str(name_or_path)!r}",
        [Problem(f"{what}{hint}", str(name_or_path), allowed=", ".join(names))],
    )


def _load(path: Path) -> Scale:
    stat = path.stat()
    return _load_unchanged(path.resolve(), str(path), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=32)
def _load_unchanged(path: Path, shown: str, modified: int, size: int) -> Scale:
    """Load a file; time and size of its last change are part of the cache's key."""
    return parse_scale(read_yaml(shown))


def parse_scale(document: YamlDocument) -> Scale:
    """Check a document and build the scale.

    Parameters
    ----------
    document : YamlDocument
        The file as data.

    Returns
    -------
    Scale

    Raises
    ------
    InputError
        If the document has faults; all are listed.
    """
    headline = f"{document.file} is not a valid scale"
    if not isinstance(document.data, dict):
        problem = problem_at(document, (), "a scale file is a mapping of keys to values", document.data)
        raise InputError(headline, [problem])
    stated = document.data
    document = replace(document, data=completed(stated))
    head, problems = validate(ScalePart, document)
    parts = Parts(
        stages=_parts(StagePart, document, "stages", problems),
        pairs=_parts(PairPart, document, "pairs", problems),
        constructs=_parts(ConstructPart, document, "constructs", problems),
        items=_parts(ItemPart, document, "items", problems),
        questions=_parts(QuestionPart, document, "questions", problems),
        sections=_parts(SectionPart, document, "sections", problems),
    )
    problems += check(document)
    if head is None or problems:
        ordered = sorted(problems, key=lambda problem: problem.row if isinstance(problem.row, int) else 0)
        raise InputError(headline, ordered)
    return built_scale(document, head, parts, roles_stated="roles" in stated or bool(named_roles(stated)))


def _parts(model: type[Part], document: YamlDocument, name: str, problems: list[Problem]) -> list[Part]:
    """Check each entry of a list by itself; faults go to `problems`."""
    entries = document.data.get(name)
    found: list[Part] = []
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        at: Key = (name, index)
        part, faults = validate(model, document, entry, at)
        problems += faults
        if part is not None:
            found.append(part)
    return found
