"""Topic ``content``: what experts and judges say about the items; runs when the study names their files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pandas as pd
from pydantic import Field, model_validator

from comply_measure.documents.confined import confined
from comply_measure.evidence.base import Evidence, Value
from comply_measure.evidence.choices import Names
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.kept_items import compare_items
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.rules.content import BELONGS
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.verdicts import Answer, Number, Verdict, by_interval
from comply_measure.measurement.content import (
    ContentEvidence,
    ContentOptions as Conventions,
    content_evidence,
)
from comply_measure.responses import Responses
from comply_measure.responses.selection import form_of, set_of

if TYPE_CHECKING:
    from comply_measure.instrument import Scale

_JUDGED = ("i_cvi", "n_experts", "c_sv", "n_judges", "c_sv_critical")
_ROUNDING = 1e-6
_FILES = ("ratings", "sorts", "definitions")


class ContentOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    ratings, sorts, definitions : str, optional
        Files of expert ratings, item sorts and definitional ratings, inside the folder of the study file.
    level : {"dimension", "attribute"}
        Constructs that items are sorted into and defined by.
    minimum, maximum, relevant_from : int
        Relevance scale and the lowest rating that counts as relevant.
    i_cvi : float
        Items below are dropped.
    alpha : float
        Level of the critical values of CVR and c_sv.
    anchors : int
        Points of the definitional rating scale.
    compare : bool
        Compute the central results of the informants' answers again without the items that would be dropped.
    """

    scale: Annotated[str | None, Names("scale")] = None
    ratings: str | None = None
    sorts: str | None = None
    definitions: str | None = None
    level: Literal["dimension", "attribute"] = "dimension"
    minimum: int = 1
    maximum: int = 4
    relevant_from: int = 3
    i_cvi: Annotated[float, Field(gt=0, le=1)] = 7 / 9
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    anchors: Annotated[int, Field(ge=2)] = 7
    compare: bool = True

    @model_validator(mode="after")
    def _scale_of_relevance(self) -> ContentOptions:
        if not self.minimum < self.relevant_from <= self.maximum:
            raise ValueError(
                f"minimum {self.minimum}, relevant_from {self.relevant_from} and maximum {self.maximum} must rise: "
                "minimum < relevant_from <= maximum"
            )
        return self

    def files(self) -> Mapping[str, str]:
        """The files that are named."""
        return {name: value for name in _FILES if (value := getattr(self, name)) is not None}

    def conventions(self) -> Conventions:
        """Scales and cut-offs of the study."""
        return Conventions(
            minimum=self.minimum,
            maximum=self.maximum,
            relevant_from=self.relevant_from,
            i_cvi_cutoff=self.i_cvi,
            alpha=self.alpha,
            anchors=self.anchors,
            construct_level=self.level,
        )


def asked(options: ContentOptions, scales: tuple[Scale, ...]) -> str:
    """Why there is nothing to do."""
    return "" if options.files() else "the study names no file of expert ratings, sorts or definitions"


@dataclass(frozen=True, eq=False)
class ContentValidityEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    title : str
        The scale.
    evidence : ContentEvidence
    n_units : int
        Units of the study; experts and judges are not among them.
    files : tuple of str
        Files of experts and judges.
    i_cvi : float
        Cut-off.
    n_informants : int
        Informants behind `compared`.
    compared : DataFrame
        Central results with all items and without those that would be dropped (``compare_items``); empty if none would
        be, or it was not asked for.
    """

    title: str
    evidence: ContentEvidence
    n_units: int
    files: tuple[str, ...]
    i_cvi: float
    n_informants: int
    compared: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """Summary of the ratings and sorts."""
        return self.evidence.summary()

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Whether each item belongs to its construct."""
        return tuple(_belongs(row, self.i_cvi) for row in self.evidence.tidy().to_dict("records"))

    def values(self) -> Mapping[str, Value]:
        """The summary's statistics."""
        summary = self.evidence.summary()
        return {
            str(name).replace(" ", "_"): float(value)
            for name, value in zip(summary["statistic"], summary["value"], strict=True)
        }

    def reasons(self) -> Mapping[str, str]:
        """Why a statistic is undefined."""
        return {name: "no item has enough ratings" for name, value in self.values().items() if value != value}


def _belongs(row: Mapping[Any, Any], cutoff: float) -> Verdict:
    """One item: I-CVI moves by 1/n with one expert's answer, c_sv by 2/n with one judge's."""
    values = {name: float(row.get(name, math.nan)) for name in _JUDGED}
    answers = [
        by_interval(value - step, value + step, mark)
        for value, step, mark in (
            (values["i_cvi"], 1 / max(values["n_experts"], 1), cutoff - _ROUNDING),
            (values["c_sv"], 2 / max(values["n_judges"], 1), values["c_sv_critical"] - _ROUNDING),
        )
        if value == value
    ]
    numbers: dict[str, Number] = dict(values)
    if not answers:
        return BELONGS.verdict("cannot say", str(row["item"]), numbers=numbers, case="unknown")
    answer: Answer = "cannot say"
    if "not supported" in answers:
        answer = "not supported"
    elif set(answers) == {"supported"}:
        answer = "supported"
    return BELONGS.verdict(answer, str(row["item"]), numbers=numbers)


def content(
    responses: Responses, options: ContentOptions, *, folder: Path = Path()
) -> ContentValidityEvidence:
    """Content validity of one scale by experts and judges.

    Parameters
    ----------
    responses : Responses
        The validated answers; they say which scale, form and attribute set is in use.
    options : ContentOptions
        Names the files.
    folder : Path
        Where the files lie.

    Returns
    -------
    ContentValidityEvidence

    Raises
    ------
    InputError
        Listing every fault of the files.
    """
    chosen = chosen_focal(responses, options.scale)
    scale = chosen.scale
    paths: dict[str, Path] = {name: confined(folder, file) for name, file in options.files().items()}
    evidence = content_evidence(
        scale,
        **paths,
        attribute_set=set_of(scale, responses.attribute_set),
        form=form_of(scale, responses.form),
        options=options.conventions(),
    )
    return ContentValidityEvidence(
        title=scale.title[scale.languages[0]].partition(":")[0].strip(),
        evidence=evidence,
        n_units=responses.n_units,
        files=tuple(options.files().values()),
        i_cvi=options.i_cvi,
        n_informants=chosen.n_informants,
        compared=_compared(responses, options, evidence),
    )


def _compared(responses: Responses, options: ContentOptions, evidence: ContentEvidence) -> pd.DataFrame:
    """Central results with and without the items that would be dropped."""
    dropped = [item for item in dict.fromkeys(evidence.log.dropped) if item in responses.item_ids]
    if not dropped or not options.compare:
        return pd.DataFrame()
    return compare_items(responses, options.scale, dropped)


def _compute(request: Request, options: ContentOptions) -> ContentValidityEvidence:
    return content(request.responses, options, folder=request.folder)


TOPIC = Topic("content", "Content validity", _compute, ContentOptions, asked=asked, informants=None)
