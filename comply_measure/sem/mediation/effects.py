"""Effects as sums of products of slopes: values at many points of the parameters at once, and exact gradients.

A slope is linear in the rows of the parameter table, ``s = wᵀ b`` with weights that depend on values of moderators. A
*piece* is a product of slopes along a route; an effect is a signed sum of pieces. Standardised, a piece is multiplied
by powers of standard deviations, ``sd(X)/sd(Y)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from comply_measure.sem.arrays import Array

#: Powers of standard deviations by (group from 1, variable).
Scale = tuple[tuple[tuple[int, str], int], ...]


@dataclass(frozen=True)
class Effect:
    """A named effect.

    Attributes
    ----------
    kind : str
        ``specific``, ``total_indirect``, ``direct``, ``total``, ``contrast``, ``index`` (of moderated mediation) or
        ``difference`` (between the highest and the lowest value of a moderator).
    predictor, outcome : str
    through : str
        Mediators of a specific effect; of a contrast both lists.
    moderator : str
        What an index or difference is about.
    at : str
        Values of moderators.
    group : str
        Group, or two of them for a difference.
    pieces : tuple of (float, int)
        Weights and numbers of pieces.
    """

    kind: str
    predictor: str
    outcome: str
    through: str
    moderator: str
    at: str
    group: str
    pieces: tuple[tuple[float, int], ...]

    @property
    def name(self) -> str:
        """What the effect is called."""
        path = f"{self.predictor} → {self.outcome}"
        if self.kind == "contrast":
            return " − ".join(
                f"{self.predictor} → {part} → {self.outcome}" for part in self.through.split(" − ")
            )
        if self.through:
            path = f"{self.predictor} → {self.through} → {self.outcome}"
        words = {
            "specific": "",
            "total_indirect": "total indirect: ",
            "direct": "direct: ",
            "total": "total: ",
        }
        words |= {"index": f"index of {self.moderator}: ", "difference": f"by {self.moderator}: "}
        return f"{words[self.kind]}{path}"


@dataclass
class Pieces:
    """Slopes and pieces of a fit, each once.

    Attributes
    ----------
    slopes : list of array (rows,)
        Weights on the rows of the parameter table.
    pieces : list of (tuple of int, Scale)
        Numbers of slopes, and powers of standard deviations.
    """

    slopes: list[Array] = field(default_factory=list)
    pieces: list[tuple[tuple[int, ...], Scale]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Where each slope and piece stands."""
        self._slope_place: dict[bytes, int] = {}
        self._piece_place: dict[tuple[tuple[int, ...], Scale], int] = {}

    def slope(self, weights: Array) -> int:
        """Number of a slope."""
        key = weights.tobytes()
        if key not in self._slope_place:
            self._slope_place[key] = len(self.slopes)
            self.slopes.append(weights)
        return self._slope_place[key]

    def piece(self, weights: Sequence[Array], scale: Scale) -> int:
        """Number of a product of slopes."""
        key = (tuple(self.slope(each) for each in weights), scale)
        if key not in self._piece_place:
            self._piece_place[key] = len(self.pieces)
            self.pieces.append(key)
        return self._piece_place[key]

    @property
    def spreads(self) -> tuple[tuple[int, str], ...]:
        """The standard deviations that scales need."""
        return tuple(dict.fromkeys(key for _, scale in self.pieces for key, _ in scale))

    def powers(self) -> Array:
        """Powers of the standard deviations in each piece (pieces, spreads)."""
        place = {key: j for j, key in enumerate(self.spreads)}
        out = np.zeros((len(self.pieces), len(place)))
        for i, (_, scale) in enumerate(self.pieces):
            for key, power in scale:
                out[i, place[key]] += power
        return out

    def products(self, rows: Array) -> Array:
        """Pieces at values of the rows (R, rows) → (R, pieces)."""
        slopes = rows @ np.array(self.slopes).T
        out = np.empty((len(rows), len(self.pieces)))
        for i, (places, _) in enumerate(self.pieces):
            out[:, i] = slopes[:, places[0]]
            for place in places[1:]:
                out[:, i] *= slopes[:, place]
        return out

    def gradient(self, row: Array, jacobian: Array) -> Array:
        """Derivatives of the pieces (pieces, q) from values (rows,) and derivatives (rows, q) of the rows."""
        weights = np.array(self.slopes)
        slopes, changes = weights @ row, weights @ jacobian
        out = np.zeros((len(self.pieces), jacobian.shape[1]))
        for i, (places, _) in enumerate(self.pieces):
            for at, place in enumerate(places):
                rest = np.prod(slopes[list(places[:at] + places[at + 1 :])])
                out[i] += rest * changes[place]
        return out


def combination(effects: Sequence[Effect], n_pieces: int) -> Array:
    """Weights of the pieces in each effect (effects, pieces)."""
    out = np.zeros((len(effects), n_pieces))
    for i, effect in enumerate(effects):
        for weight, piece in effect.pieces:
            out[i, piece] += weight
    return out
