"""Records and options → :class:`ParameterTable`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.errors import ModelError, ModelSyntaxError, fault
from comply_measure.sem.language.quoting import parameter_key
from comply_measure.sem.language.records import ModelRecords, Product, Relation, Term
from comply_measure.sem.table.composites import scale_relation
from comply_measure.sem.table.constraints import effect_coding_relations, free_coded_means, referenced
from comply_measure.sem.table.defaults import block_rows, fix_zero_intercepts
from comply_measure.sem.table.groups import free_for_equality, is_tied
from comply_measure.sem.table.parameter_table import GROUP_EQUAL, LARGEST, ParameterTable, Row, TableOptions
from comply_measure.sem.table.product_moments import product_moments
from comply_measure.sem.table.products import mean_relations, scale_products, scale_relations
from comply_measure.sem.table.variables import Variables, variables_of, with_latent_products
from comply_measure.statistics.words import did_you_mean


def build_table(
    records: ModelRecords, options: TableOptions, group_names: Sequence[str] = ("",)
) -> ParameterTable:
    """The parameter table of a model.

    Parameters
    ----------
    records : ModelRecords
        The parsed text.
    options : TableOptions
        What the defaults depend on. Means are added when the text has an intercept or an ordered variable.
    group_names : sequence of str
        Names of the groups in order of appearance; one entry for a single group.

    Raises
    ------
    ModelSyntaxError
        When a modifier has the wrong number of group values or a constraint names an unknown label.
    ModelError
        When the options do not fit the model.
    """
    options = _with_means(records, options)
    _check_words(options)
    blocks = _terms_by_group(records, group_names)
    variables: list[Variables] = []
    rows: list[Row] = []
    faults: list[Problem] = []
    values: list[Problem] = []
    single_label = False
    for number, terms in enumerate(blocks, start=1):
        names = variables_of(_components_apart(terms) if options.direct_products else terms)
        if options.product_variables:
            names = with_latent_products(names)
        _check_latent_products(names)
        _check_loops(terms, names)
        variables.append(names)
        block = block_rows(terms, names, options)
        if options.zero_intercepts:
            fix_zero_intercepts([row for row, _ in block], options.zero_intercepts[number - 1])
        if number > options.levels:
            free_for_equality([row for row, _ in block], names, options, number % options.levels == 0)
        for row, term in block:
            row.group = number
            if term is not None:
                single_label |= _apply_modifiers(row, term, number, len(blocks), records, faults)
                values += _impossible(row, term, records)
            rows.append(row)
    if faults:
        raise ModelSyntaxError("The model text does not fit its groups.", faults)
    if values:
        raise ModelSyntaxError("Values of the model text cannot be met.", values)
    notes = tuple(dict.fromkeys(records.notes))
    if single_label and not options.group_equal:
        notes += ("a single label in a model of several groups ties the parameter across groups",)
    return _assemble(rows, variables, records, options, notes)


def _with_means(records: ModelRecords, options: TableOptions) -> TableOptions:
    if options.meanstructure:
        return options
    if any(term.op == "~1" for term in records.terms):
        return replace(options, meanstructure=True)
    return options


def _check_words(options: TableOptions) -> None:
    if options.std_lv and options.effect_coding:
        raise ModelError("std_lv and effect_coding both set the scale of the latent variables: choose one")
    unknown = [word for word in options.group_equal if word not in GROUP_EQUAL]
    if unknown:
        allowed = ", ".join(GROUP_EQUAL)
        raise ModelError(f"group_equal does not know {', '.join(map(repr, unknown))}; allowed: {allowed}")


def _check_latent_products(names: Variables) -> None:
    latent = set(names.latent)
    for name in names.observed:
        if isinstance(name, Product) and latent.intersection(name.parts):
            raise ModelError(
                f"'{name}' is a product with a latent variable, which this engine does not estimate; "
                "form product indicators or use factor scores"
            )


def _components_apart(terms: Sequence[Term]) -> list[Term]:
    """The formulas with the components of a product that has a factor in it in the product's place."""
    latent = {term.lhs for term in terms if term.op in ("=~", "<~")}
    apart: list[Term] = []
    for term in terms:
        if isinstance(term.rhs, Product) and latent.intersection(term.rhs.parts):
            apart += [replace(term, rhs=part) for part in dict.fromkeys(term.rhs.parts)]
        else:
            apart.append(term)
    return apart


