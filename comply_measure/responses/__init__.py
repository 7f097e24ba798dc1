"""Responses: a file of survey answers becomes a validated table; scoring, export and the shipped data sets.

The public names are loaded on first use, so that importing the room stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from comply_measure.responses.datasets import (
        DatasetDescription,
        dataset_path,
        describe_dataset,
        list_datasets,
        load_dataset,
    )
    from comply_measure.responses.export import (
        neutralise_cell,
        write_csv,
        write_xlsx,
    )
    from comply_measure.responses.mapping import (
        ColumnMapping,
        FileFormat,
        Layout,
    )
    from comply_measure.responses.reading import (
        read_responses,
        responses_from_frame,
    )
    from comply_measure.responses.table import (
        Responses,
        Source,
    )

_PUBLIC: dict[str, str] = {
    "ColumnMapping": "mapping",
    "DatasetDescription": "datasets",
    "FileFormat": "mapping",
    "Layout": "mapping",
    "Responses": "table",
    "Source": "table",
    "dataset_path": "datasets",
    "describe_dataset": "datasets",
    "list_datasets": "datasets",
    "load_dataset": "datasets",
    "neutralise_cell": "export",
    "read_responses": "reading",
    "responses_from_frame": "reading",
    "write_csv": "export",
    "write_xlsx": "export",
}

__all__ = [
    "ColumnMapping",
    "DatasetDescription",
    "FileFormat",
    "Layout",
    "Responses",
    "Source",
    "dataset_path",
    "describe_dataset",
    "list_datasets",
    "load_dataset",
    "neutralise_cell",
    "read_responses",
    "responses_from_frame",
    "write_csv",
    "write_xlsx",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
