"""Which parameters of a model are measurement, in which block, and which are structure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.arrays import Index
from comply_measure.sem.errors import InputError, ModelError
from comply_measure.sem.language.expressions import names
from comply_measure.sem.language.records import (
    PLAIN,
    ModelRecords,
    Modifiers,
    Product,
    Relation,
    Term,
    columns_of,
)
from comply_measure.sem.table.parameter_table import ParameterTable
from comply_measure.sem.table.variables import variables_of


@dataclass(frozen=True)
class Parts:
    """A table's rows by step.

    Attributes
    ----------
    blocks : tuple of tuple of str
        Factors of each measurement block.
    block_rows : tuple of int arrays
        Rows of each block: loadings, (co)variances and intercepts of its indicators.
    structure : tuple of str
        Variables of the structural part: factors, observed variables, products with a factor in them.
    products : tuple of Product
        The last of these.
    of_structure : tuple of str
        Factors whose intercept is one of the structural part alone, being outcomes of products.
    structure_rows : int array
        Rows of the structural part.
    exogenous : tuple of tuple of str
        By group, predictors that the text neither predicts nor gives a (co)variance or mean; their covariances stay in
        the baseline model, as in lavaan.
    notes : tuple of str
        What was decided.
    """

    blocks: tuple[tuple[str, ...], ...]
    block_rows: tuple[Index, ...]
    structure: tuple[str, ...]
    structure_rows: Index
    exogenous: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    products: tuple[Product, ...] = ()
    of_structure: tuple[str, ...] = ()

    @property
    def single(self) -> tuple[str, ...]:
        """Variables of the structural part that are no products."""
        return self.structure[: len(self.structure) - len(self.products)]


def prepared(records: ModelRecords) -> tuple[ModelRecords, tuple[str, ...]]:
    """A model text that two steps can estimate, with notes on what was changed.

    Exogenous observed variables covary with exogenous factors, as their moments are estimated in the second step. A
    factor with two indicators that belong to no other factor has loadings of one: with a free loading its block would
    not be identified by itself (as in lavaan). Products with a factor in them have a mean, and the latent outcomes of
    these an intercept, which belongs to the point where the components are zero.

    Raises
    ------
    ModelError
        For models that are not a measurement part with a structural part of its factors.
    """
    _refuse(records)
    found, notes = list(records.terms), []
    for factor in dict.fromkeys(term.lhs for term in records.terms if term.op == "=~"):
        if _is_free_pair(records.terms, factor):
            notes.append(f"'{factor}' has two indicators: its loadings are both 1")
            found = [
                replace(t, modifiers=Modifiers(fixed=(1.0,))) if t.op == "=~" and t.lhs == factor else t
                for t in found
            ]
    for block in dict.fromkeys(term.block for term in found):
        found += _means([term for term in found if term.block == block], block)
        found += _covariances([term for term in found if term.block == block], block)
    return replace(records, terms=tuple(found)), tuple(notes)


def _refuse(records: ModelRecords) -> None:
    terms = records.terms
    factors = {term.lhs for term in terms if term.op == "=~"}
    measured = {term.rhs for term in terms if term.op == "=~"}
    where = "structural-after-measurement"
    if not factors:
        raise ModelError(f"{where} needs factors; a model without '=~' is fitted by sem.fit")
    if records.levels or any(term.op == "<~" for term in terms):
        raise ModelError(f"{where} is not available for two-level models and composites; use sem.fit")
    higher = sorted(factors & measured)
    if higher:
        raise ModelError(f"factors measured by factors ({', '.join(higher)}) are not available for {where}")
    for term in terms:
        named = {term.lhs, term.rhs}
        if factors.intersection(columns_of(term.rhs)):
            named.update(columns_of(term.rhs))
        ends = named & measured
        if (term.op == "~" and ends) or (term.op == "~~" and ends and named - measured):
            what = f"'{term.lhs} {term.op} {term.rhs}'"
            raise ModelError(f"{what} joins an indicator with the structural part: use sem.fit")
        fixed = [value for value in term.modifiers.fixed if value == value]
        if term.op == "~~" and term.lhs == term.rhs and term.lhs in factors and fixed:
            raise ModelError(
                f"'{term.lhs} ~~ {term.lhs}' is fixed; {where} estimates variances of factors: fix a loading instead"
            )


def _is_free_pair(terms: Sequence[Term], factor: str) -> bool:
    """Whether a factor has two indicators of its own, residuals uncorrelated with others, and a free loading."""
    mine = [term for term in terms if term.op == "=~" and term.lhs == factor]
    indicators = {term.rhs for term in mine}
    elsewhere = {term.rhs for term in terms if term.op == "=~" and term.lhs != factor}
    joined = any(
        term.op == "~~" and term.lhs != term.rhs and {term.lhs, term.rhs} & indicators for term in terms
    )
    plain = sum(not term.modifiers.fixed and not term.modifiers.label for term in mine)
    blocks = max(len({term.block for term in mine}), 1)
    return len(indicators) == 2 and plain == 2 * blocks and not (indicators & elsewhere) and not joined


def _means(terms: Sequence[Term], block: str) -> Iterator[Term]:
    """Means of products with a factor in them, intercepts of latent outcomes, components that stand nowhere else."""
    known = variables_of(terms)
    latent = set(known.latent)
    found = [
        t for t in terms if t.op == "~" and isinstance(t.rhs, Product) and latent.intersection(t.rhs.parts)
    ]
    wanted = [name for t in found for name in (t.rhs, *([t.lhs] if t.lhs in latent else []))]
    stated = {term.lhs for term in terms if term.op == "~1"}
    for name in dict.fromkeys(wanted):
        if name not in stated:
            yield Term(name, "~1", "", PLAIN, 0, block)
    parts = dict.fromkeys(part for t in found for part in columns_of(t.rhs))
    for name in parts:
        if name not in latent and name not in known.observed:
            yield Term(name, "~~", name, PLAIN, 0, block)


def _covariances(terms: Sequence[Term], block: str) -> Iterator[Term]:
    """Covariances of exogenous observed variables with each other and with exogenous factors, not yet in the text.

    Products are such variables, and so are columns that stand in products alone.
    """
    known = variables_of(terms)
    outcomes = {term.lhs for term in terms if term.op == "~"}
    right = [term.rhs for term in terms if term.op == "~"]
    latent = set(known.latent)
    apart = [p for name in right if latent.intersection(columns_of(name)) for p in columns_of(name)]
    predictors = dict.fromkeys([*right, *apart])
    observed = [name for name in predictors if name in known.observed and name not in outcomes]
    written = {frozenset((term.lhs, term.rhs)) for term in terms if term.op == "~~"}
    for place, name in enumerate(observed):
        for other in (*known.latent_exogenous, *observed[: place + 1]):
            if frozenset((other, name)) not in written:
                yield Term(other, "~~", name, PLAIN, 0, block)


def parts_of(table: ParameterTable, records: ModelRecords, asked: Sequence[Sequence[str]] | None) -> Parts:
    """The rows of a table by step and block.

    Parameters
    ----------
    table : ParameterTable
        Of the whole model.
    records : ModelRecords
        Its text.
    asked : sequence of sequence of str, optional
        Factors that shall be measured together; each of the others has its own block. Blocks with common indicators,
        correlated residuals or common parameters are merged.
    """
    latent = tuple(dict.fromkeys(name for block in table.variables for name in block.latent))
    products = tuple(name for name in latent if isinstance(name, Product))
    factors = tuple(name for name in latent if not isinstance(name, Product))
    measured = {rhs for op, rhs in zip(table.op, table.rhs, strict=True) if op == "=~"}
    given = _given_blocks(asked, factors)
    links = [*_row_links(table, measured)]
    blocks = _merged(factors, [*given, *links])
    notes = _merge_notes(given, blocks) if asked is not None else ()
    owner = {name: number for number, block in enumerate(blocks) for name in block}
    owner_of = {table.rhs[row]: owner[table.lhs[row]] for row in range(len(table)) if table.op[row] == "=~"}
    step = np.array(
        [owner_of.get(table.rhs[r] if table.op[r] == "=~" else table.lhs[r], -1) for r in range(len(table))]
    )
    rows = tuple(np.flatnonzero(step == number) for number in range(len(blocks)))
    observed = dict.fromkeys(
        name for block in table.variables for name in block.observed if name not in measured
    )
    stated = {end for t in records.terms if t.op in ("~~", "~1") and t.line for end in (t.lhs, t.rhs)}
    exogenous = tuple(_predictors(table, group, stated) for group in range(1, table.n_groups + 1))
    structure = (*factors, *observed, *products)
    added = tuple(t.lhs for t in records.terms if t.op == "~1" and not t.line and t.lhs in owner)
    rows_of_structure = np.flatnonzero(step == -1)
    parts = Parts(blocks, rows, structure, rows_of_structure, exogenous, notes, products, added)
    _check_steps(table, parts)
    return parts


def _predictors(table: ParameterTable, group: int, stated: set[str]) -> tuple[str, ...]:
    rows = [row for row in np.flatnonzero(table.group == group).tolist() if table.op[row] == "~"]
    taken = stated.union(table.lhs[row] for row in rows)
    return tuple(dict.fromkeys(table.rhs[row] for row in rows if table.rhs[row] not in taken))


def _given_blocks(asked: Sequence[Sequence[str]] | None, factors: Sequence[str]) -> list[tuple[str, ...]]:
    if asked is None:
        return []
    problems: list[Problem] = []
    if not isinstance(asked, list | tuple) or not all(isinstance(block, list | tuple) for block in asked):
        problems.append(Problem("not a list of lists of factors", column="measurement_blocks", value=asked))
        raise InputError("The measurement blocks cannot be used.", problems)
    seen: set[str] = set()
    for name in (name for block in asked for name in block):
        if name not in factors:
            problems.append(
                Problem(
                    "no factor of the model",
                    column="measurement_blocks",
                    value=name,
                    allowed=", ".join(factors),
                )
            )
        elif name in seen:
            problems.append(Problem("in two blocks", column="measurement_blocks", value=name))
        seen.add(name)
    if problems:
        raise InputError("The measurement blocks cannot be used.", problems)
    return [tuple(block) for block in asked if block]


def _row_links(table: ParameterTable, measured: set[str]) -> Iterator[set[str]]:
    """Sets of factors that have to be measured together."""
    owners: dict[str, set[str]] = {}
    for row in range(len(table)):
        if table.op[row] == "=~":
            owners.setdefault(table.rhs[row], set()).add(table.lhs[row])
    yield from owners.values()
    for row in range(len(table)):
        is_covariance = table.op[row] == "~~" and table.lhs[row] != table.rhs[row]
        zero = not table.free[row] and table.value[row] == 0.0
        if is_covariance and table.lhs[row] in measured and not zero:
            yield owners[table.lhs[row]] | owners[table.rhs[row]]
    for rows in _ties(table):
        named = [table.rhs[row] if table.op[row] == "=~" else table.lhs[row] for row in rows]
        yield set().union(*(owners.get(name, set()) for name in named))


def _ties(table: ParameterTable) -> Iterator[list[int]]:
    """Rows that equality labels or constraints tie to each other."""
    row_of = {int(place) - 1: row for row, place in enumerate(table.free) if place}
    for members in table.equal:
        yield [row_of[place] for place in members]
    for relation in table.relations:
        if relation.op != ":=":
            yield rows_of_names(table, named_in(table, relation))


def named_in(table: ParameterTable, relation: Relation) -> set[str]:
    """Labels a constraint rests on, definitions followed to the labels they rest on."""
    definitions = {r.lhs: r.right for r in table.relations if r.op == ":="}
    found: set[str] = set()
    waiting = [name.name for side in (relation.left, relation.right) for name in names(side)]
    while waiting:
        name = waiting.pop()
        if name in definitions:
            waiting += [inner.name for inner in names(definitions[name])]
        found.add(name)
    return found


def rows_of_names(table: ParameterTable, wanted: Iterable[str]) -> list[int]:
    """Rows that have one of these labels."""
    labels = set(wanted)
    return [row for row in range(len(table)) if table.label[row] in labels or table.plabel[row] in labels]


def _merged(factors: Sequence[str], links: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """Connected sets of factors, in the order of the model."""
    number = {name: place for place, name in enumerate(factors)}
    for link in links:
        members = [number[name] for name in link]
        if members:
            smallest = min(members)
            number = {name: smallest if at in members else at for name, at in number.items()}
    return tuple(
        tuple(name for name in factors if number[name] == at) for at in dict.fromkeys(number.values())
    )


def _merge_notes(given: Sequence[Sequence[str]], blocks: Sequence[Sequence[str]]) -> tuple[str, ...]:
    wanted = {frozenset(block) for block in given}
    merged = [block for block in blocks if len(block) > 1 and frozenset(block) not in wanted]
    return tuple(
        f"{', '.join(block)} are measured in one block: they share indicators, residuals or parameters"
        for block in merged
    )


def _check_steps(table: ParameterTable, parts: Parts) -> None:
    """Refuse constraints between measurement and structure."""
    structural = set(parts.structure_rows.tolist())
    for rows in _ties(table):
        inside = structural.intersection(rows)
        if inside and len(inside) < len(rows):
            described = ", ".join(f"{table.lhs[r]} {table.op[r]} {table.rhs[r]}" for r in rows[:4])
            raise ModelError(
                f"a constraint joins measurement and structure ({described}): two steps cannot keep it; use sem.fit"
            )
