"""Where the shipped scales, data sets and survey plans lie: in the wheel, or in the checkout beside the package."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from comply_measure.errors import ComplyError

Kind = Literal["scales", "datasets", "surveys"]

_PACKAGE = Path(__file__).resolve().parent


def shipped(kind: Kind) -> Path:
    """Folder of the shipped scales, data sets or survey plans.

    Parameters
    ----------
    kind : {"scales", "datasets", "surveys"}
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
