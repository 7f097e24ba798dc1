"""Rows a model has without being told: variances, covariances, intercepts, thresholds, scale fixing.

The rules are those of lavaan's ``cfa()``, ``sem()`` and ``growth()``: ``auto.var``, ``auto.cov.lv.x``,
``auto.cov.y``, ``auto.fix.first`` (or ``std.lv``), ``auto.fix.single``, ``auto.th``, ``auto.delta``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from comply_measure.sem.language.records import Product, Term
from comply_measure.sem.table import composites
from comply_measure.sem.table.parameter_table import Row, TableOptions
from comply_measure.sem.table.variables import Variables

Key = tuple[str, str, str]


def block_rows(
    terms: Sequence[Term], variables: Variables, options: TableOptions
) -> list[tuple[Row, Term | None]]:
    """Rows of one group: the user's formulas in order, then the defaults.

    Parameters
    ----------
    terms : sequence of Term
        Formulas of the group.
    variables : Variables
        Their names.
    options : TableOptions
        What the defaults depend on; ``meanstructure`` already decided.

    Returns
    -------
    list of (Row, Term or None)
        Defaults have no term. Modifiers are not applied yet.
    """
    rows: list[tuple[Row, Term | None]] = []
    seen: set[Key] = set()
    order = {name: i for i, name in enumerate((*variables.latent, *variables.observed))}
    for term in terms:
        lhs, rhs = term.lhs, term.rhs
        if term.op == "~~" and order[lhs] > order[rhs]:
            lhs, rhs = rhs, lhs
        rows.append((Row(lhs, term.op, rhs, 1), term))
        seen.add((lhs, term.op, rhs))
    for lhs, op, rhs in _default_keys(variables, options):
        if (lhs, op, rhs) not in seen:
            rows.append((Row(lhs, op, rhs, 0), None))
            seen.add((lhs, op, rhs))
    _fix_scales([row for row, _ in rows], variables, options)
    return rows


def fix_zero_intercepts(rows: Sequence[Row], names: frozenset[str]) -> None:
    """Fix default intercepts of the named variables at zero, in place."""
    for row in rows:
        if row.op == "~1" and not row.user and row.lhs in names:
            _fix(row, 0.0)


def _default_keys(variables: Variables, options: TableOptions) -> Iterator[Key]:
    """Rows that exist unless the user wrote them, in lavaan's order."""
    ordered = [name for name in variables.observed if name in options.thresholds]
    for name in ordered:
        for step in range(options.thresholds[name]):
            yield name, "|", f"t{step + 1}"
    yield from composites.default_keys(variables.composites)
    components = variables.components
    for name in (*variables.endogenous, *variables.latent):
        if name not in components:
            yield name, "~~", name
    order = {name: i for i, name in enumerate((*variables.latent, *variables.observed))}
    for family in (
        variables.latent_exogenous,
        (*variables.latent_outcomes, *variables.observed_outcomes),
    ):
        for first, second in combinations(family, 2):
            yield (first, "~~", second) if order[first] < order[second] else (second, "~~", first)
    for i, first in enumerate(variables.exogenous):
        for second in variables.exogenous[i:]:
            yield first, "~~", second
    for name in ordered:
        yield name, "~*~", name
    if options.meanstructure:
        for name in (*variables.observed, *variables.latent):
            yield name, "~1", ""


def _fix_scales(rows: list[Row], variables: Variables, options: TableOptions) -> None:
    """Values that identify the model or that defaults fix."""
    _fix_loadings(rows, variables, options)
    _fix_variances(rows, variables, options)
    if options.meanstructure:
        _fix_intercepts(rows, variables, options)
    if options.fixed_x:
        exogenous = set(variables.exogenous)
        for row in rows:
            if row.user or row.op not in ("~~", "~1") or row.lhs not in exogenous:
                continue
            row.free, row.value, row.exo = False, math.nan, True


def _fix(row: Row, value: float) -> None:
    row.free, row.value = False, value


def _fix_loadings(rows: list[Row], variables: Variables, options: TableOptions) -> None:
    """Marker: the first indicator of each latent variable has loading 1, the first component weight 1."""
    done = {composite.name for composite in variables.composites}
    reference = {(composite.name, composite.reference) for composite in variables.composites}
    for row in rows:
        if row.op == "<~" and (row.lhs, row.rhs) in reference:
            _fix(row, 1.0)
    if options.std_lv or options.effect_coding:
        return
    for row in rows:
        if row.op == "=~" and row.lhs not in done:
            done.add(row.lhs)
            row.marker = True
            _fix(row, 1.0)


def _fix_variances(rows: list[Row], variables: Variables, options: TableOptions) -> None:
    formed = {composite.name for composite in variables.composites}
    latent = {name for name in variables.latent if not isinstance(name, Product)} - formed
    loadings = [row for row in rows if row.op == "=~" and row.lhs not in formed]
    size = Counter(row.lhs for row in loadings)
    uses = Counter(row.rhs for row in loadings)
    # the residual of a single indicator is not identified: fixed to zero unless the user says otherwise
    single = {row.rhs for row in loadings if size[row.lhs] == 1 and uses[row.rhs] == 1}
    for row in rows:
        if row.op == "~*~" and not row.user:
            _fix(row, 1.0)
        if row.op != "~~":
            continue
        if row.lhs == row.rhs:
            if options.std_lv and row.lhs in latent:
                _fix(row, 1.0)
            if not row.user and row.lhs in single:
                _fix(row, 0.0)
            if not row.user and row.lhs in options.thresholds:
                _fix(row, 1.0)
        elif options.orthogonal and not row.user and {row.lhs, row.rhs} <= set(variables.latent):
            _fix(row, 0.0)


def _fix_intercepts(rows: list[Row], variables: Variables, options: TableOptions) -> None:
    latent = set(variables.latent)
    growth = options.model_type == "growth"
    for row in rows:
        if row.op != "~1" or row.user:
            continue
        if row.lhs in latent:
            if not growth:
                _fix(row, 0.0)
        elif growth or row.lhs in options.thresholds:
            _fix(row, 0.0)
