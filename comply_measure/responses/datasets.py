"""The data sets that ship with the package: found, described and read by name."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from comply_measure.documents import Key, problem_at, read_yaml, validate
from comply_measure.errors import InputError
from comply_measure.resources import shipped
from comply_measure.responses.mapping import ColumnMapping, FileFormat, Layout, Text
from comply_measure.responses.vocabulary import InformantRule
from comply_measure.statistics.words import require_known

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.responses.table import Responses

DESCRIPTION = "dataset.yaml"


def _stays_inside(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        raise ValueError("the file must lie in the data set's folder")
    return name


InnerFile = Annotated[str, AfterValidator(_stays_inside)]


class Column(BaseModel):
    """One column of a plain table.

    Parameters
    ----------
    type : {"text", "integer", "number"}
        What its cells hold.
    label : str
        One line for the codebook.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["text", "integer", "number"]
    label: str


class DatasetDescription(BaseModel):
    """The content of a ``dataset.yaml``.

    Parameters
    ----------
    title, source, licence : str
        For people: what it is, where it comes from, under which terms.
    kind : {"responses", "table"}
        Survey answers (read into `Responses`) or a plain table (a DataFrame).
    file : str
        The data file, beside ``dataset.yaml``.
    layout, scales, attribute_set, form, mapping, format, informants : optional
        For responses: as in `read_responses`; `scales` are names of shipped scales.
    units_file, units_format : optional
        For responses: the separate file of unit-level variables.
    columns : dict
        For tables: every column with type and label, in the order of the file.
    readme : str
        Markdown file with source, codebook and licence.
    other_files : dict
        Further files of the folder by purpose (``{truth: truth.json, population: population.yaml}``).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    kind: Literal["responses", "table"]
    file: InnerFile
    source: str
    licence: str
    readme: InnerFile = "README.md"
    other_files: dict[str, InnerFile] = Field(default_factory=dict)
    layout: Layout = "long"
    scales: tuple[str, ...] = ()
    attribute_set: Text | None = None
    form: Text = "full"
    informants: InformantRule | None = None
    mapping: ColumnMapping = ColumnMapping()
    format: FileFormat = FileFormat()
    units_file: InnerFile | None = None
    units_format: FileFormat = FileFormat()
    columns: dict[str, Column] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_its_kind(self) -> DatasetDescription:
        if self.kind == "responses" and not self.scales:
            raise ValueError("a data set of responses names its scales")
        if self.kind == "table" and not self.columns:
            raise ValueError("a table names its columns")
        return self


def list_datasets() -> tuple[str, ...]:
    """Names of the shipped data sets, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in shipped("datasets").glob(f"*/{DESCRIPTION}")))


def dataset_path(name: str) -> Path:
    """Folder of a shipped data set.

    Raises
    ------
    ComplyError
        If no data set has this name; the message gives the nearest one.
    """
    require_known("data set", name, list_datasets())
    return shipped("datasets") / name


def describe_dataset(name: str) -> DatasetDescription:
    """Description of a shipped data set: the content of its ``dataset.yaml``.

    Raises
    ------
    ComplyError
        If no data set has this name.
    InputError
        If its description is faulty.
    """
    return read_description(dataset_path(name) / DESCRIPTION)


def read_description(path: Path) -> DatasetDescription:
    """Read and check a ``dataset.yaml``; its files must exist.

    Raises
    ------
    InputError
        Listing every unknown key, missing key, bad value and absent file, with its line.
    """
    document = read_yaml(path)
    description, problems = validate(DatasetDescription, document)
    if description is None:
        raise InputError(f"{path} cannot be used", problems)
    named: dict[Key, str | None] = {
        ("file",): description.file,
        ("readme",): description.readme,
        ("units_file",): description.units_file,
        **{("other_files", purpose): file for purpose, file in description.other_files.items()},
    }
    absent = [
        problem_at(document, key, "the file is not in the data set's folder", file)
        for key, file in named.items()
        if file is not None and not (path.parent / file).is_file()
    ]
    if absent:
        raise InputError(f"{path} cannot be used", absent)
    return description


def load_dataset(
    name: str,
    *,
    attribute_set: str | None = None,
    form: str | None = None,
    informants: InformantRule | None = None,
) -> Responses | pd.DataFrame:
    """Read a shipped data set.

    Parameters
    ----------
    name : str
        One of :func:`list_datasets`.
    attribute_set, form, informants : str, optional
        For responses: another attribute set, form or rule for several informants of one role than the description
        names.

    Returns
    -------
    Responses or pandas.DataFrame
        Responses for survey answers, a DataFrame for plain tables.

    Raises
    ------
    ComplyError
        If no data set has this name.
    InputError
        If the files do not hold what their description says.
    """
    description = describe_dataset(name)
    folder = dataset_path(name)
    if description.kind == "table":
        from comply_measure.responses.tables import read_typed_table

        types = {column: spec.type for column, spec in description.columns.items()}
        return read_typed_table(folder / description.file, types, description.format)

    from comply_measure.instrument import load_scale
    from comply_measure.responses.reading import read_responses

    return read_responses(
        folder / description.file,
        tuple(load_scale(scale) for scale in description.scales),
        description.mapping,
        attribute_set=attribute_set or description.attribute_set,
        form=form or description.form,
        layout=description.layout,
        informants=informants or description.informants,
        units_path=folder / description.units_file if description.units_file else None,
        file_format=description.format,
        units_format=description.units_format,
    )
