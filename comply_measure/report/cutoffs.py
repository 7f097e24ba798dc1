"""Conventional cut-offs, each with its source; every one can be set in a study file.

They are conventions. The report says what a value is, what the convention is and where it comes from; the verdicts that
rest on one name it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from comply_measure.report.format import bounded, number
from comply_measure.statistics.words import require_known

_OWN = "set in the study file"


@dataclass(frozen=True, slots=True)
class Cutoff:
    """One convention.

    Parameters
    ----------
    key, label : str
        Name in study files, name in print.
    value : float
        The cut-off.
    at_least : bool
        Whether values at or above the cut-off meet it (else: at or below).
    source : str
        Citation.
    lowest, highest : float
        Between which (both included) a study can set it: a coefficient is no percentage.
    """

    key: str
    label: str
    value: float
    at_least: bool
    source: str
    lowest: float = 0.0
    highest: float = 1.0

    @property
    def allowed(self) -> str:
        """What can be set, in words."""
        return (
            f"{self.lowest:g} to {self.highest:g}" if self.highest < math.inf else f"{self.lowest:g} or more"
        )

    def takes(self, value: float) -> bool:
        """Whether a study can set this value."""
        return self.lowest <= value <= self.highest

    def met(self, value: float) -> bool | None:
        """Whether a value meets the convention; None for an undefined value."""
        if value != value:
            return None
        return value >= self.value if self.at_least else value <= self.value

    @property
    def limit(self) -> str:
        """The value as text prints it."""
        return (bounded if abs(self.value) <= 1 else number)(self.value)

    @property
    def bound(self) -> str:
        """``CFI ≥ .95``."""
        return f"{self.label} {'≥' if self.at_least else '≤'} {self.limit}"

    def describe(self) -> str:
        """``CFI ≥ .95 (Hu & Bentler, 1999)``."""
        return f"{self.bound} ({self.source})"


_HU_BENTLER = "Hu & Bentler, 1999"
_DEFAULTS = (
    Cutoff("cfi", "CFI", 0.95, True, _HU_BENTLER),
    Cutoff("tli", "TLI", 0.95, True, _HU_BENTLER),
    Cutoff("rmsea", "RMSEA", 0.06, False, _HU_BENTLER),
    Cutoff("srmr", "SRMR", 0.08, False, _HU_BENTLER),
    Cutoff("alpha", "α", 0.70, True, "Nunnally & Bernstein, 1994"),
    Cutoff("omega", "ω", 0.70, True, "Bagozzi & Yi, 1988, give .60; .70 is common practice"),
    Cutoff("ave", "AVE", 0.50, True, "Fornell & Larcker, 1981"),
    Cutoff("distinct", "factor correlation", 0.90, False, "Rönkkö & Cho, 2022: moderate problem from .90"),
    Cutoff("item_rest_r", "item-rest r", 0.30, True, "Nunnally & Bernstein, 1994"),
    Cutoff(
        "vif",
        "VIF",
        5.0,
        False,
        "a common choice; Diamantopoulos & Siguaw, 2006, take 3.3, others 10",
        1.0,
        math.inf,
    ),
    Cutoff("rwg_j", "rwg(j)", 0.70, True, "criticised as arbitrary by Lance et al., 2006"),
    Cutoff("test_level", "level of tests", 0.05, False, "Fisher, 1925"),
    Cutoff("small_effect", "standardised effect", 0.10, True, "small by Cohen, 1988"),
    Cutoff("small_d", "standardised difference", 0.20, True, "small by Cohen, 1988", 0.0, math.inf),
    Cutoff("share_margin", "difference of shares", 0.05, True, "a choice, worth mentioning from there"),
    Cutoff("odds_margin", "odds ratio", 1.25, True, "a choice, worth mentioning from there", 1.0, math.inf),
    Cutoff("tucker", "Tucker's φ, equal factors", 0.95, True, "Lorenzo-Seva & ten Berge, 2006"),
    Cutoff("tucker_alike", "Tucker's φ, alike factors", 0.85, True, "Lorenzo-Seva & ten Berge, 2006"),
    Cutoff("icc2", "ICC(2)", 0.70, True, "Klein & Kozlowski, 2000"),
)


class Cutoffs(Mapping[str, Cutoff]):
    """The cut-offs in force: the defaults, with those replaced that a study sets.

    Parameters
    ----------
    changes : mapping of str to float
        Key -> value.

    Raises
    ------
    ComplyError
        For an unknown key, with the nearest known one.
    """

    def __init__(self, changes: Mapping[str, float] = MappingProxyType({})) -> None:
        known = {cutoff.key: cutoff for cutoff in _DEFAULTS}
        for key, value in changes.items():
            require_known("cut-off", key, known)
            if value != known[key].value:
                known[key] = replace(known[key], value=float(value), source=_OWN)
        self._known = MappingProxyType(known)

    def __getitem__(self, key: str) -> Cutoff:
        return self._known[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)
