"""The scale a step is about, and its structure as the data have it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from comply_measure.errors import NotApplicableError
from comply_measure.models import factors_of
from comply_measure.responses.selection import form_of, set_of
from comply_measure.tables.roles import POOLED, by_role

if TYPE_CHECKING:
    from comply_measure.instrument import Scale
    from comply_measure.responses import Responses

Level = Literal["attribute", "dimension"]


@dataclass(frozen=True, eq=False)
class Focal:
    """A scale and its structure in a data set.

    Parameters
    ----------
    scale : Scale
        The instrument.
    level : {"attribute", "dimension"}
        Lowest level the form measures.
    factors : dict
        Dimension (or construct) -> its indicators: attribute scores, or items.
    by_scores : bool
        Whether the indicators are attribute scores.
    items : dict
        Construct -> its items, at the lowest level.
    rows : ndarray of bool
        Informants whose role answers the scale.
    responses : Responses
        The data.
    """

    scale: Scale
    level: Level
    factors: dict[str, tuple[str, ...]]
    by_scores: bool
    items: dict[str, tuple[str, ...]]
    rows: pd.Series[bool]
    responses: Responses

    @property
    def title(self) -> str:
        """Short title of the scale in its first language: what stands before a colon."""
        return self.scale.title[self.scale.languages[0]].partition(":")[0].strip()

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of the scale that are in the data."""
        present = set(self.responses.data["role"].unique())
        return tuple(role for role in self.scale.roles if role in present)

    @property
    def n_informants(self) -> int:
        """Informants whose role answers the scale."""
        return int(self.rows.sum())

    @property
    def n_units(self) -> int:
        """Units with such an informant."""
        return int(self.responses.data.loc[self.rows, "unit"].nunique())

    @property
    def shares_units(self) -> bool:
        """Whether any unit has informants of two roles."""
        ids = self.responses.data.loc[self.rows, ["unit", "role"]].drop_duplicates()
        return bool(ids["unit"].duplicated().any())

    @property
    def several(self) -> int:
        """Units with more than one informant of one role."""
        ids = self.responses.data.loc[self.rows, ["unit", "role"]]
        return int(ids.loc[ids.duplicated(), "unit"].nunique())

    @property
    def wholes(self) -> dict[str, tuple[str, ...]]:
        """Dimensions, and constructs without one, with all their items."""
        return self.responses.measurement(self.scale.key, "dimension")

    @property
    def formed(self) -> tuple[str, ...]:
        """Constructs that their items form by the scale file (Rossiter, 2002); every topic asks here.

        Such items add up to an index, the mean of the valid ones with equal weights, and need not go together:
        consistency, loadings and what follows from them are a reflective reading beside it, no evidence.
        """
        return tuple(key for key in self.items if self.scale.construct(key).mode == "formed")

    @property
    def indices(self) -> tuple[str, ...]:
        """Factors that are indices of their items; none where the indicators are scores."""
        return () if self.by_scores else tuple(key for key in self.factors if key in self.formed)

    @property
    def reflective(self) -> dict[str, tuple[str, ...]]:
        """Factors that show in their indicators."""
        return {key: names for key, names in self.factors.items() if key not in self.indices}

    @property
    def measures(self) -> dict[str, tuple[str, ...]]:
        """Factors and their indicators; an index has none and is a column of its own."""
        return {key: () if key in self.indices else names for key, names in self.factors.items()}

    @property
    def measure_names(self) -> tuple[str, ...]:
        """Columns of a model that follows the modes of measurement: indicators, and indices in their place."""
        return tuple(name for key, names in self.measures.items() for name in names or (key,))

    @property
    def shown(self) -> dict[str, tuple[str, ...]]:
        """Factors and their indicators where each must have one: an index has itself (:func:`index_column`)."""
        return {
            key: (index_column(key),) if key in self.indices else names for key, names in self.factors.items()
        }

    def measured(self) -> pd.DataFrame:
        """Unit, firm, role and the columns of :attr:`measure_names`."""
        table = self.indicators()
        if self.indices:
            table = table.join(self.scores(self.level)[list(self.indices)])
        return table[["unit", "firm", "role", *self.measure_names]]

    @property
    def indicator_names(self) -> tuple[str, ...]:
        """All indicators, factor by factor."""
        return tuple(name for names in self.factors.values() for name in names)

    @property
    def reflective_names(self) -> tuple[str, ...]:
        """Indicators of the factors that show in them."""
        return tuple(name for names in self.reflective.values() for name in names)

    @property
    def indicator_kind(self) -> str:
        """What the indicators are, in words."""
        return "attribute scores" if self.by_scores else "items"

    @property
    def top(self) -> str:
        """Name of what stands above the factors: their common parent, else ``overall``."""
        parents = {self.scale.construct(key).parent for key in self.factors}
        only = next(iter(parents)) if len(parents) == 1 else None
        return only or "overall"

    def asked(
        self, scales: Mapping[str, Sequence[str]], role: str | None = None
    ) -> dict[str, tuple[str, ...]]:
        """The items of each construct that a role was asked; constructs without any are left out."""
        meant = {item.id: item.roles for item in self.scale.items}
        kept = {
            key: tuple(name for name in names if role is None or role in meant.get(name, (role,)))
            for key, names in scales.items()
        }
        return {key: names for key, names in kept.items() if names}

    def answers(self) -> pd.DataFrame:
        """Unit, firm, role and the recoded items of the scale's informants."""
        ids = self.responses.data[["unit", "firm", "role"]]
        return pd.concat([ids, self.responses.scored()], axis=1)[self.rows.to_numpy()]

    def scores(self, level: Level) -> pd.DataFrame:
        """Unit, firm, role and the construct scores of the scale's informants."""
        return self.responses.scores(level, self.scale.key)[self.rows.to_numpy()]

    def indicators(self) -> pd.DataFrame:
        """Unit, firm, role and the indicators of the factors."""
        table = self.scores("attribute") if self.by_scores else self.answers()
        return table[["unit", "firm", "role", *self.indicator_names]]