def _check_loops(terms: Sequence[Term], names: Variables) -> None:
    """Refuse latent variables that measure each other: no direction of measurement is left."""
    latent = set(names.latent)
    below = {
        name: [t.rhs for t in terms if t.op == "=~" and t.lhs == name and t.rhs in latent] for name in latent
    }
    cleared: set[str] = set()
    while len(cleared) < len(latent):
        free = [name for name in names.latent if name not in cleared and cleared.issuperset(below[name])]
        if not free:
            loop = ", ".join(name for name in names.latent if name not in cleared)
            raise ModelError(f"latent variables measure each other in a circle: {loop}")
        cleared.update(free)


def _terms_by_group(records: ModelRecords, group_names: Sequence[str]) -> list[list[Term]]:
    if not records.groups:
        return [list(records.terms) for _ in group_names]
    loose = [term for term in records.terms if not term.block]
    if loose:
        raise ModelError(
            f"line {loose[0].line} stands before the first 'group:' line and belongs to no group"
        )
    if len(records.groups) != len(group_names):
        raise ModelError(
            f"the model text has {len(records.groups)} 'group:' blocks, the data {len(group_names)} group(s)"
        )
    by_name = {str(name): name for name in group_names}
    numbers = [str(i + 1) for i in range(len(group_names))]
    keys = list(by_name) if set(records.groups) == set(by_name) else numbers
    if set(records.groups) != set(keys):
        raise ModelError(
            f"'group:' names {', '.join(records.groups)} do not match the data's groups {', '.join(by_name)}"
        )
    return [[term for term in records.terms if term.block == key] for key in keys]


def _apply_modifiers(
    row: Row, term: Term, group: int, n_groups: int, records: ModelRecords, faults: list[Problem]
) -> bool:
    """Apply a term's modifiers to its row; true when one label serves several groups."""
    modifiers = term.modifiers
    in_block = bool(term.block)
    for name in ("fixed", "start", "lower", "upper", "label"):
        values = getattr(modifiers, name)
        if len(values) > 1 and (in_block or len(values) != n_groups):
            if group == 1 or in_block:
                n = 1 if in_block else n_groups
                line = records.text.split("\n")[term.line - 1]
                message = f"{len(values)} {name} values for '{row.lhs} {row.op} {row.rhs}' but {n} group(s)"
                faults.append(fault(message, term.line, line, 1))
            return False

    def pick(values: tuple[float, ...]) -> float:
        return values[group - 1] if len(values) > 1 else values[0]

    if modifiers.fixed:
        value = pick(modifiers.fixed)
        row.free, row.value, row.marker = math.isnan(value), value, False
    if modifiers.start:
        row.start = pick(modifiers.start)
    if modifiers.lower:
        row.lower = pick(modifiers.lower)
    if modifiers.upper:
        row.upper = pick(modifiers.upper)
    if modifiers.label:
        row.label = modifiers.label[group - 1] if len(modifiers.label) > 1 else modifiers.label[0]
        return n_groups > 1 and len(modifiers.label) == 1 and not in_block
    return False


