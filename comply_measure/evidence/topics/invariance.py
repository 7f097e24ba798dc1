"""Topic ``invariance``: do roles, and groups of units, answer by the same measuring rod."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from comply_measure.errors import ComplyError, NotApplicableError
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.base import Evidence, Value
from comply_measure.evidence.choices import Firms, Names
from comply_measure.evidence.estimation import Cluster, few_words
from comply_measure.evidence.focal import Focal, chosen_focal, require_roles
from comply_measure.evidence.keying import Turned, turned_items
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.role_comparison import (
    SEARCHED,
    Comparison,
    comparisons,
    scalar_gaps,
    with_holm,
)
from comply_measure.evidence.rules.invariance import GAP
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.verdicts import Number, Verdict, by_test
from comply_measure.models.invariance import group_design, role_design
from comply_measure.models.invariance.designs import Design
from comply_measure.models.invariance.role_designs import RoleDesign
from comply_measure.responses import Responses, one_per_role
from comply_measure.responses.scoring import construct_scores
from comply_measure.tables.roles import role_centred

#: Units that items need for each variable of their model: with fewer, tests of items err far above their level.
UNITS_PER_VARIABLE = 3
_MIN_VALID = 0.5  # as Responses.scores


class InvarianceOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    level : {"items", "scores"}
        Where the scale has attribute scores: items within each attribute first, then attribute scores of the items
        that hold; or attribute scores of all items alone, which cannot see items that shift.
    groups : tuple of str
        Unit variables whose values are independent groups of units, such as industry or language.
    estimator : {"ML", "MLR"}
        MLR gives robust errors and tests, by firm where firms are known.
    cluster : bool, optional
        Allow for firms; by default wherever firms are known.
    search : bool
        Search for the parameters that differ between roles, on levels that are rejected.
    alpha : float
        Of the tests of levels (Holm's correction over dimensions) and of the search within a dimension (Bonferroni's).
    """

    scale: Annotated[str | None, Names("scale")] = None
    level: Literal["items", "scores"] = "items"
    groups: Annotated[tuple[str, ...], Names("unit variable")] = ()
    estimator: Literal["ML", "MLR"] = "MLR"
    cluster: Annotated[bool | None, Firms()] = None
    search: bool = True
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05


@dataclass(frozen=True, eq=False)
class InvarianceEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    scale, title, indicator_kind : str
        Key of the scale, its title; what `roles` compares.
    items : tuple of Comparison
        Items of each dimension, attributes being the factors; empty where the scale has no attribute scores, or was
        compared by scores alone.
    roles, groups : tuple of Comparison
        One per dimension, one per variable. Attribute scores leave out the items that `items` found to differ.
    left_out : tuple of str
        These items.
    latent_gaps : DataFrame
        One latent gap per dimension and pair of roles from the partially invariant model, in scale points:
        ``partial_gaps`` with ``p_holm`` over the table.
    attribute_gaps : DataFrame
        The same of attributes, from the items; may be empty.
    distances : DataFrame
        ``role_distances`` of attributes, from the items; may be empty.
    n_units, n_informants : int
    estimator, group_estimator : str
        In words.
    alpha : float
        Level of the search.
    searched : bool
        Whether there was one.
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    formed : tuple of str
        Attributes whose items `items` compares and which these form (:attr:`.Focal.formed`).
    """

    scale: str
    title: str
    indicator_kind: str
    items: tuple[Comparison, ...]
    roles: tuple[Comparison, ...]
    groups: tuple[Comparison, ...]
    left_out: tuple[str, ...]
    latent_gaps: pd.DataFrame
    attribute_gaps: pd.DataFrame
    distances: pd.DataFrame
    n_units: int
    n_informants: int
    estimator: str
    group_estimator: str
    alpha: float
    searched: bool
    turned: Turned
    formed: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """Fit, difference test and changes of fit of every level; ``across`` says between whom, ``key`` of what."""
        parts = [
            c.ladder.levels.assign(across=across, key=c.key)
            for across, compared in (("items", self.items), ("roles", self.roles), ("groups", self.groups))
            for c in compared
            if c.ladder is not None
        ]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def values(self) -> Mapping[str, Value]:
        """Dimensions compared across roles, and indicators with freed parameters."""
        searches = [c.search for c in (*self.items, *self.roles) if c.search is not None]
        return {
            "n_compared": len(self.roles),
            "n_released": sum(len(search.items) for search in searches),
        }

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Latent gaps, corrected together."""
        return gap_verdicts(self.latent_gaps, conventions)


