"""Power and sample size of tests of fit (MacCallum, Browne & Sugawara, 1996; Satorra & Saris, 1985).

Under an RMSEA of ε the test statistic of a model with df degrees of freedom is χ²_df(λ), ``λ = (N − 1) df ε² / G``
for N cases in G groups together. A test of H₀: RMSEA = ε₀ against ε_a rejects beyond the 1 − α point of χ²_df(λ₀)
when ε₀ < ε_a (exact and close fit), below the α point when ε₀ > ε_a (not-close fit).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from comply_measure.errors import InputError, Problem
from comply_measure.results import Result
from comply_measure.sem.arguments import is_number
from comply_measure.sem.fit_measures.chisquare import noncentral_cdf, noncentral_quantile
from comply_measure.statistics.checks import is_share

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 10**9


@dataclass(frozen=True, slots=True)
class PowerOfModel(Result):
    """Power of the χ² test against a population in which the model is wrong.

    Attributes
    ----------
    n : tuple of int
        Sample sizes asked for.
    df : int
        Degrees of freedom of the model.
    discrepancy : float
        F₀, the ML discrepancy in the population.
    alpha : float
        Level of the test.
    power : tuple of float
        Per sample size.
    """

    n: tuple[int, ...]
    df: int
    discrepancy: float
    alpha: float
    power: tuple[float, ...]

    @property
    def rmsea(self) -> float:
        """√(F₀/df), the population RMSEA; NaN when df is zero."""
        return math.sqrt(self.discrepancy / self.df) if self.df else math.nan

    def tidy(self) -> pd.DataFrame:
        """One row per sample size: n, df, discrepancy, rmsea, noncentrality, alpha, power."""
        import pandas as pd

        rows = [
            (n, self.df, self.discrepancy, self.rmsea, n * self.discrepancy, self.alpha, power)
            for n, power in zip(self.n, self.power, strict=True)
        ]
        names = ["n", "df", "discrepancy", "rmsea", "noncentrality", "alpha", "power"]
        return pd.DataFrame(rows, columns=names)


def rmsea_power(
    n: int,
    df: int,
    rmsea_true: float = 0.08,
    rmsea_null: float = 0.05,
    alpha: float = 0.05,
    groups: int = 1,
) -> float:
    """Power of the test of H₀: RMSEA = ``rmsea_null`` when it is ``rmsea_true``.

    Parameters
    ----------
    n : int
        Cases in all groups together.
    df : int
        Degrees of freedom of the model.
    rmsea_true, rmsea_null : float
        .08 against .05 is the test of close fit, .05 against 0 that of exact fit, .01 against .05 that of not-close
        fit (MacCallum, Browne & Sugawara, 1996).
    alpha : float
        Level of the test.
    groups : int
        Number of groups.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    InputError
        Naming every argument out of range.
    """
    _check(n=n, df=df, rmsea_true=rmsea_true, rmsea_null=rmsea_null, alpha=alpha, groups=groups)
    return _power(n, df, rmsea_true, rmsea_null, alpha, groups)


def rmsea_sample_size(
    df: int,
    power: float = 0.80,
    rmsea_true: float = 0.08,
    rmsea_null: float = 0.05,
    alpha: float = 0.05,
    groups: int = 1,
) -> int:
    """Smallest number of cases at which :func:`rmsea_power` reaches ``power``.

    Parameters
    ----------
    df, rmsea_true, rmsea_null, alpha, groups
        As for :func:`rmsea_power`.
    power : float
        Power wanted.

    Returns
    -------
    int
        Cases in all groups together.

    Raises
    ------
    InputError
        Naming every argument out of range, or when no sample of up to a thousand million cases is large enough.
    """
    _check(df=df, rmsea_true=rmsea_true, rmsea_null=rmsea_null, alpha=alpha, groups=groups, power=power)
    low, high = 1, 2
    while _power(high, df, rmsea_true, rmsea_null, alpha, groups) < power:
        low, high = high, 2 * high
        if high > LARGEST:
            problem = Problem(
                "no sample is large enough", column="power", value=power, allowed="a lower power"
            )
            raise InputError("The sample size cannot be found.", [problem])
    while high - low > 1:
        middle = (low + high) // 2
        enough = _power(middle, df, rmsea_true, rmsea_null, alpha, groups) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high


def model_power(
    model: str,
    population: pd.DataFrame,
    n: int | Sequence[int],
    alpha: float = 0.05,
    **options: Any,
) -> PowerOfModel:
    """Power of the χ² test of a model in a population with known covariances (Satorra & Saris, 1985).

    Parameters
    ----------
    model : str
        The model that is tested, in lavaan's language.
    population : DataFrame (p, p)
        Covariance matrix of the population, such as ``fit.implied()`` of the true model.
    n : int or sequence of int
        Sample sizes.
    alpha : float
        Level of the test.
    **options
        Options of :func:`comply_measure.sem.from_moments`.

    Returns
    -------
    PowerOfModel
        ``λ = N F₀``, with F₀ the ML discrepancy of the model fitted to the population.

    Raises
    ------
    InputError
        Naming every argument out of range.
    ModelError
        When the model cannot be fitted to the population, or reaches no finite optimum there.
    """
    from comply_measure.sem.api import from_moments
    from comply_measure.sem.errors import ModelError

    sizes = tuple(n) if isinstance(n, list | tuple | range) else (n,)
    if not sizes:
        raise InputError(
            "The power cannot be computed.", [Problem("no sample size", column="n", allowed="n=200")]
        )
    for size in sizes:
        _check(n=size, alpha=alpha)
    large = max(10_000, *sizes)  # the discrepancy does not depend on it
    fitted = from_moments(model, population, large, rescale=False, **options)
    if fitted.unreached:
        raise ModelError(
            f"the model {fitted.unreached} in the population: " + "; ".join(map(str, fitted.problems))
        )
    df = int(fitted.test.df)
    discrepancy = max(float(fitted.test.statistic) / large, 0.0)
    if df < 1:
        raise ModelError("a model without degrees of freedom has no test of fit")
    limit = noncentral_quantile(1.0 - alpha, df, 0.0)
    power = tuple(1.0 - noncentral_cdf(limit, df, size * discrepancy) for size in sizes)
    return PowerOfModel(sizes, df, discrepancy, alpha, power)


def _power(n: int, df: int, true: float, null: float, alpha: float, groups: int) -> float:
    per_square = (n - 1) * df / groups
    actual, assumed = per_square * true**2, per_square * null**2
    if true > null:
        return 1.0 - noncentral_cdf(noncentral_quantile(1.0 - alpha, df, assumed), df, actual)
    return noncentral_cdf(noncentral_quantile(alpha, df, assumed), df, actual)


_RANGES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "n": (lambda v: _whole(v) and v >= 2, f"a whole number, 2 to {LARGEST:,}"),
    "df": (lambda v: _whole(v) and v >= 1, f"a whole number, 1 to {LARGEST:,}"),
    "groups": (lambda v: _whole(v) and v >= 1, f"a whole number, 1 to {LARGEST:,}"),
    "rmsea_true": (lambda v: is_number(v) and 0.0 <= v <= 10.0, "0 to 10"),
    "rmsea_null": (lambda v: is_number(v) and 0.0 <= v <= 10.0, "0 to 10"),
    "alpha": (is_share, "between 0 and 1"),
    "power": (is_share, "between 0 and 1"),
}


def _whole(value: Any) -> bool:
    return is_number(value) and float(value).is_integer() and abs(value) <= LARGEST


def _check(**values: Any) -> None:
    problems = [
        Problem("out of range", column=name, value=value, allowed=_RANGES[name][1])
        for name, value in values.items()
        if not _RANGES[name][0](value)
    ]
    if not problems and "rmsea_true" in values and values["rmsea_true"] == values["rmsea_null"]:
        problems.append(
            Problem(
                "no difference to detect",
                column="rmsea_true",
                value=values["rmsea_true"],
                allowed="not the null",
            )
        )
    if problems:
        raise InputError("The power cannot be computed.", problems)
