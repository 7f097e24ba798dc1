"""A fit as text; the only place of the engine that rounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from comply_measure.sem.inference.diagnosis import Finding

if TYPE_CHECKING:
    from comply_measure.sem.inference.tests import TestStatistic
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


_LIKELIHOOD = (("log L", "logl"), ("AIC", "aic"), ("BIC", "bic"))
_CORRECTIONS = {
    "satorra.bentler": "Satorra-Bentler",
    "yuan.bentler": "Yuan-Bentler",
    "yuan.bentler.mplus": "Yuan-Bentler (Mplus)",
    "mean.var.adjusted": "mean and variance (Satterthwaite)",
    "scaled.shifted": "scale and shift (Asparouhov-Muthén)",
}


def render(fit: Fit) -> str:
    """Header, problems, fit measures and estimates of a fit."""
    blocks = [_header(fit), _problems(fit.problems), _measures(fit), _estimates(fit)]
    return "\n\n".join(block for block in blocks if block)


def _header(fit: Fit) -> str:
    model = fit.model
    reached = "NO FINITE OPTIMUM FOUND, held" if fit.optimum.endless else "converged"
    state = reached if fit.converged else "DID NOT CONVERGE"
    lines = [
        f"Estimator {model.options.estimator.name}: {state} after {fit.optimum.iterations} iterations",
        f"Parameters {fit.npar} ({model.table.n_free} less {model.space.n_equalities} equality constraints)",
    ]
    if model.sample.n_groups > 1:
        cases = ", ".join(f"{group.name}: {group.n_cases}" for group in model.sample.groups)
        lines.append(f"Cases {model.sample.n_cases} ({cases})")
    else:
        lines.append(f"Cases {model.sample.n_cases} of {model.sample.n_given}")
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
    if math.isnan(m["chisq"]):
        lines = [f"No test of fit: {fit.test.note or 'not defined'}"]
        lines += [f"SRMR {m['srmr']:.3f}"] if math.isfinite(m.get("srmr", math.nan)) else []
    else:
        lines = _one_column(m) if fit.scaled_test is None else _columns(m, fit.scaled_test)
    if math.isfinite(m["chisq"]) and math.isnan(m["pvalue"]) and fit.test.note:
        lines.append(f"χ² has no p value: {fit.test.note}")
    bollen_stine = getattr(fit, "bollen_stine", None)
    if bollen_stine is not None:
        lines.append(f"Bollen-Stine p = {_number(bollen_stine.pvalue)}")
    if math.isfinite(m.get("logl", math.nan)):
        known = [f"{label} {m[key]:.3f}" for label, key in _LIKELIHOOD if math.isfinite(m[key])]
        lines.append(", ".join(known))
    return "\n".join(lines)


def _one_column(m: Mapping[str, float]) -> list[str]:
    return [
        f"χ²({m['df']:.0f}) = {m['chisq']:.3f}, p = {_number(m['pvalue']) or 'NA'}",
        f"CFI {_number(m['cfi'])}, TLI {_number(m['tli'])}, SRMR {_number(m['srmr'])}",
        f"RMSEA {_number(m['rmsea'])} [{_number(m['rmsea.ci.lower'])}, {_number(m['rmsea.ci.upper'])}], "
        f"p(close) {_number(m['rmsea.pvalue'])}",
    ]


def _columns(m: Mapping[str, float], scaled: TestStatistic) -> list[str]:
    """Standard, scaled and robust measures side by side, as lavaan prints them."""

    def line(label: str, keys: Sequence[str], digits: int = 3) -> str:
        cells = [_number(m.get(key, math.nan), digits) or ("NA" if key in m else "") for key in keys]
        return f"{label:<24}" + "".join(f"{cell:>14}" for cell in cells).rstrip()

    def interval(suffix: str) -> str:
        low, high = m.get(f"rmsea.ci.lower{suffix}"), m.get(f"rmsea.ci.upper{suffix}")
        if low is None or high is None:
            return ""
        return "NA" if math.isnan(low) else f"{low:.3f}, {high:.3f}"

    def three(key: str) -> list[str]:
        return [key, f"{key}.scaled", f"{key}.robust"]

    whole = float(m["df.scaled"]).is_integer()
    lines = [
        f"{'':<24}{'Standard':>14}{'Scaled':>14}{'Robust':>14}",
        line("χ²", ["chisq", "chisq.scaled"]),
        f"{'df':<24}{m['df']:>14.0f}{m['df.scaled']:>14.{0 if whole else 3}f}",
        line("p", ["pvalue", "pvalue.scaled"]),
        line("Scaling factor", ["", "chisq.scaling.factor"]),
        *([f"{'Shift':<24}{'':>14}{scaled.shift:>14.3f}"] if scaled.shift else []),
        line("CFI", three("cfi")),
        line("TLI", three("tli")),
        line("RMSEA", three("rmsea")),
        f"{'90 % interval':<24}" + "".join(f"{interval(s):>14}" for s in ("", ".scaled", ".robust")).rstrip(),
        line("p(RMSEA <= .05)", three("rmsea.pvalue")),
        line("SRMR", ["srmr"]),
        f"Scaled by {_CORRECTIONS.get(scaled.name, scaled.name)}",
    ]
    if scaled.note:
        lines[-1] += f": {scaled.note}"
    if math.isnan(m.get("cfi.robust", 0.0)):
        lines.append("Robust indices are NA: their correction is not defined for this model and these data")
    return lines


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
    error = "at bound" if held else "" if se == 0 else _number(se)  # none of what is fixed, as in lavaan
    numbers = f"{est:>10.3f}{error:>10}{_number(z, 3):>9}{_number(p):>8}"
    return f"  {_name(lhs, op, rhs):<32}{numbers}"


def _name(lhs: str, op: str, rhs: str) -> str:
    return f"{lhs} ~ 1" if op == "~1" else f"{lhs} {op} {rhs}"
