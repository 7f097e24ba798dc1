"""The keys of a study file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from comply_measure.documents.validation import Speaking
from comply_measure.pipeline.replication.declared import PackagePart, Registration
from comply_measure.responses.mapping import ColumnMapping, FileFormat, Layout, Text
from comply_measure.responses.selection import JOIN
from comply_measure.responses.vocabulary import InformantRule

FORMAT = "comply-measure study 1"


def _joined(form: Any) -> Any:
    """Several forms as one word, the first of which makes the scores."""
    several = isinstance(form, list) and form and all(isinstance(name, str) for name in form)
    return JOIN.join(form) if several else form


class DataPart(Speaking):
    """Where the answers are.

    Parameters
    ----------
    file : str
        Responses, relative to the study file.
    layout : {"long", "wide"}
        A row per informant, or a row per unit.
    columns : ColumnMapping
        Which column is what.
    format, units_format : FileFormat
        How the files are written, where they do not show it.
    units_file : str, optional
        Unit-level variables, a row per unit.
    informants : {"average", "first", "all"}, optional
        What is done with several informants of one role in a unit; may stand above `data`, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    layout: Layout = "long"
    columns: ColumnMapping = ColumnMapping()
    format: FileFormat = FileFormat()
    units_file: str | None = None
    units_format: FileFormat = FileFormat()
    informants: InformantRule | None = None


class StudyFile(Speaking):
    """A study file.

    Parameters
    ----------
    format : str
        ``comply-measure study 1``.
    title, description : str
        For the report.
    dataset : str, optional
        Name of a shipped data set; instead of `data`.
    data : DataPart, optional
        Your own data; instead of `dataset`.
    scales : tuple of str
        Shipped scales by name, own ones by file; with `data` only (a data set names its own).
    attribute_set, form : str, optional
        Which attributes and which form of the scales; the data set's or scale's own by default. Several forms
        (``[full, journey]``) are read together: the first makes the scores, the others bring further items.
    informants : {"average", "first", "all"}, optional
        What is done with several informants of one role in a unit: all count where persons are analysed and their mean
        where roles are (``all``, the default of own data), their mean everywhere, or the first alone. It replaces the
        rule that a shipped data set states.
    language : str
        Language of labels and item texts.
    variables : dict
        Variable of the units -> its label in the report; without one its name is printed in words.
    seed : int
        Seed of everything random.
    output : str, optional
        Results folder, relative to the study file; by default ``results/<name of the study file>`` in the
        current folder.
    cutoffs : dict
        Conventions that replace the default ones.
    steps : list, optional
        The steps to run; all that apply by default.
    options : dict
        Step -> options that replace its defaults.
    package : PackagePart
        How the study is shared.
    registration : Registration, optional
        What was registered before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal["comply-measure study 1"]
    title: str = Field(min_length=1)
    description: str = ""
    dataset: str | None = None
    data: DataPart | None = None
    scales: tuple[Text, ...] = ()
    attribute_set: Text | None = None
    form: Annotated[Text | None, BeforeValidator(_joined)] = None
    informants: InformantRule | None = None
    language: str = "en"
    variables: dict[Text, Text] = Field(default_factory=dict)
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 1
    output: str | None = None
    cutoffs: dict[str, float] = Field(default_factory=dict)
    steps: list[str] | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    package: PackagePart = PackagePart()
    registration: Registration | None = None
