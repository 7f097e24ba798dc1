"""What a reviewer wants to see of a fitted model beside its fit: residuals, modification indices, covariances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from comply_measure.evidence.attempt import attempt

if TYPE_CHECKING:
    from comply_measure.sem import Fit

_LEVELS = ("within", "between")
#: Largest residual correlations and modification indices that are kept.
_SHOWN = 10


@dataclass(frozen=True, eq=False)
class FitDetails:
    """Details of one fit; tables without rows where there is no optimum.

    Parameters
    ----------
    residuals : DataFrame
        Largest residual correlations: ``first``, ``second``, ``residual``.
    indices : DataFrame
        Largest modification indices: ``lhs``, ``op``, ``rhs``, ``mi``, ``epc``.
    covariance : DataFrame
        What the model was fitted to, divisor n: ``variable`` and a column each.

    Of two levels all three are of the between level.
    """

    residuals: pd.DataFrame
    indices: pd.DataFrame
    covariance: pd.DataFrame

    @classmethod
    def of(cls, fit: Fit) -> FitDetails:
        """Of a fit of one group, of one level or two."""
        nothing = cls(
            pd.DataFrame({"first": [], "second": [], "residual": []}),
            pd.DataFrame({"lhs": [], "op": [], "rhs": [], "mi": [], "epc": []}),
            pd.DataFrame({"variable": []}),
        )
        if not fit.has_optimum or fit.unidentified or not hasattr(fit, "implied"):
            return nothing
        tables = (fit.implied(), fit.residuals("raw"), fit.residuals("cor"))
        blocks = tuple(tables[0].groups)
        if len(blocks) > 1 and blocks != _LEVELS:
            return nothing
        implied, raw, cor = (table.groups[blocks[-1]].cov for table in tables)
        names = [str(name) for name in cor.columns]
        matrix = (implied + raw).set_axis(names, axis=1).reset_index(drop=True)
        matrix.insert(0, "variable", names)
        return cls(_residuals(names, cor), _indices(fit, nothing.indices), matrix)


def _residuals(names: list[str], cor: pd.DataFrame) -> pd.DataFrame:
    values = cor.to_numpy()
    first, second = np.tril_indices(len(names), -1)
    # Residuals that are zero but for rounding stay in the order of the variables.
    order = np.argsort(-np.round(np.abs(values[first, second]), 7), kind="stable")[:_SHOWN]
    return pd.DataFrame(
        {
            "first": [names[first[place]] for place in order],
            "second": [names[second[place]] for place in order],
            "residual": values[first, second][order],
        }
    )


def _indices(fit: Fit, empty: pd.DataFrame) -> pd.DataFrame:
    found, _ = attempt(lambda: fit.modification_indices(sort=True))
    if found is not None and "level" in found:
        found = found[found["level"] == len(_LEVELS)]
    if found is None or not len(found):
        return empty
    kept = found[["lhs", "op", "rhs", "mi", "epc"]].head(_SHOWN).reset_index(drop=True)
    return kept.assign(lhs=kept["lhs"].map(str), rhs=kept["rhs"].map(str))
