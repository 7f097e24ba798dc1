"""Commands on scales."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from comply_measure.cli.options import Language
from comply_measure.cli.shown import Shown, shown

scale_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List, read and check scales.")


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
    from comply_measure.statistics.words import counted

    problems = check_scale(file)
    if problems:
        raise InputError(f"{file} has {counted(len(problems), 'problem', 'problems')}", problems)
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
