"""What a generalizability study returns: components, G and Φ, and the D-study."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from comply_measure.results import Result
from comply_measure.statistics.arrays import Floats
from comply_measure.statistics.bootstrap import percentile_interval, two_tails

#: Which facets are fixed in the rows of the coefficients.
UNIVERSES: tuple[tuple[str, ...], ...] = ((), ("role",), ("attribute",), ("role", "attribute"))
VALUES = ("g", "g_lower", "g_upper", "phi", "phi_lower", "phi_upper", "sem_relative", "sem_absolute")


@dataclass(frozen=True, slots=True)
class GStudy(Result):
    """Variance components and what follows from them.

    Attributes
    ----------
    names : tuple of str
        Components: ``unit``, facets, interactions with ``:``, ``residual``.
    variances, standard_errors, lower, upper : ndarray, shape (K,)
        REML estimates, errors from the average information, intervals from the draws.
    loglik : float
        Restricted log-likelihood.
    draws : ndarray, shape (replications, K), or None
        Bootstrap components of units and residual, pivotal draws of shared effects.
    sizes : mapping of str to number
        Observed roles, attributes, items per attribute, and informants per role (harmonic mean) where they are nested.
    confidence : float
        Level of the intervals.
    n_units, n_informants : int
        Units and informants used.
    note : str
        Boundary, failures, or why undefined.
    """

    names: tuple[str, ...]
    variances: Floats
    standard_errors: Floats
    lower: Floats
    upper: Floats
    loglik: float
    draws: Floats | None
    sizes: Mapping[str, float]
    confidence: float
    n_units: int
    n_informants: int
    note: str

    @classmethod
    def undefined(
        cls,
        names: tuple[str, ...],
        sizes: Mapping[str, float],
        confidence: float,
        note: str,
        *,
        n_units: int,
        n_informants: int,
    ) -> GStudy:
        """A study without estimates, and why."""
        none = np.full(len(names), np.nan)
        return cls(
            names, none, none, none, none, float("nan"), None, sizes, confidence, n_units, n_informants, note
        )

    def tidy(self) -> pd.DataFrame:
        """One row per component: component, variance, se, lower, upper, share, n_units, n_informants, note."""
        return pd.DataFrame(
            {
                "component": self.names,
                "variance": self.variances,
                "se": self.standard_errors,
                "lower": self.lower,
                "upper": self.upper,
                "share": self.variances / self.variances.sum(),
                "n_units": self.n_units,
                "n_informants": self.n_informants,
                "note": np.where(self.variances == 0, "zero (boundary)", self.note),
            }
        )

    def coefficients(self) -> pd.DataFrame:
        """G and Φ for the observed numbers of roles, attributes and items.

        One row per choice of fixed facets. Columns: fixed, n_roles, n_attributes, n_items, g, g_lower,
        g_upper, phi, phi_lower, phi_upper, sem_relative, sem_absolute, n_units, n_informants, note.
        """
        role, attribute, item = (int(self.sizes[name]) for name in ("role", "attribute", "item"))
        return self.d_study([role], [attribute], [item])

    def d_study(
        self,
        n_roles: Sequence[int],
        n_attributes: Sequence[int],
        n_items: Sequence[int] | None = None,
        fixed: Collection[Collection[str]] = UNIVERSES,
        n_per_role: Sequence[float] | None = None,
    ) -> pd.DataFrame:
        """G and Φ for other numbers of roles, attributes and items per attribute.

        ``G = σ²_true / (σ²_true + σ²_δ)`` and ``Φ = σ²_true / (σ²_true + σ²_Δ)``. Relative error δ holds the
        unit's interactions with random facets over the numbers of levels; absolute error Δ adds the effects
        of random facets themselves. A fixed facet's interaction with units is true variance of "the mean of
        just these levels". With roles random G is the conservative figure; with roles fixed it speaks of
        these roles only.

        Parameters
        ----------
        n_roles, n_attributes, n_items : sequence of int
            Numbers of levels to try; all combinations are tabled. For a fixed facet only the observed number
            is meaningful, and other numbers give NaN.
        fixed : collection of collections of {"role", "attribute"}
            Fixed facets, one row each.
        n_per_role : sequence of float, optional
            Informants of each role, where they are nested in roles; by default the harmonic mean of those observed.

        Returns
        -------
        DataFrame
            Columns as in :meth:`coefficients`; with informants nested in roles ``n_per_role``, with firms ``object``
            (``unit``, or ``unit within firm``: units of one firm compared, firms being no part of truth or error).
        """
        items = [int(self.sizes["item"])] if n_items is None else n_items
        nested = [self.sizes.get("informant", 1)] if n_per_role is None else n_per_role
        firms = any(name.startswith("firm") for name in self.names)
        rows = [
            self._row(tuple(universe), {"role": r, "attribute": a, "item": i, "informant": k}, within)
            for universe in fixed
            for within in ((False, True) if firms else (False,))
            for r, a, i, k in product(n_roles, n_attributes, items, nested)
        ]
        left_out = [
            *([] if "informant" in self.sizes else ["n_per_role"]),
            *([] if firms else ["object"]),
        ]
        return pd.DataFrame(rows).drop(columns=left_out)

    def _row(self, fixed: tuple[str, ...], n: Mapping[str, float], within: bool) -> dict[str, object]:
        obstacle = self._obstacle(fixed, n)
        values = dict.fromkeys(VALUES, float("nan"))
        if not obstacle:
            true, relative, absolute = self._parts(self.variances, fixed, n, within)
            values["g"], values["phi"] = float(_ratio(true, relative)), float(_ratio(true, absolute))
            values["sem_relative"], values["sem_absolute"] = float(relative**0.5), float(absolute**0.5)
            if self.draws is not None:
                true, relative, absolute = self._parts(self.draws.T, fixed, n, within)
                for name, error in (("g", relative), ("phi", absolute)):
                    low, high = percentile_interval(_ratio(true, error), two_tails(self.confidence))
                    values[f"{name}_lower"], values[f"{name}_upper"] = float(low), float(high)
        return {
            "fixed": ", ".join(fixed) or "none",
            "object": "unit within firm" if within else "unit",
            "n_roles": n["role"],
            "n_attributes": n["attribute"],
            "n_items": n["item"],
            "n_per_role": n["informant"],
            **values,
            "n_units": self.n_units,
            "n_informants": self.n_informants,
            "note": obstacle or self.note,
        }

    def _obstacle(self, fixed: tuple[str, ...], n: Mapping[str, float]) -> str:
        changed = [facet for facet in fixed if n[facet] != self.sizes[facet]]
        if changed:
            return f"{', '.join(changed)} fixed: only the observed number has a meaning"
        single = [facet for facet in ("role", "attribute") if facet not in fixed and self.sizes[facet] < 2]
        if single:
            return f"one {', one '.join(single)}: no sample to generalise from"
        return ""

    def _parts(
        self, variances: Floats, fixed: tuple[str, ...], n: Mapping[str, float], within: bool
    ) -> tuple[Floats, Floats, Floats]:
        """True, relative-error and absolute-error variance of a unit's mean; `variances` has K first."""
        true = relative = absolute = np.zeros(variances.shape[1:])
        for name, variance in zip(self.names, variances, strict=True):
            if within and name.startswith("firm"):
                continue
            name = name.replace("firm", "unit")
            facets = self._facets(name)
            mean = variance / _divisor(facets, n)
            random = [facet for facet in facets if facet not in fixed]
            if name == "unit" or (name.startswith("unit") and not random):
                true = true + mean
            elif name.startswith("unit") or name == "residual":
                relative = relative + mean
                absolute = absolute + mean
            elif random:
                absolute = absolute + mean
        return true, relative, absolute

    def _facets(self, name: str) -> tuple[str, ...]:
        if name == "residual":
            return ("role", "attribute", "item", "informant")
        parts = tuple(part for part in name.split(":") if part != "unit")
        return (*parts, "attribute") if "item" in parts and "attribute" not in parts else parts


def _divisor(facets: tuple[str, ...], n: Mapping[str, float]) -> float:
    return float(np.prod([n[facet] for facet in facets])) if facets else 1.0


def _ratio(true: Floats, error: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(true / (true + error))
