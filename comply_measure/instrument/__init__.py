"""Survey instruments as data: scales, items, forms, languages and codebooks."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from comply_measure.instrument.codebook_table import codebook
    from comply_measure.instrument.describe import ScaleDescription, describe_scale, describe_scales
    from comply_measure.instrument.load import check_scale, list_scales, load_scale
    from comply_measure.instrument.scale import Scale
    from comply_measure.instrument.types import Construct, Form, Item, ResponseFormat, Stage

_PUBLIC = {
    "Construct": "types",
    "Form": "types",
    "Item": "types",
    "ResponseFormat": "types",
    "Scale": "scale",
    "ScaleDescription": "describe",
    "Stage": "types",
    "check_scale": "load",
    "codebook": "codebook_table",
    "describe_scale": "describe",
    "describe_scales": "describe",
    "list_scales": "load",
    "load_scale": "load",
}

__all__ = [
    "Construct",
    "Form",
    "Item",
    "ResponseFormat",
    "Scale",
    "ScaleDescription",
    "Stage",
    "check_scale",
    "codebook",
    "describe_scale",
    "describe_scales",
    "list_scales",
    "load_scale",
]


def __getattr__(name: str) -> Any:
    # pydantic, PyYAML and pandas are loaded on first use, so that the command line starts fast.
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
