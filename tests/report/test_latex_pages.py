"""Every table of the shipped study fits the page of an article: by what LaTeX says, and by the widths of letters."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from chapter_texts import drawings_described, stored, study

from comply_measure.pipeline import STEPS
from comply_measure.report.labels import Labels
from comply_measure.report.latex import render_latex
from comply_measure.report.latex_layout import PAGE, _Column, layout_of
from comply_measure.report.latex_metrics import width
from comply_measure.report.parts import Figure
from comply_measure.report.tables import Cell, Column, TableSpec

_PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage{array,booktabs,longtable,rotating,pdflscape}
\begin{document}
"""
_EXCESS = re.compile(r"Overfull \\[hv]box \(([\d.]+)pt|Float too large for page by ([\d.]+)pt")
_CELL = re.compile(r"(?<!\\)&")


@cache
def tables() -> dict[str, TableSpec]:
    """All tables that the chapters print of the stored evidence."""

    def undrawn(key: str, title: str, _: object, *, alt: str, **__: object) -> Figure:
        return Figure(key, title, b"", b"", alt)

    labels = Labels.of(study().scales, "en")
    with drawings_described(undrawn):
        sections = [step.print(stored(name), labels, study().cutoffs).section for name, step in STEPS.items()]
    return {table.key: table for section in sections for table in section.tables()}


