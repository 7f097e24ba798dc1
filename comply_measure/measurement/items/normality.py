"""Multivariate normality of a scale's items: Mardia's skewness and kurtosis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.measurement.frames import check_scales, groups, item_values
from comply_measure.measurement.moments import Floats
from comply_measure.results import Result

NAN = float("nan")
BLOCK = 512  # rows multiplied at a time: they stay in the processor's cache
TILE = 20  # columns multiplied at a time, so that few products are computed twice
CELLS = 4_000_000  # third moments kept at a time: 32 MB
WELL_CONDITIONED = 1e4  # ratio of singular values up to which dividing by the triangle whitens to 12 digits


@dataclass(frozen=True, slots=True)
class Normality(Result):
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
    usable = np.isfinite(values).all(axis=1)
    complete = values if usable.all() else values[usable]
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
    whitened = _whitened(complete, n - 1 if unbiased else n)
    if whitened is None:
        note = "an item does not vary, or items determine each other"
        return out | dict.fromkeys(names, NAN) | {"note": note}
    from scipy.special import chdtrc, ndtr

    b1, b2 = _third_moments(whitened) / n**2, _kurtosis(whitened)
    df, normal = p * (p + 1) * (p + 2) / 6, p * (p + 2)
    chisq = n * b1 / 6
    small = chisq * (p + 1) * (n + 1) * (n + 3) / (n * ((n + 1) * (p + 1) - 6))
    z = (b2 - normal) / np.sqrt(8 * normal / n)
    found = [b1, chisq, small, df, chdtrc(df, chisq), chdtrc(df, small), b2, normal, z, 2 * ndtr(-abs(z))]
    return out | {name: float(value) for name, value in zip(names, found, strict=True)} | {"note": ""}


@dataclass(frozen=True, slots=True)
class _Whitened:
    """Items q = (x − centre) · turn that are uncorrelated and of sum of squares d: with S = X'X / d, m_ij = q_i · q_j.

    They are made block by block where they are needed: fresh memory for all of them costs more than the products.
    """

    values: Floats
    centre: Floats
    turn: Floats

    def blocks(self) -> Iterator[Floats]:
        """Some rows at a time, (≤ BLOCK, p)."""
        for start in range(0, len(self.values), BLOCK):
            yield (self.values[start : start + BLOCK] - self.centre) @ self.turn


def _whitened(complete: Floats, divisor: int) -> _Whitened | None:
    """Whitening by R of X = QR, turn = √d R⁻¹, or by Q itself; None where X has no full rank."""
    n, p = complete.shape
    centre = complete.mean(axis=0)
    triangle = _triangle(complete, centre)  # its singular values are the data's
    size = np.linalg.svd(triangle, compute_uv=False)
    if (size > size[0] * n * np.finfo(float).eps).sum() < p:
        return None
    if size[0] > WELL_CONDITIONED * size[-1]:
        q = np.linalg.qr(complete - centre)[0]
        return _Whitened(q, np.zeros(p), np.eye(p) * np.sqrt(divisor))
    return _Whitened(complete, centre, np.linalg.inv(triangle) * np.sqrt(divisor))


def _triangle(complete: Floats, centre: Floats) -> Floats:
    """R of X = QR from the triangles of its blocks of rows."""
    rows = max(BLOCK, 4 * complete.shape[1])
    parts = [
        np.linalg.qr(complete[start : start + rows] - centre, mode="r")
        for start in range(0, len(complete), rows)
    ]
    return np.asarray(np.linalg.qr(np.vstack(parts), mode="r"))


def _kurtosis(whitened: _Whitened) -> float:
    """b2, the mean of ``m_ii²``."""
    total = sum(float((np.einsum("ij,ij->i", q, q) ** 2).sum()) for q in whitened.blocks())
    return total / len(whitened.values)


def _third_moments(whitened: _Whitened) -> float:
    """``Σ_ij (q_i · q_j)³ = Σ_abc (Σ_i q_ia q_ib q_ic)²``, each set of three columns once; cost is linear in n."""
    p, total, first = len(whitened.centre), 0.0, 0
    while first < p:
        last = min(first + max(CELLS // (p - first) ** 2, 1), p)
        for third in _moments_with(whitened, first, last):
            # (a, a, a) stands once among the ordered triples, (a, a, c) and (a, b, b) three times, (a, b, c) six times
            squares = third**2
            total += 6.0 * float(squares.sum()) + float(squares[0, 0])
            total -= 3.0 * float(squares[0].sum() + squares.trace())
        first = last
    return total


def _moments_with(whitened: _Whitened, first: int, last: int) -> list[Floats]:
    """``Σ_i q_ia q_ib q_ic`` of some columns a, for a ≤ b ≤ c (zero for b > c), a matrix (p − a, p − a) each."""
    p = len(whitened.centre)
    found = [np.zeros((p - a, p - a)) for a in range(first, last)]
    products = np.empty((p - first, BLOCK))
    for rows in whitened.blocks():
        block = np.ascontiguousarray(rows.T)
        for a, third in zip(range(first, last), found, strict=True):
            own = block[a:]
            paired = np.multiply(own, own[0], out=products[: p - a, : own.shape[1]])
            for b in range(0, p - a, TILE):
                third[b : b + TILE, b:] += paired[b : b + TILE] @ own[b:].T
    return [np.triu(third) for third in found]
