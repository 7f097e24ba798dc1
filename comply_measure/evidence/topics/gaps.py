"""Topic ``gaps``: differences between roles, with tests."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field, model_validator

from comply_measure.evidence.base import Evidence, topic_seeds
from comply_measure.evidence.choices import Firms, Names
from comply_measure.evidence.focal import (
    Focal,
    chosen_focal,
    require_roles,
)
from comply_measure.evidence.keying import Turned, turned_items
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.score_reliability import role_reliabilities
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.topics.invariance import InvarianceEvidence, of_scale
from comply_measure.responses import Responses, one_per_role
from comply_measure.triads import GapReliability, TriadData, gap_reliability, gap_tests, role_contrasts

#: Gaps of single units above which only the reliable ones are kept: what a spreadsheet holds.
MOST_UNIT_GAPS = 1_000_000


class GapOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    cluster : bool, optional
        Standard errors that allow for firms; by default wherever firms are known.
    alpha : float
        Level at which gaps are called significant after Holm's correction.
    inference : {"cr2", "wild"}
        Tests and intervals of the mixed-model gaps: CR2 errors with Satterthwaite's degrees of freedom, or the
        restricted wild cluster bootstrap, an alternative where firms are few.
    bootstrap : int
        Replications of the wild cluster bootstrap.
    """

    scale: Annotated[str | None, Names("scale")] = None
    cluster: Annotated[bool | None, Firms()] = None
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    inference: Literal["cr2", "wild"] = "cr2"
    bootstrap: Annotated[int, Field(ge=99)] = 999

    @model_validator(mode="after")
    def _bootstrap_is_used(self) -> GapOptions:
        if self.inference != "wild" and "bootstrap" in self.model_fields_set:
            raise ValueError("bootstrap is of inference: wild")
        return self


