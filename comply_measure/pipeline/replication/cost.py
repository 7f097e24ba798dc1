"""What a study costs, by the classes of the AEA's README template: these stay the same from run to run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from comply_measure.pipeline.files import write_text
from comply_measure.pipeline.usage import Usage

if TYPE_CHECKING:
    from comply_measure.pipeline.run import Run

FILE = "cost.json"
_TIMES = ((10 * 60, "< 10 minutes"), (3600, "10 to 60 minutes"), (2 * 3600, "1 to 2 hours"),
          (8 * 3600, "2 to 8 hours"), (24 * 3600, "8 to 24 hours"), (3 * 86400, "1 to 3 days"),
          (14 * 86400, "3 to 14 days"))  # fmt: skip
_SIZES = ((25e6, "< 25 MB"), (250e6, "25 MB to 250 MB"), (2e9, "250 MB to 2 GB"), (25e9, "2 GB to 25 GB"),
          (250e9, "25 GB to 250 GB"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of all steps, computed and not read from a cache, and the largest memory of a process in bytes.

    Either is None where it was not measured.
    """

    seconds: float | None
    memory: float | None

    @property
    def time_class(self) -> str:
        """The template's class of run times."""
        return _class(self.seconds, _TIMES, "> 14 days")

    @property
    def memory_class(self) -> str:
        """The least whole number of gigabytes that suffices."""
        if self.memory is None:
            return "not measured"
        return f"< {int(self.memory / 1e9) + 1} GB"


def storage_class(size: float) -> str:
    """The template's class of sizes on disk."""
    return _class(size, _SIZES, "> 250 GB")


def _class(value: float | None, classes: tuple[tuple[float, str], ...], beyond: str) -> str:
    if value is None:
        return "not measured"
    return next((name for limit, name in classes if value < limit), beyond)


def remember_cost(run: Run, cache: Path) -> None:
    """Keep what the steps cost that were computed now; those from the cache keep what they cost then."""
    known = _read(cache)
    computed = {name: o for name, o in run.outcomes.items() if o.status == "done"}
    if not computed:
        return
    steps = known.steps | {name: (outcome.key, outcome.seconds) for name, outcome in computed.items()}
    peaks = (Usage.of_this_process().beside(run.workers).peak_memory_mb, known.peak_mb)
    peak = max((value for value in peaks if value is not None), default=None)
    write_text(cache / FILE, json.dumps({"steps": steps, "peak_mb": peak}))


def cost_of(run: Run, cache: Path) -> Cost:
    """What the steps of a run cost when they were computed."""
    known = _read(cache)
    due = {name: outcome.key for name, outcome in run.outcomes.items() if outcome.ok}
    if not all(name in known.steps and known.steps[name][0] == key for name, key in due.items()):
        return Cost(None, None)
    memory = None if known.peak_mb is None else known.peak_mb * 1e6
    return Cost(sum(known.steps[name][1] for name in due), memory)


@dataclass(frozen=True, slots=True)
class _Known:
    steps: dict[str, tuple[str, float]]
    peak_mb: float | None


def _read(cache: Path) -> _Known:
    """What earlier runs cost; nothing where the file is absent or damaged."""
    try:
        found = json.loads((cache / FILE).read_text(encoding="utf-8"))
        steps = {str(name): (str(key), float(seconds)) for name, (key, seconds) in found["steps"].items()}
        peak = found["peak_mb"]
        return _Known(steps, None if peak is None else float(peak))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return _Known({}, None)
