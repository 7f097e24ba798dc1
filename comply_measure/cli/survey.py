"""``comply-measure survey``: plans of surveys, files for survey tools, and what these return."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comply_measure.cli.options import Language

if TYPE_CHECKING:
    from comply_measure.survey import SurveyAnswers, SurveyPlan

survey_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Plan a survey, write it for survey tools, read back what they return.",
)
Plan = Annotated[
    str, typer.Argument(help="Survey plan (YAML), or the name of a shipped one.", show_default=False)
]


@survey_app.command("list")
def survey_list() -> None:
    """The survey plans that ship."""
    from comply_measure.survey import list_surveys

    for name in list_surveys():
        typer.echo(name)


@survey_app.command("check")
def survey_check(plan: Plan) -> None:
    """Every fault of a survey plan at once, with line and key; then what it asks of whom."""
    from comply_measure.cli.show import show_table
    from comply_measure.errors import InputError
    from comply_measure.statistics.words import counted
    from comply_measure.survey import check_survey, load_survey, survey_notes, survey_overview

    if problems := check_survey(plan):
        raise InputError(f"{plan} has {counted(len(problems), 'problem', 'problems')}", problems)
    loaded = load_survey(plan)
    typer.echo(f"{plan}: no problems found")
    for note in survey_notes(loaded):
        typer.echo(f"note: {note}")
    show_table(survey_overview(loaded))


@survey_app.command("preview")
def survey_preview(
    plan: Plan,
    role: Annotated[
        str | None, typer.Option(help="Who is asked; the first role by default.", show_default=False)
    ] = None,
    language: Language = None,
    form: Annotated[str | None, typer.Option(help="Form of a three-form design.", show_default=False)] = None,
    matrix: Annotated[
        bool, typer.Option("--matrix", help="Show the matrix of planned missingness instead.")
    ] = False,
) -> None:
    """What one role is asked, page by page."""
    from comply_measure.cli.show import show_table
    from comply_measure.survey import (
        load_survey,
        missingness_matrix,
        pair_coverage,
        sheet_table,
        survey_sheet,
    )

    loaded = load_survey(plan)
    if matrix:
        show_table(missingness_matrix(loaded), title="items by form")
        show_table(
            pair_coverage(loaded).reset_index(), title="share of informants who answer items of both blocks"
        )
        return
    asked = loaded.roles[0] if role is None else role
    first = next(found for who, found in loaded.sheets if who == loaded.roles[0])
    show_table(sheet_table(survey_sheet(loaded, asked, first if form is None else form), language))


@survey_app.command("codes")
def survey_codes(
    plan: Plan,
    units: Annotated[
        Path,
        typer.Argument(
            help="Table of units: a column unit, and firm if there are firms.", show_default=False
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="CSV file of the codes; keep it apart from the answers.", show_default=False)
    ],
    key: Annotated[
        str,
        typer.Option(
            help="Secret of the keyed hash, at least 8 signs; the same key gives the same codes.",
            envvar="COMPLY_SURVEY_KEY",
            show_default=False,
        ),
    ],
) -> None:
    """Write pseudonymous codes of every unit and role, for invitations. Nothing is overwritten."""
    from comply_measure.errors import InputError, Problem
    from comply_measure.responses import write_csv
    from comply_measure.survey import linking_codes, load_survey
    from comply_measure.survey.reading.tables import text_table

    table = text_table(units)
    if "unit" not in table:
        fault = Problem("no column 'unit'", str(units), allowed="a column unit, and firm if there are firms")
        raise InputError("the units cannot be read", [fault])
    if out.exists():
        raise InputError(
            "nothing was written", [Problem("the file exists", str(out), allowed="another --out")]
        )
    firms = list(table["firm"]) if "firm" in table else None
    codes = linking_codes(load_survey(plan), list(table["unit"]), key, firms)
    write_csv(codes, out)
    typer.echo(f"{len(codes)} codes written to {out}")


@survey_app.command("export")
def survey_export(
    plan: Plan,
    out: Annotated[
        Path, typer.Option(help="Folder of the files, a folder in it per tool.", show_default=False)
    ],
    to: Annotated[
        str | None,
        typer.Option(
            help="Tools, separated by commas: xlsform, limesurvey, qualtrics, qsf, surveyjs, redcap, sosci, "
            "html, print, word. Default: all.",
            show_default=False,
        ),
    ] = None,
    role: Annotated[
        str | None, typer.Option(help="Only these roles, separated by commas.", show_default=False)
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Only these languages, separated by commas.", show_default=False)
    ] = None,
) -> None:
    """Write a survey for survey tools, a file per role, and per language where a format holds one.

    Nothing is overwritten.

    \b
    Example:
      comply-measure survey export plan.yaml --out field --to html,limesurvey
    """
    from comply_measure.survey import export_survey, load_survey

    written = export_survey(
        load_survey(plan), out, _listed(to), roles=_listed(role), languages=_listed(language)
    )
    for path in written.files:
        typer.echo(path)
    for note in written.notes:
        typer.echo(f"note: {note}")


def _listed(words: str | None) -> list[str] | None:
    """Words between commas; None where nothing is said."""
    return None if words is None else [word.strip() for word in words.split(",") if word.strip()]


@survey_app.command("read")
def survey_read(
    plan: Plan,
    files: Annotated[
        list[Path],
        typer.Argument(help="What survey tools returned: files, or folders of files.", show_default=False),
    ],
    out: Annotated[Path, typer.Option(help="Folder of answers.csv and study.yaml.", show_default=False)],
    codes: Annotated[
        Path | None,
        typer.Option(help="Table of the codes that were sent out; others are problems.", show_default=False),
    ] = None,
    duplicates: Annotated[
        str,
        typer.Option(help="Submissions of one code that differ: refuse, first, last, finished, keep."),
    ] = "refuse",
    incomplete: Annotated[str, typer.Option(help="Unfinished interviews: keep, drop.")] = "keep",
    any_version: Annotated[
        bool, typer.Option("--any-version", help="Take answers to another version where ids and codes fit.")
    ] = False,
    header_rows: Annotated[
        str | None,
        typer.Option(
            help="Rows of the header from 0, such as 0,1,2; seen from the file.", show_default=False
        ),
    ] = None,
    ignore: Annotated[
        str | None,
        typer.Option(
            help="Columns that are no part of the survey, separated by commas; * and ? are wildcards."
        ),
    ] = None,
) -> None:
    """Read what survey tools return for a plan; write one table of answers and a study that reads it.

    \b
    Example:
      comply-measure survey read plan.yaml returned/ --codes codes.csv --out study
    """
    from comply_measure.cli.new import tell
    from comply_measure.survey import load_survey

    answers = read_answers(
        load_survey(plan), files, codes, duplicates, incomplete, any_version, header_rows, ignore
    )
    from comply_measure.pipeline import study_of_survey

    written = study_of_survey(answers, out)
    tell(written, f"comply-measure study check {written.files[1]}")


def read_answers(
    plan: SurveyPlan,
    files: list[Path],
    codes: Path | None = None,
    duplicates: str = "refuse",
    incomplete: str = "keep",
    any_version: bool = False,
    header_rows: str | None = None,
    ignore: str | None = None,
) -> SurveyAnswers:
    """Answers as the options of the command line say."""
    from comply_measure.errors import InputError, Problem
    from comply_measure.survey import read_survey

    rows = _listed(header_rows)
    if rows is not None and not all(row.isdigit() for row in rows):
        fault = Problem("not rows of a header", value=header_rows, allowed="numbers from 0, such as 0,1,2")
        raise InputError("the answers cannot be read", [fault])
    return read_survey(
        plan,
        files,
        codes=codes,
        duplicates=duplicates,  # type: ignore[arg-type]  # checked there
        incomplete=incomplete,  # type: ignore[arg-type]
        any_version=any_version,
        header_rows=None if rows is None else [int(row) for row in rows],
        ignore=_listed(ignore) or (),
    )
