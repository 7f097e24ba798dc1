"""How a step estimates its models: options shared by all steps that fit one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

import pandas as pd
from pydantic import field_validator, model_validator

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.evidence.choices import Firms
from comply_measure.evidence.options import TopicOptions
from comply_measure.sem.options import Options
from comply_measure.sem.resolver import resolve
from comply_measure.statistics.cluster_robust import uncorrected_note

if TYPE_CHECKING:
    from comply_measure.evidence.focal import Focal
    from comply_measure.responses import Responses

Cluster = Annotated[Literal["unit", "firm", "none"], Firms()]
Clustered = TypeVar("Clustered", bound=TopicOptions)
_SEMOPY = {"estimator": "ML", "missing": "listwise", "cluster": "none"}


class Estimation(TopicOptions):
    """Options of estimation.

    Parameters
    ----------
    engine : {"comply", "semopy"}
        Who estimates. semopy confirms ML estimates from complete cases and knows nothing else.
    estimator : str
        lavaan's name. MLR: maximum likelihood with robust standard errors and scaled test; the only one that allows
        for clusters.
    missing : {"ml", "listwise"}
        Full information, or complete cases.
    cluster : {"unit", "firm", "none"}
        What makes cases alike; standard errors and tests allow for it. Where it is left open, topics that pool
        informants take the highest level known (:meth:`at_highest`).
    """

    engine: Literal["comply", "semopy"] = "comply"
    estimator: str = "MLR"
    missing: Literal["ml", "listwise"] = "ml"
    cluster: Cluster = "none"

    @model_validator(mode="before")
    @classmethod
    def _defaults_that_fit(cls, given: Any) -> Any:
        """Options left open follow from the engine and the estimator."""
        if not isinstance(given, dict):
            return given
        if given.get("engine") == "semopy":
            return _SEMOPY | given
        if str(given.get("estimator", "MLR")).upper() != "MLR":
            return {"cluster": "none"} | given
        return given

    @field_validator("estimator")
    @classmethod
    def _known_estimator(cls, name: str) -> str:
        """As lavaan writes it."""
        return _resolved(name, "listwise").estimator.name

    @model_validator(mode="after")
    def _engine_can(self) -> Estimation:
        if self.engine == "semopy":
            wrong = [name for name, value in _SEMOPY.items() if getattr(self, name) != value]
            if wrong:
                wanted = ", ".join(f"{name}: {_SEMOPY[name]}" for name in wrong)
                raise ValueError(f"semopy can only estimate with {wanted}")
        elif self.cluster != "none" and self.estimator != "MLR":
            raise ValueError(
                f"{self.estimator} does not allow for clusters; use estimator: MLR, or cluster: none"
            )
        else:
            _resolved(self.estimator, self.missing)
        return self

    def at_highest(self, responses: Responses) -> Self:
        """Options with clusters at the highest level known, firms or else units, where the study leaves them open."""
        return highest(self, responses)

    def fit(self, model: str, data: pd.DataFrame, *, cluster: Cluster | None = None) -> sem.Fit:
        """Fit a model; `cluster` replaces the option."""
        chosen = self.cluster if cluster is None else cluster
        return sem.fit(
            model,
            data,
            estimator=self.estimator,
            missing=self.missing,
            cluster=None if chosen == "none" else chosen,
            engine=self.engine,
        )

    def words(
        self, cases: str, responses: Responses, *, cluster: Cluster | None = None, clusters: int | None = None
    ) -> str:
        """``MLR, full information, standard errors and tests robust to clustering in units``; few are warned of.

        `clusters` is their number where a model rests on other clusters than those of all responses.
        """
        chosen = self.cluster if cluster is None else cluster
        parts = [self.estimator, "full information" if self.missing == "ml" else f"complete {cases}"]
        if chosen != "none":
            parts.append(
                f"standard errors and tests robust to clustering in {chosen}s{few_words(responses, chosen, clusters)}"
            )
        if self.engine != "comply":
            parts.append(f"estimated by {self.engine}")
        return ", ".join(parts)


def highest(options: Clustered, responses: Responses) -> Clustered:
    """Options with clusters at the highest level known, firms or else units, where the study leaves them open."""
    if "cluster" in options.model_fields_set or getattr(options, "cluster", "none") == "none":
        return options
    return options.model_copy(update={"cluster": "firm" if responses.n_firms > 1 else "unit"})


def few_words(responses: Responses, cluster: Cluster, number: int | None = None) -> str:
    """`` (24 firms are few: …)`` behind what names the clusters of a model; empty from 40 on and without clusters."""
    all_of_them = {"firm": responses.n_firms, "unit": responses.n_units, "none": 0}[cluster]
    note = uncorrected_note(all_of_them if number is None else number, f"{cluster}s")
    return f" ({note})" if note else ""


def firm_words(responses: Responses, *, clustered: bool) -> str:
    """``, clustered by firm`` with a warning of few firms; empty where models do not allow for firms."""
    return f", clustered by firm{few_words(responses, 'firm')}" if clustered else ""


def cluster_in_role(chosen: Focal, cluster: Cluster) -> Cluster:
    """What makes informants of one role alike: their firm, if firms are the clusters; their unit if it has several."""
    return cluster if chosen.several or cluster == "firm" else "none"


def _resolved(estimator: str, missing: str) -> Options:
    """Options of the engine.

    Raises
    ------
    ValueError
        With the engine's reason, where it knows no such estimator or cannot treat missing values so.
    """
    try:
        return resolve(estimator, missing)
    except InputError as error:
        problem = error.problems[0]
        allowed = f"; allowed: {problem.allowed}" if problem.allowed else ""
        raise ValueError(f"{estimator}: {problem.message}{allowed}") from None
