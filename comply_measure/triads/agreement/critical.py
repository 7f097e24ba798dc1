"""Critical values of agreement for small units, exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from comply_measure.triads.agreement.exact import critical_rwg_j, exact_distribution, noise_passing
from comply_measure.triads.agreement.nulls import NullSpec, null_distribution


def critical_values(
    *,
    minimum: float,
    maximum: float,
    n_informants: Sequence[int] = (3,),
    n_items: Sequence[int] = (1, 3, 4, 5, 9, 12),
    null: NullSpec = "uniform",
    alpha: float = 0.05,
    cutoff: float = 0.70,
) -> pd.DataFrame:
    """Exact critical values of agreement for units of equal size and independent items.

    One row per number of informants and items: n_informants, n_items, null, alpha, rwg_j, rwg_star_j (reject
    noise at or above), ad_mean, ad_median (at or below), level (of the variance test), noise_at_cutoff
    (P(rwg(j) ≥ cutoff) for noise), cutoff, note. NaN: no value is that rare, so such units can never be shown to
    agree; the note names the statistics.

    Raises
    ------
    InputError
        A null without probabilities, an impossible size, or too many informants to enumerate.
    """
    resolved = null_distribution(null, minimum, maximum)
    rows = []
    for k in n_informants:
        for J in n_items:
            variance = exact_distribution([k] * J, resolved, "variance")
            critical = {
                "rwg_j": critical_rwg_j(variance, resolved, alpha),
                "rwg_star_j": 1.0 - variance.critical(alpha) / resolved.variance,
                "ad_mean": exact_distribution([k] * J, resolved, "ad_mean").critical(alpha),
                "ad_median": exact_distribution([k] * J, resolved, "ad_median").critical(alpha),
            }
            never = [name for name, value in critical.items() if np.isnan(value)]
            rows.append(
                {
                    "n_informants": k,
                    "n_items": J,
                    "null": resolved.name,
                    "alpha": alpha,
                    **critical,
                    "level": variance.level(alpha),
                    "noise_at_cutoff": noise_passing(variance, resolved, cutoff),
                    "cutoff": cutoff,
                    "note": f"no value of {', '.join(never)} is so rare" if never else "",
                }
            )
    return pd.DataFrame(rows)
