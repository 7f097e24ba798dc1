"""Where responses come from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """Where responses come from.

    Parameters
    ----------
    file : str
        Name of the file, or of the table in memory.
    sha256 : str or None
        Digest of the file.
    units_file, units_sha256 : str or None
        The same for the separate units file, if there is one.
    """

    file: str
    sha256: str | None = None
    units_file: str | None = None
    units_sha256: str | None = None
