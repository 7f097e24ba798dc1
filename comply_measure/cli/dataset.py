"""What ``comply-measure dataset`` shows and copies."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from comply_measure.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.responses import DatasetDescription

STUDY = "study.yaml"


def dataset_table() -> pd.DataFrame:
    """One row per shipped data set."""
    import pandas as pd

    from comply_measure.responses import describe_dataset, list_datasets

    rows = []
    for name in list_datasets():
        found = describe_dataset(name)
        rows.append({"dataset": name, "kind": found.kind, "title": found.title, "licence": found.licence})
    return pd.DataFrame(rows)


def dataset_readme(name: str) -> str:
    """The README of a data set."""
    from comply_measure.responses import dataset_path, describe_dataset

    return (dataset_path(name) / describe_dataset(name).readme).read_text(encoding="utf-8").rstrip()


def copy_dataset(name: str, folder: Path) -> list[str]:
    """Copy a data set; answers to a survey get a study file beside them.

    Returns
    -------
    list of str
        What to tell the user.

    Raises
    ------
    InputError
        If the folder has content.
    ComplyError
        If no data set has this name.
    """
    from comply_measure.responses import dataset_path, describe_dataset

    source, description = dataset_path(name), describe_dataset(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        fault = Problem("the folder has content", file=str(folder), allowed="a new or empty folder")
        raise InputError("the data set cannot be copied", [fault])
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    told = [f"{name} copied to {folder}"]
    if description.kind == "responses":
        (folder / STUDY).write_text(study_text(description), encoding="utf-8")
        told.append(f"run it with: comply-measure run {folder / STUDY}")
    return told


def study_text(description: DatasetDescription) -> str:
    """A study file for a copied data set, in which the data are the user's own."""
    import yaml

    from comply_measure.pipeline.replication.study_copy import data_keys
    from comply_measure.pipeline.schema import FORMAT

    document = {
        "format": FORMAT,
        "title": description.title,
        "data": data_keys(description),
        "scales": list(description.scales),
        **({"attribute_set": description.attribute_set} if description.attribute_set else {}),
        "form": description.form,
        "seed": 1,
    }
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    return f"# All steps run with their defaults; `comply-measure study check FILE` says what is not right.\n{text}"
