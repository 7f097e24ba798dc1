"""The pipeline: a study file becomes ordered, cached steps and a results folder with a manifest."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from comply_measure.pipeline.document import build_report
    from comply_measure.pipeline.folder import require_usable, write_results
    from comply_measure.pipeline.outcome import Outcome
    from comply_measure.pipeline.registry import STEPS
    from comply_measure.pipeline.run import Run, run_study
    from comply_measure.pipeline.step import Context, Step, StepOptions, StepOutput
    from comply_measure.pipeline.store import Store
    from comply_measure.pipeline.study import Study, load_study

# public name -> module that defines it; loaded on first use
_PUBLIC = {
    "STEPS": "registry",
    "Context": "step",
    "Outcome": "outcome",
    "Run": "run",
    "Step": "step",
    "StepOptions": "step",
    "StepOutput": "step",
    "Store": "store",
    "Study": "study",
    "build_report": "document",
    "load_study": "study",
    "require_usable": "folder",
    "run_study": "run",
    "write_results": "folder",
}

__all__ = [
    "STEPS",
    "Context",
    "Outcome",
    "Run",
    "Step",
    "StepOptions",
    "StepOutput",
    "Store",
    "Study",
    "build_report",
    "load_study",
    "require_usable",
    "run_study",
    "write_results",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
