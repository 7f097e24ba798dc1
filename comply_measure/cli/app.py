"""The commands; each imports what it needs when it runs, so that ``--help`` answers at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from comply_measure import __version__
from comply_measure.cli.scale import scale_app
from comply_measure.cli.study import study_app
from comply_measure.cli.survey import survey_app
from comply_measure.cli.translation import add_translation

app = typer.Typer(
    name="comply-measure",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="""From survey answers of marketing, sales and IT to a validated multi-informant measurement model.

    \b
    Examples:
      comply-measure dataset copy msi_triads my-study   get a study to try things on
      comply-measure run my-study/study.yaml            run every step, write a report
      comply-measure scale show comply --language de    read the questionnaire
      comply-measure scale check my-scale.yaml          find every fault of your own scale
      comply-measure study new answers.sav              begin a study with a file of answers
      comply-measure survey export comply_smsc --out d  write a survey for survey tools

    Results of 'run' are a folder: report.html, results.json, tables, figures, manifest.json.
    Exit codes: 0 done, 1 a step failed, 2 the input cannot be used, 130 interrupted.
    """,
)
dataset_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="List, read and copy the data sets that ship."
)
app.add_typer(study_app, name="study")
app.add_typer(scale_app, name="scale")
add_translation(scale_app)
app.add_typer(dataset_app, name="dataset")
app.add_typer(survey_app, name="survey")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"comply-measure {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    study: Annotated[Path, typer.Argument(help="Study file (YAML).", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Results folder. Default: the study file's, else results/<study>.", show_default=False
        ),
    ] = None,
    steps: Annotated[
        str | None,
        typer.Option(help="Only these steps and what they need, as in 'gaps,actions'.", show_default=False),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Steps to run side by side; results are the same.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Compute everything anew.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    package: Annotated[
        Path | None,
        typer.Option(help="Folder of a replication package to write, too.", show_default=False),
    ] = None,
    pdf: Annotated[
        Path | None,
        typer.Option(help="PDF of the report to write, too; needs Chromium or Chrome.", show_default=False),
    ] = None,
) -> None:
    """Run a study: every step, a results folder, a report.

    Results are kept by content: a second run does only what changed, an interrupted run goes on where it
    stopped. A failing step is reported, the independent ones still run, and the exit code is 1.

    \b
    Examples:
      comply-measure run study.yaml
      comply-measure run study.yaml --out results/first --jobs 2
      comply-measure run study.yaml --steps gaps,actions
      comply-measure run study.yaml --package replication
      comply-measure run study.yaml --pdf report.pdf
    """
    from comply_measure.cli.run import run_command

    raise typer.Exit(
        run_command(study, out, steps, jobs=jobs, force=force, quiet=quiet, package=package, pdf=pdf)
    )


@app.command()
def verify(
    package: Annotated[Path, typer.Argument(help="Folder that 'run --package' wrote.", show_default=False)],
    wheels: Annotated[
        Path | None,
        typer.Option(
            help="Folder of wheels: run in a new environment made from them, without a network. Default: the "
            "present environment.",
            show_default=False,
        ),
    ] = None,
    tolerance: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Relative difference of numbers that are the same.")
    ] = 1e-6,
) -> None:
    """Run a replication package anew and compare every file and every table.

    Names each file that was changed, deleted or added, each changed answer and option, and each cell of a table that
    comes out otherwise; the exit code is then 1.

    \b
    Example:
      comply-measure verify replication --wheels wheels
    """
    from comply_measure.cli.verify import verify_command

    raise typer.Exit(verify_command(package, wheels, tolerance))


@app.command()
def feedback(
    study: Annotated[Path, typer.Argument(help="Study file (YAML).", show_default=False)],
    unit: Annotated[str | None, typer.Option(help="One unit; all by default.", show_default=False)] = None,
    out: Annotated[Path, typer.Option(help="Folder of the pages.")] = Path("feedback"),
    language: Annotated[
        str | None, typer.Option(help="en or de; that of the study by default.", show_default=False)
    ] = None,
    hide_roles: Annotated[
        bool, typer.Option("--hide-roles", help="Show nothing by role; needs three informants.")
    ] = False,
    minimum: Annotated[
        int, typer.Option(min=1, help="Informants of a role that are needed to show its profile.")
    ] = 1,
) -> None:
    """Write two pages of feedback per business unit: HTML, Word, and PDF where Chromium is installed.

    Role profiles with their uncertainty, where the unit stands (never a rank), what is strong, low or disputed
    beyond error, the framework's levers, questions for the joint talk.

    \b
    Example:
      comply-measure feedback study.yaml --unit U7 --language de
    """
    from comply_measure.cli.feedback import feedback_command

    raise typer.Exit(feedback_command(study, unit, out, language, hide_roles=hide_roles, minimum=minimum))


@app.command()
def simulate(
    population: Annotated[Path, typer.Argument(help="Population file (YAML).", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder for the simulated study.", show_default=False)],
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 1,
    reference_units: Annotated[
        int, typer.Option(min=0, help="Units of a large simulation that states the true paths; 0: none.")
    ] = 0,
    jobs: Annotated[int, typer.Option(min=1, help="Worker processes; results are the same.")] = 1,
) -> None:
    """Simulate a study from a population that states every parameter; the truth is written beside it.

    \b
    Example:
      comply-measure simulate population.yaml --out simulated --seed 2026
    """
    from comply_measure.simulation import simulate_to_folder

    files = simulate_to_folder(population, out, seed, reference_units=reference_units, n_jobs=jobs)
    typer.echo(f"{len(files)} files written to {out}")


@dataset_app.command("list")
def dataset_list() -> None:
    """The data sets that ship."""
    from comply_measure.cli.dataset import dataset_table
    from comply_measure.cli.show import show_table

    show_table(dataset_table())


@dataset_app.command("show")
def dataset_show(
    name: Annotated[str, typer.Argument(help="Name of a data set.", show_default=False)],
) -> None:
    """What a data set is: source, licence, codebook."""
    from comply_measure.cli.dataset import dataset_readme

    typer.echo(dataset_readme(name))


@dataset_app.command("copy")
def dataset_copy(
    name: Annotated[str, typer.Argument(help="Name of a data set.", show_default=False)],
    folder: Annotated[Path, typer.Argument(help="New or empty folder.", show_default=False)],
) -> None:
    """Copy a data set into a folder of your own; survey answers come with a study file to run."""
    from comply_measure.cli.dataset import copy_dataset

    for line in copy_dataset(name, folder):
        typer.echo(line)
