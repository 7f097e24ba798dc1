"""Common fate: what the informants of a unit share, per dimension (Kenny & La Voie 1985)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from comply_measure.models.informants.effects import effect_lines
from comply_measure.models.informants.wide import check_design, wide_term
from comply_measure.sem.language.quoting import quoted


def common_fate_model(
    dimensions: Sequence[str],
    roles: Sequence[str],
    outcomes: Sequence[str] = (),
    predictors: Sequence[str] = (),
) -> str:
    """Model text of the common-fate model on dimension scores.

    Per dimension one unit factor with loadings 1 on every role's score; what is left of a role is correlated
    across dimensions within that role. Source: Kenny & La Voie (1985), Ledermann & Kenny (2012). One dimension
    with three roles is just identified; one dimension with two roles is not identified without equal residual
    variances, which are then imposed. The share of a role's variance that is common is
    ``φ/(φ + θ_r)``.

    Parameters
    ----------
    dimensions : sequence of str
        Score columns (names without role).
    roles : sequence of str
    outcomes : sequence of str
        Unit-level columns, or latent variables of appended lines, that the unit factors predict.
    predictors : sequence of str
        Unit-level columns that predict the unit factors, and are controlled for in the outcomes.

    Returns
    -------
    str
    """
    check_design({d: [d] for d in dimensions}, roles)
    units = [f"{d}.unit" for d in dimensions]
    named = [quoted(unit) for unit in units]
    lines = [
        f"{unit} =~ " + " + ".join(f"1*{wide_term(d, role)}" for role in roles)
        for unit, d in zip(named, dimensions, strict=True)
    ]
    if len(roles) == 2 and len(dimensions) == 1:
        lines += [f"{wide_term(dimensions[0], r)} ~~ theta*{wide_term(dimensions[0], r)}" for r in roles]
    for role in roles:
        lines += [
            f"{wide_term(one, role)} ~~ {wide_term(two, role)}" for one, two in combinations(dimensions, 2)
        ]
    if outcomes or predictors:
        lines += [f"{one} ~~ {two}" for one, two in combinations(named, 2)]
    lines += effect_lines(units, outcomes, predictors)
    return "\n".join(lines)
