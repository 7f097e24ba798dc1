"""Parameters a model leaves out: the list whose modification indices are looked at, as lavaan draws it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from comply_measure.sem.table.parameter_table import ParameterTable
from comply_measure.sem.table.variables import Variables

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A parameter that could be free.

    Attributes
    ----------
    lhs, op, rhs : str
        The parameter.
    group : int
        Its group, from 1.
    row : int
        Its row of the table when it is there with a fixed value; −1 for a new parameter.
    """

    lhs: str
    op: str
    rhs: str
    group: int
    row: int = -1


def fixed_exogenous(table: ParameterTable, conditional: bool) -> list[Candidate]:
    """Moments of exogenous variables that the data fix; none where the model is one given these variables."""
    if conditional:
        return []
    return [
        Candidate(table.lhs[row], table.op[row], table.rhs[row], int(table.group[row]), row)
        for row in np.flatnonzero((table.free == 0) & table.exo).tolist()
    ]


def missing_parameters(table: ParameterTable, conditional: bool) -> list[Candidate]:
    """Fixed rows of the table, then every parameter it lacks, group by group.

    Rows that describe fixed exogenous variables are no candidates. New parameters are, per group:
    loadings of the indicators and other observed variables that no formula predicts on every latent
    variable; covariances among indicators and observed outcomes (as lavaan 0.7; earlier ones left the outcomes
    out); (co)variances of exogenous and of latent variables; regressions among all variables that stand in a
    regression; intercepts.

    Parameters
    ----------
    table : ParameterTable
        The fitted model.
    conditional : bool
        Whether it is one given the exogenous variables, which then cannot be outcomes.
    """
    found = [
        Candidate(table.lhs[row], table.op[row], table.rhs[row], int(table.group[row]), row)
        for row in np.flatnonzero((table.free == 0) & ~table.exo).tolist()
    ]
    present = set(zip(table.lhs, table.op, table.rhs, table.group.tolist(), strict=True))
    for group, names in enumerate(table.variables, start=1):
        block = _Block(table, names, group, conditional)
        for lhs, op, rhs in block.parameters():
            key = (lhs, op, rhs, group)
            if key not in present:
                present.add(key)
                found.append(Candidate(lhs, op, rhs, group))
    return found


class _Block:
    """Names of one group's model and the parameters they admit."""

    def __init__(self, table: ParameterTable, names: Variables, group: int, conditional: bool) -> None:
        rows = np.flatnonzero(table.group == group).tolist()
        in_regressions = [table.lhs[row] for row in rows if table.op[row] == "~"]
        in_regressions += [table.rhs[row] for row in rows if table.op[row] in ("~", "<~")]
        self.in_regressions = tuple(dict.fromkeys(in_regressions))
        measured = {table.rhs[row] for row in rows if table.op[row] == "=~"}
        self.given = set(names.exogenous) if conditional else set()
        self.names = names
        self.latent = set(names.latent)
        self.indicators = [name for name in names.observed if name in measured]
        modelled = (measured | set(self.in_regressions)) - set(names.exogenous)
        self.outcomes = [name for name in names.observed if name in modelled]
        self.meanstructure = table.meanstructure

    def parameters(self) -> Iterator[Key]:
        """All parameters the names admit, whether in the table or not."""
        yield from self._loadings()
        yield from self._covariances(self.outcomes)
        if not self.given:
            yield from self._covariances(self.names.exogenous)
        yield from self._covariances(self.names.latent)
        yield from self._regressions()
        if self.meanstructure:
            for name in (*self.names.observed, *self.names.latent):
                if name not in self.given:
                    yield name, "~1", ""

    def _loadings(self) -> Iterator[Key]:
        taken = {*self.names.exogenous, *self.in_regressions}
        targets = [name for name in self.names.observed if name not in taken]
        for latent in self.names.latent:
            for target in targets:
                yield latent, "=~", target

    @staticmethod
    def _covariances(names: Sequence[str]) -> Iterator[Key]:
        for first, second in combinations_with_replacement(names, 2):
            yield first, "~~", second

    def _regressions(self) -> Iterator[Key]:
        indicators = set(self.indicators)
        for outcome in self.in_regressions:
            if outcome in self.given:
                continue
            for predictor in self.in_regressions:
                if outcome == predictor or (outcome in indicators and predictor in self.latent):
                    continue
                yield outcome, "~", predictor