def gap_verdicts(table: pd.DataFrame, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
    """Whether each latent gap differs from zero, and where it does not, whether one worth having is excluded."""
    found = []
    for row in table.to_dict("records"):
        p, gap, d = row["p_holm"], row["gap"], row["d"]
        numbers: dict[str, Number] = {"gap": gap, "ci": (row["ci_lower"], row["ci_upper"]), "p": p, "d": d}
        largest = max(abs(row["ci_lower"]), abs(row["ci_upper"]))
        excluded = gap != 0 and largest * abs(d / gap) < conventions["small_effect"]
        answer = by_test(p, conventions["test_level"], excluded=excluded)
        case = "" if p == p else "unknown"
        n = int(table["p_holm"].notna().sum())
        found.append(
            GAP.verdict(answer, row["factor"], row["pair"], numbers=numbers, case=case, n_family=max(n, 1))
        )
    return tuple(found)


def invariance(responses: Responses, options: InvarianceOptions | None = None) -> InvarianceEvidence:
    """Compare roles in the wide format, and independent groups of units.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : InvarianceOptions, optional
        Defaults where not given.

    Returns
    -------
    InvarianceEvidence
        What could not be compared has its reason in ``obstacle``.

    Raises
    ------
    ComplyError
        If there is nothing to compare.
    """
    options = options or InvarianceOptions()
    responses = one_per_role(responses)
    chosen = chosen_focal(responses, options.scale)
    clustered = _clustered(chosen, options)
    across = chosen.shares_units
    items = _items(chosen, options, clustered=clustered) if across else ()
    left_out = tuple(item for c in items if c.search is not None for item in c.search.items)
    roles = _roles(chosen, options, left_out, clustered=clustered) if across else ()
    groups = tuple(_groups(chosen, name, options) for name in options.groups)
    if not roles and not groups:
        require_roles(chosen)
        raise NotApplicableError("there is nothing to compare")
    return InvarianceEvidence(
        turned=turned_items(chosen),
        scale=chosen.scale.key,
        title=chosen.title,
        indicator_kind=chosen.indicator_kind,
        items=items,
        roles=roles,
        groups=groups,
        left_out=left_out,
        latent_gaps=with_holm([c.latent_gaps for c in roles if c.latent_gaps is not None]),
        formed=chosen.formed if items else (),
        attribute_gaps=with_holm([c.latent_gaps for c in items if c.latent_gaps is not None]),
        distances=_joined([c.distances for c in items if c.distances is not None]),
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        estimator=_words(options, responses, clustered=clustered),
        group_estimator=f"{options.estimator}, full information",
        alpha=options.alpha,
        searched=options.search,
    )


def _compute(request: Request, options: InvarianceOptions) -> InvarianceEvidence:
    return invariance(request.responses, options)


TOPIC = Topic("invariance", "Measurement invariance", _compute, InvarianceOptions, informants="role")


def of_scale(given: InvarianceEvidence | None, chosen: Focal) -> InvarianceEvidence | None:
    """The evidence at hand, if it is of this scale."""
    return given if given is not None and given.scale == chosen.scale.key else None


def _clustered(chosen: Focal, options: InvarianceOptions) -> bool:
    firms = chosen.responses.n_firms > 1 if options.cluster is None else options.cluster
    return firms and options.estimator.upper() != "ML"


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["factor", "distance"])


def _words(options: InvarianceOptions, responses: Responses, *, clustered: bool) -> str:
    text = f"{options.estimator}, full information, a row per unit"
    return f"{text}, clusters: firms{few_words(responses, 'firm')}" if clustered else text


