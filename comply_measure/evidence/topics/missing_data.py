"""Topic ``missing_data``: full information, multiple imputation and complete cases, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import pandas as pd
from pydantic import Field

from comply_measure.errors import ComplyError, NotApplicableError
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.base import Evidence, Value, topic_seeds
from comply_measure.evidence.choices import Names
from comply_measure.evidence.estimation import Cluster, highest
from comply_measure.evidence.focal import Focal, chosen_focal
from comply_measure.evidence.keying import Turned, turned_items
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.topic import Request, Topic
from comply_measure.measurement.missingness import MissingComparison, compare_missing, multiple_imputation
from comply_measure.models import correlated_factors
from comply_measure.responses import Responses


class MissingDataOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    dimensions : tuple of str
        Dimensions whose items are modelled; by default the one with most missing answers.
    imputations, iterations, donors : int
        Of multiple imputation by predictive mean matching.
    cluster : {"unit", "firm", "none"}
        As in step ``cfa``; the ordered treatment ignores it and says so.
    """

    scale: Annotated[str | None, Names("scale")] = None
    dimensions: Annotated[tuple[str, ...], Names("dimension")] = ()
    imputations: Annotated[int, Field(ge=2, le=200)] = 10
    iterations: Annotated[int, Field(ge=1, le=100)] = 5
    donors: Annotated[int, Field(ge=1, le=50)] = 5
    cluster: Cluster = "unit"


@dataclass(frozen=True, eq=False)
class MissingDataEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    title : str
        The scale.
    comparisons : mapping of str to MissingComparison
        Dimension -> the treatments.
    obstacles : mapping of str to str
        Dimensions that could not be compared, and why.
    n_imputations, n_imputed : int
        Data sets; answers imputed in each.
    notes : tuple of str
        Assumptions of the imputation.
    n_units, n_informants : int
    chosen_by_default : bool
        Whether the dimension is the one with most missing answers.
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    """

    title: str
    comparisons: Mapping[str, MissingComparison]
    obstacles: Mapping[str, str]
    n_imputations: int
    n_imputed: int
    notes: tuple[str, ...]
    n_units: int
    n_informants: int
    chosen_by_default: bool
    turned: Turned

    def tidy(self) -> pd.DataFrame:
        """Standardised estimates under every treatment, by ``dimension``."""
        parts = [found.tidy().assign(dimension=key) for key, found in self.comparisons.items()]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def values(self) -> Mapping[str, Value]:
        """Answers imputed in each data set, and data sets."""
        return {"n_imputed": self.n_imputed, "n_imputations": self.n_imputations}


def missing_data(
    responses: Responses, options: MissingDataOptions | None = None, *, seed: int = 0, jobs: int = 1
) -> MissingDataEvidence:
    """Full information, multiple imputation and complete cases, side by side, for one model per dimension.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : MissingDataOptions, optional
        Defaults where not given.
    seed : int
        Seed of the imputation.
    jobs : int
        Workers; the result does not depend on them.

    Returns
    -------
    MissingDataEvidence

    Raises
    ------
    ComplyError
        If no answer is missing, or a dimension is unknown.
    """
    options = highest(options or MissingDataOptions(), responses)
    chosen = chosen_focal(responses, options.scale)
    answers = chosen.answers()
    models = _models(chosen)
    keys = options.dimensions or (_most_missing(chosen, models),)
    unknown = [key for key in keys if key not in models]
    if unknown:
        raise ComplyError(f"there is no dimension '{unknown[0]}'; known: {', '.join(models)}")
    items = [name for parts in models.values() for members in parts.values() for name in members]
    if not answers[items].isna().to_numpy().any():
        raise NotApplicableError("no answer is missing: there is nothing to treat")
    imputation = multiple_imputation(
        answers,
        items,
        seed=int(topic_seeds("missing_data", seed).generate_state(1)[0]),
        n_imputations=options.imputations,
        n_iterations=options.iterations,
        donors=options.donors,
        role="role" if len(chosen.roles) > 1 else None,
        n_jobs=jobs,
    )
    cluster = None if options.cluster == "none" else options.cluster
    found = {}
    obstacles = {}
    for key in keys:
        text = correlated_factors(models[key])
        result, why = attempt(
            lambda text=text: compare_missing(text, imputation, cluster=cluster, std_lv=True)  # type: ignore[misc]
        )
        if result is not None and (result.fits["df1"] < 0).any():
            result, why = None, "its items are too few: the model is not identified"
        if result is None:
            obstacles[key] = why
        else:
            found[key] = result
    return MissingDataEvidence(
        turned=turned_items(chosen),
        title=chosen.title,
        comparisons=found,
        obstacles=obstacles,
        n_imputations=imputation.n_imputations,
        n_imputed=len(imputation.rows),
        notes=imputation.notes,
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        chosen_by_default=not options.dimensions,
    )


def _compute(request: Request, options: MissingDataOptions) -> MissingDataEvidence:
    return missing_data(request.responses, options, seed=request.seed, jobs=request.jobs)


TOPIC = Topic("missing_data", "Treatment of missing answers", _compute, MissingDataOptions)


def _models(chosen: Focal) -> dict[str, dict[str, tuple[str, ...]]]:
    """Dimension -> factor -> items that vary; attributes are the factors where the scale has them."""
    answers = chosen.answers()

    def usable(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if answers[name].max() > answers[name].min())

    found = {}
    for key, members in chosen.factors.items():
        parts = {part: chosen.items[part] for part in members} if chosen.by_scores else {key: members}
        kept = {name: items for name, names in parts.items() if (items := usable(names))}
        if kept:
            found[key] = kept
    if not found:
        raise NotApplicableError("no item of the scale varies")
    return found


def _most_missing(chosen: Focal, models: dict[str, dict[str, tuple[str, ...]]]) -> str:
    missing = chosen.answers().isna().mean()
    items = {key: [name for names in parts.values() for name in names] for key, parts in models.items()}
    # One factor needs three items; with fewer there is no model to compare.
    usable = {key: names for key, names in items.items() if len(names) >= 3} or items
    return max(usable, key=lambda key: float(missing[usable[key]].mean()))
