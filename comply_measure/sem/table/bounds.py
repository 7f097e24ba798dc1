"""Automatic bounds of parameters, by lavaan's words.

De Jonckere & Rosseel (2022, Structural Equation Modeling 29, 412-427), in the form of lavaan 0.7. With s the
sample variances, a marker the indicator whose loading is fixed at one, and ρ = .1 its least reliability:

=================  ==========================================  =============================================
residual variance  0 … s, for a marker 0 … (1 − ρ) s           standard: + .005; wide: − .05 and + .20
latent variance    ρ s … s of the marker; 0 … largest s        wide: + .30
                   without one; .005 … for endogenous factors
loading            ± √(s / least latent variance)              wide: + .10 at both ends
covariance         ± √(upper · upper) of both variances        standard: times .998
=================  ==========================================  =============================================

Additions are shares of the range. ``wide.zerovar`` is ``wide`` with residual variances not below zero. With the theta
parameterization s of an ordered variable whose residual variance is fixed is 1 / ρ, and the least variance of a factor
with such a marker ρ. ``pos.var``, ``pos.ov.var`` and ``pos.lv.var`` are lower bounds of zero for
variances. Bounds in the model text come before automatic ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.errors import InputError
from comply_measure.sem.sample import GroupSample
from comply_measure.sem.table.parameter_table import ParameterTable

LEAST_RELIABILITY = 0.1
LEAST_ENDOGENOUS = 0.005
POSITIVE = {"pos.var": (True, True), "pos.ov.var": (True, False), "pos.lv.var": (False, True)}
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Widening:
    """How far a range is enlarged at its ends, and the factor of covariances."""

    residual: Range
    latent: float
    loading: float
    covariance: float


WIDENINGS = {
    "standard": _Widening((0.0, 0.005), 0.0, 0.0, 0.998),
    "wide": _Widening((0.05, 0.2), 0.3, 0.1, 1.0),
    "wide.zerovar": _Widening((0.0, 0.2), 0.3, 0.1, 1.0),
}


def with_bounds(
    table: ParameterTable, samples: Sequence[GroupSample], word: str, two_level: bool = False
) -> ParameterTable:
    """The table with automatic bounds where the model text has none.

    Parameters
    ----------
    table : ParameterTable
        The model.
    samples : sequence of GroupSample
        One per group (block), for the variances of observed variables.
    word : str
        One of lavaan's words.
    two_level : bool
        Whether blocks are levels: these have no sample variances to bound by.

    Raises
    ------
    InputError
        For words that need sample variances in two-level models.
    """
    if word == "none":
        return table
    if word in WIDENINGS and two_level:
        problem = Problem(
            "not with two-level models", column="bounds", value=word, allowed=", ".join(POSITIVE)
        )
        raise InputError("These bounds need sample variances of the blocks they are for.", [problem])
    lower, upper = table.lower.copy(), table.upper.copy()
    for group, sample in enumerate(samples):
        block = _Block(table, group, sample)
        found = block.positive(*POSITIVE[word]) if word in POSITIVE else block.ranges(WIDENINGS[word])
        for row, (low, high) in found.items():
            if not table.free[row]:
                continue
            lower[row] = table.lower[row] if math.isfinite(table.lower[row]) else low
            upper[row] = table.upper[row] if math.isfinite(table.upper[row]) else high
    return replace(table, lower=lower, upper=upper)


class _Block:
    """Rows of one group and the sample variances they are measured by."""

    def __init__(self, table: ParameterTable, group: int, sample: GroupSample) -> None:
        self.table = table
        names = table.variables[group]
        formed = {composite.name for composite in names.composites}
        self.latent = set(names.latent) - formed
        self.observed = set(names.observed)
        self.s = sample.modelled_variances
        self.rows = np.flatnonzero(table.group == group + 1).tolist()
        self.marker: dict[str, str] = {}
        endogenous = set()
        for row in self.rows:
            lhs, op, rhs = table.lhs[row], table.op[row], table.rhs[row]
            if op == "=~" and rhs in self.observed and not table.free[row] and table.value[row] == 1.0:
                self.marker.setdefault(lhs, rhs)
            if op == "~":
                endogenous.add(lhs)
            elif op == "=~":
                endogenous.add(rhs)
        self.endogenous = endogenous
        unit = {table.lhs[r] for r in self._variances() if not table.free[r] and table.value[r] == 1.0}
        scaled = {table.lhs[row] for row in self.rows if table.op[row] == "~*~"} & unit
        self.in_residuals = table.options.parameterization == "theta" and bool(scaled)
        if self.in_residuals:
            self.s |= {name: self.s[name] / LEAST_RELIABILITY for name in scaled}

    def _least(self, latent: str) -> float:
        """Least variance of a latent variable, by its marker; zero without one."""
        marker = self.marker.get(latent)
        if marker is None:
            return 0.0
        return LEAST_RELIABILITY * (1.0 if self.in_residuals else self.s[marker])

    def positive(self, observed: bool, latent: bool) -> dict[int, Range]:
        """Lower bounds of zero."""
        kinds = (self.observed if observed else set()) | (self.latent if latent else set())
        return {row: (0.0, math.inf) for row in self._variances() if self.table.lhs[row] in kinds}

    def _variances(self) -> list[int]:
        table = self.table
        return [r for r in self.rows if table.op[r] == "~~" and table.lhs[r] == table.rhs[r]]

    def ranges(self, widening: _Widening) -> dict[int, Range]:
        """Bounds of variances, loadings and covariances."""
        found: dict[int, Range] = {}
        highest: dict[str, float] = {}
        markers = set(self.marker.values())
        for row in self._variances():
            name = self.table.lhs[row]
            if not self.table.free[row]:
                highest[name] = float(self.table.value[row])
                continue
            if name in self.observed:
                high = self.s[name] * (1.0 - LEAST_RELIABILITY if name in markers else 1.0)
                found[row] = (0.0 - widening.residual[0] * high, high * (1.0 + widening.residual[1]))
            elif name in self.latent:
                low, high = self._latent_range(name)
                found[row] = (low, high + widening.latent * (high - max(low, 0.0)))
            else:
                continue
            highest[name] = found[row][1]
        found.update(self._loadings(widening.loading))
        found.update(self._covariances(highest, widening.covariance))
        return found

    def _latent_range(self, name: str) -> Range:
        marker = self.marker.get(name)
        high = self.s[marker] if marker else max(self.s.values())
        return (LEAST_ENDOGENOUS if name in self.endogenous else self._least(name)), high

    def _loadings(self, more: float) -> dict[int, Range]:
        table = self.table
        found = {}
        for row in self.rows:
            latent, item = table.lhs[row], table.rhs[row]
            if table.op[row] != "=~" or latent not in self.latent or item not in self.observed:
                continue
            least = 1.0 if table.options.std_lv else self._least(latent)
            if least > 0.0:
                bound = math.sqrt(self.s[item] / least) * (1.0 + 2.0 * more)
                found[row] = (-bound, bound)
        return found

    def _covariances(self, highest: dict[str, float], factor: float) -> dict[int, Range]:
        table = self.table
        found = {}
        for row in self.rows:
            first, second = table.lhs[row], table.rhs[row]
            if table.op[row] != "~~" or first == second or not {first, second} <= highest.keys():
                continue
            product = highest[first] * highest[second]
            if math.isfinite(product) and product > 0.0:
                bound = factor * math.sqrt(product)
                found[row] = (-bound, bound)
        return found
