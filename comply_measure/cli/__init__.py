"""The command line: options in, exit codes out."""

from __future__ import annotations


def main() -> None:
    """Entry point of ``comply-measure``."""
    raise SystemExit(2)
