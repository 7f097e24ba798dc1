"""Where the loadings and residual variances of an unrestricted block stand in the engine's parameter vector."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from comply_measure import sem
from comply_measure.measurement.moments import Floats

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class BlockParameters:
    """The block and, once fitted, its parameters.

    Attributes
    ----------
    names : tuple of str
        Items, p.
    n_factors : int
        m.
    pivots : ndarray of int, shape (m,)
        Item k of these loads on factors 1 … k only.
    start : ndarray, shape (p, m)
        Starting loadings in that form, of standardised items.
    pairs : tuple of (str, str)
        Free residual covariances.
    theta : ndarray, shape (q,)
        Estimates; empty before the fit.
    loading_index, residual_index : ndarray of int, shapes (p, m) and (p,)
        Places in θ; -1 where fixed.
    ordered : bool
        Variances of ordered items are one.
    """

    names: tuple[str, ...]
    n_factors: int
    pivots: Indices
    start: Floats
    pairs: tuple[tuple[str, str], ...]
    theta: Floats
    loading_index: Indices
    residual_index: Indices
    ordered: bool

    @classmethod
    def planned(
        cls,
        names: tuple[str, ...],
        n_factors: int,
        pivots: Indices,
        start: Floats,
        pairs: tuple[tuple[str, str], ...],
    ) -> BlockParameters:
        """Before the fit."""
        p = len(names)
        nowhere = np.full((p, n_factors), -1, dtype=np.intp)
        return cls(names, n_factors, pivots, start, pairs, np.empty(0), nowhere, nowhere[:, 0].copy(), False)

    def model(self) -> str:
        """Model text: every item on every factor, zeros above the diagonal of the pivots."""
        fixed = {
            (int(item), k) for row, item in enumerate(self.pivots) for k in range(row + 1, self.n_factors)
        }
        lines = []
        for k in range(self.n_factors):
            terms = [
                f"0*{name}" if (j, k) in fixed else f"start({self.start[j, k]:.6g})*{name}"
                for j, name in enumerate(self.names)
            ]
            lines.append(f"F{k + 1} =~ " + " + ".join(terms))
        lines += [f"{a} ~~ {b}" for a, b in self.pairs]
        return "\n".join(lines)

    def with_item_names(self, text: str, items: Sequence[str]) -> str:
        """A message of the engine with the user's names of items."""
        of = dict(zip(self.names, items, strict=True))
        return re.sub(r"\bv\d+\b", lambda found: of.get(found[0], found[0]), text)

    def at(self, fit: sem.Fit, ordered: bool) -> BlockParameters:
        """With the estimates of a fit."""
        table = fit.estimates
        keys = zip(table["lhs"], table["op"], table["rhs"], strict=True)
        place = {
            key: int(free) - 1 for key, free in zip(keys, table["free"].to_numpy(), strict=True) if free > 0
        }
        loading = np.array(
            [
                [place.get((f"F{k + 1}", "=~", name), -1) for k in range(self.n_factors)]
                for name in self.names
            ],
            dtype=np.intp,
        )
        residual = np.array([place.get((name, "~~", name), -1) for name in self.names], dtype=np.intp)
        return replace(
            self,
            theta=np.asarray(fit.theta),
            loading_index=loading,
            residual_index=residual,
            ordered=ordered,
        )

    def standardised(self, theta: Floats) -> Floats:
        """Standardised unrotated loadings for many parameter vectors, shape (B, q) to (B, p, m).

        ``Λ_std = D⁻¹Λ`` with D² = diag(ΛΛ' + Θ), the implied variances.
        """
        padded = np.concatenate([theta, np.zeros((len(theta), 1))], axis=1)
        loadings = padded[:, self.loading_index]
        if self.ordered:
            return np.asarray(loadings)
        variance = (loadings**2).sum(axis=2) + padded[:, self.residual_index]
        return np.asarray(loadings / np.sqrt(variance)[:, :, None])
