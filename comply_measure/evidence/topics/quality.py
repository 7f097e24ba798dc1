"""Topic ``quality``: careless answers as a sensitivity analysis, missing answers and whether they look random."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import pandas as pd
from pydantic import Field

from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.base import Evidence, Value
from comply_measure.evidence.careless_answers import CarelessAnswers, careless_answers, named_informants
from comply_measure.evidence.choices import Names
from comply_measure.evidence.estimation import Cluster, Estimation
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.keying import Turned, turned_items
from comply_measure.evidence.missing_answers import MissingAnswers, missing_answers
from comply_measure.evidence.rules.quality import DEPENDS
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.verdicts import Number, Verdict, by_test
from comply_measure.responses import Responses


class QualityOptions(Estimation):
    """Options of the step; those of :class:`Estimation` are for the factor model of the sensitivity analysis.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    at_least : int
        Indices that must find an informant suspicious.
    cluster : {"unit", "firm", "none"}
        As in step ``cfa``.
    """

    scale: Annotated[str | None, Names("scale")] = None
    at_least: Annotated[int, Field(ge=1, le=5)] = 2
    cluster: Cluster = "unit"


@dataclass(frozen=True, eq=False)
class QualityEvidence(Evidence):
    """What the topic found; `careless` is None with a reason in `careless_obstacle`.

    Construct -> its items that run against it are in `turned` (:func:`.keying.turned_items`).
    """

    title: str
    n_units: int
    n_informants: int
    careless: CarelessAnswers | None
    careless_obstacle: str
    missing: MissingAnswers
    turned: Turned

    def tidy(self) -> pd.DataFrame:
        """Missing answers by item, over all informants and by role."""
        return self.missing.by_item

    def values(self) -> Mapping[str, Value]:
        """Share of missing answers, p of Little's test, flagged informants."""
        found: dict[str, Value] = {
            "missing_share": self.missing.share,
            "little_pvalue": float(self.missing.little["pvalue"].iloc[0]),
        }
        return found if self.careless is None else found | {"n_flagged": self.careless.n_flagged}

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Whether what is missing depends on what is known."""
        table = self.missing.predictors
        n = int(table["p"].notna().sum())
        level, margin = conventions["test_level"], conventions["odds_margin"]
        found = []
        for row in table[table["p"].notna()].to_dict("records"):
            category = row["odds_ratio"] != row["odds_ratio"]
            excluded = 1 / margin < row["lower"] and row["upper"] < margin
            answer = by_test(row["p_holm"], level, excluded=excluded)
            numbers: dict[str, Number] = {"p": float(row["p_holm"])}
            if category:
                numbers["f"] = float(row["statistic"])
            else:
                numbers["odds_ratio"] = float(row["odds_ratio"])
                numbers["ci"] = (float(row["lower"]), float(row["upper"]))
            case = "category" if category else ""
            found.append(
                DEPENDS.verdict(answer, row["kind"], row["predictor"], numbers=numbers, case=case, n_family=n)
            )
        return tuple(found)

    def reasons(self) -> Mapping[str, str]:
        """Why Little's test is undefined."""
        first = self.missing.little.iloc[0]
        return {} if first["pvalue"] == first["pvalue"] else {"little_pvalue": str(first["note"])}


def quality(responses: Responses, options: QualityOptions | None = None) -> QualityEvidence:
    """Careless and missing answers of one scale.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : QualityOptions, optional
        Defaults where not given.

    Returns
    -------
    QualityEvidence
    """
    options = (options or QualityOptions()).at_highest(responses)
    chosen = chosen_focal(responses, options.scale)
    turned = turned_items(chosen)
    careless, why = attempt(lambda: careless_answers(chosen, options, turned, options.at_least))
    return QualityEvidence(
        title=chosen.title,
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        careless=careless,
        careless_obstacle=why,
        missing=missing_answers(chosen),
        turned=turned,
    )


def flagged_informants(given: QualityEvidence | None) -> frozenset[tuple[str, ...]] | None:
    """Unit, role and name of the informants flagged as careless; None where that was not looked at."""
    if given is None or given.careless is None:
        return None
    return named_informants(given.careless.informants)


def _compute(request: Request, options: QualityOptions) -> QualityEvidence:
    return quality(request.responses, options)


TOPIC = Topic("quality", "Quality of the answers", _compute, QualityOptions)
