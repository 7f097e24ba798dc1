"""The command line: options in, exit codes out.

Exit codes: 0 done, 1 a step failed, 2 the input or the call cannot be used, 130 interrupted.
"""

from __future__ import annotations

import io
import os
import sys

INPUT_ERROR = 2
INTERRUPTED = 130


def _one_blas_thread() -> None:
    """Keep BLAS to one thread unless the user has chosen: on small matrices several are slower, not faster.

    Must run before numpy is imported.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def _write_what_can_be_written() -> None:
    """Print a character that the console's encoding lacks as its number, instead of failing on it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def main(arguments: list[str] | None = None) -> None:
    """Entry point of ``comply-measure``.

    Parameters
    ----------
    arguments : list of str, optional
        Instead of the program's own.

    Raises
    ------
    SystemExit
        Always, with the exit code.
    """
    _one_blas_thread()
    _write_what_can_be_written()
    try:
        _call(arguments)
    except KeyboardInterrupt:
        sys.stdout.flush()
        print("interrupted", file=sys.stderr, flush=True)
        raise SystemExit(INTERRUPTED) from None


def _call(arguments: list[str] | None) -> None:
    """The command, with its errors told in a line."""
    from comply_measure.cli.app import app
    from comply_measure.errors import ComplyError

    try:
        app(arguments, prog_name="comply-measure")
    except ComplyError as error:
        sys.stdout.flush()
        print(f"comply-measure: {error}", file=sys.stderr)
        raise SystemExit(INPUT_ERROR) from None
    except OSError as error:
        sys.stdout.flush()
        place = f" {error.filename}:" if error.filename else ""
        print(f"comply-measure:{place} {error.strerror or error}", file=sys.stderr)
        raise SystemExit(INPUT_ERROR) from None
