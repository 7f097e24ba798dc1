"""A fit as text; the only place of the engine that rounds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from comply_measure.sem.inference.diagnosis import Finding

if TYPE_CHECKING:
    from comply_measure.sem.result import Fit

_SECTIONS = (
    ("=~", "Latent variables"),
    ("<~", "Composites"),
    ("~", "Regressions"),
    ("~~", "(Co)variances"),
    ("~1", "Intercepts"),
    ("|", "Thresholds"),
    ("~*~", "Scaling factors"),
    (":=", "Defined parameters"),
)


def render(fit: Fit) -> str:
    """Header, problems, fit measures and estimates of a fit."""
    blocks = [_header(fit), _problems(fit.problems), _measures(fit), _estimates(fit)]
    return "\n\n".join(block for block in blocks if block)


def _header(fit: Fit) -> str:
    model = fit.model
    state = "converged" if fit.converged else "DID NOT CONVERGE"
    lines = [
        f"Estimator {model.options.estimator.name}: {state} after {fit.optimum.iterations} iterations",
        f"Parameters {fit.npar} ({model.table.n_free} less {model.space.n_equalities} equality constraints)",
    ]
    if model.sample.n_groups > 1:
        cases = ", ".join(f"{group.name}: {group.n}" for group in model.sample.groups)
        lines.append(f"Cases {model.sample.n} ({cases})")
    else:
        lines.append(f"Cases {model.sample.n} of {model.sample.n_given}")
    return "\n".join(lines)


def _problems(problems: tuple[Finding, ...]) -> str:
    if not problems:
        return ""
    lines = ["Problems" if any(p.serious for p in problems) else "Notes"]
    lines += [f"  {'!' if problem.serious else '-'} {problem}" for problem in problems]
    return "\n".join(lines)


def _number(value: float, digits: int = 3) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def _measures(fit: Fit) -> str:
    m = fit.measures
    if "chisq" not in m:
        return ""
    lines = [
        f"χ²({m['df']:.0f}) = {m['chisq']:.3f}, p = {_number(m['pvalue'])}",
        f"CFI {_number(m['cfi'])}, TLI {_number(m['tli'])}, SRMR {_number(m['srmr'])}",
        f"RMSEA {_number(m['rmsea'])} [{_number(m['rmsea.ci.lower'])}, {_number(m['rmsea.ci.upper'])}], "
        f"p(close) {_number(m['rmsea.pvalue'])}",
    ]
    if "logl" in m:
        lines.append(f"log L {m['logl']:.3f}, AIC {m['aic']:.3f}, BIC {m['bic']:.3f}")
    return "\n".join(lines)


def _estimates(fit: Fit) -> str:
    table = fit.estimates
    at_bound = set(table.attrs.get("at bound", ()))
    blocks = fit.model.sample.groups
    block = table["group"]
    if "level" in table:  # a group of two levels has two blocks
        block = (2 * (block - 1) + table["level"]).clip(lower=0)
    lines: list[str] = []
    for number in sorted(set(block), key=lambda g: (g == 0, g)):
        mine = table[block == number]
        if number and len(blocks) > 1:
            word = "Level" if "level" in table else "Group"
            lines += ["", f"{word} {number}: {blocks[number - 1].name}"]
        for op, title in _SECTIONS:
            rows = mine[mine["op"] == op]
            if len(rows):
                lines += ["", f"{title:<34}{'Estimate':>10}{'Std.Err':>10}{'z':>9}{'p':>8}"]
                columns = [rows[name] for name in ("lhs", "rhs", "est", "se", "z", "pvalue")]
                held = [place in at_bound for place in rows.index]
                lines += [_row(op, *cells) for cells in zip(*columns, held, strict=True)]
    return "\n".join(lines).strip("\n")


def _row(op: str, lhs: str, rhs: str, est: float, se: float, z: float, p: float, held: bool) -> str:
    numbers = f"{est:>10.3f}{'at bound' if held else _number(se):>10}{_number(z, 2):>9}{_number(p):>8}"
    return f"  {_name(lhs, op, rhs):<32}{numbers}"


def _name(lhs: str, op: str, rhs: str) -> str:
    return f"{lhs} ~ 1" if op == "~1" else f"{lhs} {op} {rhs}"
