"""What keeps a path from being a file that can be read."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

ABSENT: Final = "the file does not exist"


def path_fault(path: str | Path) -> str | None:
    """Why a path cannot be read as a file; None if it can.

    Folders, devices and pipes are refused before they are opened: a pipe without a writer waits for ever, and a
    device may never end.

    Parameters
    ----------
    path : path-like
        Any path; links are followed.

    Returns
    -------
    str or None
    """
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        absent = error.errno in (errno.ENOENT, errno.ENOTDIR)
        return ABSENT if absent else error.strerror or type(error).__name__
    except ValueError:
        return "not the name of a file"
    if stat.S_ISDIR(mode):
        return "a folder, not a file"
    if not stat.S_ISREG(mode):
        return "a device or pipe, not a file"
    return None if os.access(path, os.R_OK) else "no permission to read the file"
