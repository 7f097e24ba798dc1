"""The triad data object: informants by role in units, long ⇄ wide without loss.

A triad has one informant per role in a unit; here the number and the names of the roles are free. The data
are held as one array unit × role × variable with NaN where an informant or an answer is missing, and a flag
that tells an absent informant from one who answered nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arguments import arguments_checked
from comply_measure.statistics.arrays import Bools, Floats
from comply_measure.tables.long_table import HEADLINE, LongTable, long_table
from comply_measure.tables.wide_names import PRESENT, split_wide_name, wide_name


@dataclass(frozen=True, slots=True)
class TriadData:
    """Informants of distinguishable roles in units.

    Attributes
    ----------
    units : ndarray, shape (G,)
        Unit keys in the order of their first row.
    firms : ndarray, shape (G,), or None
        Firm of each unit.
    roles : tuple of str
        The R roles, in the order that signs the gaps (first minus second).
    columns : tuple of str
        The J variables.
    values : ndarray, shape (G, R, J)
        Scores; NaN where missing.
    present : ndarray of bool, shape (G, R)
        Whether the unit has an informant of the role, answers or not.
    """

    units: NDArray[Any]
    firms: NDArray[Any] | None
    roles: tuple[str, ...]
    columns: tuple[str, ...]
    values: Floats
    present: Bools

    @classmethod
    @arguments_checked
    def from_long(
        cls,
        data: pd.DataFrame,
        columns: Sequence[str],
        *,
        unit: str = "unit",
        role: str = "role",
        firm: str | None = None,
        roles: Sequence[str] | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
    ) -> TriadData:
        """Build from one row per informant.

        Parameters
        ----------
        data : DataFrame
            Long table.
        columns : sequence of str
            Variables to keep.
        unit, role, firm : str
            Key columns; units need not belong to firms.
        roles : sequence of str, optional
            Roles and their order; by default the order of their first row. A role that nobody has stays as
            an empty column; a role in the data that is not named is an error.
        minimum, maximum : float, optional
            Range of the variables; values outside are problems.

        Raises
        ------
        InputError
            Every fault of the table, two informants of one role in a unit and a unit in two firms included.
        """
        table = long_table(data, columns, unit=unit, role=role, firm=firm, minimum=minimum, maximum=maximum)
        return _cube(table, tuple(roles) if roles is not None else None)

    @classmethod
    @arguments_checked
    def from_wide(
        cls,
        data: pd.DataFrame,
        *,
        unit: str | None = None,
        firm: str | None = None,
        separator: str = "@",
        roles: Sequence[str] | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
    ) -> TriadData:
        """Build from one row per unit with columns ``variable@role``; the inverse of :meth:`to_wide`.

        Columns ``present@role`` of zeros and ones, as `to_wide` writes them where it has to, tell an informant
        who answered nothing from none.

        Parameters
        ----------
        data : DataFrame
            Wide table; columns without the separator, other than the keys, are left out.
        unit, firm : str, optional
            Key columns; the index is the unit when none is named.
        separator : str
            Between variable and role.
        roles : sequence of str, optional
            Roles and their order; needed where names hold the separator more than once.
        minimum, maximum : float, optional
            Range of the variables; values outside are problems.

        Raises
        ------
        InputError
            No such column, repeated units, numbers expected, or names that can be taken apart in two ways.
        """
        names = [str(c) for c in data.columns if separator in str(c) and c not in (unit, firm)]
        if not names:
            fault = Problem("no wide columns", allowed=f"names like variable{separator}role")
            raise InputError(HEADLINE, [fault])
        pairs = _name_pairs(names, separator, roles)
        columns = tuple(dict.fromkeys(variable for variable, _ in pairs if variable != PRESENT))
        found = tuple(dict.fromkeys(role for _, role in pairs)) if roles is None else tuple(roles)
        if unit is None and ("unit" in data.columns or data.index.nlevels > 1):
            fault = Problem(
                "is it the unit, or the index?", column="unit", allowed="unit='unit', or a plain index"
            )
            raise InputError(HEADLINE, [fault])
        keyed = data.reset_index(names="unit") if unit is None else data
        key = unit or "unit"
        table = long_table(keyed, names, unit=key, firm=firm, minimum=minimum, maximum=maximum)
        if len(pd.unique(table.unit)) < len(table.unit):
            raise InputError(HEADLINE, [Problem("a unit has two rows in a wide table", column=key)])
        values = np.full((len(data), len(found), len(columns)), np.nan)
        present = np.zeros(values.shape[:2], dtype=np.bool_)
        for place, (variable, role) in enumerate(pairs):
            if variable == PRESENT:
                present[:, found.index(role)] |= table.values[:, place] == 1
            else:
                values[:, found.index(role), columns.index(variable)] = table.values[:, place]
        return cls(table.unit, table.firm, found, columns, values, present | ~np.isnan(values).all(axis=2))

    @property
    def n_units(self) -> int:
        """Number of units G."""
        return len(self.units)

    @property
    def n_informants(self) -> int:
        """Number of informants."""
        return int(self.present.sum())

    @property
    def complete(self) -> Bools:
        """Units with an informant in every role, shape (G,)."""
        return np.asarray(self.present.all(axis=1))

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Places of the two roles of each pair, first before second."""
        return tuple(combinations(range(len(self.roles)), 2))

    @property
    def pair_names(self) -> tuple[str, ...]:
        """Names of the pairs, ``first - second``."""
        return tuple(f"{self.roles[a]} - {self.roles[b]}" for a, b in self.pairs)

    def select(
        self, columns: Sequence[str] | None = None, units: NDArray[Any] | slice | None = None
    ) -> TriadData:
        """Some of the variables or units; `units` is a mask, positions or a slice."""
        rows = slice(None) if units is None else units
        places = slice(None) if columns is None else [self._place(name) for name in columns]
        return replace(
            self,
            units=self.units[rows],
            firms=None if self.firms is None else self.firms[rows],
            columns=self.columns if columns is None else tuple(columns),
            values=self.values[rows][:, :, places],
            present=self.present[rows],
        )

    def _place(self, name: str) -> int:
        if name not in self.columns:
            fault = Problem("column is absent", column=name, allowed=", ".join(self.columns))
            raise InputError(HEADLINE, [fault])
        return self.columns.index(name)

    def to_long(self) -> pd.DataFrame:
        """One row per informant: unit, firm (when known), role and the variables."""
        rows, places = np.nonzero(self.present)
        frame = pd.DataFrame(self.values[rows, places], columns=list(self.columns))
        keys: dict[str, Any] = {"unit": self.units[rows]}
        if self.firms is not None:
            keys["firm"] = self.firms[rows]
        keys["role"] = np.array(self.roles, dtype=object)[places]
        return pd.concat([pd.DataFrame(keys), frame], axis=1)

    def to_wide(self, separator: str = "@") -> pd.DataFrame:
        """One row per unit with columns ``variable@role``, indexed by unit; firm first when known.

        Informants without any value are kept by further columns ``present@role``.
        """
        names = [wide_name(column, role, separator) for column in self.columns for role in self.roles]
        flat = self.values.transpose(0, 2, 1).reshape(self.n_units, len(names))
        frame = pd.DataFrame(flat, columns=names, index=pd.Index(self.units, name="unit"))
        if (self.present != ~np.isnan(self.values).all(axis=2)).any():
            here = pd.DataFrame(
                self.present.astype(np.float64),
                columns=[wide_name(PRESENT, role, separator) for role in self.roles],
                index=frame.index,
            )
            frame = pd.concat([frame, here], axis=1)
        if self.firms is not None:
            frame.insert(0, "firm", self.firms)
        return frame