def _impossible(row: Row, term: Term, records: ModelRecords) -> Iterator[Problem]:
    """Values that no parameter can have: too large to square, bounds with nothing between them, fixed beyond them."""
    name, line = f"{row.lhs} {row.op} {row.rhs}".rstrip(), records.text.split("\n")[term.line - 1]
    given = {"fixed": row.value if not row.free else math.nan, "start": row.start}
    given |= {"lower": row.lower, "upper": row.upper}
    for what, value in given.items():
        if LARGEST < abs(value) < math.inf or (what in ("fixed", "start") and math.isinf(value)):
            yield fault(
                f"'{name}': {what} {value:g} is too large", term.line, line, 1, f"at most {LARGEST:g}"
            )
    if row.lower > row.upper or row.lower == math.inf or row.upper == -math.inf:
        message = f"'{name}': no value lies between the bounds {row.lower:g} and {row.upper:g}"
        yield fault(message, term.line, line, 1)
    elif not row.free and not row.lower <= row.value <= row.upper:
        bounds = f"its bounds {row.lower:g} and {row.upper:g}"
        yield fault(f"'{name}': fixed at {row.value:g}, outside {bounds}", term.line, line, 1)


def _key(row: Row, options: TableOptions) -> tuple[int, str, str, str]:
    """The parameter, whatever the group: its block within a group, and its row."""
    return (row.group - 1) % options.levels + 1, row.lhs, row.op, row.rhs


def _spellings(row: Row, options: TableOptions) -> set[str]:
    """How ``group_partial`` may name a row: with or without its level."""
    name = row.lhs + row.op + row.rhs
    return {name, f"{name}.l{_key(row, options)[0]}"} if options.levels > 1 else {name}


def _names_for_equality(
    rows: list[Row], variables: list[Variables], options: TableOptions, partial: set[str]
) -> list[str]:
    """A name per row; rows of one name share one value."""
    equal, levels = frozenset(options.group_equal), options.levels
    tied: set[tuple[int, str, str, str]] = set()
    if len(variables) > levels and equal:
        for row in rows:
            if row.group > levels or _spellings(row, options) & partial:
                continue
            if is_tied(row, variables[row.group - 1], equal):
                tied.add(_key(row, options))
    names = []
    owners: dict[str, tuple[str, str, str]] = {}
    for row in rows:
        if row.label:
            names.append(row.label)
            continue
        name = row.lhs + row.op + row.rhs
        if owners.setdefault(name, (row.lhs, row.op, row.rhs)) != (row.lhs, row.op, row.rhs):
            name += f"\0{row.op}"  # "a~" ~ "b" and "a" ~~ "b" are two parameters
        block = _key(row, options)[0] if _key(row, options) in tied else row.group
        names.append(name + (f".g{block}" if block > 1 else ""))
    first = {_key(r, options): n for r, n in zip(rows, names, strict=True) if r.group <= levels}
    if tied:  # a row tied to a labelled row of the first group takes that label
        for i, row in enumerate(rows):
            if row.group > levels and not row.label and _key(row, options) in tied:
                names[i] = first[_key(row, options)]
    return names


def _partial(rows: list[Row], options: TableOptions) -> set[str]:
    """Parameters exempt from equality across groups, as the table spells them.

    Raises
    ------
    ModelError
        Naming, as the user wrote them, those the model does not have.
    """
    known = {name for row in rows if row.group <= options.levels for name in _spellings(row, options)}
    bare = {"".join(name.split()): name for name in known}
    found: set[str] = set()
    unknown = []
    for name in options.group_partial:
        spelt = (name, parameter_key(name), bare.get("".join(name.split()), name))
        match = next((key for key in spelt if key in known), None)
        if match is None:
            unknown.append(f"{name}{did_you_mean(name, known)}")
        else:
            found.add(match)
    if unknown:
        raise ModelError(f"group_partial names no parameter of the model: {', '.join(unknown)}")
    return found


