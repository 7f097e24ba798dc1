"""The codebook as a page: every variable with its wording, codes and counts."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

_STYLE: Final = """
body { font: 1rem/1.45 system-ui, sans-serif; color: #1c2430; margin: 0 auto; max-width: 72rem; padding: 1rem; }
h1 { font-size: 1.5rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { border-bottom: 1px solid #c9d1da; padding: .4rem .5rem; text-align: left; vertical-align: top; }
thead th { position: sticky; top: 0; background: #fff; border-bottom: 2px solid #5a6573; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
code { font-size: .95em; }
ul { margin: 0; padding: 0; list-style: none; min-width: 11rem; }
@media print { thead th { position: static; } tr { break-inside: avoid; } }
"""
_WORDS: Final = {
    "en": (
        "Codebook",
        "Variable",
        "What it is",
        "Codes",
        "Outside the categories",
        "Level",
        "Values",
        "Missing",
        "Range",
    ),
    "de": (
        "Codebuch",
        "Variable",
        "Was sie ist",
        "Codes",
        "Außerhalb der Kategorien",
        "Messniveau",
        "Werte",
        "Fehlend",
        "Spanne",
    ),
}
_LEVELS: Final = {
    "en": {"nominal": "nominal", "ordinal": "ordinal", "scale": "interval or ratio"},
    "de": {"nominal": "nominal", "ordinal": "ordinal", "scale": "Intervall oder Verhältnis"},
}


def codebook_page(table: pd.DataFrame, title: str, description: str, language: str) -> str:
    """HTML of a table that :func:`variable_table` made."""
    return "\n".join(_lines(table, title, description, language)) + "\n"


def _lines(table: pd.DataFrame, title: str, description: str, language: str) -> Iterator[str]:
    head, *columns = _WORDS.get(language, _WORDS["en"])
    levels = _LEVELS.get(language, _LEVELS["en"])
    yield f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield f"<title>{escape(f'{head}: {title}')}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>"
    yield f"<h1>{escape(f'{head}: {title}')}</h1>"
    if description:
        yield f"<p>{escape(description)}</p>"
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    yield f'<div class="scroll"><table>\n<thead><tr>{names}</tr></thead>\n<tbody>'
    for row in table.to_dict("records"):
        yield "".join(_row(row, levels))
    yield "</tbody>\n</table></div>\n</main>\n</body>\n</html>"


def _row(row: dict[Any, Any], levels: dict[str, str]) -> Iterator[str]:
    name = str(row["variable"])
    about = ", ".join(str(row[key]) for key in ("scale", "construct", "roles") if row[key])
    keyed = " (−)" if row["keying"] == -1 else ""
    more = f"<br><small>{escape(about + keyed)}</small>" if about else ""
    yield f'<tr id="{escape(name)}"><th scope="row"><code>{escape(name)}</code></th>'
    yield f"<td>{escape(str(row['label']))}{more}</td>"
    for key in ("values", "missing"):
        parts = [part for part in str(row[key]).split("; ") if part]
        yield f"<td>{_list(parts)}</td>"
    yield f"<td>{escape(levels[row['level']])}</td>"
    yield f'<td class="number">{row["n"]}</td><td class="number">{row["n_missing"]}</td>'
    low, high = row["minimum"], row["maximum"]
    yield f'<td class="number">{"" if low != low else f"{low:g}–{high:g}"}</td></tr>'


def _list(parts: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(part)}</li>" for part in parts) + "</ul>" if parts else ""
