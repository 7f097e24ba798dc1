"""Score (Lagrange multiplier) tests: what adding parameters or releasing equality constraints would bring.

With s the derivative of the mean log-likelihood at the estimates, I the expected information per case in
all parameters (the added ones too) and B a basis of the directions that the remaining constraints leave
free (Bentler & Chou, 1992; Silvey, 1959)::

    X² = n sᵀ B (Bᵀ I B)⁺ Bᵀ s          expected change = B (Bᵀ I B)⁺ Bᵀ s

df is the number of directions, with information, that become free. It is below the number of released
constraints when the released model is not identified; lavaan counts constraints then.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.results import Result
from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import ModelError
from comply_measure.sem.fit_measures.chisquare import upper_tail
from comply_measure.sem.inference.covariance import null_space
from comply_measure.sem.language.parser import parse_model
from comply_measure.sem.model import Model
from comply_measure.sem.modification.candidates import Candidate
from comply_measure.sem.modification.extension import ExtendedModel
from comply_measure.sem.modification.standardise import standardised_change
from comply_measure.sem.objective import Point
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.table.namespace import Namespace, difference
from comply_measure.sem.table.parameter_table import ParameterTable

if TYPE_CHECKING:
    import pandas as pd

SINGULAR = 1e-9  # eigenvalues of the scaled information below this share of the largest count as zero


@dataclass(frozen=True)
class ScoreTest(Result):
    """A score test.

    Attributes
    ----------
    chisq, df, pvalue : float
        All together.
    n_constraints : int
        Parameters added or constraints released.
    univariate : DataFrame
        One by one: lhs, op, rhs, chisq, df, pvalue, epc (expected change of an added parameter).
    changes : DataFrame
        Expected values of all parameters when everything is released: lhs, op, rhs, group, label, est,
        epc, epv, sepc.lv, sepc.all, sepc.nox; NaN where the released model does not determine them.
    note : str
        Why a value is missing or df is below ``n_constraints``.
    """

    chisq: float
    df: int
    pvalue: float
    n_constraints: int
    univariate: pd.DataFrame
    changes: pd.DataFrame
    note: str = ""

    def tidy(self) -> pd.DataFrame:
        """The joint test and the single ones in one table."""
        import pandas as pd

        total: dict[str, object] = {"lhs": "all", "op": "==", "rhs": "", "chisq": self.chisq}
        total.update(df=self.df, pvalue=self.pvalue, epc=math.nan)
        return pd.concat([pd.DataFrame([total]), self.univariate], ignore_index=True)


@dataclass(frozen=True)
class _Constraints:
    """Linearised equality constraints of the fitted model: texts and rows in θ (c, q)."""

    texts: tuple[tuple[str, str], ...]
    rows: Array


def constraints_of(model: Model, theta: Array) -> _Constraints:
    """All equality constraints: written ones first, then those of equal labels and groups."""
    table, q = model.table, model.table.n_free
    texts: list[tuple[str, str]] = []
    rows: list[Array] = []
    written = [relation for relation in table.relations if relation.op == "=="]
    if written:
        values = Namespace(table, model.fixed_values).at(theta)
        for relation in written:
            texts.append((relation.lhs, relation.rhs))
            rows.append(difference(relation, values, q).gradient)
    labels = _labels(table)
    for members in table.equal:
        for other in members[1:]:
            row = np.zeros(q)
            row[members[0]], row[other] = 1.0, -1.0
            texts.append((labels[members[0]], labels[other]))
            rows.append(row)
    return _Constraints(tuple(texts), np.array(rows).reshape(-1, q))


def _labels(table: ParameterTable) -> list[str]:
    return [table.plabel[row] for row in np.flatnonzero(table.free).tolist()]


def score_test(
    model: Model,
    optimum: Optimum,
    add: str | None = None,
    release: Sequence[int] | None = None,
) -> ScoreTest:
    """Score test of added parameters or of released equality constraints.

    Parameters
    ----------
    model : Model
        The fitted model.
    optimum : Optimum
        Where it was fitted.
    add : str, optional
        Parameters to add, in the model language; in every group.
    release : sequence of int, optional
        Which constraints to release, from 1 in the order of the result; all by default.

    Raises
    ------
    ModelError
        When the model did not converge, holds no equality constraint to release, when an inequality
        binds, or when a parameter cannot be added.
    """
    if not optimum.converged:
        raise ModelError("score tests need a model that converged")
    if optimum.binding:
        raise ModelError(f"score tests do not apply where inequalities bind: {', '.join(optimum.binding)}")
    point = optimum.point
    known = constraints_of(model, point.theta)
    if add is not None:
        if release is not None:
            raise ModelError("give either parameters to add or constraints to release, not both")
        added = tuple(_candidates(model, add))
        rows = np.hstack([known.rows, np.zeros((len(known.rows), len(added)))])
        unit = np.hstack([np.zeros((len(added), known.rows.shape[1])), np.eye(len(added))])
        texts = (*known.texts, *((_name(candidate), "0") for candidate in added))
        rows = np.vstack([rows, unit])
        chosen = list(range(len(known.rows), len(rows)))
    else:
        added, rows, texts = (), known.rows, known.texts
        chosen = _chosen(len(rows), release)
    return _test(model, point, added, rows, texts, chosen)


def _name(candidate: Candidate) -> str:
    suffix = f".g{candidate.group}" if candidate.group > 1 else ""
    return f"{candidate.lhs}{candidate.op}{candidate.rhs}{suffix}"


def _chosen(n: int, release: Sequence[int] | None) -> list[int]:
    if n == 0:
        raise ModelError("the model has no equality constraint to release")
    if release is None:
        return list(range(n))
    wrong = [number for number in release if not 1 <= number <= n]
    if wrong:
        raise ModelError(f"there are {n} constraints, numbered from 1; not: {', '.join(map(str, wrong))}")
    return [number - 1 for number in dict.fromkeys(release)]


def _candidates(model: Model, text: str) -> list[Candidate]:
    """Parameters of a text as candidates, one per group."""
    found = []
    faults = []
    for term in parse_model(text).terms:
        for group, names in enumerate(model.table.variables, start=1):
            order = {name: i for i, name in enumerate((*names.latent, *names.observed))}
            lhs, rhs = term.lhs, term.rhs
            unknown = [name for name in (lhs, rhs) if name and name not in order]
            if term.op in ("|", "~*~") or unknown:
                faults.append(f"'{lhs} {term.op} {rhs}' ({', '.join(unknown) or 'kind not supported'})")
                break
            if term.op == "~~" and order[lhs] > order[rhs]:
                lhs, rhs = rhs, lhs
            row = _row(model.table, (lhs, term.op, rhs, group))
            if row >= 0 and model.table.free[row]:
                faults.append(f"'{lhs} {term.op} {rhs}' (free already)")
                break
            found.append(Candidate(lhs, term.op, rhs, group, row))
    if faults:
        raise ModelError(f"cannot be added to the model: {'; '.join(faults)}")
    return found


def _row(table: ParameterTable, key: tuple[str, str, str, int]) -> int:
    keys = zip(table.lhs, table.op, table.rhs, table.group.tolist(), strict=True)
    return next((row for row, here in enumerate(keys) if here == key), -1)


def _test(
    model: Model,
    point: Point,
    added: tuple[Candidate, ...],
    rows: Array,
    texts: Sequence[tuple[str, str]],
    chosen: list[int],
) -> ScoreTest:
    extended = ExtendedModel(model, point, added)
    score, information, n = extended.scores, extended.information(), model.sample.n
    before = _Quadratic(information, rows).rank

    def released(which: list[int]) -> tuple[float, int, _Quadratic]:
        left = np.delete(rows, which, axis=0)
        quadratic = _Quadratic(information, left)
        return n * quadratic.value(score), quadratic.rank - before, quadratic

    singles = []
    for place in chosen:
        chisq, df, quadratic = released([place])
        member = place - (len(rows) - len(added))
        change = quadratic.solve(score)[len(score) - len(added) + member] if added else math.nan
        lhs, rhs = texts[place]
        singles.append((lhs, "==", rhs, chisq if df else math.nan, df, upper_tail(chisq, df), change))
    chisq, df, quadratic = released(chosen)
    note = ""
    if df < len(chosen):
        note = f"the released model is not identified: {len(chosen)} constraints, {df} of them testable"
    return ScoreTest(
        chisq=chisq if df else math.nan,
        df=df,
        pvalue=upper_tail(chisq, df),
        n_constraints=len(chosen),
        univariate=_univariate(singles),
        changes=_changes(model, point, added, quadratic, score),
        note=note,
    )


class _Quadratic:
    """The directions that constraints leave free, and the information there."""

    def __init__(self, information: Array, rows: Array) -> None:
        q = len(information)
        self.basis = null_space(rows) if len(rows) else np.eye(q)
        # directions in units of standard errors, so that ranks do not depend on the variables' scales
        scale = 1.0 / np.sqrt(np.maximum(information.diagonal(), np.finfo(np.float64).tiny))
        if len(rows):
            scaled_basis, _ = np.linalg.qr(self.basis / scale[:, None])
            self.basis = scaled_basis * scale[:, None]
        else:
            self.basis = self.basis * scale[:, None]
        values, vectors = np.linalg.eigh(self.basis.T @ information @ self.basis)
        keep = values > SINGULAR * values.max(initial=0.0)
        self.rank = int(keep.sum())
        self.weights = 1.0 / values[keep]
        self.vectors = self.basis @ vectors[:, keep]
        self.lost = self.basis @ vectors[:, ~keep]

    def value(self, score: Array) -> float:
        """Give sᵀ B (BᵀIB)⁺ Bᵀ s."""
        along = self.vectors.T @ score
        return float(self.weights @ along**2)

    def solve(self, score: Array) -> Array:
        """B (BᵀIB)⁺ Bᵀs; NaN for parameters that the data do not determine."""
        change = self.vectors @ (self.weights * (self.vectors.T @ score))
        size = np.abs(self.vectors).max(axis=1, initial=0.0)
        undetermined = np.abs(self.lost).max(axis=1, initial=0.0) > 1e-6 * size
        return np.asarray(np.where(undetermined, math.nan, change))


def _univariate(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=["lhs", "op", "rhs", "chisq", "df", "pvalue", "epc"])


def _changes(
    model: Model, point: Point, added: tuple[Candidate, ...], quadratic: _Quadratic, score: Array
) -> pd.DataFrame:
    import pandas as pd

    table = model.table
    change = quadratic.solve(score)
    free = np.flatnonzero(table.free).tolist()
    own = [Candidate(table.lhs[r], table.op[r], table.rhs[r], int(table.group[r]), r) for r in free]
    everything = [*own, *added]
    est = np.concatenate([point.theta, [model.fixed_values[c.row] if c.row >= 0 else 0.0 for c in added]])
    columns: dict[str, object] = {
        name: np.array([getattr(candidate, name) for candidate in everything], dtype=object)
        for name in ("lhs", "op", "rhs")
    }
    columns["group"] = np.array([candidate.group for candidate in everything], dtype=np.int64)
    columns["label"] = np.array([table.label[r] for r in free] + [""] * len(added), dtype=object)
    columns |= {"est": est, "epc": change, "epv": est + change}
    columns |= standardised_change(model, point, everything, change)
    return pd.DataFrame(columns)
