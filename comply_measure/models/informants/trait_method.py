"""Trait and method factors of structurally different informants."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from comply_measure.errors import ComplyError
from comply_measure.models.informants.effects import effect_lines
from comply_measure.models.informants.wide import Factors, check_design, residual_correlations, wide_term
from comply_measure.sem.language.quoting import quoted


def ct_cm1_model(
    factors: Factors,
    roles: Sequence[str],
    reference: str,
    item_residuals: bool = True,
    outcomes: Sequence[str] = (),
    covariates: Sequence[str] = (),
) -> str:
    """Model text of the correlated-trait, correlated-(methods − 1) model.

    The reference role defines the trait of every dimension; the other roles have one method factor per
    dimension, uncorrelated with the trait of the same dimension. Traits correlate, method factors correlate,
    and traits may correlate with the method factors of other dimensions. Sources: Eid (2000), Eid et al. (2003,
    2008). The solution depends on the reference role: report it.

    Parameters
    ----------
    factors : mapping
        Dimension → its variables (names without role), at least two per dimension.
    roles : sequence of str
    reference : str
        One of the roles.
    item_residuals : bool
        Let the residuals of the same item correlate between roles (what is specific to the item's content).
    outcomes : sequence of str
        Unit-level columns, or latent variables of appended lines, that traits and method factors predict.
    covariates : sequence of str
        Unit-level columns that correlate with traits and method factors. They are not made predictors: given
        a predictor of both, trait and method factor would be uncorrelated only conditionally, which is
        another model (Koch, Holtmann, Bohn & Eid 2018).

    Returns
    -------
    str
    """
    check_design(factors, roles)
    if reference not in roles:
        raise ComplyError(f"reference role {reference!r} is not among: {', '.join(roles)}")
    thin = [f for f, items in factors.items() if len(items) < 2]
    if thin:
        raise ComplyError(
            f"a method factor needs at least two variables per dimension; too few: {', '.join(thin)}"
        )
    others = [r for r in roles if r != reference]
    lines: list[str] = []
    for factor, items in factors.items():
        columns = [wide_term(i, r) for r in [reference, *others] for i in items]
        trait = quoted(f"{factor}.trait")
        lines.append(f"{trait} =~ {' + '.join(columns)}")
        for role in others:
            method = quoted(f"{factor}.method.{role}")
            lines.append(f"{method} =~ " + " + ".join(wide_term(i, role) for i in items))
            lines.append(f"{trait} ~~ 0*{method}")
    if item_residuals:
        lines += residual_correlations((i for items in factors.values() for i in items), roles)
    latent = [f"{f}.{kind}" for f in factors for kind in ("trait", *(f"method.{r}" for r in others))]
    named = [quoted(column) for column in covariates]
    for k, column in enumerate(named):
        lines += [f"{column} ~~ {column}", f"{column} ~ 1"]
        lines += [f"{column} ~~ {name}" for name in (*map(quoted, latent), *named[k + 1 :])]
    lines += effect_lines(latent, outcomes, ())
    return "\n".join(lines)


def ct_cm_model(dimensions: Sequence[str], roles: Sequence[str]) -> str:
    """Model text of correlated traits and correlated methods on dimension scores.

    One trait factor per dimension, one method factor per role, traits uncorrelated with methods
    (Marsh & Grayson 1995). Often inadmissible or not converged: then prefer correlated uniquenesses.
    Needs at least three dimensions and three roles.
    """
    _check_grid(dimensions, roles)
    traits = [quoted(f"{d}.trait") for d in dimensions]
    methods = [quoted(f"method.{r}") for r in roles]
    lines = _traits(dimensions, roles)
    lines += [
        f"{method} =~ " + " + ".join(wide_term(d, r) for d in dimensions)
        for method, r in zip(methods, roles, strict=True)
    ]
    lines += [f"{t} ~~ 0*{m}" for t in traits for m in methods]
    return "\n".join(lines)


def ct_cu_model(dimensions: Sequence[str], roles: Sequence[str]) -> str:
    """Model text of correlated traits with uniquenesses that correlate within a role (Marsh & Grayson 1995)."""
    _check_grid(dimensions, roles)
    lines = _traits(dimensions, roles)
    for role in roles:
        lines += [
            f"{wide_term(one, role)} ~~ {wide_term(two, role)}" for one, two in combinations(dimensions, 2)
        ]
    return "\n".join(lines)


def _traits(dimensions: Sequence[str], roles: Sequence[str]) -> list[str]:
    return [f"{quoted(f'{d}.trait')} =~ " + " + ".join(wide_term(d, r) for r in roles) for d in dimensions]


def _check_grid(dimensions: Sequence[str], roles: Sequence[str]) -> None:
    check_design({d: [d] for d in dimensions}, roles, least_roles=3)
    if len(dimensions) < 3:
        raise ComplyError(
            f"trait and method factors need at least three dimensions; given: {len(dimensions)}"
        )
