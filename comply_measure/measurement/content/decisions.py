"""The log of item decisions: every item kept or dropped, with statistic, cut-off and reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace

import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.results import Result

COLUMNS = ("item", "stage", "decision", "reason", "statistic", "value", "cutoff", "source")


@dataclass(frozen=True)
class Decision:
    """One decision on one item.

    Parameters
    ----------
    item, stage : str
        Item id and stage of the scale's development (``content``, ``sort``, ``pretest``, ``efa``, …).
    decision : {"kept", "dropped", "reworded"}
        What was decided.
    reason : str
        In words; never empty.
    statistic, value, cutoff, source
        The evidence: name of the statistic, its value, the cut-off used and where the cut-off comes from.
    """

    item: str
    stage: str
    decision: str
    reason: str
    statistic: str = ""
    value: float = float("nan")
    cutoff: float = float("nan")
    source: str = ""

    def __post_init__(self) -> None:
        if self.decision not in ("kept", "dropped", "reworded"):
            raise ComplyError(
                f"decision on {self.item} is {self.decision!r}; allowed: kept, dropped, reworded"
            )
        if not self.reason.strip():
            raise ComplyError(f"the decision on {self.item} needs a reason")


@dataclass(frozen=True)
class DropLog(Result):
    """An append-only list of decisions; adding returns a new log.

    Parameters
    ----------
    decisions : tuple of Decision
    """

    decisions: tuple[Decision, ...] = field(default=())

    def add(self, *decisions: Decision) -> DropLog:
        """Return the log with more decisions at its end."""
        return replace(self, decisions=(*self.decisions, *decisions))

    def apply_cutoff(
        self,
        stage: str,
        statistic: str,
        values: Mapping[str, float],
        cutoff: float,
        source: str,
        items: Iterable[str] | None = None,
    ) -> DropLog:
        """Record one decision per item: dropped below the cut-off, kept otherwise.

        An undefined value (NaN) is never a reason to drop: the item is kept and the reason says so.
        """
        added = []
        for item in items if items is not None else values:
            value = float(values[item])
            if value != value:
                decision, reason = "kept", f"{statistic} is undefined"
            elif value < cutoff:
                decision, reason = "dropped", f"{statistic} below the cut-off"
            else:
                decision, reason = "kept", f"{statistic} at or above the cut-off"
            added.append(Decision(item, stage, decision, reason, statistic, value, cutoff, source))
        return self.add(*added)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Items whose last decision is ``dropped``, in order of first appearance."""
        last = {d.item: d.decision for d in self.decisions}
        return tuple(item for item, decision in last.items() if decision == "dropped")

    def tidy(self) -> pd.DataFrame:
        """Return one row per decision."""
        return pd.DataFrame([asdict(d) for d in self.decisions], columns=list(COLUMNS))
