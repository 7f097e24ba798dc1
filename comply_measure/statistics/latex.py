"""Texts of data and scales as pdfLaTeX prints them: commands for special signs, Greek letters and symbols."""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType

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
