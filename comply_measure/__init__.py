"""comply_measure: a multi-informant survey scale and its measurement models.

The public names are loaded on first use, so that ``import comply_measure`` and
``comply-measure --help`` stay fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# public name -> module that defines it
_PUBLIC: dict[str, str] = {
    "ColumnMapping": "comply_measure.responses",
    "ComplyError": "comply_measure.errors",
    "ComplyWarning": "comply_measure.errors",
    "InputError": "comply_measure.errors",
    "Problem": "comply_measure.errors",
    "Responses": "comply_measure.responses",
    "Scale": "comply_measure.instrument",
    "TriadData": "comply_measure.triads",
    "check_scale": "comply_measure.instrument",
    "list_datasets": "comply_measure.responses",
    "list_scales": "comply_measure.instrument",
    "load_dataset": "comply_measure.responses",
    "load_scale": "comply_measure.instrument",
    "load_study": "comply_measure.pipeline",
    "read_responses": "comply_measure.responses",
    "run_study": "comply_measure.pipeline",
    "write_results": "comply_measure.pipeline",
}
_ROOMS = (
    "framework",
    "instrument",
    "measurement",
    "models",
    "pipeline",
    "report",
    "responses",
    "sem",
    "simulation",
    "triads",
)

__all__ = ["__version__", *_ROOMS, *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
