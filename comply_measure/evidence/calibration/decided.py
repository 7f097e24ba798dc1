"""Evidence that is nothing but its verdicts: what a rule is calibrated with where the whole topic is not needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from comply_measure.evidence.base import Evidence

if TYPE_CHECKING:
    from comply_measure.evidence.verdicts import Verdict


@dataclass(frozen=True, eq=False)
class Decided(Evidence):
    """Verdicts, by the conventions in force."""

    conclude: Callable[[Mapping[str, float]], tuple[Verdict, ...]]

    def tidy(self) -> pd.DataFrame:
        """No table."""
        return pd.DataFrame()

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """What is concluded."""
        return self.conclude(conventions)
