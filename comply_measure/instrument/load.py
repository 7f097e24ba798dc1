"""From a scale file to a frozen scale; all faults of the file at once."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from comply_measure.documents.paths import ABSENT, path_fault
from comply_measure.documents.safe_yaml import Key, YamlDocument, read_yaml
from comply_measure.documents.validation import problem_at, validate
from comply_measure.errors import InputError, Problem
from comply_measure.framework.frozen import FrozenMap
from comply_measure.framework.types import Provenance
from comply_measure.instrument.checks import check
from comply_measure.instrument.completion import completed, named_roles
from comply_measure.instrument.scale import Scale
from comply_measure.instrument.schema import ConstructPart, ItemPart, Response, ScalePart, StagePart
from comply_measure.instrument.tree import levels
from comply_measure.instrument.types import Construct, Form, Item, ResponseFormat, Stage
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
    stages = _parts(StagePart, document, "stages", problems)
    constructs = _parts(ConstructPart, document, "constructs", problems)
    items = _parts(ItemPart, document, "items", problems)
    problems += check(document)
    if head is None or problems:
        ordered = sorted(problems, key=lambda problem: problem.row if isinstance(problem.row, int) else 0)
        raise InputError(headline, ordered)
    return _scale(
        document, head, stages, constructs, items, roles_stated="roles" in stated or bool(named_roles(stated))
    )


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


def _scale(
    document: YamlDocument,
    head: ScalePart,
    stages: list[StagePart],
    constructs: list[ConstructPart],
    items: list[ItemPart],
    *,
    roles_stated: bool,
) -> Scale:
    sets = head.attribute_sets
    others = [] if sets is None else [name for name in sets.names if name != sets.default]
    roles = tuple(head.roles)
    stems = {key: FrozenMap(texts) for key, texts in head.stems.items()}
    return Scale(
        key=head.key,
        version=head.version,
        title=FrozenMap(head.title),
        description=FrozenMap(head.description),
        languages=tuple(head.languages),
        response=_response(head.response),
        roles=roles,
        role_labels=FrozenMap({key: FrozenMap(texts) for key, texts in head.roles.items()}),
        constructs=_constructs(constructs),
        items=tuple(_item(part, roles, stems) for part in items),
        forms=FrozenMap({key: Form(key, FrozenMap(form.title)) for key, form in head.forms.items()}),
        stages=tuple(Stage(part.key, FrozenMap(part.label)) for part in stages),
        attribute_sets=() if sets is None else (sets.default, *others),
        references=FrozenMap(head.references),
        source=Path(document.file).name,
        sha256=document.sha256,
        roles_stated=roles_stated,
    )


def _response(part: Response) -> ResponseFormat:
    judge = part.cannot_judge
    return ResponseFormat(
        minimum=part.minimum,
        maximum=part.maximum,
        anchors=FrozenMap({language: tuple(labels) for language, labels in part.anchors.items()}),
        cannot_judge=None if judge is None else judge.code,
        cannot_judge_label=FrozenMap({} if judge is None else judge.label),
    )


def _constructs(parts: list[ConstructPart]) -> tuple[Construct, ...]:
    derived = levels({part.key: part.parent for part in parts if part.level != "informant"})
    return tuple(
        Construct(
            key=part.key,
            label=FrozenMap(part.label),
            parent=part.parent,
            level=derived.get(part.key, "informant"),
            attribute_sets=None if part.attribute_sets is None else tuple(part.attribute_sets),
            order=order,
        )
        for order, part in enumerate(parts, start=1)
    )


def _item(part: ItemPart, roles: tuple[str, ...], stems: dict[str, FrozenMap[str]]) -> Item:
    texts: dict[str, Any] = {
        language: wording if isinstance(wording, str) else FrozenMap(wording)
        for language, wording in part.text.items()
    }
    return Item(
        id=part.id,
        construct=part.measures,
        kind=part.kind,
        keying=part.keying,
        stem=FrozenMap() if part.stem is None else stems[part.stem],
        texts=FrozenMap(texts),
        roles=roles if part.roles is None else tuple(part.roles),
        forms=tuple(part.forms),
        stage=part.stage,
        provenance=None
        if part.provenance is None
        else Provenance(part.provenance.paper, part.provenance.place),
        rationale=part.rationale or "",
    )
