"""Complete cases of the user's data → the moments of every group (listwise deletion)."""

from __future__ import annotations

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.data import Cases
from comply_measure.sem.errors import InputError
from comply_measure.sem.sample import Sample, moments
from comply_measure.sem.shared import Part, shared_sample


def complete_sample(cases: Cases, unbiased: bool = False) -> Sample:
    """Moments of the complete cases of every group (listwise deletion).

    Parameters
    ----------
    cases : Cases
        The user's data.
    unbiased : bool
        Covariances with divisor n − 1.

    Raises
    ------
    InputError
        When a group has fewer than two complete cases.
    """
    parts = []
    complete_rows = [~np.isnan(values).any(axis=1) for values in cases.values]
    weights = cases.weighting.of(
        [rows[complete] for rows, complete in zip(cases.rows, complete_rows, strict=True)]
    )
    for name, values, codes, rows, complete, own in zip(
        cases.groups, cases.values, cases.clusters, cases.rows, complete_rows, weights, strict=True
    ):
        if not complete.all():
            values, rows = values[complete], rows[complete]
            codes = None if codes is None else codes[complete]
        if len(values) < 2:
            place = f"group '{name}'" if name else "the data"
            raise InputError(
                f"Too few complete cases in {place}.", [Problem("complete cases", value=len(values))]
            )
        parts.append(Part(values, codes, rows, own))
    named = tuple(zip(cases.groups, cases.names, parts, strict=True))
    return shared_sample(
        ("complete", unbiased),
        cases,
        parts,
        lambda: tuple(
            moments(part.data, names, group, part.cluster, part.rows, unbiased, part.weights)
            for group, names, part in named
        ),
    )
