"""CPU time and memory that a run took, those of its workers among them."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """What processes used so far.

    Parameters
    ----------
    cpu_seconds : float or None
        User and system time of all of them; None where the system does not say.
    peak_memory_mb : float or None
        Largest resident memory of one of them.
    """

    cpu_seconds: float | None
    peak_memory_mb: float | None

    @staticmethod
    def of_this_process() -> Usage:
        """The process that asks, and the children it has waited for."""
        if sys.platform == "win32":
            return Usage(None, None)
        import resource

        both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        # Linux counts in kilobytes, macOS in bytes.
        scale = 1 << 20 if sys.platform == "darwin" else 1 << 10
        return Usage(
            sum(used.ru_utime + used.ru_stime for used in both), max(used.ru_maxrss for used in both) / scale
        )

    def beside(self, others: Iterable[Usage]) -> Usage:
        """Together with other processes: times added, the largest memory of one."""
        all_of_them = (self, *others)
        seconds = [used.cpu_seconds for used in all_of_them if used.cpu_seconds is not None]
        peaks = [used.peak_memory_mb for used in all_of_them if used.peak_memory_mb is not None]
        return Usage(sum(seconds) if seconds else None, max(peaks, default=None))

    def document(self) -> dict[str, float | None]:
        """Rounded, as in the manifest."""
        return {
            "cpu_seconds": None if self.cpu_seconds is None else round(self.cpu_seconds, 1),
            "peak_memory_mb": None if self.peak_memory_mb is None else round(self.peak_memory_mb, 1),
        }


def pandas_alone() -> None:
    """Import pandas, if it is not there yet, without the library that it would hold columns of texts with.

    A run holds them as Python's (:func:`settled`), and the library takes 33 MB. What asks for it by name, such as the
    reading of Parquet files, gets it.
    """
    if "pandas" in sys.modules or "pyarrow" in sys.modules:
        return
    sys.modules["pyarrow"] = None  # type: ignore[assignment]
    try:
        import pandas as _  # noqa: F401
    finally:
        del sys.modules["pyarrow"]


@contextmanager
def settled() -> Iterator[None]:
    """Set this process up for a run, and back after it: garbage is looked for seldom, texts of tables are Python's.

    A run makes many tables that end without a search, and never in what is loaded by now, which stays to the end of a
    run. Its tables are small: columns of texts as arrays of another library cost more to enter and to leave than they
    save.
    """
    import pandas as pd

    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)
    try:
        with pd.option_context("mode.string_storage", "python"):
            yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def release() -> None:
    """Give memory that is free back to the system, where the C library can.

    Steps free large arrays between small ones that stay; without this the next step's arrays come on top of the gaps.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim  # GNU
    except (AttributeError, OSError, TypeError):
        return
    trim(0)
