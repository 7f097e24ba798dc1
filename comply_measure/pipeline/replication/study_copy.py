"""A study's own files in another folder, where it runs as it does at home."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comply_measure.documents import read_yaml
from comply_measure.documents.confined import confined

if TYPE_CHECKING:
    from comply_measure.pipeline.study import Study
    from comply_measure.responses import DatasetDescription, Responses

STUDY = "study.yaml"
DATA = "data/responses.csv"


def data_keys(description: DatasetDescription) -> dict[str, Any]:
    """The key ``data`` of a study on a copied data set, in which the data are the user's own."""
    data: dict[str, Any] = {"file": description.file, "layout": description.layout}
    columns = description.mapping.model_dump(mode="json", exclude_unset=True)
    if columns:
        data["columns"] = columns
    if description.units_file:
        data["units_file"] = description.units_file
    if description.informants:
        data["informants"] = description.informants
    return data


def copy_study(study: Study, folder: Path, stand_in: Responses | None = None) -> dict[str, Any]:
    """Write the study file, its data, the files its options name and its scales; the study file's content.

    Own data keep their places and the study file its bytes. A shipped data set becomes ``data/``; so does a stand-in,
    which replaces the data.
    """
    from comply_measure.responses.files.load import files_of

    document = dict(read_yaml(study.path).data)
    for name in _own_files(study):
        _copy(confined(study.path.parent, name), folder / name)
    _copy_scales(study, folder)
    if stand_in is None and study.file.dataset is None:
        for name in _data_names(study):
            for path in files_of(confined(study.path.parent, name)):
                _copy(path, (folder / name).with_name(path.name))
        _copy(study.path, folder / STUDY)
        return document
    if stand_in is None:
        document = _with_data(document, study, folder)
    else:
        document = _with_stand_in(document, study, stand_in, folder)
    _write_study(document, folder)
    return document


def _own_files(study: Study) -> list[str]:
    """Files in the study's folder that options and scales name."""
    every = [*study.steps.values(), *study.others.values()]
    named = [name for options in every for name in options.files().values()]
    own = [name for name in study.file.scales if Path(name).suffix]
    return list(dict.fromkeys([*named, *own]))


def _data_names(study: Study) -> list[str]:
    data = study.file.data
    return [] if data is None else [name for name in (data.file, data.units_file) if name is not None]


def _with_data(document: dict[str, Any], study: Study, folder: Path) -> dict[str, Any]:
    """The study with the files of its shipped data set beside it."""
    from comply_measure.responses import dataset_path, describe_dataset

    assert study.file.dataset is not None
    description, source = describe_dataset(study.file.dataset), dataset_path(study.file.dataset)
    keys = data_keys(description)
    for key in ("file", "units_file"):
        if key in keys:
            _copy(source / keys[key], folder / "data" / keys[key])
            keys[key] = f"data/{keys[key]}"
    chosen: dict[str, Any] = {"data": keys, "scales": list(description.scales)}
    if description.attribute_set and "attribute_set" not in document:
        chosen["attribute_set"] = description.attribute_set
    if "form" not in document:
        chosen["form"] = description.form
    return {key: value for key, value in document.items() if key != "dataset"} | chosen


def _with_stand_in(
    document: dict[str, Any], study: Study, stand_in: Responses, folder: Path
) -> dict[str, Any]:
    """The study with the stand-in in the place of its data."""
    from comply_measure.responses.description import description_of

    (folder / DATA).parent.mkdir(parents=True, exist_ok=True)
    stand_in.write_csv(folder / DATA)
    described = description_of(stand_in, "long")
    columns = described.columns.model_dump(mode="json", exclude_unset=True)
    written = described.file_format.model_dump(mode="json", exclude_unset=True)
    keys: dict[str, Any] = {"file": DATA, "layout": "long", "columns": columns, "format": written}
    if stand_in.informant_rule is not None:
        keys["informants"] = stand_in.informant_rule
    kept = {key: value for key, value in document.items() if key not in ("dataset", "data", "informants")}
    scales = list(study.file.scales) or [scale.key for scale in stand_in.scales]
    chosen: dict[str, Any] = {"data": keys, "scales": scales, "form": stand_in.form}
    if stand_in.attribute_set is not None:
        chosen["attribute_set"] = stand_in.attribute_set
    return kept | chosen


def _copy_scales(study: Study, folder: Path) -> None:
    """The scales for reading; those that ship are found by their names when the study runs."""
    from comply_measure.pipeline.study_keys import path_of_scale

    own = set(_own_files(study))
    names = study.file.scales or tuple(scale.key for scale in study.scales)
    for name in names:
        if name not in own:
            _copy(path_of_scale(study.path.parent, name), folder / "scales" / f"{name}.yaml")


def _write_study(document: dict[str, Any], folder: Path) -> None:
    import yaml

    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    note = "# Made from the authors' study file: the data lie beside it; everything else is as it was.\n"
    (folder / STUDY).write_text(note + text, encoding="utf-8", newline="\n")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
