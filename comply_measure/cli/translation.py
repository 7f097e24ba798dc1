"""Tables for translators, and what comes back from them."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comply_measure.errors import ComplyError

if TYPE_CHECKING:
    import pandas as pd

_ENDINGS = (".csv", ".xlsx", ".html")


def add_translation(app: typer.Typer) -> None:
    """Register the commands of translations with the commands of scales."""

    @app.command("translate")
    def translate(
        scale: Annotated[
            str, typer.Argument(help="Name of a shipped scale, or a YAML file.", show_default=False)
        ],
        to: Annotated[str, typer.Option(help="New language, such as fr.", show_default=False)],
        out: Annotated[Path, typer.Option(help="Table to write: .csv, .xlsx or .html.", show_default=False)],
    ) -> None:
        """Write every text of a scale beside blank cells for its translation and back-translation."""
        from comply_measure.instrument import translation_table

        write_table(translation_table(scale, to), out, f"Translation into {to}")
        typer.echo(f"written: {out}")
        typer.echo(f"then: comply-measure scale translated {scale} FILLED.csv --to {to} --out NEW.yaml")

    @app.command("translated")
    def translated(
        scale: Annotated[
            str, typer.Argument(help="Name of a shipped scale, or a YAML file.", show_default=False)
        ],
        table: Annotated[Path, typer.Argument(help="The filled table: .csv or .xlsx.", show_default=False)],
        to: Annotated[str, typer.Option(help="The new language.", show_default=False)],
        out: Annotated[Path, typer.Option(help="Scale file to write.", show_default=False)],
    ) -> None:
        """Make a scale file with a further language from the filled table; surveys of it are exported in that, too."""
        from comply_measure.instrument import translated_scale

        filled = read_table(table)
        text = translated_scale(scale, filled, to)
        if out.exists():
            raise ComplyError(f"{out} exists; allowed: a new file")
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8", newline="\n")
        back = int((filled["back_translation"] != "").sum()) if "back_translation" in filled else 0
        typer.echo(f"written: {out}, {len(filled)} texts in {to}, {back} with a back-translation")

    @app.command("back-translated")
    def back_translated(
        table: Annotated[Path, typer.Argument(help="The filled table: .csv or .xlsx.", show_default=False)],
        source: Annotated[
            str, typer.Option(help="Language into which was translated back, such as en.", show_default=False)
        ],
        out: Annotated[
            Path | None, typer.Option(help="Table of all texts: .csv, .xlsx or .html.", show_default=False)
        ] = None,
        most: Annotated[int, typer.Option(min=1, help="Texts to print.")] = 20,
    ) -> None:
        """Compare back-translations with their source: words that differ, least alike first."""
        from comply_measure.instrument import compare_back_translation

        found = compare_back_translation(read_table(table), source)
        _tell_differences(found, most)
        if out is not None:
            write_table(found.round({"similarity": 3}), out, f"Back-translation into {source}")
            typer.echo(f"written: {out}")


def _tell_differences(found: pd.DataFrame, most: int) -> None:
    """Print how many back-translations differ from their source, and the first of them."""
    same = int((found["similarity"] == 1).sum())
    typer.echo(f"{len(found)} back-translations, {same} of the same words as the source")
    different = found[(found["similarity"] < 1) | (found["note"] != "")]
    for row in different.head(most).to_dict("records"):
        note = f" [{row['note']}]" if row["note"] else ""
        typer.echo(
            f"{row['place']} ({row['similarity']:.2f}): {row['source']} | {row['back_translation']}{note}"
        )
    if len(different) > most:
        typer.echo(f"{len(different) - most} more that differ (--most, or --out for all)")


def write_table(table: pd.DataFrame, out: Path, title: str) -> None:
    """Write a table of texts as CSV, worksheet or page; nothing is overwritten."""
    from comply_measure.responses.export import neutralise_cell

    if out.suffix.lower() not in _ENDINGS:
        raise ComplyError(f"a table ends in {', '.join(_ENDINGS)}, not {out.suffix or 'nothing'}")
    if out.exists():
        raise ComplyError(f"{out} exists; allowed: a new file")
    out.parent.mkdir(parents=True, exist_ok=True)
    safe = table.map(neutralise_cell)
    if out.suffix.lower() == ".csv":
        safe.to_csv(out, index=False, encoding="utf-8-sig", lineterminator="\n")
    elif out.suffix.lower() == ".xlsx":
        safe.to_excel(out, index=False)
    else:
        out.write_text(_page(table, title), encoding="utf-8", newline="\n")


def _page(table: pd.DataFrame, title: str) -> str:
    """Texts side by side, to print and write on."""
    head = "".join(f"<th scope='col'>{escape(str(name))}</th>" for name in table.columns)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in table.itertuples(index=False, name=None)
    )
    style = (
        "body{font:14px sans-serif}table{border-collapse:collapse;width:100%}"
        "th,td{border:1px solid #999;padding:4px;vertical-align:top;text-align:left}thead{display:table-header-group}"
    )
    return (
        f"<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<style>{style}</style></head>\n<body><h1>{escape(title)}</h1>\n<table><thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody></table></body></html>\n"
    )


def read_table(path: Path) -> pd.DataFrame:
    """A filled table as texts; what a spreadsheet would run has lost its mark."""
    import pandas as pd

    from comply_measure.responses.cells import name_in
    from comply_measure.responses.faults import Faults, refuse
    from comply_measure.responses.files.load import load_table
    from comply_measure.responses.mapping import FileFormat

    faults = Faults(str(path))
    table = load_table(path, FileFormat(neutralised=True), faults)
    if table is None or faults.problems:
        refuse(f"{path} cannot be read as a table of translations", faults)
    cells = {
        name: ["" if cell is None else name_in(cell) for cell in column.cells()]
        for name, column in table.columns.items()
    }
    return pd.DataFrame(cells, dtype="str")
