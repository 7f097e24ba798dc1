"""Errors as one line of a report."""

from __future__ import annotations

from comply_measure.errors import ComplyError

_SHOWN = 2


def one_line(problem: ComplyError) -> str:
    """``Variables without variance: c1.m: no variance; c2.m: no variance; 3 more``, for an error of several lines."""
    head, *rest = [line.strip() for line in str(problem).splitlines() if line.strip()]
    if not rest:
        return head.rstrip(".")
    shown = "; ".join(line.removeprefix("- ") for line in rest[:_SHOWN])
    more = f"; {len(rest) - _SHOWN} more" if len(rest) > _SHOWN else ""
    return f"{head.rstrip('.')}: {shown}{more}"
