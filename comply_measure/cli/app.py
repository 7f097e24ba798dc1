"""The commands; each imports what it needs when it runs, so that ``--help`` answers at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from comply_measure import __version__
from comply_measure.cli.shown import Shown, shown
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
scale_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List, read and check scales.")
dataset_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="List, read and copy the data sets that ship."
)
study_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Begin and check studies.")
app.add_typer(study_app, name="study")
app.add_typer(scale_app, name="scale")
add_translation(scale_app)
app.add_typer(dataset_app, name="dataset")
app.add_typer(survey_app, name="survey")

Language = Annotated[str | None, typer.Option(help="Language of texts, such as en or de.")]


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
    ] = 1e-8,
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


@study_app.command("new")
def study_new(
    answers: Annotated[
        Path,
        typer.Argument(help="CSV, TSV, XLSX, Parquet, SAV or DTA, a row per informant.", show_default=False),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the new files. Default: that of the answers.", show_default=False),
    ] = None,
    plan: Annotated[
        str | None,
        typer.Option(
            help="Survey plan that was asked: nothing is guessed then; a folder of files may be given.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write study.yaml and scale.yaml for a file of answers, as survey tools export it.

    Items, units, roles, missing codes and ranges are guessed; every guess is marked in the files with its
    reason, and what to check is listed. Nothing is overwritten.

    \b
    Examples:
      comply-measure study new answers.sav --out my-study
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
    if plan is not None:
        from comply_measure.survey import load_survey, plan_described

        described = plan_described(load_survey(plan), language)
    short = name or "".join(sign for sign in study.stem if sign.isascii() and sign.isalnum()) or "study"
    for path in write_dataset(
        checked.responses, out, short, title=checked.file.title, language=language, described=described
    ):
        typer.echo(path)


@scale_app.command("new")
def scale_new(
    items: Annotated[
        Path,
        typer.Argument(
            help="Table of items: columns id, construct, text, and keying if any.", show_default=False
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of scale.yaml. Default: that of the table.", show_default=False),
    ] = None,
    minimum: Annotated[int, typer.Option(help="Lowest answer.")] = 1,
    maximum: Annotated[int, typer.Option(help="Highest answer.")] = 5,
    language: Annotated[str, typer.Option(help="Language of the texts.")] = "en",
) -> None:
    """Write scale.yaml for a table of items (CSV, XLSX and others). Nothing is overwritten."""
    from comply_measure.cli.new import tell
    from comply_measure.pipeline import new_scale

    written = new_scale(items, out, minimum=minimum, maximum=maximum, language=language)
    tell(written, f"comply-measure scale check {written.files[0]}")


@scale_app.command("list")
def scale_list(language: Language = None) -> None:
    """The scales that ship."""
    from comply_measure.cli.show import show_table
    from comply_measure.instrument import describe_scales

    show_table(describe_scales(language or "en"))


@scale_app.command("show")
def scale_show(
    scale: Annotated[
        str, typer.Argument(help="Name of a shipped scale, or a YAML file.", show_default=False)
    ],
    language: Language = None,
    form: Annotated[str, typer.Option(help="Form of the scale.")] = "full",
    attribute_set: Annotated[
        str | None, typer.Option(help="Attribute set, such as 20 or 21.", show_default=False)
    ] = None,
    kind: Annotated[
        Shown,
        typer.Option(
            help="What to show: tables (facts, forms, answers, constructs, items), pool (every item with all that is "
            "known of it), definitions, questionnaire (the pages one role sees), durations."
        ),
    ] = Shown.tables,
    role: Annotated[
        str | None, typer.Option(help="Role of the questionnaire; the first by default.", show_default=False)
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="Seed of the informant's order; none: that of the file.", show_default=False),
    ] = None,
) -> None:
    """A scale: its tables, item pool, definitions, questionnaire or durations."""
    from comply_measure.cli.show import show_table
    from comply_measure.instrument import describe_scale, load_scale

    loaded = load_scale(scale)
    if kind is not Shown.tables:
        show_table(shown(kind, loaded, form, attribute_set, language, role, seed))
        return
    description = describe_scale(loaded, attribute_set, form, language)
    typer.echo(f"{description.title}\n{description.description}")
    for name, table in description.tables().items():
        typer.echo("")
        show_table(table, title=name)


@scale_app.command("kit")
def scale_kit(
    scale: Annotated[
        str, typer.Argument(help="Name of a shipped scale, or a YAML file.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="Folder of the files.", show_default=False)],
    language: Language = None,
) -> None:
    """Write what experts need to judge a scale: definitions, rating sheet, cards of an item sort."""
    from comply_measure.instrument import development_kit, load_scale

    for name, text in development_kit(load_scale(scale), language).items():
        out.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")
        typer.echo(out / name)


@scale_app.command("check")
def scale_check(
    file: Annotated[
        str, typer.Argument(help="YAML file, or the name of a shipped scale.", show_default=False)
    ],
) -> None:
    """Every fault of a scale file at once, with line and key; of one without faults, how its items read."""
    from comply_measure.errors import InputError
    from comply_measure.instrument import check_scale, fitted_tree, load_scale, readability, scale_notes

    problems = check_scale(file)
    if problems:
        raise InputError(f"{file} has {len(problems)} problems", problems)
    typer.echo(f"{file}: no problems found")
    scale = load_scale(file)
    tree = fitted_tree(scale)
    for note in (*scale_notes(scale), *tree.notes):
        typer.echo(f"note: {note}")
    for line in readability(scale).lines():
        typer.echo(f"reading: {line}")
    if tree.by_scores and len(tree.factors) == 1:
        typer.echo("\n".join(tree.lines))


@scale_app.command("tree")
def scale_tree(
    scale: Annotated[
        str, typer.Argument(help="Name of a shipped scale, or a YAML file.", show_default=False)
    ],
    form: Annotated[str, typer.Option(help="Form of the scale.")] = "full",
    attribute_set: Annotated[
        str | None, typer.Option(help="Attribute set, such as 20 or 21.", show_default=False)
    ] = None,
) -> None:
    """The factors that are fitted for a scale, with their scores and items."""
    from comply_measure.instrument import fitted_tree, load_scale

    tree = fitted_tree(load_scale(scale), attribute_set, form)
    typer.echo("\n".join(tree.lines))
    for note in tree.notes:
        typer.echo(f"note: {note}")


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