@dataclass(frozen=True, eq=False)
class GapEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    title : str
        The scale.
    n_units, n_informants : int
        Units and informants of the scale.
    roles : tuple of str
        Roles in order.
    dimensions, attributes : DataFrame
        ``GapTests.tidy``; the second may be empty.
    means : DataFrame
        ``column``, ``role``, ``n_informants``, ``mean``, ``lower``, ``upper`` of the dimension scores.
    reliability : DataFrame or None
        ``GapReliability.table`` of the dimensions; None where a reliability is undefined.
    units : DataFrame or None
        ``GapReliability.flags``; of more than a million gaps of units the reliable ones only.
    unit_gaps : int
        Gaps of single units in all, kept or not.
    contrasts : DataFrame
        ``role_contrasts`` of dimensions and attributes, told apart by ``kind``.
    latent : DataFrame
        One latent gap per dimension and pair: ``InvarianceEvidence.latent_gaps``; empty where that did not run.
    clustered : bool
        Whether standard errors allow for firms.
    replications : int
        Of the wild cluster bootstrap by which `contrasts` are tested; 0 where they are tested by CR2 errors.
    alpha : float
        Level at which gaps are called significant.
    limits : tuple of float
        Ends of the answer scale.
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    """

    title: str
    n_units: int
    n_informants: int
    roles: tuple[str, ...]
    dimensions: pd.DataFrame
    attributes: pd.DataFrame
    means: pd.DataFrame
    reliability: pd.DataFrame | None
    units: pd.DataFrame | None
    unit_gaps: int
    contrasts: pd.DataFrame
    latent: pd.DataFrame
    clustered: bool
    replications: int
    alpha: float
    limits: tuple[float, float]
    turned: Turned

    def tidy(self) -> pd.DataFrame:
        """Mean gap of every dimension and attribute between every two roles, with its test."""
        parts = {"dimension": self.dimensions, "attribute": self.attributes}
        return pd.concat(
            [table.assign(kind=kind) for kind, table in parts.items() if len(table)], ignore_index=True
        )


def gaps(
    responses: Responses,
    options: GapOptions | None = None,
    *,
    invariance: InvarianceEvidence | None = None,
    seed: int = 0,
) -> GapEvidence:
    """Test every mean role gap of dimensions and attributes.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : GapOptions, optional
        Defaults where not given.
    invariance : InvarianceEvidence, optional
        Source of the latent gaps; there are none where it is not given.
    seed : int
        Of the wild cluster bootstrap.

    Returns
    -------
    GapEvidence

    Raises
    ------
    ComplyError
        If fewer than two roles answered the scale.
    """
    options = options or GapOptions()
    responses = one_per_role(responses)
    chosen = chosen_focal(responses, options.scale)
    require_roles(chosen)
    cluster = responses.n_firms > 1 if options.cluster is None else options.cluster
    names = list(chosen.wholes)
    scores = chosen.scores("dimension")
    dimensions = _tests(chosen, scores, names, cluster)
    attributes = dimensions.iloc[:0]
    if chosen.by_scores:
        attributes = _tests(chosen, chosen.scores("attribute"), list(chosen.indicator_names), cluster)
    response = chosen.scale.response
    known = of_scale(invariance, chosen)
    reliability = _reliability(chosen, scores, names)
    unit_gaps = reliability.signed.size if reliability is not None else 0
    return GapEvidence(
        turned=turned_items(chosen),
        title=chosen.title,
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        roles=chosen.roles,
        dimensions=dimensions,
        attributes=attributes,
        means=role_means(scores, names, chosen.roles),
        reliability=reliability.table if reliability is not None else None,
        units=reliability.flags(reliable_only=unit_gaps > MOST_UNIT_GAPS)
        if reliability is not None
        else None,
        unit_gaps=unit_gaps,
        contrasts=_contrasts(chosen, scores, names, cluster, options, seed),
        latent=pd.DataFrame(columns=["factor", "pair", "gap", "p_holm"])
        if known is None
        else known.latent_gaps,
        clustered=cluster,
        replications=options.bootstrap if options.inference == "wild" else 0,
        alpha=options.alpha,
        limits=(response.minimum, response.maximum),
    )


def _compute(request: Request, options: GapOptions) -> GapEvidence:
    given = request.optional("invariance", InvarianceEvidence)
    return gaps(request.responses, options, invariance=given, seed=request.seed)


TOPIC = Topic("gaps", "Role gaps", _compute, GapOptions, uses=("invariance",), informants="role")


def _tests(chosen: Focal, scores: pd.DataFrame, names: list[str], cluster: bool) -> pd.DataFrame:
    triads = TriadData.from_long(scores, names, firm="firm" if cluster else None, roles=chosen.roles)
    table: pd.DataFrame = gap_tests(triads, cluster=cluster).tidy()
    return table


def _contrasts(
    chosen: Focal, scores: pd.DataFrame, names: list[str], cluster: bool, options: GapOptions, seed: int
) -> pd.DataFrame:
    """Mixed-model contrasts of dimensions and, where there are any, of attributes; Holm within each table."""
    firm = "firm" if cluster else None
    drawn = iter(topic_seeds("gaps", seed).spawn(2))

    def contrasts(table: pd.DataFrame, columns: list[str], kind: str) -> pd.DataFrame:
        found: pd.DataFrame = role_contrasts(
            TriadData.from_long(table, columns, firm=firm, roles=chosen.roles),
            inference=options.inference,
            replications=options.bootstrap,
            seed=next(drawn),
        ).assign(kind=kind)
        return found

    tables = [contrasts(scores, names, "dimension")]
    if chosen.by_scores:
        tables.append(contrasts(chosen.scores("attribute"), list(chosen.indicator_names), "attribute"))
    return pd.concat(tables, ignore_index=True)


def _reliability(chosen: Focal, scores: pd.DataFrame, names: list[str]) -> GapReliability | None:
    """Reliability of the dimensions' gaps from ω of the scores by role; None where one is undefined."""
    by_role = role_reliabilities(chosen, chosen.wholes)
    if by_role is None:
        return None
    found: GapReliability = gap_reliability(TriadData.from_long(scores, names, roles=chosen.roles), by_role)
    return found


def role_means(scores: pd.DataFrame, names: list[str], roles: tuple[str, ...]) -> pd.DataFrame:
    """Mean of each role with its t interval: column, role, n_informants, mean, sd, lower, upper, note."""
    from scipy import stats

    rows = []
    for name in names:
        for role in roles:
            values = scores.loc[scores["role"] == role, name].dropna()
            n = len(values)
            mean = float(values.mean()) if n else math.nan
            sd = float(values.std()) if n > 1 else math.nan
            half = float(stats.t.ppf(0.975, n - 1)) * sd / math.sqrt(n) if n > 1 else math.nan
            rows.append(
                {
                    "column": name,
                    "role": role,
                    "n_informants": n,
                    "mean": mean,
                    "sd": sd,
                    "lower": mean - half,
                    "upper": mean + half,
                    "note": ("no informant has a score", "one informant: no SD and no interval", "")[
                        min(n, 2)
                    ],
                }
            )
    return pd.DataFrame(rows)
