"""File names of a study stay inside the study's folder."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath, PureWindowsPath

from comply_measure.errors import ComplyError

LONGEST, PATH = 255, 4_000  # bytes of a name and of a path that a file system takes
_ALLOWED = "a relative path inside the folder of the study file"


def confined(folder: Path, name: str) -> Path:
    """The file `name` means, if it lies in `folder` or below.

    Parameters
    ----------
    folder : Path
        Folder of the study file.
    name : str
        As the study file writes it.

    Returns
    -------
    Path
        Symbolic links resolved; the file need not exist.

    Raises
    ------
    ComplyError
        If the name is absolute, has ``..`` or backslashes, or leads outside through a link.
    """
    if not name or "\0" in name:
        raise ComplyError(f"not a file name; allowed: {_ALLOWED}")
    if PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive or "\\" in name or name[0] == "~":
        raise ComplyError(f"the path is absolute or not portable; allowed: {_ALLOWED}")
    if any(len(os.fsencode(part)) > LONGEST for part in name.split("/")) or len(os.fsencode(name)) > PATH:
        raise ComplyError(f"the path is longer than file systems allow; allowed: {_ALLOWED}")
    if ".." in PurePosixPath(name).parts:
        raise ComplyError(f"the path leads outside the study's folder; allowed: {_ALLOWED}")
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise ComplyError(f"a symbolic link leads outside the study's folder; allowed: {_ALLOWED}")
    return path
