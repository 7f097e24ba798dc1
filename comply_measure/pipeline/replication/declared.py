"""Keys of a study file that say how it is shared, and what was planned before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from comply_measure.pipeline.study import Study


class PackagePart(BaseModel):
    """What the replication package holds and says; only people can know it.

    Parameters
    ----------
    data : {"include", "stand_in"}
        The answers themselves, or a synthetic stand-in with their structure and moments.
    access : str
        How others get the data, where they are not included.
    provenance : str
        Who was asked, when and how.
    ethics : str
        Approval and consent.
    data_licence, code_licence : str
        Licences of the data and of the study's own files, as SPDX identifiers where there are some.
    authors : tuple of str
        In the order of the paper.
    citation : str
        How the paper is cited.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Literal["include", "stand_in"] = "include"
    access: str = ""
    provenance: str = ""
    ethics: str = ""
    data_licence: str = ""
    code_licence: str = ""
    authors: tuple[str, ...] = ()
    citation: str = ""


class Registration(BaseModel):
    """What was registered before the data were seen.

    Parameters
    ----------
    url : str
        Where it can be read.
    date : date
        When it was registered.
    steps : mapping
        Planned step -> its planned options.
    deviations : mapping of str to str
        Step -> why it was run otherwise, not at all, or in addition.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(min_length=1)
    date: date
    steps: Mapping[str, Mapping[str, Any] | None] = Field(min_length=1)
    deviations: Mapping[str, str] = Field(default_factory=dict)


def declared(study: Study) -> PackagePart:
    """What a study says of its package; licence and source of a shipped data set where it says nothing of them."""
    from comply_measure.responses import describe_dataset

    file = study.file
    if file.dataset is None:
        return file.package
    described = describe_dataset(file.dataset)
    known = {"data_licence": described.licence, "provenance": described.source}
    given = file.package.model_dump()
    return file.package.model_copy(update={key: given[key] or text for key, text in known.items()})