def _items(chosen: Focal, options: InvarianceOptions, *, clustered: bool) -> tuple[Comparison, ...]:
    """Items of every dimension, its attributes being the factors; nothing where items are what `roles` compares."""
    if options.level == "scores" or not chosen.by_scores:
        return ()
    data = chosen.answers()

    def design(attributes: tuple[str, ...]) -> Design:
        factors = {name: chosen.items[name] for name in attributes}
        variables = sum(map(len, factors.values())) * len(chosen.roles)
        if chosen.n_units < UNITS_PER_VARIABLE * variables:
            raise ComplyError(
                f"{chosen.n_units} units are too few for {variables} variables (items by roles); at least "
                f"{UNITS_PER_VARIABLE * variables} are needed"
            )
        firm = "firm" if clustered else None
        return role_design(data, factors, chosen.roles, cluster=firm, estimator=options.estimator)

    designs = {key: partial(design, attributes) for key, attributes in chosen.factors.items()}
    return comparisons(designs, alpha=options.alpha, search=options.search, levels=SEARCHED)


def _roles(
    chosen: Focal, options: InvarianceOptions, left_out: tuple[str, ...], *, clustered: bool
) -> tuple[Comparison, ...]:
    """One comparison of the roles per dimension."""
    designs = _dimension_designs(chosen, options, left_out, clustered=clustered)
    return comparisons(designs, alpha=options.alpha, search=options.search)


def _dimension_designs(
    chosen: Focal, options: InvarianceOptions, left_out: tuple[str, ...], *, clustered: bool
) -> dict[str, Callable[[], RoleDesign]]:
    """What makes the design of each dimension."""
    data = held_indicators(chosen, left_out)
    firm = "firm" if clustered else None
    return {
        key: partial(
            role_design, data, {key: indicators}, chosen.roles, cluster=firm, estimator=options.estimator
        )
        if indicators
        else _refuse_index
        for key, indicators in chosen.measures.items()
    }


def _refuse_index() -> RoleDesign:
    raise NotApplicableError(
        "formed by its items: equal loadings are not asked of an index; step gaps compares its means"
    )


def gaps_by_scores(responses: Responses, options: InvarianceOptions) -> list[pd.DataFrame]:
    """Latent gaps of every dimension from attribute scores of all items, without the other levels and the search."""
    chosen = chosen_focal(one_per_role(responses), options.scale)
    if not chosen.shares_units:
        return []
    designs = _dimension_designs(chosen, options, (), clustered=_clustered(chosen, options))
    found = (attempt(partial(scalar_gaps, design))[0] for design in designs.values())
    return [gaps for gaps in found if gaps is not None]


def held_indicators(chosen: Focal, left_out: tuple[str, ...]) -> pd.DataFrame:
    """Unit, firm, role and the indicators; attribute scores without some items."""
    data = chosen.indicators()
    if not left_out:
        return data
    kept = {
        name: tuple(item for item in chosen.items[name] if item not in left_out)
        for name in chosen.indicator_names
    }
    answers = chosen.answers()
    scores = construct_scores(
        answers,
        answers["role"].to_numpy(dtype=object),
        {item.id: item for item in chosen.scale.items},
        {name: items for name, items in kept.items() if len(items) < len(chosen.items[name])},
        _MIN_VALID,
    )
    return data.assign(**{str(name): scores[name] for name in scores})


def _groups(chosen: Focal, name: str, options: InvarianceOptions) -> Comparison:
    """The ladder over groups of units, all dimensions at once.

    Clusters are firms where every firm lies in one group, else units: groups that cut through firms are compared as
    if units were independent.
    """
    units = chosen.responses.units
    if name not in units.columns:
        known = ", ".join(map(str, units.columns)) or "none"
        return Comparison(name, obstacle=f"there is no unit variable '{name}'; known: {known}")
    if not chosen.reflective:
        return Comparison(
            name, obstacle="every construct is formed by its items: there are no loadings to compare"
        )
    names = [item for items in chosen.reflective.values() for item in items]
    data = chosen.indicators().join(units[[name]], on="unit")
    data = role_centred(data, names)
    data = data[data[names].notna().any(axis=1)]
    cluster: Cluster | None = None
    words = f"{options.estimator}, full information"
    if options.estimator.upper() != "ML":
        nested = chosen.responses.n_firms > 1 and data.groupby("firm")[name].nunique().le(1).all()
        cluster = "firm" if nested and options.cluster is not False else "unit"
        words += f", clusters: {cluster}s{few_words(chosen.responses, cluster)}"
        if chosen.responses.n_firms > 1 and not nested:
            words += " (the groups cut through firms)"
    compute = partial(
        group_design, data, chosen.reflective, name, cluster=cluster, estimator=options.estimator
    )
    return comparisons({name: compute}, alpha=options.alpha, search=False, estimator=words)[0]
