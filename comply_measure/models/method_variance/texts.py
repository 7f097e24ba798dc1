"""Model texts of the marker technique and of a latent method factor; all factors have variance 1."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.models.hierarchy import Factors, correlated_factors, summed
from comply_measure.sem.language.quoting import quoted

EQUAL = "method_loading"
REVERSED = "method_loading_reversed"


@dataclass(frozen=True)
class MethodTexts:
    """Writes the models of one set of substantive factors and one method factor.

    Every text is for ``sem.fit(..., std_lv=True)``.

    Attributes
    ----------
    factors : mapping
        Substantive factor → indicators.
    method : str
        Name of the method (or marker) factor.
    marker : tuple of str
        Indicators of the marker; empty for an unmeasured method factor.
    reversed_items : frozenset of str
        Recoded indicators, which agreeing with everything moves the other way: their equal method loading has
        the opposite sign.
    """

    factors: Factors
    method: str
    marker: tuple[str, ...] = ()
    reversed_items: frozenset[str] = frozenset()

    @property
    def items(self) -> list[str]:
        """Substantive indicators."""
        return [item for items in self.factors.values() for item in items]

    def check(self) -> None:
        """Refuse names that clash and factors that cannot be told apart.

        Raises
        ------
        ComplyError
        """
        if self.method in self.factors:
            raise ComplyError(f"the name '{self.method}' of the method factor is already in use")
        correlated_factors({**self.factors, self.method: self.marker or ("no marker",)})
        unknown = sorted(self.reversed_items - {*self.items, *self.marker})
        if unknown:
            raise ComplyError(f"reversed items that are in no factor: {', '.join(unknown)}")

    def traits(self) -> str:
        """Correlated substantive factors alone."""
        return correlated_factors(self.factors)

    def cfa(self) -> str:
        """Substantive factors and marker, all correlated."""
        return correlated_factors({**self.factors, self.method: self.marker})

    def baseline(self, loadings: Mapping[str, float], residuals: Mapping[str, float]) -> str:
        """Marker uncorrelated with the substantive factors, its measurement fixed."""
        held = " + ".join(f"{loadings[item]!r}*{quoted(item)}" for item in self.marker)
        fixed = [f"{quoted(item)} ~~ {residuals[item]!r}*{quoted(item)}" for item in self.marker]
        return "\n".join([self.traits(), f"{quoted(self.method)} =~ {held}", *fixed, self._orthogonal()])

    def equal(self, base: str) -> str:
        """One method loading for all substantive indicators, in the units of the answers."""
        terms = [f"{REVERSED if i in self.reversed_items else EQUAL}*{quoted(i)}" for i in self.items]
        lines = [base, f"{quoted(self.method)} =~ {' + '.join(terms)}"]
        turned = self.reversed_items & set(self.items)
        if turned and len(turned) < len(self.items):
            lines.append(f"{REVERSED} == -1*{EQUAL}")
        return "\n".join(lines)

    def free(self, base: str) -> str:
        """A method loading of its own for every substantive indicator."""
        return f"{base}\n{quoted(self.method)} =~ {summed(self.items)}"

    def fixed(self, base: str, loadings: Mapping[str, float]) -> str:
        """Method loadings at given values."""
        terms = " + ".join(f"{loadings[item]!r}*{quoted(item)}" for item in self.items)
        return f"{base}\n{quoted(self.method)} =~ {terms}"

    def restricted(self, text: str, correlations: Mapping[tuple[str, str], float]) -> str:
        """Correlations of the substantive factors at given values."""
        lines = [f"{quoted(one)} ~~ {value!r}*{quoted(two)}" for (one, two), value in correlations.items()]
        return "\n".join([text, *lines])

    def unmeasured(self) -> str:
        """Substantive factors, and that the method factor is uncorrelated with them."""
        return f"{self.traits()}\n{self._orthogonal()}"

    def pairs(self) -> list[tuple[str, str]]:
        """Pairs of substantive factors."""
        return list(combinations(self.factors, 2))

    def _orthogonal(self) -> str:
        return f"{quoted(self.method)} ~~ {' + '.join(f'0*{quoted(factor)}' for factor in self.factors)}"


def loading_table(table: pd.DataFrame, factor: str, items: Sequence[str], column: str) -> dict[str, float]:
    """Values of one factor's loadings, by item."""
    columns = (table[name].tolist() for name in ("lhs", "op", "rhs", column))
    rows = zip(*columns, strict=True)
    found = {rhs: float(value) for lhs, op, rhs, value in rows if op == "=~" and lhs == factor}
    return {item: found[item] for item in items}


def residual_table(table: pd.DataFrame, items: Collection[str], column: str) -> dict[str, float]:
    """Residual variances, by item."""
    rows = table[(table["op"] == "~~") & (table["lhs"] == table["rhs"])]
    found = dict(zip(rows["lhs"], rows[column].astype(float), strict=True))
    return {item: found[item] for item in items}


def correlation_table(
    table: pd.DataFrame, pairs: Sequence[tuple[str, str]], column: str
) -> dict[tuple[str, str], float]:
    """Covariances of pairs of factors, in either order of the names."""
    rows = table[(table["op"] == "~~") & (table["lhs"] != table["rhs"])]
    found = {frozenset(k): float(v) for *k, v in zip(rows["lhs"], rows["rhs"], rows[column], strict=True)}
    return {pair: found[frozenset(pair)] for pair in pairs}
