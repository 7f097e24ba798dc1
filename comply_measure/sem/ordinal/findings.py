"""Problems peculiar to ordered variables, named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from comply_measure.sem.inference.diagnosis import Finding
from comply_measure.sem.model import Model
from comply_measure.sem.ordinal.layout import OrdinalImplied
from comply_measure.sem.ordinal.sample import OrdinalGroup
from comply_measure.sem.ordinal.values import residual_variances

MANY = 12  # categories above which an ordered variable might as well be continuous (lavaan's limit)


def data_findings(groups: Sequence[OrdinalGroup]) -> Iterator[Finding]:
    """What the sample's tables and correlations give cause to say."""
    for group in groups:
        place = f" in group '{group.name}'" if group.name else ""
        yield from _cells(group, place)
        yield from _correlations(group, place)
        yield from _gaps(group, place)
        names = np.asarray(group.coded.names)[group.coded.ordered]
        many = names[group.coded.n_categories > MANY]
        if len(many) and group is groups[0]:
            listed = ", ".join(many)
            message = f"ordered variables with more than {MANY} categories: {listed}"
            yield Finding("many_categories", message, "consider them continuous", serious=False)


def _cells(group: OrdinalGroup, place: str) -> Iterator[Finding]:
    empty = group.moments.empty_cells
    if empty:
        worst = sorted(empty, key=lambda pair: -empty[pair])[:3]
        listed = ", ".join(f"{a} x {b} ({empty[a, b]})" for a, b in worst)
        yield Finding(
            "empty_cells",
            f"{len(empty)} two-way tables have empty cells{place}, most of them {listed}",
            "join rare categories if estimates look unstable",
            serious=False,
        )


def _correlations(group: OrdinalGroup, place: str) -> Iterator[Finding]:
    if group.moments.at_bound:
        listed = ", ".join(f"{a} with {b}" for a, b in group.moments.at_bound[:5])
        yield Finding(
            "correlation_of_one",
            f"correlations indistinguishable from one{place}: {listed}",
            "drop one variable of each pair; standard errors and tests cannot be trusted",
        )
    smallest = float(np.linalg.eigvalsh(group.moments.covariance)[0])
    if smallest < 0.0:
        yield Finding(
            "correlation_matrix",
            f"the matrix of polychoric correlations{place} is not positive definite (eigenvalue {smallest:.3g})",
            "fewer items, joined categories or more cases; robust CFI, TLI and RMSEA are not defined",
            serious=False,
        )


def _gaps(group: OrdinalGroup, place: str) -> Iterator[Finding]:
    complete = int(group.coded.observed().all(axis=1).sum())
    if complete < group.coded.n_cases:
        yield Finding(
            "pairwise",
            f"missing values are used pairwise{place}: {complete} of {group.coded.n_cases} cases are complete",
            "valid when values are missing completely at random",
            serious=False,
        )


def negative_residuals(model: Model, at_estimates: Sequence[OrdinalImplied]) -> Iterator[Finding]:
    """Ordered variables whose residual variance, what the model leaves of the total, is negative (delta)."""
    for implied, group in zip(at_estimates, model.sample.groups, strict=True):
        if implied.layout.theta:
            continue
        place = f" in group '{group.name}'" if group.name else ""
        left = residual_variances(implied)
        names = implied.layout.observed
        bad = [f"{names[i]} ({left[i]:.3g})" for i in np.flatnonzero(implied.layout.ordered) if left[i] < 0.0]
        if bad:
            yield Finding(
                "heywood",
                f"negative residual variance{place}: {', '.join(bad)}",
                "a Heywood case: the model may be wrong or the sample too small for it",
            )
