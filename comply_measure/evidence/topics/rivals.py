"""Topic ``rivals``: what the dimensions could be, fitted and compared; cut-offs simulated for the fitted model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from comply_measure.errors import ComplyError, NotApplicableError
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.base import Evidence, Value, topic_seeds
from comply_measure.evidence.choices import Fault, Names, Vocabulary
from comply_measure.evidence.estimation import Cluster, Estimation, cluster_in_role
from comply_measure.evidence.factor_data import rows_used
from comply_measure.evidence.focal import Focal, chosen_focal, index_column
from comply_measure.evidence.keying import Turned, turned_items
from comply_measure.evidence.options import Replications
from comply_measure.evidence.superordinate import (
    claims,
    criteria_in_words,
    rival_data,
    superordinate_verdicts,
)
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.verdicts import Verdict
from comply_measure.models.cutoffs import DynamicCutoffs, dynamic_cutoffs
from comply_measure.models.rivals import (
    RivalComparison,
    compare_rivals,
    general_factor_indices,
)
from comply_measure.responses import Responses
from comply_measure.tables.roles import POOLED, role_centred

Key = Literal[
    "independence", "one_factor", "second_order", "bifactor", "bifactor_s1", "correlated", "composite"
]
_ALL: tuple[Key, ...] = (
    "independence",
    "one_factor",
    "second_order",
    "bifactor",
    "bifactor_s1",
    "correlated",
    "composite",
)
_IN_ROLES = ("one_factor", "second_order", "bifactor", "correlated")
#: Structures with cut-offs of their own, the best known claim first.
_FOCUS = ("second_order", "correlated", "one_factor")


class RivalOptions(Estimation):
    """Options of the step, beside those of :class:`Estimation`.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    structures : tuple of str
        Structures to fit.
    reference : str, optional
        Reference dimension of the bifactor S−1 model; the first by default.
    cluster : {"unit", "firm", "none"}
        As in step ``cfa``.
    role_centred : bool
        Take each role's means off first.
    by_role : bool
        Also fit the main structures in each role.
    items : bool
        Also compare the structures at the level of items.
    replications : int
        Samples per level of misspecification for the cut-offs; 0: conventional cut-offs only.
    criteria : tuple of str
        Numeric unit variables that tell a superordinate from an aggregate construct; by default the scale's
        overall items.
    """

    scale: Annotated[str | None, Names("scale")] = None
    structures: Annotated[tuple[Key, ...], Field(min_length=1)] = _ALL
    reference: Annotated[str | None, Names("dimension")] = None
    cluster: Cluster = "unit"
    role_centred: bool = True
    by_role: bool = True
    items: bool = False
    replications: Replications = 500
    criteria: Annotated[tuple[str, ...], Names("numeric unit variable")] = ()

    def faults(self, words: Vocabulary) -> Iterator[Fault]:
        """A reference dimension is of one structure only."""
        if self.reference is not None and "bifactor_s1" not in self.structures:
            yield (
                ("reference",),
                self.reference,
                "structures leave out bifactor_s1, the one with a reference",
                None,
            )


@dataclass(frozen=True, eq=False)
class RivalEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    title, top, indicator_kind : str
        The scale, the construct above the dimensions, what the indicators are.
    factors : mapping
        Dimension -> indicators; an index is its own (:attr:`.Focal.shown`).
    indices : tuple of str
        Constructs that are an index of their items: factors of `factors`, or attributes of `items`.
    structures : DataFrame
        All structures over all informants (:meth:`RivalComparison.tidy`).
    pairs : DataFrame
        Structures two by two (:meth:`RivalComparison.pairs`); may have no rows.
    target_coefficient : float
        Of the second-order model; NaN where it or the correlated one is missing.
    best : str
        Structure with the smallest BIC, or why there is none.
    by_role, items : DataFrame
        As `structures`, in each role (``group``) and at the level of items; may be empty.
    cutoffs : DynamicCutoffs or None
        For the second-order (else correlated, else one-factor) model.
    general : DataFrame or None
        Indices of the general factor.
    edwards : DataFrame or None
        Superordinate against aggregate (:meth:`EdwardsTests.tidy`).
    criteria : str
        What the criteria of `edwards` are.
    obstacles : mapping of str to str
        Why ``cutoffs``, ``general``, ``edwards`` are None.
    n_units, n_informants : int
        Sample.
    estimator, role_estimator, reference : str
        Estimators in words, over all informants and in each role; reference dimension of the S−1 model.
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    """

    title: str
    factors: Mapping[str, Sequence[str]]
    indices: tuple[str, ...]
    top: str
    indicator_kind: str
    structures: pd.DataFrame
    pairs: pd.DataFrame
    target_coefficient: float
    best: str
    by_role: pd.DataFrame
    items: pd.DataFrame
    cutoffs: DynamicCutoffs | None
    general: pd.DataFrame | None
    edwards: pd.DataFrame | None
    criteria: str
    obstacles: Mapping[str, str]
    n_units: int
    n_informants: int
    estimator: str
    role_estimator: str
    reference: str
    turned: Turned

    def tidy(self) -> pd.DataFrame:
        """Fit of every structure."""
        return self.structures

    def values(self) -> Mapping[str, Value]:
        """Indices of every structure, and the structure with the smallest BIC."""
        return {**self._indices(), "best_by_bic": self.best}

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Superordinate or aggregate, by the criteria."""
        return superordinate_verdicts(self.edwards, self.top, conventions)

    def reasons(self) -> Mapping[str, str]:
        """Why an index is undefined."""
        notes = dict(zip(self.structures["structure"], self.structures["note"], strict=True))
        return {
            key: str(notes[key.rpartition("_")[0]]) or "not defined for this estimator"
            for key, value in self._indices().items()
            if value != value
        }

    def _indices(self) -> dict[str, float]:
        return {
            f"{row['structure']}_{name}": float(row[name])
            for _, row in self.structures.iterrows()
            for name in ("bic", "cfi", "rmsea")
        }


def rivals(responses: Responses, options: RivalOptions | None = None, *, seed: int = 0) -> RivalEvidence:
    """Rival structures of the dimensions, with cut-offs simulated for the fitted model.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : RivalOptions, optional
        Defaults where not given.
    seed : int
        Seed of the simulated cut-offs.

    Returns
    -------
    RivalEvidence

    Raises
    ------
    NotApplicableError
        If no structure could be fitted.
    """
    options = (options or RivalOptions()).at_highest(responses)
    chosen = chosen_focal(responses, options.scale)
    data = rival_data(chosen, centred=options.role_centred)
    data = data[rows_used(data, "ml")]
    comparison = _compare(data, chosen.shown, chosen, options, options.structures)
    if not comparison.fits:
        raise NotApplicableError(f"no structure could be fitted: {next(iter(comparison.failures.values()))}")
    cutoffs, why_no_cutoffs = _cutoffs(comparison, options, seed)
    general, why_no_general = attempt(lambda: _general(comparison, chosen))
    edwards, why_no_edwards = attempt(lambda: claims(chosen, data, options))
    best, why_no_best = attempt(comparison.best)
    return RivalEvidence(
        turned=turned_items(chosen),
        title=chosen.title,
        factors=chosen.shown,
        indices=chosen.indices or (chosen.formed if options.items and chosen.by_scores else ()),
        top=chosen.top,
        indicator_kind=chosen.indicator_kind,
        structures=comparison.tidy(),
        pairs=comparison.pairs(),
        target_coefficient=comparison.target_coefficient("second_order"),
        best=best or f"none: {why_no_best}",
        by_role=_by_role(chosen, options),
        items=_items(chosen, options),
        cutoffs=cutoffs,
        general=general,
        edwards=None if edwards is None else edwards.tidy(),
        criteria=criteria_in_words(chosen, options),
        obstacles={"cutoffs": why_no_cutoffs, "general": why_no_general, "edwards": why_no_edwards},
        n_units=int(data["unit"].nunique()),
        n_informants=comparison.n_informants,
        estimator=options.words("informants", responses),
        role_estimator=options.words(
            "informants", responses, cluster=cluster_in_role(chosen, options.cluster)
        ),
        reference=options.reference or next(iter(chosen.factors)),
    )


def _compute(request: Request, options: RivalOptions) -> RivalEvidence:
    return rivals(request.responses, options, seed=request.seed)


TOPIC = Topic("rivals", "Rival structures", _compute, RivalOptions)


def _compare(
    data: pd.DataFrame,
    factors: Mapping[str, Sequence[str]] | Mapping[str, Mapping[str, Sequence[str]]],
    chosen: Focal,
    options: RivalOptions,
    keys: Sequence[str] | None,
    *,
    pairs: bool = True,
    cluster: Cluster | None = None,
) -> RivalComparison:
    by = options.cluster if cluster is None else cluster
    return compare_rivals(
        data,
        factors,
        estimator=options.estimator,
        missing=options.missing,
        cluster=None if by == "none" else by,
        name=chosen.top,
        reference=options.reference,
        keys=keys,
        pairs=pairs,
    )


def _cutoffs(
    comparison: RivalComparison, options: RivalOptions, seed: int
) -> tuple[DynamicCutoffs | None, str]:
    fit = next((comparison.fits[key] for key in _FOCUS if key in comparison.fits), None)
    if not options.replications:
        return None, "not asked for"
    if fit is None or not fit.has_optimum:
        return None, "no second-order, correlated or one-factor model was reached"
    drawn = int(topic_seeds("rivals", seed).generate_state(1)[0])
    return attempt(lambda: dynamic_cutoffs(fit, n_replications=options.replications, seed=drawn))


def _general(comparison: RivalComparison, chosen: Focal) -> pd.DataFrame:
    """Indices of the general factor, by the bifactor and by the second-order model."""
    parts, reasons = [], []
    for key in ("bifactor", "second_order"):
        fit = comparison.fits.get(key)
        if fit is None:
            reasons.append(comparison.failures.get(key, f"{key} was not asked for"))
            continue
        single = comparison.fits.get("one_factor")
        found, why = attempt(
            partial(general_factor_indices, fit, chosen.shown, name=chosen.top, one_factor=single)
        )
        if found is None:
            reasons.append(why)
        else:
            parts.append(found.tidy())
    if not parts:
        raise ComplyError("; ".join(dict.fromkeys(reasons)))
    table: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return table


def _by_role(chosen: Focal, options: RivalOptions) -> pd.DataFrame:
    """Fit of the main structures in each role; empty if there is one role or it was not asked for."""
    if not options.by_role or len(chosen.roles) < 2:
        return pd.DataFrame()
    data = rival_data(chosen, centred=False)
    keys = [key for key in _IN_ROLES if key in options.structures]
    cluster = cluster_in_role(chosen, options.cluster)
    parts = []
    for role in chosen.roles:
        mine = data[(data["role"] == role) & rows_used(data, "ml")]
        found = _compare(mine, chosen.shown, chosen, options, keys, pairs=False, cluster=cluster)
        parts.append(found.tidy().assign(group=role))
    table: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return table


def _items(chosen: Focal, options: RivalOptions) -> pd.DataFrame:
    """The structures at the level of items, of indices where items form their attribute; empty if not asked for."""
    if not options.items or not chosen.by_scores:
        return pd.DataFrame()
    tree, data = item_level(chosen)
    names = [name for parts in tree.values() for items in parts.values() for name in items]
    if options.role_centred:
        data = role_centred(data, names)
    table: pd.DataFrame = _compare(data, tree, chosen, options, None, pairs=False).tidy()
    return table.assign(group=POOLED)


def item_level(chosen: Focal) -> tuple[dict[str, dict[str, tuple[str, ...]]], pd.DataFrame]:
    """Dimension -> attribute -> items, or the index where items form the attribute; unit, firm, role and these."""
    indices = {attribute: index_column(attribute) for attribute in chosen.formed}
    tree = {
        dimension: {
            attribute: (indices[attribute],) if attribute in indices else chosen.items[attribute]
            for attribute in attributes
        }
        for dimension, attributes in chosen.factors.items()
    }
    scores = chosen.scores("attribute")[list(indices)].rename(columns=indices)
    return tree, chosen.answers().join(scores)
