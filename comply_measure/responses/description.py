"""What a file of answers that this package wrote needs to be read again, kept beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from comply_measure.documents import path_fault, read_yaml, validate
from comply_measure.documents.paths import ABSENT
from comply_measure.errors import InputError
from comply_measure.responses.mapping import ColumnMapping, FileFormat, Layout
from comply_measure.responses.vocabulary import InformantRule

if TYPE_CHECKING:
    from comply_measure.responses.table import Responses

FORMAT = "comply-measure responses 1"


class FileDescription(BaseModel):
    """How a written file of answers is read.

    Parameters
    ----------
    format : str
        ``comply-measure responses 1``.
    layout : {"long", "wide"}
        A row per informant, or per unit.
    attribute_set, form : str or None
        What was asked.
    columns : ColumnMapping
        Variables beside the answers, text ones named, and items that were not asked.
    file_format : FileFormat
        How numbers and texts are written.
    informants : {"average", "first", "all"}, optional
        What is done with several informants of one role in a unit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["comply-measure responses 1"] = "comply-measure responses 1"
    layout: Layout = "long"
    attribute_set: str | None = None
    form: str = "full"
    columns: ColumnMapping = ColumnMapping()
    file_format: FileFormat = FileFormat()
    informants: InformantRule | None = None


def description_path(path: str | Path) -> Path:
    """Where the description of a file lies: ``answers.csv`` has ``answers.csv.yaml``."""
    return Path(f"{path}.yaml")


def description_of(responses: Responses, layout: Layout) -> FileDescription:
    """How a file that :meth:`Responses.write_csv` writes is read."""
    asked = {item.id for scale in responses.scales for item in scale.items}
    texts = [
        str(name)
        for table in (responses.units, responses.informants)
        for name in table.columns
        if table[name].dtype.kind != "f"
    ]
    mapping = ColumnMapping(
        units={str(name): str(name) for name in responses.units.columns},
        informants={str(name): str(name) for name in responses.informants.columns},
        as_text=tuple(texts),
        not_asked=tuple(sorted(asked - set(responses.item_ids))),
    )
    return FileDescription(
        layout=layout,
        attribute_set=responses.attribute_set,
        form=responses.form,
        columns=mapping,
        file_format=FileFormat(decimal=".", delimiter=",", neutralised=True),
        informants=responses.informant_rule,
    )


def write_description(description: FileDescription, path: str | Path) -> None:
    """Write the description of a file beside it."""
    import yaml

    content = {"format": FORMAT, **description.model_dump(mode="json", exclude_defaults=True)}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
    description_path(path).write_text(text, encoding="utf-8", newline="\n")


def read_description(path: str | Path) -> FileDescription | None:
    """The description beside a file; None if there is none.

    Raises
    ------
    InputError
        If there is one with faults.
    """
    beside = description_path(path)
    if path_fault(beside) == ABSENT:
        return None
    document = read_yaml(beside)
    found, problems = validate(FileDescription, document)
    if found is None:
        raise InputError(f"{beside} does not describe {Path(path).name}", problems)
    return found