def index_column(construct: str) -> str:
    """Name of an index as the single indicator of its construct; no item can have it."""
    return f"index of {construct}"


def focal(responses: Responses, scale: Scale) -> Focal:
    """Structure of a scale in the data: only what was asked."""
    direct = {entry.key for entry in scale.constructs if entry.level == "dimension"}
    level: Level = "attribute"
    if any(item.construct in direct for item in responses.items(scale.key)):
        level = "dimension"
    items = responses.measurement(scale.key, level)
    chosen, form = set_of(scale, responses.attribute_set), form_of(scale, responses.form)
    by_scores = level == "attribute" and bool(scale.dimensions(chosen))
    present = set(items) if by_scores else {name for names in items.values() for name in names}
    factors = {
        key: kept
        for key, names in factors_of(scale, chosen, form).items()
        if (kept := tuple(name for name in names if name in present))
    }
    rows = responses.data["role"].isin(scale.roles)
    return Focal(scale, level, factors, by_scores, items, rows, responses)


def chosen_focal(responses: Responses, name: str | None) -> Focal:
    """The scale named, else the first that has dimensions, else the first.

    Raises
    ------
    ComplyError
        If no scale has this name.
    """
    if name is not None:
        return focal(responses, responses.scale(name))
    with_dimensions = (
        scale for scale in responses.scales if any(c.level == "dimension" for c in scale.constructs)
    )
    return focal(responses, next(with_dimensions, responses.scales[0]))


def mean_and_sd(values: pd.Series[float]) -> dict[str, float]:
    """``n_informants``, ``mean`` and ``sd`` (n - 1) of scores; NaN where there is no score, or one alone."""
    return {
        "n_informants": len(values),
        "mean": float(values.mean()) if len(values) else math.nan,
        "sd": float(values.std()) if len(values) > 1 else math.nan,
    }


def by_group(
    chosen: Focal,
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    compute: Callable[[pd.DataFrame, dict[str, tuple[str, ...]]], pd.DataFrame],
) -> pd.DataFrame:
    """A table over all informants and over those of each role, every role with the items it was asked.

    Parameters
    ----------
    chosen : Focal
        The scale.
    data : DataFrame
        A row per informant with ``role``.
    scales : mapping of str to sequence of str
        Construct -> its items (or scores, which every role has).
    compute : callable
        Given rows and scales, a table with the construct in ``scale`` and one row or more for each; without
        groups of its own.

    Returns
    -------
    DataFrame
        Construct by construct, ``group`` in place of compute's.
    """
    parts = []
    for group, mine in by_role(data, chosen.roles):
        asked = chosen.asked(scales, None if group == POOLED else group)
        if len(mine) and asked:
            parts.append(compute(mine, asked).assign(group=group))
    table = pd.concat(parts, ignore_index=True)
    places = {name: place for place, name in enumerate(scales)}
    return table.sort_values("scale", key=lambda names: names.map(places), kind="stable", ignore_index=True)


def require_roles(chosen: Focal, least: int = 2) -> None:
    """Refuse analyses between roles where there is one role only, or no unit with two.

    Raises
    ------
    NotApplicableError
        If so.
    """
    if (n := len(chosen.roles)) < least:
        raise NotApplicableError(
            f"scale '{chosen.scale.key}' was answered by {n} role{'' if n == 1 else 's'}; "
            f"this step compares at least {least}"
        )
    if not chosen.shares_units:
        raise NotApplicableError(
            "no unit has informants of two roles: there is nothing to compare within units"
        )


def require_company(chosen: Focal) -> None:
    """Refuse analyses of agreement where every unit has one informant.

    Raises
    ------
    NotApplicableError
        If so.
    """
    if not chosen.responses.data.loc[chosen.rows, "unit"].duplicated().any():
        raise NotApplicableError("no unit has two informants: there is nothing to agree within units")


def require_categories(chosen: Focal) -> None:
    """Refuse analyses of answers as categories where answers of several informants were averaged.

    Raises
    ------
    NotApplicableError
        If an answer lies between the categories.
    """
    answers = chosen.answers().drop(columns=["unit", "firm", "role"])
    if (answers.mod(1) > 0).to_numpy().any():
        raise NotApplicableError(
            "answers of several informants of one role were averaged and lie between the categories of the scale; "
            "this step needs answers as they were given (informants: first)"
        )
