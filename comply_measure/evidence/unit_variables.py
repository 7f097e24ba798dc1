"""What a model of units can name: scores, items and views of roles, unit variables; and how constructs are measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from comply_measure.errors import NotApplicableError
from comply_measure.evidence.focal import Focal, chosen_focal, focal
from comply_measure.sem import quoted
from comply_measure.tables.roles import role_centred
from comply_measure.triads import TriadData, aggregate

if TYPE_CHECKING:
    from comply_measure.responses import Responses

Measurement = Literal["means", "corrected", "roles", "two_level", "items", "reflective", "sam"]
MEASUREMENTS: tuple[Measurement, ...] = get_args(Measurement)
#: Ending of the column of a unit mean that measures a latent variable of the construct's own name.
_MEAN = "@mean"


@dataclass(frozen=True, slots=True)
class Measured:
    """How one construct is measured.

    Parameters
    ----------
    lines : tuple of str
        Model text; empty where the construct is a column.
    columns : tuple of str
        Columns of the data that the text names.
    error : float
        Error variance of the unit score (divisor n), where it is taken off; else 0.
    """

    lines: tuple[str, ...]
    columns: tuple[str, ...]
    error: float = 0.0


class UnitVariables:
    """Everything of a study that has one value per unit.

    Parameters
    ----------
    responses : Responses
        The answers.
    scores : DataFrame, optional
        Unit scores of :func:`comply_measure.evidence.aggregation`, where values are wanted.
    min_roles : int
        Roles that a unit needs for the mean of an item; an item that fewer roles were asked needs all of those.
    """

    def __init__(
        self, responses: Responses, scores: pd.DataFrame | None = None, *, min_roles: int = 2
    ) -> None:
        self.responses = responses
        self.min_roles = min_roles
        self._scores = None if scores is None else scores.set_index("unit")

    @cached_property
    def scales(self) -> tuple[Focal, ...]:
        """The scales, as the data have them."""
        return tuple(focal(self.responses, scale) for scale in self.responses.scales)

    @cached_property
    def constructs(self) -> dict[str, tuple[Focal, tuple[str, ...]]]:
        """Construct or attribute -> its scale, its items."""
        found: dict[str, tuple[Focal, tuple[str, ...]]] = {}
        for chosen in self.scales:
            found |= {name: (chosen, items) for name, items in chosen.wholes.items()}
            if chosen.by_scores:
                found |= {name: (chosen, chosen.items[name]) for name in chosen.indicator_names}
        return found

    @cached_property
    def items(self) -> dict[str, Focal]:
        """Item -> its scale."""
        return {item: chosen for chosen, items in self.constructs.values() for item in items}

    @cached_property
    def overall(self) -> dict[str, tuple[str, ...]]:
        """What stands above the dimensions of the focal scale, with these; empty with fewer than three."""
        chosen = chosen_focal(self.responses, None)
        scored = tuple(name for name in chosen.factors if name in chosen.wholes)
        taken = set(self.constructs) | set(self.responses.units.columns)
        return {chosen.top: scored} if len(scored) > 2 and chosen.top not in taken else {}

    @cached_property
    def views(self) -> dict[str, tuple[str, str]]:
        """``name@role`` -> the score or item, the role."""
        found = {
            f"{name}@{role}": (name, role)
            for name, (chosen, items) in self.constructs.items()
            for role in chosen.roles
            if chosen.asked({name: items}, role)
        }
        for name, chosen in self.items.items():
            found |= {
                f"{name}@{role}": (name, role) for role in chosen.roles if chosen.asked({name: (name,)}, role)
            }
        return found

    def formed(self, name: str) -> bool:
        """Whether a name is a construct that its items form: its index is no indicator of anything else."""
        return name in self.constructs and name in self.constructs[name][0].formed

    def latent(self, name: str, measurement: Measurement) -> bool:
        """Whether a name of the model becomes a latent variable."""
        if name in self.overall:
            return True
        by_items = measurement == "items" and self.formed(name)
        return name in self.constructs and measurement not in ("means", "two_level") and not by_items

    @property
    def numeric(self) -> tuple[str, ...]:
        """Numeric variables of the units."""
        return tuple(map(str, self.responses.units.select_dtypes("number").columns))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every column a model can name: scores, unit variables, items, views of roles."""
        return tuple(dict.fromkeys([*self.constructs, *self.numeric, *self.items, *self.views]))

    @property
    def names(self) -> tuple[str, ...]:
        """Everything a hypothesis can name."""
        return (*self.overall, *self.columns)

    def frame(self, names: Iterable[str]) -> pd.DataFrame:
        """``firm`` and the named columns, a row per unit."""
        assert self._scores is not None  # values are wanted only of scores
        table = self._scores[["firm"]].copy()
        wanted = list(dict.fromkeys(names))
        means = self._item_means([name for name in wanted if self._is_item(name)])
        for name in wanted:
            if name.endswith(_MEAN):
                table[name] = self._scores[name.removesuffix(_MEAN)]
            elif name in self.constructs:
                table[name] = self._scores[name]
            elif name in self.numeric:
                table[name] = self.responses.units[name].reindex(table.index)
            elif name in means:
                table[name] = means[name].reindex(table.index)
            else:
                table[name] = self.view(name).reindex(table.index)
        return table

    def informants(self, names: Iterable[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """``unit``, ``role`` and the named columns, a row per informant; and which of them informants differ in.

        Scores and items are the informants' own, role means taken off; everything else is the unit's.

        Raises
        ------
        NotApplicableError
            Where one role was asked: its answers tell no unit from its informant.
        """
        wanted = list(dict.fromkeys(names))
        own = [name for name in wanted if name in self.constructs or self._is_item(name)]
        parts: dict[int, list[pd.DataFrame]] = {}
        for name in own:
            chosen = self.constructs[name][0] if name in self.constructs else self.items[name]
            self._require_two_roles(name, chosen)
            rows = self._rows(name).drop_duplicates(["unit", "role"])
            parts.setdefault(self.scales.index(chosen), []).append(rows.set_index(["unit", "role"])[[name]])
        by_scale = [pd.concat(columns, axis=1) for columns in parts.values()]
        if not by_scale:
            raise NotApplicableError("nothing in the model was answered by informants")
        table = pd.concat(by_scale, axis=1).dropna(how="all").reset_index()
        table = role_centred(table, own)
        of_units = self.frame([name for name in wanted if name not in own]).drop(columns="firm")
        return table.join(of_units, on="unit"), tuple(own)

    def _require_two_roles(self, name: str, chosen: Focal) -> None:
        items = self.constructs[name][1] if name in self.constructs else (name,)
        if sum(bool(chosen.asked({name: items}, role)) for role in chosen.roles) < 2:
            raise NotApplicableError(f"{name} has one role")

    def _rows(self, name: str) -> pd.DataFrame:
        """Scores of a construct, or answers to an item, with ``unit`` and ``role``."""
        if name not in self.constructs:
            return self.items[name].answers()
        chosen, _ = self.constructs[name]
        level: Literal["attribute", "dimension"] = "dimension" if name in chosen.wholes else "attribute"
        return chosen.scores(level)

    def _is_item(self, name: str) -> bool:
        return name in self.items and name not in self.constructs and name not in self.numeric

    def _item_means(self, items: Sequence[str]) -> pd.DataFrame:
        """Unit means of items over the roles that were asked, role means taken off first."""
        parts: list[pd.DataFrame] = []
        by_scale: dict[tuple[int, tuple[str, ...]], list[str]] = {}
        for item in items:
            chosen = self.items[item]
            roles = tuple(role for role in chosen.roles if chosen.asked({item: (item,)}, role))
            by_scale.setdefault((self.scales.index(chosen), roles), []).append(item)
        for (place, roles), names in by_scale.items():
            triads = TriadData.from_long(self.scales[place].answers(), names, roles=roles)
            needed = min(self.min_roles, len(roles))
            parts.append(aggregate(triads, centring="role", min_roles=needed).frame())
        return pd.concat(parts, axis=1) if parts else pd.DataFrame()

    def view(self, name: str) -> pd.Series[float]:
        """What one role says, ``name@role``, by unit."""
        base, role = self.views[name]
        rows = self._rows(base)
        mine = rows[rows["role"] == role]
        return pd.Series(mine[base].to_numpy(dtype=float), index=mine["unit"].to_numpy(), name=name)

    def measured(self, name: str, measurement: Measurement) -> Measured:
        """How a name of the model is measured: constructs as chosen, everything else as a column.

        By ``items``, a construct that its items form stays its index, a column; ``reflective`` makes its items
        indicators like those of the others. On two levels a construct is a column of informants, whose between part
        the model is about.

        Raises
        ------
        NotApplicableError
            With the reason why it cannot be measured so.
        """
        if name in self.overall:
            parts = self.overall[name]
            return Measured((f"{quoted(name)} =~ {' + '.join(map(quoted, parts))}",), parts)
        if not self.latent(name, measurement):
            if measurement == "two_level" and name in self.constructs:
                self._require_two_roles(name, self.constructs[name][0])
            return Measured((), (name,))
        if measurement == "corrected":
            return self._corrected(name)
        by_items = measurement in ("items", "reflective")
        indicators = self.constructs[name][1] if by_items else self._role_views(name)
        if len(indicators) < 2:
            what = "item" if by_items else "role"
            raise NotApplicableError(f"{name} has one {what}")
        weight = "1*" if len(indicators) == 2 else ""
        sides = " + ".join(f"{weight}{quoted(each)}" for each in indicators)
        return Measured((f"{quoted(name)} =~ {sides}",), tuple(indicators))

    def _role_views(self, name: str) -> tuple[str, ...]:
        return tuple(view for view, (base, _) in self.views.items() if base == name)

    def _corrected(self, name: str) -> Measured:
        error = float(self.error_parts(name)[0])
        column = f"{name}{_MEAN}"
        lines = (f"{quoted(name)} =~ 1*{quoted(column)}", f"{quoted(column)} ~~ {error!r}*{quoted(column)}")
        return Measured(lines, (column,), error)

    def score(self, name: str) -> pd.Series[float]:
        """Values of the units; of what stands above the dimensions, the mean of those."""
        if name in self.overall:
            return self.frame(self.overall[name])[list(self.overall[name])].mean(axis=1, skipna=False)
        return self.frame([name])[name]

    def _view_table(self, name: str) -> pd.DataFrame:
        """Units × roles."""
        if name not in self.overall:
            return pd.concat([self.view(view) for view in self._role_views(name)], axis=1)
        roles = chosen_focal(self.responses, None).roles
        parts = self.overall[name]
        return pd.concat(
            [
                pd.concat([self.view(f"{part}@{role}") for part in parts], axis=1).mean(axis=1, skipna=False)
                for role in roles
            ],
            axis=1,
        )

    def error_parts(self, name: str) -> tuple[float, pd.Series[float]]:
        """Error variance of a unit score, and the influence of every unit on it.

        ``θ = Var(score) − c``, c the mean covariance between the views of two roles over the units that have a score:
        with complete units ``1 − θ/Var(score)`` is coefficient α of the roles, ICC(C,k). Divisor n.

        Raises
        ------
        NotApplicableError
            With one role, views that do not go together, or fewer than three units.
        """
        score = self.score(name).dropna()
        table = self._view_table(name).reindex(score.index)
        if table.shape[1] < 2:
            raise NotApplicableError(f"{name} was answered by one role: nothing tells how far roles agree")
        centred = (table - table.mean()).to_numpy()
        places = [(a, b) for a in range(table.shape[1]) for b in range(a)]
        products = np.stack([centred[:, a] * centred[:, b] for a, b in places], axis=1)
        if (np.isfinite(products).sum(axis=0) < 3).any():
            raise NotApplicableError(f"{name}: two of its roles have fewer than three units in common")
        common = np.nanmean(products, axis=0)
        squares = (score - score.mean()) ** 2
        error = float(squares.mean() - common.mean())
        if common.mean() <= 0:
            raise NotApplicableError(
                f"{name}: views of its roles do not go together, so that no reliability is left"
            )
        share = len(products) / np.isfinite(products).sum(axis=0)
        own = (np.where(np.isfinite(products), products - common, 0.0) * share).mean(axis=1)
        influence = squares - squares.mean() - own
        return max(error, 0.0), influence if error > 0 else influence * 0.0
