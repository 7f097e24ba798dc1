"""Published cut-offs for changes of fit, each with the conditions under which it was studied.

A verdict is given only where these conditions hold; otherwise it is withheld with the reason. All values are
conventions: pass your own :class:`Rule` to replace them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["supported", "not supported", "withheld"]
METRIC, SCALAR, STRICT = "metric", "scalar", "strict"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a comparison rests on.

    Attributes
    ----------
    n_groups : int
        Groups or roles.
    dependent : bool
        Whether the groups are roles that rate the same units.
    n_smallest, n_total : int
        Cases of the smallest group, and of all.
    ordinal : bool
        Ordered variables with a categorical estimator.
    n_factors : int
    """

    n_groups: int
    dependent: bool
    n_smallest: int
    n_total: int
    ordinal: bool
    n_factors: int


@dataclass(frozen=True, slots=True)
class Rule:
    """Cut-offs for a decline in fit from one level to the next.

    Attributes
    ----------
    name, source : str
        Short name and reference.
    cfi : mapping of str to float
        Level → largest tolerated fall of CFI.
    rmsea, srmr : mapping of str to float
        Level → largest tolerated rise; may be empty. With several indices the verdict is "not supported" when
        CFI falls too far and one of the others rises too far.
    groups : int
        Most groups studied.
    n_smallest, n_total : tuple of (float, float)
        Range of cases studied, per group and in all.
    dependent, ordinal : bool
        Whether dependent groups, and categorical estimation, were studied.
    """

    name: str
    source: str
    cfi: Mapping[str, float]
    rmsea: Mapping[str, float] = field(default_factory=dict)
    srmr: Mapping[str, float] = field(default_factory=dict)
    groups: int = 2
    n_smallest: tuple[float, float] = (0.0, math.inf)
    n_total: tuple[float, float] = (0.0, math.inf)
    dependent: bool = False
    ordinal: bool = False

    def obstacles(self, conditions: Conditions) -> list[str]:
        """Why the rule was not studied under these conditions; empty when it was."""
        found = []
        if conditions.dependent and not self.dependent:
            found.append("studied with independent groups only")
        if conditions.n_groups > self.groups:
            found.append(f"studied with up to {self.groups} groups, not {conditions.n_groups}")
        if conditions.ordinal and not self.ordinal:
            found.append("studied with maximum likelihood, not with categorical estimators")
        for name, value, (low, high) in (
            ("per group", conditions.n_smallest, self.n_smallest),
            ("in all", conditions.n_total, self.n_total),
        ):
            if not low <= value <= high:
                found.append(f"studied with {_range(low, high)} cases {name}, not {value}")
        return found

    def verdict(
        self, level: str, changes: Mapping[str, float], conditions: Conditions
    ) -> tuple[Verdict, str]:
        """Verdict on one level and its reason.

        Parameters
        ----------
        level : str
            The more restricted level.
        changes : mapping of str to float
            Changes of ``cfi``, ``rmsea`` and ``srmr`` (this level minus the one before).
        conditions : Conditions

        Returns
        -------
        verdict : str
        reason : str
        """
        if level not in self.cfi:
            return "withheld", "no cut-off for this level"
        obstacles = self.obstacles(conditions)
        if obstacles:
            return "withheld", "; ".join(obstacles)
        if not math.isfinite(changes["cfi"]):
            return "withheld", "CFI is undefined"
        falls = -changes["cfi"] > self.cfi[level]
        others = [
            changes[name] > limits[level]
            for name, limits in (("rmsea", self.rmsea), ("srmr", self.srmr))
            if level in limits and math.isfinite(changes[name])
        ]
        failed = falls and (any(others) if others else True)
        told = ", ".join(f"Δ{name.upper()} {_change(changes[name])}" for name in ("cfi", "rmsea", "srmr"))
        return ("not supported" if failed else "supported"), told


def _change(value: float) -> str:
    """``+.008``, ``−.004``: a change of an index with its sign, as the report prints indices."""
    if not math.isfinite(value):
        return "undefined"
    sign = "−" if round(value, 3) < 0 else "+"
    return sign + f"{abs(value):.3f}".removeprefix("0")


def _range(low: float, high: float) -> str:
    if math.isinf(high):
        return f"at least {low:.0f}"
    return f"at most {high:.0f}" if low <= 0 else f"{low:.0f} to {high:.0f}"


CHEUNG_RENSVOLD = Rule(
    "Cheung and Rensvold (2002)",
    "Cheung and Rensvold (2002), Structural Equation Modeling 9: ΔCFI of −.01, two groups of 150 or 300",
    cfi={METRIC: 0.010, SCALAR: 0.010, STRICT: 0.010},
    n_smallest=(150, 300),
)
CHEN_LARGE = Rule(
    "Chen (2007), N > 300",
    "Chen (2007), Structural Equation Modeling 14: two groups, total N above 300",
    cfi={METRIC: 0.010, SCALAR: 0.010, STRICT: 0.010},
    rmsea={METRIC: 0.015, SCALAR: 0.015, STRICT: 0.015},
    srmr={METRIC: 0.030, SCALAR: 0.010, STRICT: 0.010},
    n_total=(301, 1000),
)
CHEN_SMALL = Rule(
    "Chen (2007), N ≤ 300",
    "Chen (2007), Structural Equation Modeling 14: two groups, total N up to 300 or unequal groups",
    cfi={METRIC: 0.005, SCALAR: 0.005, STRICT: 0.005},
    rmsea={METRIC: 0.010, SCALAR: 0.010, STRICT: 0.010},
    srmr={METRIC: 0.025, SCALAR: 0.005, STRICT: 0.005},
    n_total=(150, 300),
)
RUTKOWSKI_SVETINA = Rule(
    "Rutkowski and Svetina (2014)",
    "Rutkowski and Svetina (2014), Educational and Psychological Measurement 74: 10 or 20 large groups",
    cfi={METRIC: 0.020, SCALAR: 0.010},
    rmsea={METRIC: 0.030, SCALAR: 0.010},
    groups=20,
    n_smallest=(600, math.inf),
)
RULES: tuple[Rule, ...] = (CHEUNG_RENSVOLD, CHEN_LARGE, CHEN_SMALL, RUTKOWSKI_SVETINA)


def verdicts(
    level: str, changes: Mapping[str, float], conditions: Conditions, rules: Sequence[Rule] = RULES
) -> dict[str, tuple[Verdict, str]]:
    """Verdicts of all rules on one level, by the rule's name."""
    return {rule.name: rule.verdict(level, changes, conditions) for rule in rules}
