"""What ``comply-measure verify`` says."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

DIFFERS = 1
#: Differences of one kind that are listed.
_LISTED = 20


def verify_command(package: Path, wheels: Path | None, tolerance: float) -> int:
    """Verify a package and tell what differs.

    Returns
    -------
    int
        Exit code: 0 where nothing differs, else 1.

    Raises
    ------
    InputError
        If the folder is no package.
    """
    from comply_measure.pipeline import verify_package

    found = verify_package(package, wheels, tolerance)
    told: Counter[str] = Counter()
    for difference in found.differences:
        told[difference.kind] += 1
        if told[difference.kind] <= _LISTED:
            print(difference, file=sys.stderr)
    for kind, n in told.items():
        if n > _LISTED:
            print(f"{kind}: {n - _LISTED} more", file=sys.stderr)
    if found.n_tables:
        print(f"ran in {found.environment}")
    if found.ok:
        print(
            f"{package}: {found.n_files} files as listed, {found.n_tables} tables computed anew, nothing differs"
        )
        return 0
    n = len(found.differences)
    print(f"{package}: {n} difference{'s' if n > 1 else ''}", file=sys.stderr)
    return DIFFERS
