"""Topic ``actions``: disputed and low attributes with the framework's levers and interventions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
from pydantic import Field

from comply_measure.documents.confined import confined
from comply_measure.evidence.base import Evidence, Value, topic_seeds
from comply_measure.evidence.choices import Fault, Names, Vocabulary
from comply_measure.evidence.focal import Focal, chosen_focal, require_roles
from comply_measure.evidence.keying import Turned, turned_items
from comply_measure.evidence.norms import read_norms
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.rules.actions import DISPUTED, LOW
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.topics.invariance import InvarianceEvidence, of_scale
from comply_measure.evidence.verdicts import Answer, Verdict
from comply_measure.responses import Responses, one_per_role
from comply_measure.statistics.multiplicity import holm, rejects
from comply_measure.triads import TriadData, attribute_actions
from comply_measure.triads.gaps.actions import interventions_for, levers_for

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_Z95 = 1.959963984540054


class ActionOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    disputed : float
        Root mean square latent gap between roles from which an attribute is called disputed; in scale points.
    norms : str, optional
        File with norms of attributes or items (:func:`comply_measure.evidence.norms.read_norms`), inside the folder of
        the study file. Without it no attribute is called low: means of different attributes differ in how hard their
        items are.
    alpha : float
        Level of the tests behind a call, after Holm's correction over the attributes.
    replications : int
        Bootstrap resamples of the levels.
    """

    scale: Annotated[str | None, Names("scale")] = None
    disputed: Annotated[float, Field(gt=0)] = 1.0
    norms: str | None = None
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    replications: Annotated[int, Field(ge=100, le=100_000)] = 1000

    def files(self) -> Mapping[str, str]:
        """The file of norms, if one is named."""
        return {} if self.norms is None else {"norms": self.norms}

    def faults(self, words: Vocabulary) -> Iterator[Fault]:
        """Thresholds lie on the answer scale."""
        response = words.focal.scale.response
        most = response.maximum - response.minimum
        if "disputed" in self.model_fields_set and self.disputed > most:
            yield ("disputed",), self.disputed, "wider than the answer scale", f"up to {most}"


@dataclass(frozen=True, eq=False)
class ActionsEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    title : str
        The scale.
    n_units, n_informants : int
        Units and informants of the scale.
    table : DataFrame
        A row per attribute: ``column, dimension, n_units, n_informants, level, level_lower, level_upper`` (mean of
        the role
        means), ``distance, distance_lower, distance_upper`` (``role_distances``), ``disputed_p`` (corrected; of the
        distance against the threshold), ``disputed``, ``norm, norm_se, low_p`` (corrected; of the level against the
        norm),
        ``low``, ``note``. ``disputed`` and ``low`` are answers of their rules.
    relative : DataFrame
        Latent gaps between roles within each attribute (``InvarianceEvidence.attribute_gaps``); may be empty.
    threshold, alpha : float
        Distance that is called disputed; level of the tests.
    latent, anchored : bool
        Whether there are latent distances, and norms.
    levers, interventions : DataFrame
        Of the attributes with a supported call; may be empty.
    resampled : str
        What the bootstrap of the levels drew.
    replications : int
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    """

    title: str
    n_units: int
    n_informants: int
    table: pd.DataFrame
    relative: pd.DataFrame
    threshold: float
    alpha: float
    latent: bool
    anchored: bool
    levers: pd.DataFrame
    interventions: pd.DataFrame
    resampled: str
    replications: int
    turned: Turned

    def tidy(self) -> pd.DataFrame:
        """Level, distance and calls of every attribute."""
        return self.table

    def values(self) -> Mapping[str, Value]:
        """Number of attributes by answer."""
        return {
            f"n_{call}_{answer.replace(' ', '_')}": int((self.table[call] == answer).sum())
            for call in ("disputed", "low")
            for answer in ("supported", "not supported", "cannot say")
        }

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Disputed and low attributes, each family corrected together."""
        n = len(self.table)
        found = []
        for row in self.table.to_dict("records"):
            case = "" if row["disputed"] != "cannot say" or row["distance"] == row["distance"] else "unknown"
            numbers = {
                "distance": row["distance"],
                "ci": (row["distance_lower"], row["distance_upper"]),
                "threshold": self.threshold,
                "p": row["disputed_p"],
            }
            found.append(
                DISPUTED.verdict(row["disputed"], row["column"], numbers=numbers, case=case, n_family=n)
            )
        anchored = int(self.table["norm"].notna().sum())
        for row in self.table.to_dict("records"):
            known = row["norm"] == row["norm"]
            numbers = {
                "level": row["level"],
                "ci": (row["level_lower"], row["level_upper"]),
                "norm": row["norm"],
                "p": row["low_p"],
            }
            case = "" if known else "unanchored"
            found.append(
                LOW.verdict(row["low"], row["column"], numbers=numbers, case=case, n_family=max(anchored, 1))
            )
        return tuple(found)


