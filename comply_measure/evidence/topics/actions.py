"""Topic ``actions``: low or disputed attributes with the framework's levers and interventions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from comply_measure.evidence.base import Evidence, Value, topic_seeds
from comply_measure.evidence.choices import Fault, Names, Vocabulary
from comply_measure.evidence.focal import chosen_focal, require_one_each, require_roles
from comply_measure.evidence.keying import Turned, turned_items
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.score_reliability import role_reliabilities
from comply_measure.evidence.topic import Request, Topic
from comply_measure.responses import Responses
from comply_measure.triads import ActionPlan, TriadData, attribute_actions

if TYPE_CHECKING:
    import pandas as pd

CALLS = ("low", "disputed", "low and disputed", "neither")


class ActionOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    low : float, optional
        Level below which an attribute is called low; by default the midpoint of the answer scale.
    disputed : float
        Root mean square gap between roles, less measurement error, from which an attribute is called
        disputed; in scale points.
    replications : int
        Bootstrap resamples.
    """

    scale: Annotated[str | None, Names("scale")] = None
    low: float | None = None
    disputed: Annotated[float, Field(gt=0)] = 1.0
    replications: Annotated[int, Field(ge=100, le=100_000)] = 1000

    def faults(self, words: Vocabulary) -> Iterator[Fault]:
        """Thresholds lie on the answer scale."""
        response = words.focal.scale.response
        least, most = response.minimum, response.maximum
        if self.low is not None and not least <= self.low <= most:
            yield ("low",), self.low, "outside the answer scale", f"{least} to {most}"
        if "disputed" in self.model_fields_set and self.disputed > most - least:
            yield ("disputed",), self.disputed, "wider than the answer scale", f"up to {most - least}"


@dataclass(frozen=True, eq=False)
class ActionsEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    title : str
        The scale.
    n_units, n_informants : int
        Units and informants of the scale.
    plan : ActionPlan
        Calls on attributes.
    levers, interventions : DataFrame
        ``ActionPlan.levers`` and ``ActionPlan.interventions``; may be empty.
    corrected : bool
        Whether measurement error was taken off the gaps.
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    """

    title: str
    n_units: int
    n_informants: int
    plan: ActionPlan
    levers: pd.DataFrame
    interventions: pd.DataFrame
    corrected: bool
    turned: Turned

    def tidy(self) -> pd.DataFrame:
        """Level, gap and call of every attribute."""
        return self.plan.table

    def values(self) -> Mapping[str, Value]:
        """Number of attributes by call."""
        return {f"n_{key.replace(' ', '_')}": int((self.plan.table["call"] == key).sum()) for key in CALLS}


def actions(responses: Responses, options: ActionOptions | None = None, *, seed: int = 0) -> ActionsEvidence:
    """Low or disputed attributes with the framework's levers and interventions.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : ActionOptions, optional
        Defaults where not given.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    ActionsEvidence

    Raises
    ------
    ComplyError
        If fewer than two roles answered the scale.
    """
    import numpy as np

    options = options or ActionOptions()
    chosen = chosen_focal(responses, options.scale)
    require_roles(chosen)
    require_one_each(chosen)
    response = chosen.scale.response
    low = (response.minimum + response.maximum) / 2 if options.low is None else options.low
    scores = chosen.scores(chosen.level)
    firm = "firm" if responses.n_firms > 1 else None
    reliability = role_reliabilities(chosen, chosen.items)
    plan = attribute_actions(
        TriadData.from_long(scores, list(chosen.items), firm=firm, roles=chosen.roles),
        low=low,
        disputed=options.disputed,
        reliability=reliability,
        replications=options.replications,
        seed=np.random.default_rng(topic_seeds("actions", seed)),
    )
    return ActionsEvidence(
        turned=turned_items(chosen),
        title=chosen.title,
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        plan=plan,
        levers=plan.levers(),
        interventions=plan.interventions(),
        corrected=reliability is not None,
    )


def _compute(request: Request, options: ActionOptions) -> ActionsEvidence:
    return actions(request.responses, options, seed=request.seed)


TOPIC = Topic("actions", "From results to action", _compute, ActionOptions)
