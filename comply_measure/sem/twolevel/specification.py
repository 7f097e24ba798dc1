"""A model text with ``level:`` blocks → a parameter table with one block per group and level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from comply_measure.errors import Problem
from comply_measure.sem.errors import ModelError, ModelSyntaxError, fault
from comply_measure.sem.language.records import ModelRecords, Modifiers, Term
from comply_measure.sem.table.build import build_table
from comply_measure.sem.table.parameter_table import ParameterTable, TableOptions
from comply_measure.sem.table.variables import variables_of

LEVELS = 2


@dataclass(frozen=True)
class TwoLevelTable:
    """A table whose ``group`` column counts blocks: group 1 within, group 1 between, group 2 within, …

    Attributes
    ----------
    table : ParameterTable
    groups : tuple of str
        Names of the groups.
    """

    table: ParameterTable
    groups: tuple[str, ...]


def two_level_table(
    records: ModelRecords, options: TableOptions, group_names: Sequence[str]
) -> TwoLevelTable:
    """The parameter table of a two-level model.

    Means are always modelled: the intercepts of a variable of both levels stand in the between level and
    are zero in the within level, unless the text says otherwise.

    Parameters
    ----------
    records : ModelRecords
        Parsed text with ``level: 1`` (within) and ``level: 2`` (between) blocks.
    options : TableOptions
        What the defaults depend on.
    group_names : sequence of str
        Groups of the data in order of appearance.

    Raises
    ------
    ModelSyntaxError, ModelError
        If the blocks are not those of a two-level model.
    """
    _check(records)
    blocks = [
        _block(records, group, level, g, len(group_names))
        for g, group in enumerate(_text_groups(records, group_names))
        for level in records.levels
    ]
    terms = tuple(replace(term, block=str(i + 1)) for i, block in enumerate(blocks) for term in block)
    names = tuple(str(i + 1) for i in range(len(blocks)))
    split: list[frozenset[str]] = []
    for within, between in zip(blocks[::2], blocks[1::2], strict=True):
        split += [_in_both_levels(within, between, options), frozenset()]
    table = build_table(
        replace(records, terms=terms, groups=names, levels=()),
        replace(options, meanstructure=True, zero_intercepts=tuple(split), levels=LEVELS),
        names,
    )
    return TwoLevelTable(table, tuple(group_names))


def _check(records: ModelRecords) -> None:
    if len(records.levels) != LEVELS:
        raise ModelError(f"the model text has {len(records.levels)} 'level:' block(s); two are estimated")
    lines = records.text.split("\n")
    loose = [
        fault("this line belongs to no level", term.line, lines[term.line - 1], 1)
        for term in records.terms
        if not term.level
    ]
    if loose:
        raise ModelSyntaxError("The model text does not fit its levels.", loose)


def _text_groups(records: ModelRecords, group_names: Sequence[str]) -> list[str]:
    """For each group of the data, the name of its block in the text ('' where the text has none)."""
    if not records.groups:
        return [""] * len(group_names)
    numbers = [str(i + 1) for i in range(len(group_names))]
    for keys in ([str(name) for name in group_names], numbers):
        if set(records.groups) == set(keys):
            return keys
    raise ModelError(
        f"'group:' names {', '.join(records.groups)} do not match the data's groups {', '.join(group_names)}"
    )


def _block(records: ModelRecords, group: str, level: str, number: int, n_groups: int) -> list[Term]:
    """Terms of one group and level, with the group's own values where a term lists one per group."""
    found = [term for term in records.terms if term.level == level and term.block == group]
    if not found:
        place = f" in group '{group}'" if group else ""
        raise ModelError(f"'level: {level}' holds no formula{place}")
    if records.groups:
        return found
    return [replace(term, modifiers=_of_group(term, number, n_groups, records)) for term in found]


def _of_group(term: Term, number: int, n_groups: int, records: ModelRecords) -> Modifiers:
    chosen = {}
    for name in ("fixed", "start", "lower", "upper", "label"):
        values = getattr(term.modifiers, name)
        if len(values) > 1 and len(values) != n_groups:
            message = (
                f"{len(values)} {name} values for '{term.lhs} {term.op} {term.rhs}' but {n_groups} group(s)"
            )
            line = records.text.split("\n")[term.line - 1]
            raise ModelSyntaxError(
                "The model text does not fit its groups.", [fault(message, term.line, line, 1)]
            )
        chosen[name] = (values[number],) if len(values) > 1 else values
    return Modifiers(**chosen)


def _in_both_levels(within: Sequence[Term], between: Sequence[Term], options: TableOptions) -> frozenset[str]:
    """Observed variables with a within and a between part."""
    first, second = variables_of(within), variables_of(between)
    both = frozenset(first.observed) & frozenset(second.observed)
    fixed = (set(first.exogenous) | set(second.exogenous)) & both if options.fixed_x else set()
    if fixed:
        problems = [Problem("predictor in both levels", column=name) for name in sorted(fixed)]
        raise ModelSyntaxError(
            "A fixed predictor can stand in one level only; fixed_x=False splits it into both parts.",
            problems,
        )
    if not both:
        raise ModelError("no observed variable stands in both levels: nothing links them")
    return both
