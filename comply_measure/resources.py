"""Where the shipped scales and data sets lie: in the wheel, or in the checkout beside the package."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from comply_measure.errors import ComplyError

Kind = Literal["scales", "datasets"]

_PACKAGE = Path(__file__).resolve().parent


def shipped(kind: Kind) -> Path:
    """Folder of the shipped scales or data sets.

    Parameters
    ----------
    kind : {"scales", "datasets"}
        Which collection.

    Returns
    -------
    pathlib.Path
        An existing folder: inside the installed package, or the checkout's top-level folder.

    Raises
    ------
    ComplyError
        If the installation lacks the folder.
    """
    for folder in (_PACKAGE / "_shipped" / kind, _PACKAGE.parent / kind):
        if folder.is_dir():
            return folder
    raise ComplyError(f"this installation of comply-measure lacks its {kind}; reinstall the package")
