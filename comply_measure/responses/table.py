"""Validated survey answers: one row per informant, with unit, firm and role."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.instrument import Item, Scale
from comply_measure.responses import scoring, shape
from comply_measure.responses.mapping import ColumnMapping, Layout
from comply_measure.responses.selection import form_of, set_of
from comply_measure.responses.several import counts_by_role, patterns_of_roles
from comply_measure.responses.source import Source
from comply_measure.responses.vocabulary import ID_COLUMNS, InformantRule
from comply_measure.statistics.arguments import arguments_checked
from comply_measure.statistics.words import require_known
from comply_measure.tables.wide_names import wide_name

Level = Literal["attribute", "dimension"]


def _same_names(index: pd.Index[str], names: Any) -> bool:
    """Whether an index holds each of the different names once and nothing else; mostly in the same order."""
    return index.equals(pd.Index(names)) or (len(index) == len(names) and set(index) == set(names))


@dataclass(frozen=True, eq=False, repr=False)
class Responses:
    """Validated answers of informants. Treat the frames as read-only; :meth:`subset` gives parts.

    Parameters
    ----------
    data : DataFrame
        One row per informant (RangeIndex): ``unit``, ``firm`` (may be missing throughout), ``role``,
        ``informant``, then one float64 column per item with the code as answered, NaN where missing.
    missing_reason : DataFrame
        Informant x item, categorical: ``""`` (answered), ``not_answered``, ``cannot_judge``,
        ``not_applicable`` (item not meant for the role, or about a stage in which the informant's own function is not
        involved), ``user_missing`` (declared missing by the file
        or the mapping), ``does_not_apply`` (the informant says so).
    units : DataFrame
        Unit-level variables by unit, in the order of first appearance; may have no columns.
    informants : DataFrame
        Informant-level variables, a row per row of `data`; may have no columns.
    scales : tuple of Scale
        The instruments.
    attribute_set : str or None
        Attribute set in force; None if no scale has named sets.
    form : str
        Form in force; of several joined by ``+`` the first makes the scores.
    source : Source
        File and digest.
    notes : tuple of str
        What was noticed while reading: rows skipped, incomplete triads, informants without any answer.
    informant_rule : {"average", "first", "all"} or None
        What was done with several informants of one role in a unit; None where they are not allowed.
    everyone : Responses or None
        All informants, where several of one role were put together in `data`.
    """

    data: pd.DataFrame
    missing_reason: pd.DataFrame
    units: pd.DataFrame
    informants: pd.DataFrame
    scales: tuple[Scale, ...]
    attribute_set: str | None
    form: str
    source: Source
    notes: tuple[str, ...] = ()
    informant_rule: InformantRule | None = None
    everyone: Responses | None = None

    def __post_init__(self) -> None:
        items = list(self.data.columns[len(ID_COLUMNS) :])
        fits = (
            tuple(self.data.columns[: len(ID_COLUMNS)]) == ID_COLUMNS
            and list(self.missing_reason.columns) == items
            and len(self.missing_reason) == len(self.informants) == len(self.data)
            and _same_names(self.units.index, self.data["unit"].unique())
        )
        if not fits:
            raise ComplyError("the frames of Responses do not fit together; use read_responses")

    def __repr__(self) -> str:
        """Who answered what, in a few lines; the answers themselves are in :attr:`data`."""
        people = self.data["role"].value_counts()
        by_role = ", ".join(f"{role} {int(people.get(role, 0))}" for role in self.roles)
        firms = f" of {self.n_firms} firms" if self.n_firms else ""
        items = self.data[list(self.item_ids)]
        missing = float(items.isna().to_numpy().mean()) if items.size else 0.0
        scales = ", ".join(f"{scale.key} {scale.version}" for scale in self.scales)
        chosen = f", attribute set {self.attribute_set}" if self.attribute_set else ""
        return "\n".join(
            (
                f"Responses of {self.n_informants} informants in {self.n_units} units{firms} ({by_role})",
                f"{len(self.item_ids)} items of {scales} ({self.form} form{chosen}); {missing:.1%} of the cells empty",
                f"{self.units.shape[1]} variables of units, {self.informants.shape[1]} of informants; "
                f"source {self.source.file}",
                *(f"note: {note}" for note in self.notes),
            )
        )

    @property
    def n_informants(self) -> int:
        """Number of informants, those without any answer included; those put together count as one."""
        return len(self.data)

    @property
    def n_people(self) -> int:
        """Number of informants who were read, those put together counted one by one."""
        return len((self.everyone or self).data)

    def informant_counts(self) -> pd.DataFrame:
        """Informants by role: ``role``, ``n_units`` that have any, ``n_informants``, ``n_several`` (units with
        more than one), ``most`` in one unit; everyone counted one by one.
        """
        return counts_by_role((self.everyone or self).data, self.roles)

    @property
    def n_units(self) -> int:
        """Number of units with at least one informant."""
        return len(self.units)

    @property
    def n_firms(self) -> int:
        """Number of firms; 0 if firms are unknown."""
        return int(self.data["firm"].nunique())

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """Roles of the scales, in order, whether or not an informant has them."""
        return tuple(dict.fromkeys(role for scale in self.scales for role in scale.roles))

    @cached_property
    def item_ids(self) -> tuple[str, ...]:
        """Ids of all items in the data, in the order of the scales."""
        return tuple(self.data.columns[len(ID_COLUMNS) :])

    @cached_property
    def _items(self) -> Mapping[str, tuple[Scale, Item]]:
        present = set(self.item_ids)
        return {item.id: (scale, item) for scale in self.scales for item in scale.items if item.id in present}

    @arguments_checked
    def scale(self, key: str | None = None) -> Scale:
        """The scale with this key; without a key, the only one.

        Raises
        ------
        ComplyError
            If the key is unknown, or is needed because there are several scales.
        """
        by_key = {scale.key: scale for scale in self.scales}
        if key is None:
            if len(self.scales) > 1:
                raise ComplyError(f"name a scale: one of {', '.join(by_key)}")
            return self.scales[0]
        require_known("scale", key, by_key)
        return by_key[key]

    @arguments_checked
    def items(self, scale_key: str | None = None, kind: str | None = "content") -> tuple[Item, ...]:
        """Items in the data, of one scale and kind if asked (`kind` None: all kinds).

        Of several forms, content items are those of the first, which makes the scores.
        """
        wanted = None if scale_key is None else self.scale(scale_key).key
        return tuple(
            item
            for scale, item in self._items.values()
            if wanted in (None, scale.key)
            and kind in (None, item.kind)
            and (item.kind != "content" or form_of(scale, self.form) in item.forms)
        )

    @arguments_checked
    def stage_items(self, scale_key: str | None = None) -> dict[str, dict[str, tuple[str, ...]]]:
        """Stage -> construct -> ids of its content items that ask about this stage, of any form in the data.

        Raises
        ------
        ComplyError
            If the scale is unknown, or is needed because there are several.
        """
        scale = self.scale(scale_key)
        found: dict[str, dict[str, tuple[str, ...]]] = {stage.key: {} for stage in scale.stages}
        for owner, item in self._items.values():
            if owner.key == scale.key and item.stage is not None and item.kind == "content":
                own = found[item.stage]
                own[item.construct] = (*own.get(item.construct, ()), item.id)
        return {stage: own for stage, own in found.items() if own}

    def pair_items(self, scale_key: str | None = None) -> tuple[Item, ...]:
        """Content items that ask about a pair of roles, of any form in the data, of one scale if asked.

        Raises
        ------
        ComplyError
            If the scale is unknown.
        """
        wanted = None if scale_key is None else self.scale(scale_key).key
        return tuple(
            item
            for scale, item in self._items.values()
            if wanted in (None, scale.key) and item.pair is not None and item.kind == "content"
        )

    @arguments_checked
    def measurement(
        self, scale_key: str | None = None, level: Level = "attribute"
    ) -> dict[str, tuple[str, ...]]:
        """Construct -> ids of its content items that are in the data, in this form and attribute set.

        Without a key, the constructs of all scales.

        Raises
        ------
        ComplyError
            If the scale or level is unknown, the form does not measure that level, or two scales share a
            construct.
        """
        found: dict[str, tuple[str, ...]] = {}
        for scale in self.scales if scale_key is None else (self.scale(scale_key),):
            form, attribute_set = form_of(scale, self.form), set_of(scale, self.attribute_set)
            for construct, names in scale.measurement(level, attribute_set, form).items():
                present = tuple(name for name in names if name in self._items)
                if construct in found:
                    raise ComplyError(f"two scales have a construct '{construct}': name a scale")
                if present:
                    found[construct] = present
        return found

    def scored(self) -> pd.DataFrame:
        """Informant x item, reverse-keyed items recoded (minimum + maximum - x), NaN where missing."""
        # A shallow copy: pandas copies what a caller writes to.
        return self._scored.copy(deep=False)

    @cached_property
    def _scored(self) -> pd.DataFrame:
        return scoring.recoded(self.data[list(self.item_ids)], self.scales)

    @cached_property
    def _scores(self) -> dict[tuple[Level, str | None, float], pd.DataFrame]:
        """Scores that were asked for."""
        return {}

    @arguments_checked
    def scores(
        self, level: Level = "attribute", scale_key: str | None = None, min_valid: float = 0.5
    ) -> pd.DataFrame:
        """Construct scores of every informant.

        An attribute (or a construct without attributes) scores the mean of its valid items, a dimension
        the mean of its attribute scores; NaN unless at least the share `min_valid` of the items
        (attributes) asked of the informant's role is valid. See
        :func:`~comply_measure.responses.scoring.construct_scores`.

        Parameters
        ----------
        level : {"attribute", "dimension"}
            Which constructs.
        scale_key : str, optional
            One scale; all by default.
        min_valid : float
            Least share of valid items, 0 to 1; at least one is always needed.

        Returns
        -------
        DataFrame
            ``unit``, ``firm``, ``role``, then a column per construct; rows as in `data`. :meth:`score_reasons` says
            why a score is missing.
        """
        asked = level, scale_key, min_valid
        if asked not in self._scores:
            items = {name: item for name, (_, item) in self._items.items()}
            measured = self.measurement(scale_key, level)
            values = scoring.construct_scores(
                self._scored, self.data["role"].to_numpy(dtype=object), items, measured, min_valid
            )
            self._scores[asked] = pd.concat([self.data[["unit", "firm", "role"]], values], axis=1)
        return self._scores[asked].copy(deep=False)

    @arguments_checked
    def score_reasons(
        self, level: Level = "attribute", scale_key: str | None = None, min_valid: float = 0.5
    ) -> pd.DataFrame:
        """Why scores of :meth:`scores` are missing: the same shape, with empty text where there is a score."""
        items = {name: item for name, (_, item) in self._items.items()}
        roles = self.data["role"].to_numpy(dtype=object)
        measured = self.measurement(scale_key, level)
        reasons = scoring.score_reasons(self._scored, roles, items, measured, min_valid)
        return pd.concat([self.data[["unit", "firm", "role"]], reasons], axis=1)

    @arguments_checked
    def scores_of_kind(
        self, kind: Literal["global", "overall", "informant"], min_valid: float = 0.5
    ) -> pd.DataFrame:
        """Means of the items of another kind by construct, in the shape and by the rule of :meth:`scores`.

        These items never enter the scores of their constructs: global and overall items rate a construct as a
        whole, informant items rate the informant's competence and involvement.
        """
        items = {item.id: item for item in self.items(kind=kind)}
        measured: dict[str, tuple[str, ...]] = {}
        for name, item in items.items():
            measured[item.construct] = (*measured.get(item.construct, ()), name)
        roles = self.data["role"].to_numpy(dtype=object)
        values = scoring.construct_scores(self.scored(), roles, items, measured, min_valid)
        return pd.concat([self.data[["unit", "firm", "role"]], values], axis=1)

    def score_counts(self, level: Level = "attribute", scale_key: str | None = None) -> pd.DataFrame:
        """Number of valid items behind each score of :meth:`scores`, in the same shape."""
        answered = self.data[list(self.item_ids)].notna()
        counts = {
            construct: answered[list(names)].sum(axis=1)
            for construct, names in self.measurement(scale_key, level).items()
        }
        return pd.concat([self.data[["unit", "firm", "role"]], pd.DataFrame(counts)], axis=1)

    def completeness(self) -> pd.DataFrame:
        """Which roles answered: a row per pattern of roles.

        Returns
        -------
        DataFrame
            ``pattern`` (roles joined by ``+``), one bool column per role, ``n_roles``, ``complete``,
            ``n_units``, ``share`` (of units), ``n_informants``, ``n_without_answers`` (informants who
            answered nothing); complete triads first, then by number of roles and of units.
        """
        return patterns_of_roles(self.data, self.roles, self.without_answers())

    def without_answers(self) -> pd.Series[bool]:
        """True for informants who answered no item at all."""
        return self.data[list(self.item_ids)].isna().all(axis=1)

    @arguments_checked
    def wide(self, columns: Sequence[str] | None = None, values: pd.DataFrame | None = None) -> pd.DataFrame:
        """Unit x ``name@role``.

        Parameters
        ----------
        columns : sequence of str, optional
            Which columns of `values`; by default all but the ids. Of items, only those meant for the
            role are kept.
        values : DataFrame, optional
            A row per informant, as from :meth:`scores`; by default the recoded answers (:meth:`scored`).

        Returns
        -------
        DataFrame
            Index ``unit``; role by role; missing where the role is missing.

        Raises
        ------
        ComplyError
            If a column is unknown or `values` does not have a row per informant.
        """
        table = self.scored() if values is None else values.drop(columns=list(ID_COLUMNS), errors="ignore")
        if len(table) != self.n_informants:
            raise ComplyError(f"values have {len(table)} rows for {self.n_informants} informants")
        names = [str(name) for name in table.columns] if columns is None else list(columns)
        for name in names:
            require_known("column", name, [str(known) for known in table.columns])
        wide = shape.widened(self.data["unit"].tolist(), self.data["role"].tolist(), table[names], self.roles)
        meant = [
            wide_name(name, role, shape.SEPARATOR)
            for role in self.roles
            for name in names
            if name not in self._items or role in self._items[name][1].roles
        ]
        return wide[meant]

    @arguments_checked
    def subset(
        self, role: str | Collection[str] | None = None, units: Collection[str] | None = None
    ) -> Responses:
        """Part of the informants: of some roles, of some units.

        Raises
        ------
        ComplyError
            If a role or unit is unknown or nobody is left.
        """
        keep = np.ones(self.n_informants, dtype=np.bool_)
        if role is not None:
            wanted = [role] if isinstance(role, str) else list(role)
            for name in wanted:
                require_known("role", name, self.roles)
            keep &= self.data["role"].isin(wanted).to_numpy()
        if units is not None:
            for name in units:
                require_known("unit", name, self.units.index.tolist())
            keep &= self.data["unit"].isin(list(units)).to_numpy()
        if not keep.any():
            raise ComplyError("no informant is left in this subset")
        data = self.data.loc[keep].reset_index(drop=True)
        return replace(
            self,
            data=data,
            missing_reason=self.missing_reason.loc[keep].reset_index(drop=True),
            informants=self.informants.loc[keep].reset_index(drop=True),
            units=self.units.loc[self.units.index.isin(data["unit"])],
            notes=(*self.notes, f"a subset of {int(keep.sum())} of {self.n_informants} informants"),
            everyone=None if self.everyone is None else self.everyone.subset(role, units),
        )

    @arguments_checked
    def to_frame(self, layout: Layout = "long", mapping: ColumnMapping | None = None) -> pd.DataFrame:
        """Table as a file would hold it; see :func:`~comply_measure.responses.shape.to_file_frame`."""
        return shape.to_file_frame(self, layout, mapping or ColumnMapping())

    def write_csv(self, path: str | Path, layout: Layout = "long") -> None:
        """Write :meth:`to_frame` as CSV, safe to open in a spreadsheet, and beside it how it is read.

        ``read_responses(path, scales)`` gives the same responses again: ``answers.csv.yaml`` says which columns
        are variables and which are text, the layout, the form and the attribute set. In the wide layout the
        informants of a unit come back in the order of the roles.
        """
        from comply_measure.responses.description import description_of, write_description
        from comply_measure.responses.export import write_csv

        write_csv(self.to_frame(layout), path)
        write_description(description_of(self, layout), path)

    def same_answers(self, other: Responses) -> bool:
        """True if both hold the same informants, answers, reasons and variables, in the same order."""
        pairs = (
            (self.data, other.data),
            (self.missing_reason, other.missing_reason),
            (self.units, other.units),
            (self.informants, other.informants),
        )
        if self.everyone is None or other.everyone is None:
            same_people = self.everyone is other.everyone
        else:
            same_people = self.everyone.same_answers(other.everyone)
        return same_people and all(one.equals(two) for one, two in pairs)
