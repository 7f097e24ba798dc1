"""Topic ``validity``: do indicators share a dimension, and are the dimensions distinct."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import pandas as pd

from comply_measure.errors import NotApplicableError
from comply_measure.evidence.attempt import attempt, required
from comply_measure.evidence.base import Evidence, Value, topic_seeds
from comply_measure.evidence.choices import Names
from comply_measure.evidence.estimation import Cluster, Estimation, cluster_in_role
from comply_measure.evidence.focal import Focal, chosen_focal
from comply_measure.evidence.keying import turned_items
from comply_measure.evidence.options import Replications
from comply_measure.evidence.rules.validity import CONVERGENT, DISTINCT
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.verdicts import Number, Verdict, by_interval
from comply_measure.measurement.resampling import MIN_REPLICATIONS
from comply_measure.measurement.validity import (
    ValidityMatrix,
    discriminant_validity,
    validity_matrix,
)
from comply_measure.measurement.validity.discriminant import CLASSES, CUTOFFS
from comply_measure.responses import Responses
from comply_measure.statistics.reasons import with_reasons
from comply_measure.tables.roles import role_centred

_Z95 = 1.959963984540054


class ValidityOptions(Estimation):
    """Options of the step, beside those of :class:`Estimation`.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    cluster : {"unit", "firm", "none"}
        As in step ``cfa``.
    role_centred : bool
        Take each role's means off first.
    replications : int
        Of the bootstrap of HTMT, HTMT2 and the correlations with global items; 0: none.
    merge : bool
        Fit a model with two dimensions merged for every pair.
    fixed : bool
        Also fit every correlation fixed at each cut-off (χ²(sys)); slow.
    by_role : bool
        Also in each role.
    """

    scale: Annotated[str | None, Names("scale")] = None
    cluster: Cluster = "unit"
    role_centred: bool = True
    replications: Replications = 500
    merge: bool = True
    fixed: bool = False
    by_role: bool = True


@dataclass(frozen=True, eq=False)
class ValidityEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    title, indicator_kind : str
        The scale, what the indicators are.
    factors : mapping
        Dimension -> indicators.
    matrix : ValidityMatrix
        Over all informants.
    pairs : DataFrame or None
        A row per pair: correlation, interval, class, merged model; None with a reason in `pairs_obstacle`.
    pairs_obstacle : str
    by_role : DataFrame
        A row per role (``group``) and dimension; empty for one role.
    n_units, n_informants : int
    estimator, role_estimator : str
        In words; over all informants and in each role.
    replications : int
        Of the bootstrap.
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    indices : tuple of str
        Constructs left out, as their items form them (:attr:`.Focal.indices`).
    """

    title: str
    factors: Mapping[str, Sequence[str]]
    indicator_kind: str
    matrix: ValidityMatrix
    pairs: pd.DataFrame | None
    pairs_obstacle: str
    by_role: pd.DataFrame
    n_units: int
    n_informants: int
    estimator: str
    role_estimator: str
    replications: int
    turned: Mapping[str, tuple[str, ...]]
    indices: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """A row per cell of the matrix (:meth:`ValidityMatrix.tidy`)."""
        return self.matrix.tidy()

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Whether indicators share enough, and whether dimensions are distinct."""
        found = []
        if self.matrix.convergent is not None:
            for row in self.matrix.convergent.tidy().to_dict("records"):
                value, half = float(row["ave"]), _Z95 * float(row["ave_se"])
                numbers: dict[str, Number] = {"ave_value": value, "ci": (value - half, value + half)}
                answer = by_interval(value - half, value + half, conventions["ave"])
                found.append(CONVERGENT.verdict(answer, str(row["construct"]), numbers=numbers))
        for row in () if self.pairs is None else self.pairs.to_dict("records"):
            ends = (float(row["lower"]), float(row["upper"]))
            size = sorted(map(abs, ends)) if ends[0] * ends[1] > 0 else (0.0, max(map(abs, ends)))
            answer = by_interval(size[0], size[1], conventions["distinct"], above=False)
            numbers = {"r": float(row["correlation"]), "ci": ends}
            pair = (str(row["construct"]), str(row["other"]))
            found.append(
                DISTINCT.verdict(answer if ends[0] == ends[0] else "cannot say", *pair, numbers=numbers)
            )
        return tuple(found)

    def values(self) -> Mapping[str, Value]:
        """AVE of every dimension."""
        return self._ave()

    def reasons(self) -> Mapping[str, str]:
        """Why an AVE is undefined."""
        reason = "one indicator, or a negative residual variance"
        if self.matrix.convergent is None:
            reason = self.matrix.note
        return {key: reason for key, value in self._ave().items() if value != value}

    def _ave(self) -> dict[str, float]:
        known = {} if self.matrix.convergent is None else self.matrix.convergent.ave
        return {f"ave_{key}": float(known.get(key, math.nan)) for key in self.factors}


def validity(
    responses: Responses, options: ValidityOptions | None = None, *, seed: int = 0
) -> ValidityEvidence:
    """Convergent and discriminant validity of the dimensions, over all informants and in each role.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : ValidityOptions, optional
        Defaults where not given.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    ValidityEvidence

    Raises
    ------
    NotApplicableError
        If the scale has one dimension, or neither ratios nor a model can be computed.
    """
    options = (options or ValidityOptions()).at_highest(responses)
    chosen = chosen_focal(responses, options.scale)
    if len(chosen.factors) < 2:
        raise NotApplicableError("the scale has one dimension: there is nothing to tell apart")
    if len(chosen.reflective) < 2:
        raise NotApplicableError(
            f"{len(chosen.indices)} of {len(chosen.factors)} constructs are formed by their items: what the items "
            "share (AVE, HTMT) says nothing of an index, and fewer than two other constructs are left to tell apart"
        )
    drawn = topic_seeds("validity", seed).generate_state(1 + len(chosen.roles))
    seeds = [int(number) for number in drawn]
    data = validity_data(chosen, centred=options.role_centred)
    matrix = required(lambda: _matrix(chosen, data, options, seeds[0], options.cluster))
    pairs, why_no_pairs = attempt(lambda: _pairs(chosen, data, options))
    return ValidityEvidence(
        title=chosen.title,
        factors=chosen.reflective,
        indicator_kind=chosen.indicator_kind,
        matrix=matrix,
        pairs=pairs,
        pairs_obstacle=why_no_pairs,
        by_role=_by_role(chosen, options, seeds[1:]),
        n_units=chosen.n_units,
        n_informants=matrix.ratios.n_informants,
        estimator=options.words("informants", responses),
        role_estimator=options.words(
            "informants", responses, cluster=cluster_in_role(chosen, options.cluster)
        ),
        replications=options.replications,
        turned=turned_items(chosen),
        indices=chosen.indices,
    )


def _compute(request: Request, options: ValidityOptions) -> ValidityEvidence:
    return validity(request.responses, options, seed=request.seed)


TOPIC = Topic("validity", "Convergent and discriminant validity", _compute, ValidityOptions)


def global_items(chosen: Focal) -> dict[str, str]:
    """Dimension -> its global item, for those that have one with answers."""
    answered = chosen.responses.data
    return {
        item.construct: item.id
        for item in chosen.responses.items(chosen.scale.key, kind="global")
        if item.construct in chosen.reflective and answered[item.id].notna().any()
    }


def validity_data(chosen: Focal, *, centred: bool) -> pd.DataFrame:
    """Unit, firm, role, indicators and global items; each role's means taken off if asked."""
    items = list(global_items(chosen).values())
    data = chosen.indicators().join(chosen.responses.scored()[items])
    indicators = [name for names in chosen.reflective.values() for name in names]
    if centred:
        data = role_centred(data, [*indicators, *items])
    return data[data[indicators].notna().any(axis=1)]


