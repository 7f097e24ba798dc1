"""Second moments of answers: what a reader needs to fit the models again without the answers themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from comply_measure.responses.table import Responses


def covariances(values: pd.DataFrame) -> pd.DataFrame:
    """Covariances of all pairs of columns, from the rows that have both.

    Returns
    -------
    DataFrame
        first, second, covariance (divisor n − 1; NaN with fewer than two rows), n, and the two means over all rows of
        each column: mean_first, mean_second; the lower triangle with the diagonal, row by row.
    """
    names = [str(name) for name in values.columns]
    matrix = values.cov(min_periods=2).to_numpy()
    there = values.notna().to_numpy().astype(np.int64)
    counts, means = there.T @ there, values.mean().to_numpy()
    row, column = np.tril_indices(len(names))
    return pd.DataFrame(
        {
            "first": [names[place] for place in row],
            "second": [names[place] for place in column],
            "covariance": matrix[row, column],
            "n": counts[row, column],
            "mean_first": means[row],
            "mean_second": means[column],
        }
    )


def moment_tables(responses: Responses) -> dict[str, pd.DataFrame]:
    """Name -> covariances: items of each scale for all informants and each role, scores across roles in units."""
    found: dict[str, pd.DataFrame] = {}
    scored, role = responses.scored(), responses.data["role"]
    for scale in responses.scales:
        items = [item.id for item in responses.items(scale.key)]
        if not items:
            continue
        found[f"{scale.key}_items"] = covariances(scored[items])
        for name in responses.roles:
            mine = scored.loc[(role == name).to_numpy(), items].dropna(axis=1, how="all")
            if mine.shape[1]:
                found[f"{scale.key}_items_{name}"] = covariances(mine)
        scores = responses.scores(scale_key=scale.key)
        if scores.shape[1] > 3:
            found[f"{scale.key}_scores_by_role"] = covariances(
                responses.wide(values=scores).dropna(axis=1, how="all")
            )
    return found
