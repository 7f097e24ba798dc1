"""How a step went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from comply_measure.pipeline.step import StepOutput

Status = Literal["done", "printed", "cached", "failed", "skipped"]


@dataclass(frozen=True, eq=False)
class Outcome:
    """One step of a run.

    Parameters
    ----------
    step : str
        Name.
    status : {"done", "printed", "cached", "failed", "skipped"}
        Computed; printed anew from evidence in the cache; taken from the cache as it is; failed; or left out because
        the data do not carry it, or a needed step has no result.
    key : str
        Key of the evidence; empty where a needed step failed.
    seconds : float
        Time it took.
    output : StepOutput or None
        The result.
    reason : str
        Why it failed or was skipped.
    trace : str
        Python's traceback of a failure that is a defect of the program.
    warnings : tuple of str
        What libraries warned of.
    """

    step: str
    status: Status
    key: str = ""
    seconds: float = 0.0
    output: StepOutput | None = None
    reason: str = ""
    trace: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is a result."""
        return self.output is not None
