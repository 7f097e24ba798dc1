"""Writes the sheets of a plan for survey tools: a table of exporters, a file each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.words import require_known
from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.sheet import Sheet
from comply_measure.survey.sheets import survey_sheet


@dataclass(frozen=True, slots=True)
class Tool:
    """A survey tool, and what its format can hold.

    Parameters
    ----------
    key : str
        Name, also of the folder.
    label : str
        The tool and format in words.
    suffix : str
        Ending of the files.
    module : str
        File of this package that writes it: a function ``written(plan, sheet, language)`` that gives the bytes.
    every_language : bool
        Whether one file holds all languages; otherwise there is one per language.
    limits : tuple of str
        What the format cannot hold, so that it is set in the tool or left out.
    """

    key: str
    label: str
    suffix: str
    module: str
    every_language: bool
    limits: tuple[str, ...] = ()


ONE_ORDER: Final = "random orders are drawn once and the same for all informants of a role"
TOOLS: Final[dict[str, Tool]] = {
    tool.key: tool
    for tool in (
        Tool("xlsform", "XLSForm (ODK, KoboToolbox, Survey123)", ".xlsx", "xlsform", True, (ONE_ORDER,)),
        Tool(
            "limesurvey",
            "LimeSurvey, tab separated structure",
            ".txt",
            "limesurvey",
            True,
            ("codes have no '_' there: C_dig_1 is Cdig1 and is read back as C_dig_1",),
        ),
        Tool(
            "qualtrics",
            "Qualtrics, advanced text format",
            ".txt",
            "qualtrics_text",
            False,
            (
                "the format has no conditions and random orders: leading past pages, refusing consent and orders "
                "are set in the survey flow; the .qsf file has them",
            ),
        ),
        Tool("qsf", "Qualtrics, survey file", ".qsf", "qualtrics_qsf", True),
        Tool("surveyjs", "SurveyJS, JSON model", ".json", "surveyjs", True),
        Tool(
            "redcap",
            "REDCap, data dictionary",
            ".csv",
            "redcap",
            False,
            (ONE_ORDER, "one language per project", "names are in small letters"),
        ),
        Tool(
            "sosci",
            "SoSci Survey, package of questions",
            ".xml",
            "sosci",
            False,
            (
                "questions only: pages and filters are set in SoSci Survey, and there is no hidden role or version, so "
                "answers are told apart by the codes of the invitations",
            ),
        ),
        Tool("html", "questionnaire in one file, answers saved to a file", ".html", "web", True),
        Tool("print", "questionnaire to print, HTML", ".html", "printed", False, (ONE_ORDER,)),
        Tool("word", "questionnaire to print, Word", ".docx", "word", False, (ONE_ORDER,)),
    )
}
Writer = Callable[[SurveyPlan, Sheet, str], bytes]


@dataclass(frozen=True, slots=True)
class ExportedSurvey:
    """Files that were written, and what their formats cannot hold.

    Parameters
    ----------
    files : tuple of Path
        In the order in which they were written.
    notes : tuple of str
        Limits of the formats.
    """

    files: tuple[Path, ...]
    notes: tuple[str, ...]


def survey_files(
    plan: SurveyPlan, tool: str, roles: Sequence[str] | None = None, languages: Sequence[str] | None = None
) -> dict[str, bytes]:
    """The files of one tool, by name.

    Parameters
    ----------
    plan : SurveyPlan
        The plan.
    tool : str
        ``xlsform``, ``limesurvey``, ``qualtrics``, ``qsf``, ``surveyjs``, ``redcap``, ``sosci``, ``html``, ``print`` or
        ``word``.
    roles, languages : sequence of str, optional
        Only these; all of the plan by default.

    Returns
    -------
    dict
        Name of the file -> its content: one per role (and form of a three-form design), and per language where the
        format holds one language; with ``print`` and ``word`` a table per role to type answers into.

    Raises
    ------
    ComplyError
        If tool, role or language is unknown.
    """
    require_known("survey tool", tool, TOOLS)
    chosen = TOOLS[tool]
    for role in roles or ():
        require_known("role of the survey", role, plan.roles)
    for language in languages or ():
        require_known("language of the survey", language, plan.languages)
    return dict(_written(plan, chosen, roles or plan.roles, tuple(languages or plan.languages)))


def export_survey(
    plan: SurveyPlan,
    out: str | Path,
    tools: Sequence[str] | None = None,
    *,
    roles: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
) -> ExportedSurvey:
    """Write the files of survey tools, a folder each; nothing is overwritten.

    Parameters
    ----------
    plan : SurveyPlan
        The plan.
    out : path-like
        Folder of the folders.
    tools : sequence of str, optional
        As in :func:`survey_files`; all by default.
    roles, languages : sequence of str, optional
        As in :func:`survey_files`.

    Returns
    -------
    ExportedSurvey

    Raises
    ------
    InputError
        If a file is there already.
    ComplyError
        If tool, role or language is unknown.
    """
    keys = list(tools or TOOLS)
    for key in keys:
        require_known("survey tool", key, TOOLS)
    contents = {
        Path(out) / key / name: content
        for key in keys
        for name, content in survey_files(plan, key, roles, languages).items()
    }
    there = [path for path in contents if path.exists()]
    if there:
        faults = [Problem("the file exists", str(path), allowed="another folder (--out)") for path in there]
        raise InputError("nothing was written", faults)
    for path, content in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    notes = tuple(f"{key}: {limit}" for key in keys for limit in TOOLS[key].limits)
    return ExportedSurvey(tuple(contents), notes)


def _written(
    plan: SurveyPlan, tool: Tool, roles: Sequence[str], languages: tuple[str, ...]
) -> Iterator[tuple[str, bytes]]:
    from dataclasses import replace

    module = import_module(f"comply_measure.survey.formats.{tool.module}")
    writer: Writer = module.written
    for role, form in plan.sheets:
        if role not in roles:
            continue
        sheet = survey_sheet(plan, role, form)
        if tool.every_language:
            spoken = replace(sheet, languages=languages)
            yield f"{sheet.name}{tool.suffix}", writer(plan, spoken, languages[0])
        else:
            for language in languages:
                alone = replace(sheet, languages=(language,))
                yield f"{sheet.name}_{language}{tool.suffix}", writer(plan, alone, language)
        if (beside := getattr(module, "beside", None)) is not None:
            yield from beside(replace(sheet, languages=languages))
    if (together := getattr(module, "together", None)) is not None and len(roles) > 1:
        yield from together(plan, roles, languages)
