"""Agreement on single items, and the formulas that turn item variances into indices."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from comply_measure.statistics.arrays import Floats, Ints
from comply_measure.statistics.grouping import Spread, block_mean_deviation, block_median, block_spread


def rwg_j_value(
    mean_variance: Floats, n_items: Ints | int, null_variance: float, *, truncate: bool = True
) -> Floats:
    r"""Value of rwg(j) from mean item variances.

    ``rwg(j) = J q / (J q + 1 - q)`` with ``q = 1 - s̄²/σ²_E`` (James, Demaree & Wolf 1984). With J = 1 this is
    rwg. Truncated: s̄² above σ²_E counts as σ²_E, so the value is 0. Untruncated, the value is negative or
    above 1 there, and undefined (NaN) where ``J q + 1 - q = 0``.

    Parameters
    ----------
    mean_variance : ndarray
        s̄², mean over items of the variances with divisor n - 1; NaN stays NaN.
    n_items : int or ndarray
        J, items averaged.
    null_variance : float
        σ²_E > 0.
    truncate : bool
        Whether to truncate.
    """
    q = 1.0 - np.asarray(mean_variance, dtype=np.float64) / null_variance
    if truncate:
        q = np.maximum(q, 0.0)
    denominator = n_items * q + 1.0 - q
    undefined = np.abs(denominator) < 1e-12
    return np.where(undefined, np.nan, n_items * q / np.where(undefined, 1.0, denominator))


def maximum_variance(n: Ints, minimum: float, maximum: float) -> Floats:
    """Largest variance (divisor n - 1) of n answers between the scale's ends.

    ``(H-L)²/4 · n/(n-1)`` for even n and ``(H-L)²/4 · (n+1)/n`` for odd n: half of the informants at either
    end. NaN below two answers.
    """
    span = (maximum - minimum) ** 2 / 4.0
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(n % 2 == 0, n / (n - 1.0), (n + 1.0) / n)
    return np.where(n >= 2, span * factor, np.nan)


def awg_value(items: Spread, minimum: float, maximum: float) -> Floats:
    """a_wg per unit and item (Brown & Hauenstein 2005).

    ``a_wg = 1 - 2 s² / { [(H+L) M - M² - H L] · n/(n-1) }``; 1 when all informants stand at one end of the
    scale. NaN where ``L(n-1) + H ≤ n M ≤ H(n-1) + L`` does not hold: there the maximum variance the formula
    assumes cannot be reached, and the authors leave the index undefined.

    Parameters
    ----------
    items : Spread
        Counts, means and variances, shape (B, J).
    minimum, maximum : float
        L and H.
    """
    n, mean = items.n, items.mean
    total = n * mean
    defined = (total >= minimum * (n - 1) + maximum - 1e-9) & (total <= maximum * (n - 1) + minimum + 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        largest = (maximum - mean) * (mean - minimum) * (n / (n - 1.0))
        value = 1.0 - 2.0 * items.variance / largest
    at_end = (mean - minimum <= 1e-12) | (maximum - mean <= 1e-12)
    return np.where(n >= 2, np.where(at_end, 1.0, np.where(defined, value, np.nan)), np.nan)


@dataclass(frozen=True, slots=True)
class ItemAgreement:
    """Statistics per unit and item, shape (B, J); None where not asked for."""

    spread: Spread
    parts: dict[str, Floats]

    def select(self, columns: Ints) -> ItemAgreement:
        """The same for some of the items."""
        s = self.spread
        chosen = Spread(s.n[:, columns], s.mean[:, columns], s.variance[:, columns])
        return ItemAgreement(chosen, {name: part[:, columns] for name, part in self.parts.items()})


def item_agreement(block: Floats, indices: Collection[str], minimum: float, maximum: float) -> ItemAgreement:
    """Item statistics of units of one size that the indices need.

    Parameters
    ----------
    block : ndarray, shape (size, B, J)
        Answers; NaN where missing.
    indices : collection of str
        Names as in :func:`comply_measure.triads.agreement_indices`.
    minimum, maximum : float
        Answer scale.
    """
    items = block_spread(block)
    parts: dict[str, Floats] = {}
    if "ad_mean" in indices:
        parts["ad_mean"] = block_mean_deviation(block, items.mean, items.n)
    if "ad_median" in indices:
        parts["ad_median"] = block_mean_deviation(block, block_median(block, items.n), items.n)
    if "awg_j" in indices:
        parts["awg_j"] = awg_value(items, minimum, maximum)
    if "sd_wg" in indices:
        parts["sd_wg"] = np.sqrt(items.variance)
    if "rwg_prime_j_exact" in indices:
        parts["rwg_prime_j_exact"] = items.variance / maximum_variance(items.n, minimum, maximum)
    return ItemAgreement(items, parts)