def _name_pairs(names: Sequence[str], separator: str, roles: Sequence[str] | None) -> list[tuple[str, str]]:
    """Variable and role of each wide name; problems where there is no such pair, or more than one."""
    problems: list[Problem] = []
    pairs: list[tuple[str, str]] = []
    for name in names:
        ways = _ways(name, separator)
        if roles is not None:
            ways = [way for way in ways if way[1] in roles]
        if len(ways) != 1:
            what = "no role is named so" if not ways else "more than one way to take the name apart"
            allowed = "state roles" if roles is None else f"one of the roles {', '.join(roles)} at the end"
            problems.append(Problem(what, column=name, allowed=allowed))
        else:
            pairs.append(ways[0])
    if problems:
        raise InputError(HEADLINE, problems)
    return pairs


def _ways(name: str, separator: str) -> list[tuple[str, str]]:
    """Every way to take a wide name apart; one that :func:`wide_name` protected has one."""
    if "\\" in name:
        found = split_wide_name(name, separator)
        return [] if found is None else [found]
    parts = name.split(separator)
    return [(separator.join(parts[:cut]), separator.join(parts[cut:])) for cut in range(1, len(parts))]


def _cube(table: LongTable, roles: tuple[str, ...] | None) -> TriadData:
    grouping = table.grouping()
    labels = np.asarray(table.role)
    found = tuple(dict.fromkeys(labels.tolist()))
    roles = found if roles is None else roles
    problems = [
        Problem("role is not among the roles named", column="role", value=label, allowed=", ".join(roles))
        for label in found
        if label not in roles
    ]
    firms = None
    if table.firm is not None:
        firms = np.asarray(table.firm)[grouping.order[grouping.starts]]
        problems += _firm_problems(table, firms[grouping.codes])
    if problems:
        raise InputError(HEADLINE, problems)
    place = pd.Index(list(roles)).get_indexer(pd.Index(labels))
    values = np.full((grouping.n_units, len(roles), len(table.columns)), np.nan)
    values[grouping.codes, place] = table.values
    present = np.zeros(values.shape[:2], dtype=bool)
    present[grouping.codes, place] = True
    return TriadData(grouping.labels, firms, tuple(str(r) for r in roles), table.columns, values, present)


def _firm_problems(table: LongTable, expected: NDArray[Any]) -> list[Problem]:
    firm = np.asarray(table.firm)
    differs = (firm != expected) & ~(pd.isna(firm) & pd.isna(expected))
    units = dict.fromkeys(table.unit[differs].tolist())
    return [Problem("unit belongs to two firms", row=str(key), column="firm") for key in units]