def _matrix(
    chosen: Focal, data: pd.DataFrame, options: ValidityOptions, seed: int, cluster: Cluster
) -> ValidityMatrix:
    return validity_matrix(
        data,
        chosen.reflective,
        global_items=global_items(chosen),
        estimator=options.estimator,
        missing=options.missing,
        cluster=None if cluster == "none" else cluster,
        n_replications=options.replications or MIN_REPLICATIONS,
        seed=seed if options.replications else None,
    )


def _pairs(chosen: Focal, data: pd.DataFrame, options: ValidityOptions) -> pd.DataFrame:
    """One row per pair: correlation with interval and class of problem, merged model, fixed correlations."""
    cutoffs = CUTOFFS if options.fixed else ()
    table: pd.DataFrame = discriminant_validity(
        data,
        chosen.reflective,
        estimator=options.estimator,
        missing=options.missing,
        cluster=None if options.cluster == "none" else options.cluster,
        merge=options.merge,
        cutoffs=cutoffs,
    ).tidy()
    # Without the slow fits the function leaves the class open, which the interval alone decides.
    farther = table[["lower", "upper"]].abs().max(axis=1, skipna=False)
    table["problem"] = [
        CLASSES[sum(value >= cutoff for cutoff in CUTOFFS)] if value == value else "" for value in farther
    ]
    return table


def _by_role(chosen: Focal, options: ValidityOptions, seeds: list[int]) -> pd.DataFrame:
    """A row per role and dimension: AVE, largest factor correlation, largest HTMT2 with its interval; note."""
    if not options.by_role or len(chosen.roles) < 2:
        return pd.DataFrame()
    data = validity_data(chosen, centred=False)
    cluster = cluster_in_role(chosen, options.cluster)
    parts = []
    for role, seed in zip(chosen.roles, seeds, strict=True):
        mine = data[data["role"] == role]
        found, why = attempt(partial(_matrix, chosen, mine, options, seed, cluster))
        if found is None:
            parts.append(pd.DataFrame([{"construct": "", "n_informants": len(mine), "note": why}]))
        else:
            parts.append(_summary(found))
        parts[-1] = parts[-1].assign(group=role)
    return pd.concat(parts, ignore_index=True)


_NO_INTERVAL = "without resampling, or as the ratio itself is undefined"


def _summary(matrix: ValidityMatrix) -> pd.DataFrame:
    """A row per dimension of one matrix."""
    if matrix.convergent is not None:
        table: pd.DataFrame = matrix.convergent.tidy()
    else:
        table = pd.DataFrame({"construct": matrix.constructs, "n_informants": matrix.ratios.n_informants})
        table["note"] = matrix.note
    pairs = matrix.ratios.tidy()
    turned = pairs.rename(columns={"construct": "other", "other": "construct"})
    both = pd.concat([pairs, turned], ignore_index=True).dropna(subset=["htmt2"])
    top = both.sort_values("htmt2", ascending=False).drop_duplicates("construct").set_index("construct")
    for name in ("htmt2", "htmt2_lower", "htmt2_upper"):
        table[name] = top[name].reindex(table["construct"]).to_numpy(dtype=float)
    return with_reasons(table, dict.fromkeys(("htmt2_lower", "htmt2_upper"), _NO_INTERVAL))
