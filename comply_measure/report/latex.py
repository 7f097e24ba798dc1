r"""Tables in LaTeX: booktabs rules, every text escaped, N and estimator in the note.

A file holds one table for ``\input``. It needs ``\usepackage{booktabs}``, and ``\usepackage{longtable}`` where
a table is longer than a page. Greek letters and signs become commands, so that pdfLaTeX reads the files too.
"""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType

from comply_measure.report.tables import Cell, Printed, TableSpec

_LONG = 40
_WIDE = "p{0.28\\linewidth}"
_COMMANDS = MappingProxyType(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "\N{NO-BREAK SPACE}": "~",
        "\N{EM DASH}": "---",
        "\N{EN DASH}": "--",
        "\N{HORIZONTAL ELLIPSIS}": r"\ldots{}",
        "\N{LEFT DOUBLE QUOTATION MARK}": "``",
        "\N{RIGHT DOUBLE QUOTATION MARK}": "''",
        "\N{LEFT SINGLE QUOTATION MARK}": "`",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    }
)
_TRANSLATION = str.maketrans(dict(_COMMANDS))
_MATHS = MappingProxyType(
    {
        "\N{MINUS SIGN}": "-",
        "±": r"\pm",
        "×": r"\times",
        "·": r"\cdot",
        "²": "^{2}",
        "³": "^{3}",
        "½": r"\frac{1}{2}",
        "′": r"^{\prime}",
        **{sign: f"_{{{digit}}}" for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
        "≥": r"\geq",
        "≤": r"\leq",
        "≈": r"\approx",
        "≠": r"\neq",
        "√": r"\surd",
        "→": r"\rightarrow",
        "←": r"\leftarrow",
        "↔": r"\leftrightarrow",
        "∞": r"\infty",
        "Δ": r"\Delta",
        "Σ": r"\Sigma",
        "Φ": r"\Phi",
        "α": r"\alpha",
        "β": r"\beta",
        "γ": r"\gamma",
        "δ": r"\delta",
        "ε": r"\varepsilon",
        "ζ": r"\zeta",
        "η": r"\eta",
        "θ": r"\theta",
        "κ": r"\kappa",
        "λ": r"\lambda",
        "μ": r"\mu",
        "µ": r"\mu",
        "ν": r"\nu",
        "ξ": r"\xi",
        "π": r"\pi",
        "ρ": r"\rho",
        "σ": r"\sigma",
        "τ": r"\tau",
        "φ": r"\varphi",
        "χ": r"\chi",
        "ψ": r"\psi",
        "ω": r"\omega",
    }
)
_RUN = re.compile(f"[{re.escape(''.join(_MATHS))}]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@lru_cache(maxsize=10_000)
def escape(text: str) -> str:
    r"""Text that LaTeX prints as it is.

    Examples
    --------
    >>> escape("5 % of α_1")
    '5 \\% of $\\alpha$\\_1'
    """
    parts = []
    start = 0
    plain = _CONTROL.sub(" ", text)
    for run in _RUN.finditer(plain):
        parts.append(_words(plain[start : run.start()]))
        parts.append(f"${''.join(_MATHS[sign] for sign in run.group())}$")
        start = run.end()
    return "".join([*parts, _words(plain[start:])])


def _words(text: str) -> str:
    return text.translate(_TRANSLATION)


def render_latex(table: TableSpec) -> str:
    """One table as the text of a LaTeX file.

    Parameters
    ----------
    table : TableSpec
        Printed columns and rows as in the report; the CSV export holds the rest.

    Returns
    -------
    str
        A ``table`` environment, or a ``longtable`` where there are more than 40 rows. The same table gives the
        same text.
    """
    printed = table.printed
    wide = [any(row.cells[place].wide for row in printed.rows) for place in range(len(printed.heads))]
    shape = "".join(
        "r" if head.numeric else _WIDE if is_wide else "l"
        for head, is_wide in zip(printed.heads, wide, strict=True)
    )
    long = len(printed.rows) > _LONG
    packages = "booktabs and longtable" if long else "booktabs"
    lines = [f"% {table.key}; needs the package{'s' if long else ''} {packages}"]
    lines += _long(table, shape, printed) if long else _short(table, shape, printed)
    return "\n".join(lines) + "\n"


def _short(table: TableSpec, shape: str, printed: Printed) -> list[str]:
    return [
        r"\begin{table}[htbp]",
        r"\centering\small",
        _caption(table),
        rf"\begin{{tabular}}{{{shape}}}",
        r"\toprule",
        _line(printed.heads),
        r"\midrule",
        *_body(printed),
        r"\bottomrule",
        r"\end{tabular}",
        *_below(table),
        r"\end{table}",
    ]


def _long(table: TableSpec, shape: str, printed: Printed) -> list[str]:
    head = [r"\toprule", _line(printed.heads), r"\midrule"]
    return [
        r"{\small",
        rf"\begin{{longtable}}{{{shape}}}",
        _caption(table) + r"\\",
        *head,
        r"\endfirsthead",
        *head,
        r"\endhead",
        r"\bottomrule",
        r"\endfoot",
        *_body(printed),
        r"\end{longtable}",
        *_below(table),
        "}",
    ]


def _caption(table: TableSpec) -> str:
    return rf"\caption{{{escape(table.title)}}}\label{{tab:{table.key}}}"


def _body(printed: Printed) -> list[str]:
    n = len(printed.heads)
    if not printed.rows:
        return [rf"\multicolumn{{{n}}}{{l}}{{No rows.}} \\"]
    lines = []
    for row in printed.rows:
        if row.group is not None:
            lines.append(rf"\multicolumn{{{n}}}{{l}}{{\textbf{{{escape(row.group)}}}}} \\")
        lines.append(_line(row.cells))
    return lines


def _line(cells: tuple[Cell, ...]) -> str:
    # A bracket at the start of a row would be read as the optional argument of the row end above it.
    return " & ".join(_guarded(cell.latex or escape(cell.text)) for cell in cells) + r" \\"


def _guarded(text: str) -> str:
    return f"{{}}{text}" if text.startswith(("[", "*")) else text


def _below(table: TableSpec) -> list[str]:
    remarks = [("Warning", text) for text in table.warnings] + [("Note", table.printed.note)]
    shape = r"\par\smallskip\parbox{{\linewidth}}{{\footnotesize\emph{{{}.}} {}}}"
    return [shape.format(head, escape(text)) for head, text in remarks if text]
