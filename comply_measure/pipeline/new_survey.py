"""A study of the answers to a planned survey: one table by the plan's ids, and a study file that reads it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from comply_measure.documents.commented import commented_yaml
from comply_measure.documents.safe_yaml import Key
from comply_measure.errors import InputError, Problem
from comply_measure.pipeline.new import STUDY, NewFiles
from comply_measure.pipeline.schema import FORMAT

if TYPE_CHECKING:
    from comply_measure.survey import SurveyAnswers

ANSWERS: Final = "answers.csv"


def study_of_survey(answers: SurveyAnswers, out: str | Path) -> NewFiles:
    """Write the answers to a survey and a study file that reads them.

    Parameters
    ----------
    answers : SurveyAnswers
        What :func:`comply_measure.survey.read_survey` gives.
    out : path-like
        Folder of ``answers.csv``, ``study.yaml`` and the scales that do not ship.

    Returns
    -------
    NewFiles

    Raises
    ------
    InputError
        If a file would be overwritten.
    ComplyError
        If no single form of the scales holds what was asked.
    """
    from comply_measure.instrument import list_scales
    from comply_measure.responses import write_csv

    folder = Path(out)
    shipped = list_scales()
    own = [Path(file) for file in answers.plan.scale_files if file not in shipped]
    names = [file if file in shipped else Path(file).name for file in answers.plan.scale_files]
    document, comments = _study(answers, names)
    targets = [folder / ANSWERS, folder / STUDY, *(folder / path.name for path in own)]
    _refuse_existing(targets, own)
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(answers.table, folder / ANSWERS)
    (folder / STUDY).write_text(commented_yaml(document, comments), encoding="utf-8", newline="\n")
    for path in own:
        if not _is_same(path, folder / path.name):
            shutil.copyfile(path, folder / path.name)
    units, roles = answers.table["unit"].nunique(), answers.table["role"].nunique()
    found = (f"{len(answers.table)} interviews of {roles} roles in {units} units", *answers.notes)
    return NewFiles(tuple(targets), found, ())


def _is_same(one: Path, other: Path) -> bool:
    return other.exists() and one.resolve() == other.resolve()


def _refuse_existing(targets: Sequence[Path], own: Sequence[Path]) -> None:
    sources = {path.resolve() for path in own}
    there = [path for path in targets if path.exists() and path.resolve() not in sources]
    if there:
        allowed = "another folder (--out), or move the file away"
        raise InputError(
            "nothing was written", [Problem("the file exists", str(path), allowed=allowed) for path in there]
        )


def _study(answers: SurveyAnswers, names: Sequence[str]) -> tuple[dict[str, Any], dict[Key, str]]:
    """Content of the study file and its comments."""
    plan = answers.plan
    columns = answers.mapping().model_dump(mode="json", exclude_defaults=True)
    columns |= {"firm": "firm" if "firm" in answers.table else None, "informant": None}
    form, _ = answers.study_form()
    data: dict[str, Any] = {
        "file": ANSWERS,
        "format": {"decimal": ".", "delimiter": ",", "neutralised": True},
        "columns": columns,
    }
    if answers.table.duplicated(["unit", "role"]).any():
        data["informants"] = "all"
    document: dict[str, Any] = {
        "format": FORMAT,
        "title": plan.title[plan.languages[0]],
        "data": data,
        "scales": list(names),
        **({"attribute_set": plan.attribute_set} if plan.attribute_set else {}),
        "form": form,
        "language": plan.languages[0] if plan.languages[0] in ("en", "de") else "en",
        "seed": plan.seed,
    }
    comments: dict[Key, str] = {
        (): f"Answers to the survey {plan.key}, version {plan.version}. 'comply-measure study check' finds every "
        "fault of this file, 'comply-measure run' runs it.",
        ("seed",): "Of everything random. All steps that apply are run; 'steps: [sample, items]' runs these.",
    }
    return document, comments
