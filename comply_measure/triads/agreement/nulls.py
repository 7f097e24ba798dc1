"""Null distributions of agreement: how answers would spread if informants answered at random.

Shapes and variances follow James, Demaree and Wolf (1984) for five categories and the table of LeBreton and
Senter (2008) for 5 to 11 categories. That table is not a formula (a strict triangle over seven categories
has variance 2.50, the table says 2.10), so named nulls exist for 5 to 11 categories only; the uniform null
exists for any number. Any other null is given as a probability per category or as a variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Floats

NullSpec = str | float | Sequence[float]

#: LeBreton & Senter (2008, Table 2): variance by name, for 5 to 11 categories.
TABLE = MappingProxyType(
    {
        "slight_skew": (1.34, 1.85, 2.90, 3.47, 5.66, 6.30, 7.31),
        "moderate_skew": (0.90, 1.26, 2.14, 2.79, 4.73, 5.09, 6.32),
        "heavy_skew": (0.44, 0.69, 1.39, 2.35, 3.16, 3.46, 4.02),
        "triangular": (1.32, 1.45, 2.10, 2.81, 3.00, 2.89, 3.32),
        "normal": (1.04, 1.25, 1.40, 1.73, 1.58, 1.45, 1.40),
    }
)
#: Published probabilities of the five-category shapes (James, Demaree & Wolf 1984; LeBreton & Senter 2008).
FIVE_CATEGORIES = MappingProxyType(
    {
        "slight_skew": (0.05, 0.15, 0.20, 0.35, 0.25),
        "moderate_skew": (0.00, 0.10, 0.15, 0.40, 0.35),
        "heavy_skew": (0.00, 0.00, 0.10, 0.40, 0.50),
        "triangular": (0.11, 0.22, 0.34, 0.22, 0.11),
        "normal": (0.07, 0.24, 0.38, 0.24, 0.07),
    }
)
NAMES = ("uniform", *TABLE)
UNNAMED = ", a variance or probabilities"  # what a call may give besides; a study names its nulls
MOST_CATEGORIES = 10_000  # a null has a probability for each


@dataclass(frozen=True, slots=True)
class NullDistribution:
    """A null: its name, its variance and, where it is known, the probability of each category.

    Attributes
    ----------
    name : str
        Name in tables.
    variance : float
        σ²_E.
    pmf : tuple of float or None
        Probability of each category from lowest to highest; None when only the variance is defined, which
        serves the indices but not exact inference.
    """

    name: str
    variance: float
    pmf: tuple[float, ...] | None


def uniform_variance(n_categories: int) -> float:
    """Variance of the discrete uniform null, (A² - 1)/12 for A categories (James, Demaree & Wolf 1984)."""
    return (n_categories**2 - 1) / 12.0


def n_categories(minimum: float, maximum: float) -> int:
    """Number of answer categories A = H - L + 1.

    Raises
    ------
    InputError
        If the ends are not whole numbers with L < H, or lie too far apart for answers to be counted.
    """
    if not (np.isfinite(minimum) and np.isfinite(maximum)) or minimum != int(minimum):
        raise _range_error(minimum, maximum)
    if maximum != int(maximum) or maximum <= minimum:
        raise _range_error(minimum, maximum)
    if maximum - minimum >= MOST_CATEGORIES:
        raise _range_error(minimum, maximum, f", at most {MOST_CATEGORIES:,} categories")
    return int(maximum - minimum) + 1


def _range_error(minimum: float, maximum: float, limit: str = "") -> InputError:
    allowed = f"two whole numbers, the lower first{limit}"
    fault = Problem("answer range", value=(minimum, maximum), allowed=allowed)
    return InputError("The answer scale cannot be used.", [fault])


def null_distribution(null: NullSpec, minimum: float, maximum: float) -> NullDistribution:
    """Resolve a null given as a name, a variance or a probability per category.

    Parameters
    ----------
    null : str, float or sequence of float
        One of ``uniform``, ``slight_skew``, ``moderate_skew``, ``heavy_skew``, ``triangular``, ``normal``;
        or a positive variance; or A probabilities from the lowest to the highest category.
    minimum, maximum : float
        Ends of the answer scale.

    Raises
    ------
    InputError
        Unknown name, a name not tabled for this number of categories, a non-positive variance, or
        probabilities that are negative, do not sum to 1 or are not one per category.
    """
    categories = n_categories(minimum, maximum)
    if isinstance(null, str):
        return _named(null, categories)
    if np.ndim(null) == 0:
        return _from_variance(float(null))  # type: ignore[arg-type]
    return _from_pmf(tuple(float(p) for p in null), categories)  # type: ignore[union-attr]


def null_distributions(
    nulls: NullSpec | Sequence[NullSpec], minimum: float, maximum: float
) -> tuple[NullDistribution, ...]:
    """Resolve one null or several; a flat sequence of numbers is one null given by probabilities."""
    many = (
        not isinstance(nulls, str)
        and isinstance(nulls, Sequence)
        and any(isinstance(null, str) or np.ndim(null) > 0 for null in nulls)
    )
    specs: Sequence[NullSpec] = nulls if many else [nulls]  # type: ignore[assignment, list-item]
    resolved = tuple(null_distribution(null, minimum, maximum) for null in specs)
    names = [null.name for null in resolved]
    if len(set(names)) < len(names):
        raise InputError("The null distributions cannot be used.", [Problem("a null is named twice")])
    return resolved


def _named(name: str, categories: int) -> NullDistribution:
    if name == "uniform":
        return NullDistribution(name, uniform_variance(categories), (1.0 / categories,) * categories)
    if name not in TABLE:
        raise _null_error("unknown null", name, ", ".join(NAMES) + UNNAMED)
    if not 5 <= categories <= 11:
        raise _null_error(
            f"null '{name}' is not defined for {categories} categories",
            name,
            f"uniform{UNNAMED}; named shapes exist for 5 to 11 categories",
        )
    pmf = FIVE_CATEGORIES[name] if categories == 5 else None
    return NullDistribution(name, TABLE[name][categories - 5], pmf)


def _from_variance(variance: float) -> NullDistribution:
    if not (np.isfinite(variance) and variance > 0):
        raise _null_error("null variance", variance, "a positive number")
    return NullDistribution(f"variance {variance:g}", variance, None)


def _from_pmf(pmf: tuple[float, ...], categories: int) -> NullDistribution:
    probabilities = np.array(pmf)
    if len(pmf) != categories:
        raise _null_error("number of null probabilities", len(pmf), f"{categories}, one per category")
    if not np.all(probabilities >= 0) or abs(probabilities.sum() - 1.0) > 1e-9:
        raise _null_error("null probabilities", pmf, "non-negative numbers that sum to 1")
    variance = pmf_variance(probabilities)
    if variance <= 0:
        raise _null_error("null probabilities", pmf, "more than one category with positive probability")
    return NullDistribution("pmf " + " ".join(f"{p:g}" for p in pmf), variance, pmf)


def pmf_variance(pmf: Floats) -> float:
    """Variance of a distribution over consecutive categories, Σ p_a (a - μ)²."""
    category = np.arange(len(pmf), dtype=np.float64)
    mean = float(pmf @ category)
    return float(pmf @ (category - mean) ** 2)


def _null_error(message: str, value: object, allowed: str) -> InputError:
    fault = Problem(message, value=value, allowed=allowed)
    return InputError("The null distribution cannot be used.", [fault])