def _tie(rows: list[Row], names: list[str], plabels: list[str]) -> list[list[int]]:
    """Sets of rows with equal names; a set with a fixed member becomes fixed."""
    seen: dict[str, int] = {}
    members: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        first = seen.setdefault(name, i)
        if first != i:
            members.setdefault(name, [first]).append(i)
    sets = []
    for group in members.values():
        fixed = [i for i in group if not rows[i].free]
        if fixed:
            for i in group:
                rows[i].free, rows[i].value, rows[i].exo = False, rows[fixed[0]].value, False
            continue
        for i in group:
            rows[i].label = rows[i].label or plabels[group[0]]
        sets.append(group)
    return sets


def _composite_scales(rows: list[Row], plabels: list[str], variables: list[Variables]) -> list[Relation]:
    """The relation that gives each composite its scale."""
    if not any(names.composites for names in variables):
        return []
    relations = []
    for number, names in enumerate(variables, start=1):
        mine = [(row, label) for row, label in zip(rows, plabels, strict=True) if row.group == number]
        labels = {(row.lhs, row.op, row.rhs): label for row, label in mine}
        for composite in names.composites:
            weights = {
                row.rhs: None if row.free else row.value
                for row, _ in mine
                if row.op == "<~" and row.lhs == composite.name
            }
            relations.append(scale_relation(composite, labels, weights))
    return relations


def _free_exempt_markers(rows: list[Row], options: TableOptions, partial: set[str]) -> None:
    """Free in later groups the markers that are exempt from equal loadings, in place; as lavaan from 0.7.

    Where another loading of the factor is equal across groups, that gives the scale. A value in the text stays.
    """
    if "loadings" not in options.group_equal or not partial:
        return
    apart = [row for row in rows if row.op == "=~" and _spellings(row, options) & partial]
    equal = [row for row in rows if row.op == "=~" and row.free and not _spellings(row, options) & partial]
    scaled = {(row.group, row.lhs) for row in equal}
    for row in apart:
        if row.marker and row.group > options.levels and (row.group, row.lhs) in scaled:
            row.free, row.value = True, math.nan


def _assemble(
    rows: list[Row],
    variables: list[Variables],
    records: ModelRecords,
    options: TableOptions,
    notes: tuple[str, ...],
) -> ParameterTable:
    plabels = [f".p{i}." for i in range(1, len(rows) + 1)]
    products = [] if options.product_variables else scale_products(rows, variables)
    partial = _partial(rows, options)
    _free_exempt_markers(rows, options, partial)
    if options.effect_coding:
        free_coded_means(rows)
    sets = _tie(rows, _names_for_equality(rows, variables, options, partial), plabels)
    relations: list[Relation] = list(records.relations)
    relations += _composite_scales(rows, plabels, variables)
    relations += scale_relations(products, plabels, sets)
    if options.product_indicators:
        relations += product_moments(rows, plabels, variables, options.product_indicators == "constrained")
    if options.product_indicators == "unconstrained":
        relations += mean_relations(rows, plabels, variables)
    if options.effect_coding:
        relations += effect_coding_relations(rows, plabels, variables)
    is_free = np.fromiter((row.free for row in rows), bool, len(rows))
    free = np.where(is_free, np.cumsum(is_free), 0)
    table = ParameterTable(
        lhs=tuple([row.lhs for row in rows]),
        op=tuple([row.op for row in rows]),
        rhs=tuple([row.rhs for row in rows]),
        label=tuple([row.label for row in rows]),
        plabel=tuple(plabels),
        user=np.array([row.user for row in rows]),
        group=np.array([row.group for row in rows]),
        free=free,
        value=np.array([row.value if not row.free else math.nan for row in rows]),
        start=np.array([row.start for row in rows]),
        lower=np.array([row.lower for row in rows]),
        upper=np.array([row.upper for row in rows]),
        exo=np.array([row.exo for row in rows], dtype=bool),
        equal=tuple(tuple(int(free[i]) - 1 for i in group) for group in sets),
        variables=tuple(variables),
        relations=tuple(relations),
        meanstructure=options.meanstructure,
        options=options,
        notes=notes,
    )
    referenced(table, records.text)
    return table
