"""Multivariate normality of a scale's items: Mardia's skewness and kurtosis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.measurement.frames import check_scales, groups, item_values
from comply_measure.measurement.moments import Floats

NAN = float("nan")
BLOCK = 2048  # rows multiplied at a time: they stay in the processor's cache
WELL_CONDITIONED = 1e4  # ratio of singular values up to which dividing by the triangle whitens to 12 digits


@dataclass(frozen=True, slots=True)
class Normality:
    """One row per scale and group.

    Attributes
    ----------
    table : DataFrame
        Columns as in :func:`mardia`.
    """

    table: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """The table."""
        return self.table.copy()


def mardia(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    by: str | None = "role",
    pooled: bool = True,
    unbiased: bool = False,
) -> Normality:
    """Mardia's multivariate skewness and kurtosis of every scale, pooled and by role.

    With S of divisor n and ``m_ij = (x_i − x̄)' S⁻¹ (x_j − x̄)``: ``b1 = Σ_ij m_ij³ / n²`` and ``b2 = Σ_i m_ii² / n``;
    under normality ``n b1 / 6`` is χ² with p(p + 1)(p + 2)/6 degrees of freedom and
    ``(b2 − p(p + 2)) / √(8 p(p + 2)/n)`` standard normal. ``chisq_small`` multiplies by
    ``(p + 1)(n + 1)(n + 3) / (n((n + 1)(p + 1) − 6))`` for small samples. Likert items are never normal; the size of b2
    against ``b2_normal = p(p + 2)`` says more than the p values.

    Columns: scale, group, n_informants (complete cases), n_left_out, n_items, b1, chisq, chisq_small, df, p_skew,
    p_skew_small, b2, b2_normal, z, p_kurtosis, note.

    Parameters
    ----------
    data : DataFrame
        One row per informant.
    scales : mapping of str to sequence of str
        Items of each scale.
    by : str, optional
        Column of the groups.
    pooled : bool
        Whether to include all informants together.
    unbiased : bool
        Divide S by n − 1, as the R packages psych and semTools do; Mardia's divisor is n.

    Raises
    ------
    InputError
        Absent, repeated or non-numeric items.

    References
    ----------
    Mardia (1970), Biometrika 57, 519-530; Mardia (1974), Sankhya B 36, 115-128.
    """
    check_scales(data, scales, [by])
    rows = []
    for scale, items in scales.items():
        values = item_values(data, items)
        for group, mask in groups(data, by, pooled):
            rows.append({"scale": scale, "group": group, **_mardia(values[mask], unbiased)})
    return Normality(pd.DataFrame(rows))


def _mardia(values: Floats, unbiased: bool) -> dict[str, object]:
    complete = values[np.isfinite(values).all(axis=1)]
    n, p = complete.shape
    out: dict[str, object] = {"n_informants": n, "n_left_out": len(values) - n, "n_items": p}
    names = [
        "b1",
        "chisq",
        "chisq_small",
        "df",
        "p_skew",
        "p_skew_small",
        "b2",
        "b2_normal",
        "z",
        "p_kurtosis",
    ]
    if n <= p:
        return out | dict.fromkeys(names, NAN) | {"note": f"{n} complete cases are too few for {p} items"}
    whitened = _whitened(complete)
    if whitened is None:
        note = "an item does not vary, or items determine each other"
        return out | dict.fromkeys(names, NAN) | {"note": note}
    from scipy.special import chdtrc, ndtr

    b1, b2 = _moments(whitened, n - 1 if unbiased else n)
    df, normal = p * (p + 1) * (p + 2) / 6, p * (p + 2)
    chisq = n * b1 / 6
    small = chisq * (p + 1) * (n + 1) * (n + 3) / (n * ((n + 1) * (p + 1) - 6))
    z = (b2 - normal) / np.sqrt(8 * normal / n)
    found = [b1, chisq, small, df, chdtrc(df, chisq), chdtrc(df, small), b2, normal, z, 2 * ndtr(-abs(z))]
    return out | {name: float(value) for name, value in zip(names, found, strict=True)} | {"note": ""}


def _whitened(complete: Floats) -> Floats | None:
    """Items that are uncorrelated and of sum of squares 1 (Q of X = QR), (n, p); None where X has no full rank."""
    n, p = complete.shape
    deviation = complete - complete.mean(axis=0)
    triangle = np.linalg.qr(deviation, mode="r")  # its singular values are the data's
    size = np.linalg.svd(triangle, compute_uv=False)
    if (size > size[0] * n * np.finfo(float).eps).sum() < p:
        return None
    if size[0] > WELL_CONDITIONED * size[-1]:
        return np.asarray(np.linalg.qr(deviation)[0])
    return np.asarray(deviation @ np.linalg.inv(triangle))


def _moments(whitened: Floats, divisor: int) -> tuple[float, float]:
    """b1 and b2; b1 by the third moments of whitened items, so that cost is linear in n."""
    n = len(whitened)
    Q = whitened * np.sqrt(divisor)  # with S = R'R / d, m_ij = d q_i · q_j
    return _third_moments(Q) / n**2, float(((Q**2).sum(axis=1) ** 2).mean())


def _third_moments(Q: Floats) -> float:
    """``Σ_ij (q_i · q_j)³ = Σ_abc (Σ_i q_ia q_ib q_ic)²``, each set of three columns once."""
    n, p = Q.shape
    blocks = [np.ascontiguousarray(Q[start : start + BLOCK]) for start in range(0, n, BLOCK)]
    total = 0.0
    for a in range(p):
        third = sum(
            ((block[:, a:] * block[:, a : a + 1]).T @ block[:, a:] for block in blocks),
            np.zeros((p - a, p - a)),
        )
        # (a, a, a) stands once among the ordered triples, (a, a, c) and (a, b, c) in three places of a
        total += third[0, 0] ** 2 + 3.0 * (third[0, 1:] ** 2).sum() + 3.0 * (third[1:, 1:] ** 2).sum()
    return float(total)