def actions(
    responses: Responses,
    options: ActionOptions | None = None,
    *,
    seed: int = 0,
    folder: Path = Path(),
    invariance: InvarianceEvidence | None = None,
) -> ActionsEvidence:
    """Disputed and low attributes with the framework's levers and interventions.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : ActionOptions, optional
        Defaults where not given.
    seed : int
        Seed of the bootstrap.
    folder : Path
        Where the file of norms lies.
    invariance : InvarianceEvidence, optional
        Source of latent distances and gaps; without it no attribute can be called disputed.

    Returns
    -------
    ActionsEvidence

    Raises
    ------
    ComplyError
        If fewer than two roles answered the scale, or the norms cannot be used.
    """
    import numpy as np

    options = options or ActionOptions()
    responses = one_per_role(responses)
    chosen = chosen_focal(responses, options.scale)
    require_roles(chosen)
    response = chosen.scale.response
    firm = "firm" if responses.n_firms > 1 else None
    plan = attribute_actions(
        TriadData.from_long(chosen.scores(chosen.level), list(chosen.items), firm=firm, roles=chosen.roles),
        low=response.minimum,
        disputed=options.disputed,
        replications=options.replications,
        seed=np.random.default_rng(topic_seeds("actions", seed)),
    )
    known = of_scale(invariance, chosen)
    table = plan.table[
        ["column", "dimension", "n_units", "n_informants", "level", "level_lower", "level_upper"]
    ]
    table = _with_distances(table, known, options)
    table = _with_norms(table, chosen, options, folder)
    calls = _calls(table)
    return ActionsEvidence(
        turned=turned_items(chosen),
        title=chosen.title,
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        table=table,
        relative=pd.DataFrame() if known is None else known.attribute_gaps,
        threshold=options.disputed,
        alpha=options.alpha,
        latent=bool(table["distance"].notna().any()),
        anchored=bool(table["norm"].notna().any()),
        levers=levers_for(calls),
        interventions=interventions_for(calls),
        resampled=plan.resampled,
        replications=plan.replications,
    )


def _compute(request: Request, options: ActionOptions) -> ActionsEvidence:
    given = request.optional("invariance", InvarianceEvidence)
    return actions(request.responses, options, seed=request.seed, folder=request.folder, invariance=given)


TOPIC = Topic(
    "actions", "From results to action", _compute, ActionOptions, uses=("invariance",), informants="role"
)


def _with_distances(
    table: pd.DataFrame, invariance: InvarianceEvidence | None, options: ActionOptions
) -> pd.DataFrame:
    """Latent distances with their test against the threshold, ``(log D − log t)·D/SE``, Holm over attributes."""
    import numpy as np

    names = ["distance", "ci_lower", "ci_upper", "se"]
    found = pd.DataFrame(columns=["factor", *names]) if invariance is None else invariance.distances
    own = found.drop_duplicates("factor").set_index("factor").reindex(table["column"], columns=names)
    distance, se = own["distance"].to_numpy(dtype=float), own["se"].to_numpy(dtype=float)
    z = np.log(distance / options.disputed) * distance / np.where(se > 0, se, np.nan)
    p = _two_sided(z)
    note = "" if invariance is not None and len(found) else "no latent model of the items: step invariance"
    return table.assign(
        distance=distance,
        distance_lower=own["ci_lower"].to_numpy(dtype=float),
        distance_upper=own["ci_upper"].to_numpy(dtype=float),
        disputed_p=p,
        disputed=[_answer(value, above, options.alpha) for value, above in zip(p, z > 0, strict=True)],
        note=[note if value != value else "" for value in distance],
    )


def _with_norms(table: pd.DataFrame, chosen: Focal, options: ActionOptions, folder: Path) -> pd.DataFrame:
    """Norms with the test of each level; the level's error is half its bootstrap interval over 1.96."""
    import numpy as np

    response = chosen.scale.response
    if options.norms is None:
        norms = pd.DataFrame({"column": table["column"], "norm": math.nan, "norm_se": math.nan})
    else:
        limits = (response.minimum, response.maximum)
        norms = read_norms(confined(folder, options.norms), chosen.items, limits)
    own = norms.set_index("column").reindex(table["column"])
    norm, norm_se = own["norm"].to_numpy(dtype=float), own["norm_se"].to_numpy(dtype=float)
    half = (table["level_upper"] - table["level_lower"]).to_numpy(dtype=float) / 2
    z = (table["level"].to_numpy(dtype=float) - norm) / np.hypot(half / _Z95, norm_se)
    p = _two_sided(z)
    return table.assign(
        norm=norm,
        norm_se=norm_se,
        low_p=p,
        low=[_answer(value, below, options.alpha) for value, below in zip(p, z < 0, strict=True)],
    )


def _two_sided(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two-sided normal p values, Holm over those that are there."""
    import numpy as np
    from scipy import special

    return np.asarray(holm(2 * special.ndtr(-np.abs(z))))


def _answer(p: float, claimed: bool, alpha: float) -> Answer:
    if not rejects(p, alpha):
        return "cannot say"
    return "supported" if claimed else "not supported"


def _calls(table: pd.DataFrame) -> dict[str, str]:
    """Attributes with a supported call, and what they are called."""
    found = {}
    for name, low, disputed in zip(table["column"], table["low"], table["disputed"], strict=True):
        words = [word for word, answer in (("low", low), ("disputed", disputed)) if answer == "supported"]
        if words:
            found[str(name)] = " and ".join(words)
    return found
