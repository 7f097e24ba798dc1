"""Step ``actions``: low or disputed attributes with the framework's levers and interventions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from comply_measure.evidence.choices import Fault, Names, Vocabulary
from comply_measure.evidence.focal import chosen_focal, require_roles, role_alphas
from comply_measure.evidence.options import TopicOptions
from comply_measure.pipeline.step import Context, Step, StepOutput
from comply_measure.report.chapters.actions import ActionFacts, actions_headline, actions_section
from comply_measure.report.labels import Labels
from comply_measure.triads import TriadData, attribute_actions


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


def run(context: Context, options: ActionOptions) -> StepOutput:
    """Call attributes and look up what the framework offers."""
    import numpy as np

    responses = context.responses
    chosen = chosen_focal(responses, options.scale)
    require_roles(chosen)
    response = chosen.scale.response
    low = (response.minimum + response.maximum) / 2 if options.low is None else options.low
    names = list(chosen.items)
    scores = chosen.scores(chosen.level)
    firm = "firm" if responses.n_firms > 1 else None
    reliability = role_alphas(chosen, chosen.items)
    plan = attribute_actions(
        TriadData.from_long(scores, names, firm=firm, roles=chosen.roles),
        low=low,
        disputed=options.disputed,
        reliability=reliability,
        replications=options.replications,
        seed=np.random.default_rng(context.seeds()),
    )
    facts = ActionFacts(
        title=chosen.title,
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        plan=plan,
        levers=plan.levers(),
        interventions=plan.interventions(),
        corrected=reliability is not None,
    )
    labels = Labels.of(responses.scales, context.language)
    table = plan.table
    return StepOutput(
        actions_section(facts, labels),
        values={f"n_{key.replace(' ', '_')}": int((table["call"] == key).sum()) for key in CALLS},
        headline=actions_headline(facts, labels),
    )


CALLS = ("low", "disputed", "low and disputed", "neither")
STEP = Step("actions", "From results to action", run, ActionOptions)
