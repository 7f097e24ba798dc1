"""Structures with a general factor beside specific ones: bifactor and bifactor S−1, as model text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from comply_measure.errors import ComplyError
from comply_measure.models.hierarchy import summed
from comply_measure.models.rivals.trees import Factors, check_factors, check_reference
from comply_measure.sem.language.quoting import quoted


def bifactor(factors: Factors, name: str = "alignment") -> str:
    """Every indicator loads on a general factor and on the specific factor of its dimension; all orthogonal.

    Variances are 1. A dimension with two indicators gets equal specific loadings, one with a single indicator
    gets no specific factor: both would not be identified (Reise 2012).

    Raises
    ------
    ComplyError
        For fewer than two dimensions or names used twice.
    """
    check_factors(factors, name, least=2)
    lines = _general(factors, name)
    latent = [quoted(name)]
    for key, indicators in factors.items():
        if len(indicators) > 1:
            lines += [
                f"{quoted(key)} =~ {_specific_terms(key, indicators)}",
                f"{quoted(key)} ~~ 1*{quoted(key)}",
            ]
            latent.append(quoted(key))
    lines += [f"{one} ~~ 0*{two}" for one, two in combinations(latent, 2)]
    return "\n".join(lines)


def bifactor_s1(factors: Factors, reference: str | None = None, name: str = "alignment") -> str:
    """Bifactor S−1: the reference dimension defines the general factor and has no specific factor.

    The specific factors of the other dimensions are what these do not share with the reference; they may
    correlate with each other but not with the general factor (Eid, Geiser, Koch & Heene 2017). Results depend
    on the choice of the reference, which is theoretical.

    Parameters
    ----------
    factors : mapping
        Dimension → indicators.
    reference : str, optional
        Dimension that defines the general factor; the first one if not given.
    name : str
        Name of the general factor.

    Raises
    ------
    ComplyError
        For an unknown reference, a dimension with fewer than two indicators beside it, or names used twice.
    """
    check_factors(factors, name, least=2)
    chosen = next(iter(factors)) if reference is None else reference
    check_reference(chosen, factors)
    lines = _general(factors, name)
    for key, indicators in factors.items():
        if key == chosen:
            continue
        if len(indicators) < 2:
            raise ComplyError(f"{key}: a specific factor of the S−1 model needs at least two indicators")
        own = quoted(key)
        lines += [f"{own} =~ NA*{summed(indicators)}", f"{own} ~~ 1*{own}", f"{quoted(name)} ~~ 0*{own}"]
    return "\n".join(lines)


def _general(factors: Factors, name: str) -> list[str]:
    indicators = [i for members in factors.values() for i in members]
    return [f"{quoted(name)} =~ NA*{summed(indicators)}", f"{quoted(name)} ~~ 1*{quoted(name)}"]


def _specific_terms(key: str, indicators: Sequence[str]) -> str:
    if len(indicators) == 2:
        first, second = map(quoted, indicators)
        label = quoted(f"s_{key}")
        return f"NA*{first} + {label}*{first} + {label}*{second}"
    return f"NA*{summed(indicators)}"
