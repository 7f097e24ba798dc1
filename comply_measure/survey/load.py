"""From a plan file to a frozen plan; all faults of the file at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from comply_measure.documents import YamlDocument, path_fault, problem_at, read_yaml, validate
from comply_measure.documents.confined import confined
from comply_measure.documents.paths import ABSENT
from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.framework.frozen import FrozenMap
from comply_measure.instrument import Item, Question, Scale, list_scales, load_scale
from comply_measure.instrument.fielding import Choice
from comply_measure.resources import shipped
from comply_measure.statistics.words import did_you_mean
from comply_measure.survey.checks import check
from comply_measure.survey.plan import Asked, Attention, Consent, SurveyPlan
from comply_measure.survey.schema import AskedPart, AttentionPart, PlanPart

Entry = TypeVar("Entry", bound=BaseModel)
_SUFFIX = ".yaml"
CODE_LABELS = {
    "en": "Please enter the code of your invitation.",
    "de": "Bitte geben Sie den Code aus Ihrer Einladung ein.",
}
UNIT_LABELS = {"en": "What is your business unit called?", "de": "Wie heißt Ihre Geschäftseinheit?"}


def list_surveys() -> tuple[str, ...]:
    """Names of the survey plans that ship, in alphabetical order."""
    return tuple(sorted(path.stem for path in shipped("surveys").glob(f"*{_SUFFIX}")))


def load_survey(name_or_path: str | Path) -> SurveyPlan:
    """Load a survey plan that ships, or one of your own.

    Parameters
    ----------
    name_or_path : str or path-like
        Name of a shipped plan, or the path of a YAML file (docs/survey.md). Scales are named as in study files: shipped
        ones by name, others by a path inside the folder of the plan.

    Returns
    -------
    SurveyPlan

    Raises
    ------
    InputError
        If there is no such plan or the file has faults; all are listed with line and key.
    """
    names = list_surveys()
    path = Path(name_or_path)
    if isinstance(name_or_path, str) and name_or_path in names:
        path = shipped("surveys") / f"{name_or_path}{_SUFFIX}"
    elif fault := path_fault(path):
        what = (
            "not a shipped survey and not a file" if fault == ABSENT else f"not a plan of a survey: {fault}"
        )
        hint = did_you_mean(str(name_or_path), names)
        problem = Problem(f"{what}{hint}", str(name_or_path), allowed=", ".join(names))
        raise InputError(f"there is no survey {str(name_or_path)!r}", [problem])
    return parse_survey(read_yaml(path), path.parent)


def check_survey(path: str | Path) -> list[Problem]:
    """All faults of a survey plan; empty if it can be used.

    Parameters
    ----------
    path : str or path-like
        As for :func:`load_survey`.

    Returns
    -------
    list of Problem
    """
    try:
        load_survey(path)
    except InputError as error:
        return list(error.problems) or [Problem(error.headline, file=str(path))]
    return []


def parse_survey(document: YamlDocument, folder: Path) -> SurveyPlan:
    """Check a document and build the plan; InputError with all its faults."""
    headline = f"{document.file} is not a valid survey plan"
    if not isinstance(document.data, dict):
        fault = problem_at(document, (), "a survey plan is a mapping of keys to values", document.data)
        raise InputError(headline, [fault])
    head, problems = validate(PlanPart, document)
    attention = _entries(AttentionPart, document, "attention", problems)
    questions = _entries(AskedPart, document, "questions", problems)
    scales = _scales(document, folder, problems)
    if head is not None and scales is not None:
        problems += check(document, head, attention, questions, scales)
    if head is None or scales is None or problems:
        ordered = sorted(problems, key=lambda problem: problem.row if isinstance(problem.row, int) else 0)
        raise InputError(headline, ordered)
    names = [name if name in list_scales() else str(confined(folder, name)) for name in head.scales]
    return _built(document, head, attention, questions, scales, names)


def _entries(
    model: type[Entry], document: YamlDocument, name: str, problems: list[Problem]
) -> list[Entry | None]:
    """Each entry of a list checked by itself; None in the place of a faulty one."""
    entries = document.data.get(name)
    found: list[Entry | None] = []
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        part, faults = validate(model, document, entry, (name, index))
        problems += faults
        found.append(part)
    return found


def _scales(document: YamlDocument, folder: Path, problems: list[Problem]) -> list[Scale] | None:
    names = document.data.get("scales")
    if not isinstance(names, list):
        return None
    found: list[Scale] = []
    for index, name in enumerate(names):
        if not isinstance(name, str):
            continue
        try:
            found.append(load_scale(name if name in list_scales() else confined(folder, name)))
        except InputError as error:
            at = problem_at(document, ("scales", index), error.headline, name, ", ".join(list_scales()))
            problems += [at, *error.problems]
        except ComplyError as error:
            problems.append(problem_at(document, ("scales", index), str(error), name))
    keys = [scale.key for scale in found]
    for index, scale in enumerate(found):
        if scale.key in keys[:index]:
            problems.append(problem_at(document, ("scales", index), "the scale is named twice", scale.key))
    return found if len(found) == len(names) else None


def _built(
    document: YamlDocument,
    head: PlanPart,
    attention: list[AttentionPart | None],
    questions: list[AskedPart | None],
    scales: list[Scale],
    files: list[str],
) -> SurveyPlan:
    languages = tuple(head.languages or scales[0].languages)
    roles = tuple(head.roles or dict.fromkeys(role for scale in scales for role in scale.roles))
    forms = {scale.key: _form(head, scale) for scale in scales}
    labels = {role: _role_labels(role, scales, languages) for role in roles}
    usual = CODE_LABELS if head.codes is not None else UNIT_LABELS
    stated = head.codes.label if head.codes is not None else {}
    ask = {language: stated.get(language, usual.get(language, usual["en"])) for language in languages}
    consent = None
    if (stated_consent := head.consent) is not None and not stated_consent.question:
        consent = Consent(
            FrozenMap(stated_consent.text),
            FrozenMap(stated_consent.accept),
            FrozenMap(stated_consent.decline),
        )
    plan = SurveyPlan(
        key=head.key,
        version=head.version,
        title=FrozenMap(head.title),
        scales=tuple(scales),
        forms=FrozenMap(forms),
        attribute_set=head.attribute_set,
        roles=roles,
        languages=languages,
        role_labels=FrozenMap(labels),
        unit=FrozenMap(head.unit),
        contact=head.contact or "",
        introduction=FrozenMap(head.introduction),
        closing=FrozenMap(head.closing),
        consent=consent,
        code_symbols=head.codes.symbols if head.codes is not None else 0,
        code_label=FrozenMap(ask),
        page_order=head.order.pages,
        item_order=head.order.items,
        seed=head.order.seed,
        page_size=head.page_size,
        required=head.required,
        attention=tuple(_attention(part, scales, roles) for part in attention if part is not None),
        questions=tuple(_asked(part, roles) for part in questions if part is not None),
        source=document.file,
        sha256=document.sha256,
        scale_files=tuple(files),
        consent_question=(head.consent.question or "") if head.consent is not None else "",
    )
    return plan if head.missingness is None else _with_blocks(plan, head)


def _form(head: PlanPart, scale: Scale) -> str:
    if isinstance(head.form, str):
        return head.form if head.form in scale.forms else "full"
    return head.form.get(scale.key, "full")


def _role_labels(role: str, scales: list[Scale], languages: tuple[str, ...]) -> FrozenMap[str]:
    known: Mapping[str, str] = next(
        (scale.role_labels[role] for scale in scales if role in scale.role_labels), {}
    )
    return FrozenMap({language: known.get(language, role) for language in languages})


def _attention(part: AttentionPart, scales: list[Scale], roles: tuple[str, ...]) -> Attention:
    scale = next(scale for scale in scales if scale.key == part.scale)
    asked = tuple(role for role in part.roles or roles if role in scale.roles)
    item = Item(
        id=part.id,
        construct="",
        kind="attention",
        keying=1,
        stem=FrozenMap(),
        texts=FrozenMap(part.text),
        roles=asked,
        forms=(),
        stage=None,
        provenance=None,
        rationale="",
        instructed=part.answer,
    )
    return Attention(item, part.scale)


def _asked(part: AskedPart, roles: tuple[str, ...]) -> Asked:
    question = Question(
        id=part.id,
        block="plan",
        text=FrozenMap(part.text),
        answer=part.answer,
        roles=tuple(part.roles or roles),
        forms=(),
        choices=tuple(Choice(choice.code, FrozenMap(choice.label)) for choice in part.choices),
        minimum=part.minimum,
        maximum=part.maximum,
        measure=FrozenMap(part.measure),
    )
    return Asked(question, part.about, part.at, part.required)


def _with_blocks(plan: SurveyPlan, head: PlanPart) -> SurveyPlan:
    from dataclasses import replace

    assert head.missingness is not None
    blocks: dict[str, str] = {}
    members: dict[str, Any] = {
        name: block for block, names in head.missingness.blocks.items() for name in names
    }
    for scale, item in plan.rated():
        if scale.key == head.missingness.scale and item.kind == "content":
            blocks[item.id] = str(members.get(item.id) or members[item.construct])
    return replace(plan, blocks=FrozenMap(blocks))
