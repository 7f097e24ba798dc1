"""Expected parameter changes in the metric of standardised variables.

As for estimates (:mod:`comply_measure.sem.inference.standardized`): a path changes by sd(source) /
sd(target), a variance by 1 / var, a covariance by 1 / √(s_ii s_jj) with the *residual* variances of both,
an intercept by 1 / sd. For a variance lavaan gives the standardised variance itself with the sign of its
change; so does this module. ``lv`` scales latent variables, ``all`` every variable, ``nox`` all but fixed
exogenous ones, whether they are source or target.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.implied import Implied
from comply_measure.sem.model import Model
from comply_measure.sem.modification.candidates import Candidate
from comply_measure.sem.objective import Point

TINY = 1.5e-8  # a variance below this has no standardised value; 0 is given (as lavaan)
NO_CHANGE = 1e-9


def standardised_change(
    model: Model, point: Point, candidates: Sequence[Candidate], change: Array
) -> dict[str, Array]:
    """Columns ``sepc.lv``, ``sepc.all`` and ``sepc.nox``.

    Parameters
    ----------
    model : Model
        The fitted model.
    point : Point
        The estimates.
    candidates : sequence of Candidate
        The parameters.
    change : array (e,)
        Their expected changes.
    """
    scales = [_Scales(model, point, g) for g in range(model.table.n_groups)]
    factors = np.array([scales[c.group - 1].rows(c) for c in candidates], dtype=np.int64).reshape(-1, 2)
    table = np.vstack([scale.table for scale in scales])
    shift = np.concatenate([[0], np.cumsum([len(scale.table) for scale in scales])])
    first = shift[np.array([c.group - 1 for c in candidates], dtype=np.int64)]
    factor = table[first + factors[:, 0]] * table[first + factors[:, 1]]
    is_variance = np.array([c.op == "~~" and c.lhs == c.rhs for c in candidates], dtype=bool)
    with np.errstate(invalid="ignore"):
        scaled = change[:, None] * factor
    est = model.values(point.theta)
    for place in np.flatnonzero(is_variance).tolist():
        candidate = candidates[place]
        value = est[candidate.row] if candidate.row >= 0 else 0.0
        moves = abs(change[place]) > NO_CHANGE * abs(value)
        size = abs(value) if abs(value) >= TINY and moves else 0.0
        scaled[place] = np.sign(change[place]) * size * factor[place] if size else 0.0
    return dict(zip(("sepc.lv", "sepc.all", "sepc.nox"), scaled.T, strict=True))


class _Scales:
    """What one group's parameters are multiplied by, as products of two rows of a table.

    Columns of the table are ``lv``, ``all`` and ``nox``; its first row is one.
    """

    def __init__(self, model: Model, point: Point, number: int) -> None:
        table = model.table
        names = table.variables[number]
        total = _total(model, point.implied[number])
        est = model.values(point.theta)
        residual = {
            table.lhs[row]: float(np.sqrt(abs(est[row])))
            for row in np.flatnonzero(table.group == number + 1).tolist()
            if table.op[row] == "~~" and table.lhs[row] == table.rhs[row]
        }
        self.place = {name: i for i, name in enumerate(total)}
        self.size = len(total)
        sd = np.array(list(total.values()))
        own = np.array([residual.get(name, np.nan) for name in total])
        latent = np.array([name in names.latent for name in total])[:, None]
        moving = ~np.array([name in model.exogenous[number] for name in total])[:, None]
        everything = np.ones((1, 3))
        scaled = np.hstack([latent, np.ones_like(latent), moving])
        self.table = np.vstack(
            [
                everything,
                np.where(scaled, _powers(sd, 1.0), 1.0),
                np.where(scaled, _powers(sd, -1.0), 1.0),
                np.where(scaled, _powers(own, -1.0), 1.0),
            ]
        )

    def rows(self, candidate: Candidate) -> tuple[int, int]:
        """Two rows of the table whose product scales a parameter."""
        place, size, op = self.place, self.size, candidate.op
        lhs = place.get(candidate.lhs, 0)
        rhs = place.get(candidate.rhs, 0)
        if op == "=~":
            return 1 + lhs, 1 + size + rhs
        if op in ("~", "<~"):
            return 1 + rhs, 1 + size + lhs
        if op == "~~":
            block = 1 + (1 if candidate.lhs == candidate.rhs else 2) * size
            return block + lhs, block + rhs
        return (1 + size + lhs, 0) if op in ("~1", "|") else (0, 0)


def _powers(size: Array, power: float) -> Array:
    """size**power as a column; NaN where the size is not positive."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(size > 0.0, size**power, np.nan)[:, None]


def _total(model: Model, implied: Implied) -> dict[str, float]:
    """Implied standard deviation of every variable; NaN where the variance is negative."""
    layout = implied.layout
    variance = model.family.variances(implied)
    with np.errstate(invalid="ignore"):
        observed, sources = np.split(np.sqrt(variance), [layout.p])
    return dict(zip(layout.sources, sources, strict=True)) | dict(zip(layout.observed, observed, strict=True))
