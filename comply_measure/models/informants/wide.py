"""Names of models over wide tables, and what such models ask of roles and variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from comply_measure.errors import ComplyError
from comply_measure.sem.language.quoting import quoted
from comply_measure.tables.wide import wide_column

Factors = Mapping[str, Sequence[str]]


def wide_term(variable: str, role: str) -> str:
    """The same as it stands in a model text."""
    return quoted(wide_column(variable, role))


def role_factor(factor: str, role: str) -> str:
    """Name of a dimension's latent variable as one role sees it; differs from any score column."""
    return f"{factor}.by.{role}"


def check_design(factors: Factors, roles: Sequence[str], least_roles: int = 2) -> None:
    """Refuse designs that no multi-informant model can be built for."""
    if len(roles) < least_roles or len(set(roles)) != len(roles):
        raise ComplyError(f"at least {least_roles} different roles are needed; given: {', '.join(roles)}")
    empty = [f for f, items in factors.items() if not items]
    if not factors or empty:
        raise ComplyError(f"every factor needs at least one variable; without: {', '.join(empty) or 'all'}")
    items = [i for members in factors.values() for i in members]
    twice = sorted({i for i in items if items.count(i) > 1})
    if twice:
        raise ComplyError(f"a variable may belong to one factor only; in several: {', '.join(twice)}")


def residual_correlations(items: Iterable[str], roles: Sequence[str]) -> list[str]:
    """Lines that let the residuals of one variable correlate between the roles."""
    return [
        f"{wide_term(item, first)} ~~ {wide_term(item, second)}"
        for item in items
        for first, second in combinations(roles, 2)
    ]
