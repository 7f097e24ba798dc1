"""Modification indices: by how much χ² would fall if one more parameter were free.

For a parameter that is fixed at its value, with s its score (the derivative of the mean
log-likelihood), I the expected information per case and V = I₁₁ − I₁₂ I₂₂⁻¹ I₂₁ what the model's own
parameters leave of it::

    MI = n s² / V          expected change = s / V

(Sörbom, 1989; Saris, Satorra & Sörbom, 1987). I₂₂⁻¹ respects the equality constraints of the model, but
the index does not say what releasing those would bring: :mod:`comply_measure.sem.modification.score_test`
does. A parameter without information of its own, such as a marker loading, has no index. Moments of
fixed exogenous variables count as unknown, so that fixing them makes no difference.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import ModelError
from comply_measure.sem.inference.covariance import standard_covariance
from comply_measure.sem.model import Model
from comply_measure.sem.modification.candidates import Candidate, fixed_exogenous, missing_parameters
from comply_measure.sem.modification.extension import Slopes
from comply_measure.sem.modification.standardise import standardised_change
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.reasons import NO_VARIANCE
from comply_measure.statistics.reasons import undefined_because

if TYPE_CHECKING:
    import pandas as pd

# share of a parameter's information that must be its own (lavaan: ε^⅓ of the absolute value)
OWN_INFORMATION = 1e-8


def indices(slopes: Slopes, n: float) -> tuple[Array, Array]:
    """Modification index and expected change of every candidate; NaN where V is zero.

    Parameters
    ----------
    slopes : Slopes
        Scores and information of the candidates.
    n : int
        Number of cases.
    """
    known = slopes.own > OWN_INFORMATION * np.maximum(slopes.total, np.finfo(np.float64).tiny)
    change = slopes.score / np.where(known, slopes.own, math.nan)
    return n * slopes.score * change, change


def modification_indices(
    model: Model,
    optimum: Optimum,
    sort: bool = False,
    minimum: float = 0.0,
    op: str | tuple[str, ...] | None = None,
) -> pd.DataFrame:
    """Table of modification indices in lavaan's order.

    Parameters
    ----------
    model : Model
        The fitted model.
    optimum : Optimum
        Where it was fitted.
    sort : bool
        Largest index first.
    minimum : float
        Smallest index shown.
    op : str or tuple of str, optional
        Only parameters of these kinds, such as ``"=~"``.

    Returns
    -------
    DataFrame
        lhs, op, rhs, group, mi, epc, sepc.lv, sepc.all, sepc.nox; parameters without an index (not
        identified if freed) are left out. ``attrs["undefined"]`` says why numbers are missing.

    Raises
    ------
    ModelError
        When the model did not converge or its information is singular.
    """
    if not optimum.converged:
        raise ModelError("modification indices need a model that converged")
    found = standard_covariance(optimum.point, "expected", 1, optimum.jacobian)
    if found.vcov is None:
        raise ModelError("modification indices need an identified model: its information matrix is singular")
    candidates = missing_parameters(model.table, model.family.conditional)
    wanted = (op,) if isinstance(op, str) else op
    if wanted is not None:
        candidates = [candidate for candidate in candidates if candidate.op in wanted]
    exogenous = fixed_exogenous(model.table, model.family.conditional)
    extended = model.family.extended(model, optimum.point, [*candidates, *exogenous])
    mi, change = indices(extended.slopes(found.vcov, len(exogenous)), model.sample.n)
    keep = np.flatnonzero(np.isfinite(mi) & (mi >= minimum))
    if sort:
        # Candidates that change the model alike have one index: rounding does not decide their order.
        keep = keep[np.argsort(-np.round(mi[keep], 5), kind="stable")]
    return _frame(model, optimum, [candidates[i] for i in keep], mi[keep], change[keep])


def _frame(
    model: Model, optimum: Optimum, candidates: list[Candidate], mi: Array, change: Array
) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, object] = {
        "lhs": np.array([c.lhs for c in candidates], dtype=object),
        "op": np.array([c.op for c in candidates], dtype=object),
        "rhs": np.array([c.rhs for c in candidates], dtype=object),
        "group": np.array([c.group for c in candidates], dtype=np.int64),
        "mi": mi,
        "epc": change,
    }
    columns.update(standardised_change(model, optimum.point, candidates, change))
    return undefined_because(pd.DataFrame(columns), NO_VARIANCE)
