r"""Tables in LaTeX: booktabs rules, every text escaped, N and estimator in the note.

A file holds one table for ``\input`` into an article of 11 points on A4, which it fits
(:mod:`comply_measure.report.latex_layout`); its first line names the packages it needs. Greek letters and signs become
commands, so that pdfLaTeX reads the files too.
"""

from __future__ import annotations

from comply_measure.report.latex_layout import Field, Layout, broken_word, layout_of
from comply_measure.report.latex_metrics import width
from comply_measure.report.tables import Cell, Row, TableSpec
from comply_measure.report.translation.translator import translator
from comply_measure.statistics.latex import escape


def render_latex(table: TableSpec) -> str:
    """One table as the text of a LaTeX file.

    Parameters
    ----------
    table : TableSpec
        Printed columns and rows as in the report; the CSV export holds the rest.

    Returns
    -------
    str
        A ``table`` environment, or a ``longtable`` where there are more than 40 rows or more than a page holds; on a
        page on its side (``sidewaystable``, ``landscape``) or in parts with some of the columns where it is wider than
        a page. The same table gives the same text.
    """
    layout = layout_of(table.printed, table.title, table.warnings)
    lines = [f"% {table.key}; needs {_packages(layout)}"]
    opening = rf"\{layout.type.command}\setlength{{\tabcolsep}}{{{layout.type.gap:g}pt}}"
    if layout.long:
        lines += [r"\begin{landscape}"] if layout.turned else []
        lines += [rf"{{{opening}\setlength{{\LTcapwidth}}{{\linewidth}}\sloppy"]
    for number, part in enumerate(layout.parts):
        write = _long if layout.long else _short
        lines += [r"\addtocounter{table}{-1}"] if number else []
        lines += write(table, layout, part, _caption(table, number, len(layout.parts)), opening)
    if layout.long:
        lines += [*_below(table), "}"]
        lines += [r"\end{landscape}"] if layout.turned else []
    return "\n".join(lines) + "\n"


def _packages(layout: Layout) -> str:
    names = ["booktabs"]
    if any(field.wrapped for part in layout.parts for field in part):
        names.insert(0, "array")
    if layout.long:
        names.append("longtable")
    if layout.turned:
        names.append("pdflscape" if layout.long else "rotating")
    if len(names) == 1:
        return f"the package {names[0]}"
    return f"the packages {', '.join(names[:-1])} and {names[-1]}"


def _short(
    table: TableSpec, layout: Layout, part: tuple[Field, ...], caption: str, opening: str
) -> list[str]:
    kind = "sidewaystable" if layout.turned else "table"
    last = part is layout.parts[-1]
    return [
        rf"\begin{{{kind}}}[htbp]",
        rf"\centering{opening}\sloppy\setlength{{\abovecaptionskip}}{{0pt}}\setlength{{\belowcaptionskip}}{{6pt}}",
        caption,
        rf"\begin{{tabular}}{{{_shape(table, part)}}}",
        r"\toprule",
        _heads(table, part),
        r"\midrule",
        *_body(table, layout, part),
        r"\bottomrule",
        r"\end{tabular}",
        *(_below(table) if last else []),
        rf"\end{{{kind}}}",
    ]


def _long(table: TableSpec, layout: Layout, part: tuple[Field, ...], caption: str, opening: str) -> list[str]:
    head = [r"\toprule", _heads(table, part), r"\midrule"]
    return [
        rf"\begin{{longtable}}{{{_shape(table, part)}}}",
        caption + r"\\",
        *head,
        r"\endfirsthead",
        *head,
        r"\endhead",
        r"\bottomrule",
        r"\endfoot",
        *_body(table, layout, part),
        r"\end{longtable}",
    ]


def _caption(table: TableSpec, number: int, parts: int) -> str:
    if number:
        part = translator(table.language)(f"(part {number + 1} of {parts})")
        continued = f"{table.title} {part}"
        return rf"\caption{{{escape(continued)}}}"
    return rf"\caption{{{escape(table.title)}}}\label{{tab:{table.key}}}"


def _shape(table: TableSpec, part: tuple[Field, ...]) -> str:
    """Kinds of the columns; texts that are wrapped are set ragged in a width of their own."""
    wrapped = r">{{\raggedright\arraybackslash}}p{{{:.1f}pt}}"
    kinds = [
        wrapped.format(field.width)
        if field.wrapped
        else "r"
        if table.printed.heads[field.place].numeric
        else "l"
        for field in part
    ]
    return f"@{{}}{''.join(kinds)}@{{}}"


def _heads(table: TableSpec, part: tuple[Field, ...]) -> str:
    return " & ".join(_head(table.printed.heads[field.place], field) for field in part) + r" \\"


def _head(cell: Cell, field: Field) -> str:
    if len(field.head) == 1:
        return _set(cell)
    lines = r" \\ ".join(_guarded(line) for line in _lines_of(cell, field.head))
    return rf"\begin{{tabular}}[b]{{@{{}}{'r' if cell.numeric else 'l'}@{{}}}}{lines}\end{{tabular}}"


def _lines_of(cell: Cell, lines: tuple[str, ...]) -> list[str]:
    """Lines of a head in LaTeX; symbols stay symbols where the words can be told apart."""
    words = cell.latex.split()
    if " ".join(lines).split() != cell.text.split() or len(words) != len(cell.text.split()):
        return [escape(line) for line in lines]
    found, start = [], 0
    for line in lines:
        end = start + len(line.split())
        found.append(" ".join(words[start:end]))
        start = end
    return found


def _body(table: TableSpec, layout: Layout, part: tuple[Field, ...]) -> list[str]:
    n, room = len(part), layout.part_width(part)
    if not table.printed.rows:
        return [rf"\multicolumn{{{n}}}{{@{{}}l@{{}}}}{{No rows.}} \\"]
    lines = []
    for row in table.printed.rows:
        if row.group is not None:
            wide = layout.type.size * width(row.group, bold=True) > room
            kind = rf">{{\raggedright\arraybackslash}}p{{{room:.1f}pt}}" if wide else "l"
            group = rf"\textbf{{{escape(row.group)}}}"
            lines.append(rf"\multicolumn{{{n}}}{{@{{}}{kind}@{{}}}}{{{group}}} \\*")
        lines.append(_line(row, part))
    return lines


def _line(row: Row, part: tuple[Field, ...]) -> str:
    cells = [(row.cells[field.place], field.wrapped) for field in part]
    return " & ".join(_wrapped(cell) if wrapped else _set(cell) for cell, wrapped in cells) + r" \\"


def _set(cell: Cell) -> str:
    # A bracket at the start of a row would be read as the optional argument of the row end above it.
    return _guarded(cell.latex or escape(cell.text))


def _wrapped(cell: Cell) -> str:
    """A text over several lines; long words may be broken after signs within them."""
    if cell.latex:
        return _guarded(cell.latex)
    words = (
        r"\allowbreak{}".join(escape(piece) for piece in broken_word(word)) for word in cell.text.split()
    )
    return _guarded(" ".join(words))


def _guarded(text: str) -> str:
    return f"{{}}{text}" if text.startswith(("[", "*")) else text


def _below(table: TableSpec) -> list[str]:
    say = translator(table.language)
    remarks = [(say("Warning"), text) for text in table.warnings]
    remarks += [(say("Note"), table.printed.note)]
    shape = r"{{\par\smallskip\footnotesize\raggedright\noindent\emph{{{}.}} {}\par}}"
    return [shape.format(head, escape(text)) for head, text in remarks if text]
