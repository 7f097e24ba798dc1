"""Which column of the file is what; missing and unknown columns are named with the nearest one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from comply_measure.responses.cells import folded
from comply_measure.responses.faults import Faults
from comply_measure.responses.mapping import ColumnMapping, Layout
from comply_measure.responses.roles import role_words
from comply_measure.responses.selection import Selection
from comply_measure.statistics.words import counted, did_you_mean, nearest

Place = tuple[str, str]
"""Item (or variable) and role; the role is empty in the long layout."""


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """Columns of a file by what they hold; a name is missing where the file lacks the column.

    Parameters
    ----------
    unit, firm, role : str or None
        Id columns.
    informants : mapping
        Role -> column of informant ids (role ``""`` in the long layout).
    answers : mapping
        (item id, role) -> column.
    unit_variables : mapping
        Variable -> column.
    informant_variables : mapping
        (variable, role) -> column.
    roles : tuple of str
        Roles that have columns (wide layout), or may occur (long).
    notes : tuple of str
        Columns left out.
    """

    unit: str | None
    firm: str | None
    role: str | None
    informants: Mapping[str, str]
    answers: Mapping[Place, str]
    unit_variables: Mapping[str, str]
    informant_variables: Mapping[Place, str]
    roles: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Finder:
    """Finds columns and remembers which were used and which were wanted in vain."""

    names: tuple[str, ...]
    mapping: ColumnMapping
    faults: Faults
    used: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def take(self, column: str, purpose: str) -> str | None:
        """The column, if the file has it and nothing else claims it."""
        if column not in self.names:
            return None
        if column in self.used:
            self.faults.add(f"the column is claimed for {self.used[column]} and {purpose}", column=column)
        self.used[column] = purpose
        return column

    def require(self, column: str, purpose: str) -> str | None:
        """The column; its absence is a problem."""
        found = self.take(column, purpose)
        if found is None:
            self.absent.setdefault(column, purpose)
        return found

    def optional(self, column: str | None, field_name: Literal["firm", "informant"]) -> str | None:
        """A column the user may have named, or whose default name may be there."""
        if column is None:
            return None
        if self.mapping.requires(field_name):
            return self.require(column, field_name)
        return self.take(column, field_name)


def plan_columns(
    names: Iterable[str],
    selection: Selection,
    mapping: ColumnMapping,
    layout: Layout,
    faults: Faults,
    *,
    firm_elsewhere: bool = False,
    units_elsewhere: bool = False,
) -> ColumnPlan | None:
    """Assign every column of a file; None if the file is in the other layout.

    Parameters
    ----------
    names : iterable of str
        Columns of the file.
    selection : Selection
        Items the study asked.
    mapping : ColumnMapping
        The user's column names.
    layout : {"long", "wide"}
        One row per informant or per unit.
    faults : Faults
        Receives missing, unknown and doubly claimed columns.
    firm_elsewhere, units_elsewhere : bool
        True if the firm, or the unit-level variables, are in a separate units file.
    """
    finder = _Finder(tuple(names), mapping, faults)
    _check_names(selection, mapping, faults)
    if _looks_like_the_other_layout(finder, selection, layout):
        return None
    unit = finder.require(mapping.unit, "the unit")
    firm = finder.take(mapping.firm, "firm") if firm_elsewhere and mapping.firm else None
    if not firm_elsewhere:
        firm = finder.optional(mapping.firm, "firm")
    unit_variables = {}
    if not units_elsewhere:
        unit_variables = {
            name: finder.require(col, f"variable {name}") for name, col in mapping.units.items()
        }
    if layout == "long":
        # Where everybody has the same role, no column need say so.
        only = len(selection.roles) == 1 and "role" not in mapping.model_fields_set
        role = finder.take(mapping.role, "the role") if only else finder.require(mapping.role, "the role")
        informant = finder.optional(mapping.informant, "informant")
        informants = {"": informant}
        answers, roles = _long_answers(finder, selection), selection.roles
        variables = {
            (name, ""): finder.require(col, f"variable {name}") for name, col in mapping.informants.items()
        }
    else:
        role = None
        answers, informants, variables, roles = _wide_columns(finder, selection)
    notes = _left_out(finder, selection, layout)
    _report(finder)
    return ColumnPlan(
        unit,
        firm,
        role,
        {key: column for key, column in informants.items() if column},
        {place: column for place, column in answers.items() if column},
        {name: column for name, column in unit_variables.items() if column},
        {place: column for place, column in variables.items() if column},
        roles,
        notes,
    )


def _check_names(selection: Selection, mapping: ColumnMapping, faults: Faults) -> None:
    """Item ids and role keys in the mapping must be those of the scales."""
    known = {item.id for _, item in selection.items} | selection.outside
    for item in mapping.items:
        if item not in known:
            allowed = did_you_mean(item, known, lead="") or "an item id of the scales"
            faults.add("the mapping names an unknown item", value=item, allowed=allowed)
    for word, role in mapping.roles.items():
        if role not in selection.roles:
            allowed = ", ".join(selection.roles)
            faults.add(f"the mapping gives an unknown role for '{word}'", value=role, allowed=allowed)
    named = set(mapping.roles.values())
    for role in mapping.role_labels:
        if role not in named:
            allowed = ", ".join(sorted(named)) or "roles that 'roles' names"
            faults.add("'role_labels' names an unknown role", value=role, allowed=allowed)


def _looks_like_the_other_layout(finder: _Finder, selection: Selection, layout: Layout) -> bool:
    """True, with a problem, if not one item column fits and those of the other layout do."""
    mapping, present = finder.mapping, set(finder.names)
    columns = [mapping.items.get(item.id, item.id) for _, item in selection.items]
    words = [word for forms in role_words(selection.scales, mapping).spellings.values() for word in forms]
    fits = {
        "long": not present.isdisjoint(columns),
        "wide": any(mapping.wide_column(column, word) in present for column in columns for word in words),
    }
    other = "wide" if layout == "long" else "long"
    if fits[layout] or not fits[other]:
        return False
    finder.faults.add(
        f"no item column of the {layout} layout, but columns of the {other} layout",
        value=layout,
        allowed=f"state layout: {other}",
    )
    return True


def _long_answers(finder: _Finder, selection: Selection) -> dict[Place, str | None]:
    columns = finder.mapping.items
    return {
        (item.id, ""): finder.require(columns.get(item.id, item.id), f"item {item.id}")
        for _, item in selection.items
    }


def _wide_columns(
    finder: _Finder, selection: Selection
) -> tuple[dict[Place, str | None], dict[str, str | None], dict[Place, str | None], tuple[str, ...]]:
    """Columns of every role that has any; a role without columns was not surveyed."""
    mapping = finder.mapping
    present = set(finder.names)
    spellings = role_words(selection.scales, mapping).spellings
    columns = {item.id: mapping.items.get(item.id, item.id) for _, item in selection.items}
    surveyed = tuple(
        role
        for role in selection.roles
        if any(
            mapping.wide_column(col, name) in present for col in columns.values() for name in spellings[role]
        )
    )
    answers: dict[Place, str | None] = {}
    informants: dict[str, str | None] = {}
    variables: dict[Place, str | None] = {}

    def spelled(column: str, role: str) -> str:
        names = [mapping.wide_column(column, name) for name in spellings[role]]
        return next((name for name in names if name in present), names[0])

    for role in surveyed or selection.roles:
        for _, item in selection.items:
            column = spelled(columns[item.id], role)
            if role in item.roles:
                answers[item.id, role] = finder.require(column, f"item {item.id} of {role}")
            else:
                answers[item.id, role] = finder.take(column, f"item {item.id} of {role}")
        if mapping.informant is not None:
            informants[role] = finder.optional(spelled(mapping.informant, role), "informant")
        for name, column in mapping.informants.items():
            variables[name, role] = finder.require(spelled(column, role), f"variable {name} of {role}")
    return answers, informants, variables, surveyed or selection.roles


def _left_out(finder: _Finder, selection: Selection, layout: Layout) -> tuple[str, ...]:
    """Set aside known items that the study does not use, and what the user says to ignore."""
    mapping = finder.mapping
    spellings = role_words(selection.scales, mapping).spellings.values()
    roles = [""] if layout == "long" else [word for words in spellings for word in words]
    other = 0
    for item in selection.outside:
        column = mapping.items.get(item, item)
        for role in roles:
            name = column if layout == "long" else mapping.wide_column(column, role)
            if name in finder.names and name not in finder.used:
                finder.used[name] = f"item {item}"
                other += 1
    for name in mapping.ignore:
        if name in finder.used:
            finder.faults.add(f"the column is ignored and used for {finder.used[name]}", column=name)
    ignored = 0
    for name in finder.names:
        if name in finder.used:
            continue
        if name in mapping.leave_out:
            finder.used[name] = "rows that are left out"
        elif any(fnmatchcase(name, pattern) for pattern in mapping.ignore):
            finder.used[name] = "nothing"
            ignored += 1
    notes = []
    if other:
        notes.append(
            counted(
                other,
                "column of an item outside the form or attribute set was left out",
                "columns of items outside the form or attribute set were left out",
            )
        )
    if ignored:
        notes.append(f"{counted(ignored, 'column was', 'columns were')} ignored as the mapping says")
    return tuple(notes)


def _report(finder: _Finder) -> None:
    """Missing columns with the nearest unused one, unknown columns with the nearest missing one."""
    unknown = [name for name in finder.names if name not in finder.used]
    for column, purpose in finder.absent.items():
        near = _like(column, unknown)
        hint = f"; did you mean '{near}'?" if near else ""
        finder.faults.add(f"missing column for {purpose}{hint}", column=column)
    for column in unknown:
        near = _like(column, finder.absent) or _like(column, finder.used)
        hint = f"; did you mean '{near}'?" if near else ""
        finder.faults.add(
            f"unknown column{hint}", column=column, allowed="a column of the study, or list it under ignore"
        )


def _like(name: str, known: Iterable[str]) -> str | None:
    """Nearest known name; names that differ only in case and blanks come first."""
    known = list(known)
    same = next((other for other in known if folded(other) == folded(name)), None)
    return same or nearest(name, known)
