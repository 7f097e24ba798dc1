"""Commands on studies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from comply_measure.cli.options import Language

study_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Begin and check studies.")


@study_app.command("new")
def study_new(
    answers: Annotated[
        Path,
        typer.Argument(
            help="CSV, TSV, XLSX, Parquet, SAV, DTA or JSON, a row per informant; or a folder with a file per role.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the new files. Default: that of the answers.", show_default=False),
    ] = None,
    plan: Annotated[
        str | None,
        typer.Option(
            help="Survey plan that was asked: nothing is guessed then.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write study.yaml and scale.yaml for a file of answers, as survey tools export it.

    Items, units, roles, missing codes and ranges are guessed; every guess is marked in the files with its
    reason, and what to check is listed. Nothing is overwritten. Files of a folder are put below each other; their
    names say the role.

    \b
    Examples:
      comply-measure study new answers.sav --out my-study
      comply-measure study new returned/ --out my-study
      comply-measure study new returned/ --plan plan.yaml --out my-study
    """
    from comply_measure.cli.new import tell
    from comply_measure.pipeline import new_study, study_of_survey

    if plan is not None:
        from comply_measure.cli.survey import read_answers
        from comply_measure.survey import load_survey

        inside = answers if answers.is_dir() else answers.parent
        found = study_of_survey(read_answers(load_survey(plan), [answers]), inside if out is None else out)
        tell(found, f"comply-measure study check {found.files[1]}")
        return
    written = new_study(answers, out)
    tell(written, f"comply-measure study check {written.files[0]}")


@study_app.command("check")
def study_check(
    study: Annotated[Path, typer.Argument(help="Study file (YAML).", show_default=False)],
) -> None:
    """Every fault of a study file, its scales and its answers at once."""
    from comply_measure.pipeline import STEPS, load_study

    checked = load_study(study, STEPS, read=True)
    typer.echo(f"{study}: no problems found")
    for note in (*checked.responses.notes, *(f"{name}: {why}" for name, why in checked.left_out.items())):
        typer.echo(f"note: {note}")


@study_app.command("cells")
def study_cells(
    study: Annotated[Path, typer.Argument(help="Study file (YAML).", show_default=False)],
    by: Annotated[
        str, typer.Option(help="What an outsider can know: firm, unit, role, variables of units.")
    ] = "firm,role",
    minimum: Annotated[int, typer.Option(help="Fewer informants than these make a cell small.")] = 5,
    classes: Annotated[
        int, typer.Option(help="Classes of variables of units, to see what they would do.")
    ] = 3,
) -> None:
    """Who could be recognised: combinations that few informants share, and what telling less would do."""
    from comply_measure.pipeline import STEPS, load_study
    from comply_measure.responses import safer_cells, small_cells

    responses = load_study(study, STEPS, read=True).responses
    names = [name.strip() for name in by.split(",") if name.strip()]
    found = small_cells(responses, names, minimum)
    n_small = int(found.cells["small"].sum())
    typer.echo(
        f"{n_small} of {len(found.cells)} cells of {' x '.join(found.variables)} have fewer than {minimum} informants: "
        f"{found.n_at_risk} of {int(found.cells['n_informants'].sum())} informants could be recognised; the smallest "
        f"cell has {found.smallest}"
    )
    shown = found.cells[found.cells["small"]].head(10)
    for row in shown.to_dict("records"):
        told = ", ".join(f"{name} {row[name]}" for name in found.variables)
        typer.echo(f"small: {told}: {row['n_informants']}")
    if n_small > len(shown):
        typer.echo(f"small: {n_small - len(shown)} more")
    if not n_small:
        return
    for row in safer_cells(responses, names, minimum, classes).iloc[1:].to_dict("records"):
        typer.echo(
            f"{row['change']}: {row['n_at_risk']} at risk in {row['n_cells']} cells, smallest {row['smallest']}"
        )


@study_app.command("codebook")
def study_codebook(
    study: Annotated[Path, typer.Argument(help="Study file (YAML).", show_default=False)],
    out: Annotated[Path, typer.Option(help="New or empty folder.", show_default=False)],
    name: Annotated[
        str | None,
        typer.Option(
            help="Short name of letters and digits; that of the study file by default.", show_default=False
        ),
    ] = None,
    plan: Annotated[
        str | None, typer.Option(help="Survey plan, for the wordings of its questions.", show_default=False)
    ] = None,
    language: Language = None,
) -> None:
    """Write a study's answers with their codebook: CSV, SPSS, Stata, HTML, Data Package, Psych-DS."""
    from comply_measure.pipeline import STEPS, load_study
    from comply_measure.responses import write_dataset

    checked = load_study(study, STEPS, read=True)
    described = {}
    spoken = language or checked.codebook_language
    if plan is not None:
        from comply_measure.survey import load_survey, plan_described

        planned = load_survey(plan)
        described = plan_described(planned, language or (spoken if spoken in planned.languages else None))
    short = name or "".join(sign for sign in study.stem if sign.isascii() and sign.isalnum()) or "study"
    for path in write_dataset(
        checked.responses, out, short, title=checked.file.title, language=spoken, described=described
    ):
        typer.echo(path)
