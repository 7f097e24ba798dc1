"""Reports as values: tables, figures, sections, and the renderers that read them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# public name -> module that defines it; loaded on first use
_PUBLIC = {
    "Block": "parts",
    "Bullets": "parts",
    "Column": "parts",
    "Details": "parts",
    "Figure": "parts",
    "Heading": "parts",
    "Notice": "parts",
    "Prose": "parts",
    "Report": "parts",
    "Section": "parts",
    "Table": "parts",
    "render_html": "html",
    "render_latex": "latex",
    "render_word": "word",
    "Cutoff": "cutoffs",
    "Cutoffs": "cutoffs",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