def compiled(files: dict[str, str], folder: Path) -> dict[str, float]:
    """Table -> by how many points LaTeX finds it too large, at most."""
    body = [rf"\typeout{{TABLE {key}}}{text}\clearpage" for key, text in files.items()]
    (folder / "all.tex").write_text(
        "\n".join([_PREAMBLE, *body, r"\typeout{TABLE end}\end{document}"]), encoding="utf-8"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-draftmode", "-no-shell-escape", "all.tex"]
    for _ in range(2):  # longtable learns its widths from the run before
        subprocess.run(command, cwd=folder, capture_output=True, check=False)
    log = (folder / "all.log").read_text(encoding="utf-8", errors="replace")
    assert [line for line in log.splitlines() if line.startswith("!")] == []
    found = dict.fromkeys(files, 0.0)
    for part in log.split("TABLE ")[1:]:
        for match in _EXCESS.finditer(part):
            key = part.split(maxsplit=1)[0]
            found[key] = max(found[key], float(match[1] or match[2]))
    return found


def require_latex() -> None:
    """Say why nothing is compiled."""
    if shutil.which("pdflatex") is None:
        pytest.skip("no pdflatex here (Debian: texlive-latex-extra); estimated widths are tested without it")


def test_latex_finds_no_table_too_large_for_its_page(tmp_path: Path) -> None:
    require_latex()
    excess = compiled({key: render_latex(table) for key, table in tables().items()}, tmp_path)
    assert len(excess) > 160
    assert {key: points for key, points in excess.items() if points > 2} == {}


def test_estimated_widths_fit_the_page() -> None:
    for key, table in tables().items():
        layout = layout_of(table.printed, table.title, table.warnings)
        for part in layout.parts:
            assert layout.part_width(part) <= PAGE[1 if layout.turned else 0], key


def test_a_part_is_as_wide_as_its_columns_and_the_gaps_between_them() -> None:
    """Every column but the first and last has a gap on both sides; LaTeX's ends are cut off (``@{}``)."""
    parts = 0
    for key, table in tables().items():
        layout = layout_of(table.printed, table.title, table.warnings)
        for part in layout.parts:
            between = 2 * layout.type.gap * sum(1 for _ in part[1:])
            assert layout.part_width(part) == pytest.approx(sum(f.width for f in part) + between), key
            assert layout.part_width(part[:1]) == part[0].width
            parts += 1
    assert parts > 160


def test_no_part_loses_a_column_and_each_names_its_rows() -> None:
    split = 0
    for key, table in tables().items():
        parts = layout_of(table.printed).parts
        places = [[field.place for field in part] for part in parts]
        assert {place for part in places for place in part} == set(range(len(table.printed.heads))), key
        split += len(parts) > 1
        keys = set(places[0]).intersection(*places)
        if len(parts) > 1:
            assert 0 in keys and sum(len(set(part) - keys) for part in places) + len(keys) == len(
                table.printed.heads
            )
    assert split >= 3


def test_lines_of_a_table_have_a_cell_for_each_column_of_their_part() -> None:
    for key, table in tables().items():
        text = render_latex(table)
        assert text.count(r"\begin{") == text.count(r"\end{"), key
        counts: set[int] = set()
        for part in re.split(r"\\begin\{(?:tabular|longtable)\}(?!\[)", text)[1:]:
            columns = len(
                re.findall(r"[lrp](?:\{[\d.]+pt\})?", re.sub(r">\{[^}]*\}", "", part.split("@{}")[1]))
            )
            rows = [line for line in part.splitlines()[1:] if line.endswith(r"\\") and "caption" not in line]
            counts |= {len(_CELL.split(line)) - columns for line in rows if "multicolumn" not in line}
        assert counts <= {0}, key


def _table(texts: list[str], heads: int, numbers: int = 0) -> TableSpec:
    data = pd.DataFrame({f"c{k}": texts for k in range(heads)} | {f"n{k}": 1.5 for k in range(numbers)})
    columns = [Column(f"Head {k}", f"c{k}") for k in range(heads)]
    columns += [Column(f"Number {k}", f"n{k}", "number") for k in range(numbers)]
    return TableSpec("t", "T", data, columns)


@pytest.mark.parametrize(
    ("table", "turned", "long", "parts"),
    [
        (_table(["short"], 3), False, False, 1),
        (_table(["short"] * 60, 3), False, True, 1),
        (_table(["a sentence of some length that goes on and on"], 2, 2), False, False, 1),
        (_table(["short"], 1, 10), True, False, 1),
        (_table(["short"] * 60, 1, 10), True, True, 1),
        (_table(["short"], 1, 40), False, False, 5),
        (_table(["word " * 400] * 8, 1), False, True, 1),
    ],
)
def test_a_page_is_turned_or_a_table_split_only_where_it_must(
    table: TableSpec, turned: bool, long: bool, parts: int
) -> None:
    layout = layout_of(table.printed)
    assert (layout.turned, layout.long, len(layout.parts)) == (turned, long, parts)


def test_hostile_texts_fit_too(tmp_path: Path) -> None:
    require_latex()
    words = ["_".join(["customer"] * 12), "[x] & % $ # ~ ^ \\ { } < > |", "ÄÖÜ ß − α χ² → ≥", "W" * 12]
    kinds = [_table(words, 2, 3), _table(words, 4, 12), _table(words * 12, 3, 1)]
    excess = compiled({f"t{k}": render_latex(table) for k, table in enumerate(kinds)}, tmp_path)
    assert {key: points for key, points in excess.items() if points > 2} == {}


def test_widths_are_those_of_computer_modern() -> None:
    assert width("0123456789") == pytest.approx(50.0)  # cmr10: .5 em each
    assert width("iWM") == pytest.approx(2.78 + 10.28 + 9.17, abs=0.03)
    assert width("é") == width("e") and width("中") == pytest.approx(10.3)
    assert width("x", bold=True) > width("x", italic=True) > width("x")


def test_a_column_is_no_narrower_than_its_longest_word() -> None:
    """Eighty letters, which are broken at the slash into two pieces of forty, beside texts that may be wrapped."""
    piece = "i" * 40
    texts = ("of it", f"{piece}/{piece}", "a")
    asked = _Column(Cell("head"), tuple(Cell(text) for text in texts))
    assert asked.body == asked.wanted == width(texts[1])
    assert asked.least == pytest.approx(width(f"{piece}/")) and asked.least > width("head")
    numbers = _Column(
        Cell("a very long head", numeric=True), (Cell("1.00", numeric=True), Cell("10.00", numeric=True))
    )
    assert numbers.least == max(width("10.00"), width("very"))
    short = _Column(Cell("characteristics"), (Cell("no"), Cell("yes it is so")))
    assert short.least == max(width("characteristics"), width("yes it is so"))
