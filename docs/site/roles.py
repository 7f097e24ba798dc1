"""Docstrings for the pages: cross-references become links to public names (an extension of griffe)."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

from griffe import Extension, Object

sys.path.insert(0, str(Path(__file__).parent))
from pages import addresses, plain


@cache
def _known() -> dict[str, str]:
    return addresses()


class Roles(Extension):
    """Rewrites ``:func:`~a.b.c``` in every docstring."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Rewrite the docstring of one object."""
        if obj.docstring is not None:
            obj.docstring.value = plain(obj.docstring.value, _known())
