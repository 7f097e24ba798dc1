"""Topic ``pairs``: how two roles work together, by who says so, and what the triad's score tells of its pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from comply_measure.errors import NotApplicableError
from comply_measure.evidence.asked import form_asks, scale_asks
from comply_measure.evidence.base import Evidence, Value
from comply_measure.evidence.choices import Firms, Names
from comply_measure.evidence.estimation import firm_words
from comply_measure.evidence.focal import Focal, chosen_focal, require_roles
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.pair_states import PairStates, pair_states
from comply_measure.evidence.rules.pairs import DIFFER, MINIMUM
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.verdicts import Answer, Number, Verdict, by_test, lies_within
from comply_measure.responses import Responses, one_per_role, pair_ratings
from comply_measure.statistics.arrays import known_mean
from comply_measure.statistics.cluster_robust import clustered_means
from comply_measure.statistics.multiplicity import holm, rejects
from comply_measure.triads import TriadData, gap_tests
from comply_measure.triads.gaps.pair_ratings import (
    PairData,
    level_members,
    minimum_beside_mean,
    pair_agreement,
    triad_relation,
)

OVERALL = "all"
_MINIMUM_VALID = 0.5


class PairOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    cluster : bool, optional
        Standard errors that allow for firms; by default wherever firms are known.
    """

    scale: Annotated[str | None, Names("scale")] = None
    cluster: Annotated[bool | None, Firms()] = None


@dataclass(frozen=True, eq=False)
class PairsEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    title : str
        The scale.
    n_units, n_informants : int
        With a rating of any pair; several informants of a role count as one.
    labels : mapping of str to str
        Pair -> label.
    roles, dimensions : tuple of str
    clustered : bool
        Whether standard errors allow for firms.
    levels : DataFrame
        A row per pair and rater: ``pair, role, inside, n_units, mean, se, lower, upper, note``.
    gaps : DataFrame
        Differences of two pairs, overall (``dimension`` is ``all``) and by dimension: ``first, second, dimension,
        n_units, mean, se, lower, upper, sd, p, p_holm`` (Holm over the overall ones, and over those by dimension),
        ``note``. The score of a pair is that of its members.
    raters : DataFrame
        Differences of raters of one pair: its two members, its members and who looks from outside; columns as `gaps`
        with ``pair, contrast``.
    agreement : DataFrame
        :func:`.pair_agreement`.
    relation, minimum : DataFrame or None
        :func:`.triad_relation`, :func:`.minimum_beside_mean`; None with a reason in `obstacle`.
    obstacle : str
    latent : PairStates
        :func:`.pair_states`: one model of all ratings.
    """

    title: str
    n_units: int
    n_informants: int
    labels: Mapping[str, str]
    roles: tuple[str, ...]
    dimensions: tuple[str, ...]
    clustered: bool
    levels: pd.DataFrame
    gaps: pd.DataFrame
    raters: pd.DataFrame
    agreement: pd.DataFrame
    relation: pd.DataFrame | None
    minimum: pd.DataFrame | None
    obstacle: str
    latent: PairStates

    def tidy(self) -> pd.DataFrame:
        """Level of every pair by rater, with intervals."""
        return self.levels

    def values(self) -> Mapping[str, Value]:
        """Mean of every pair over its members."""
        inside = self.levels[self.levels["inside"]]
        return {
            f"mean_{pair}": float(rows["mean"].mean()) for pair, rows in inside.groupby("pair", sort=False)
        }

    def reasons(self) -> Mapping[str, str]:
        """Why a mean is undefined."""
        return {key: "no member rated the pair" for key, value in self.values().items() if value != value}

    def problems(self) -> tuple[str, ...]:
        """Serious findings of the latent model."""
        return tuple(text for named in self.latent.fits for text in named.warnings)

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Whether pairs differ, and whether the weakest pair tells the triad's score beside their mean."""
        found = gap_verdicts(self.gaps[self.gaps["dimension"] == OVERALL], self.labels, conventions)
        if self.minimum is not None:
            found += minimum_verdicts(self.minimum, conventions)
        return found


def gap_verdicts(
    table: pd.DataFrame, labels: Mapping[str, str], conventions: Mapping[str, float]
) -> tuple[Verdict, ...]:
    """Whether each two pairs differ, and where they do not, whether a difference worth having is excluded."""
    found = []
    n = int(table["p_holm"].notna().sum())
    for row in table.to_dict("records"):
        gap, ends, sd = float(row["mean"]), (float(row["lower"]), float(row["upper"])), float(row["sd"])
        p = float(row["p_holm"])
        excluded = lies_within(*ends, conventions["small_d"] * sd)
        answer = by_test(p, conventions["test_level"], excluded=excluded)
        numbers: dict[str, Number] = {"gap": gap, "ci": ends, "p": p}
        subject = (labels[str(row["first"])], labels[str(row["second"])])
        found.append(DIFFER.verdict(answer, *subject, numbers=numbers, n_family=max(n, 1)))
    return tuple(found)


def minimum_verdicts(table: pd.DataFrame, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
    """Whether the minimum adds to the mean, by raters that are not those of the triad's score."""
    row = table[(table["raters"] == "others") & (table["term"] == "minimum")].iloc[0]
    b, p, beta = float(row["estimate"]), float(row["p"]), float(row["beta"])
    answer: Answer = "cannot say"
    if rejects(p, conventions["test_level"]):
        answer = "supported" if b > 0 else "not supported"
    elif b != 0 and float(row["upper"]) * abs(beta / b) < conventions["small_effect"]:
        answer = "not supported"
    numbers: dict[str, Number] = {"b": b, "ci": (float(row["lower"]), float(row["upper"])), "p": p}
    numbers |= {"gain": float(row["r_squared"] - row["r_squared_mean"])}
    return (MINIMUM.verdict(answer, "minimum", numbers=numbers),)


def pairs(responses: Responses, options: PairOptions | None = None) -> PairsEvidence:
    """Pairs of roles as their members and the other role see them.

    Parameters
    ----------
    responses : Responses
        The validated answers, with items about pairs (``form: [short, dyad]`` or ``dyad``).
    options : PairOptions, optional
        Defaults where not given.

    Returns
    -------
    PairsEvidence
        Without the triad's relation to its pairs where no item asks about the triad.

    Raises
    ------
    NotApplicableError
        If no item asks about a pair, or fewer than two roles answered.
    """
    options = options or PairOptions()
    responses = one_per_role(responses)
    chosen = chosen_focal(responses, options.scale)
    require_roles(chosen)
    if not responses.pair_items(chosen.scale.key):
        raise NotApplicableError(
            f"scale '{chosen.scale.key}' has no items in the data that ask about pairs of roles"
        )
    clustered = responses.n_firms > 1 if options.cluster is None else options.cluster
    rated = pair_ratings(responses, chosen.scale.key)
    units = rated["unit"].drop_duplicates().to_numpy()
    ratings, dimensions = _by_dimension(chosen, rated, units)
    triad, obstacle = _triad(chosen, units)
    firms = rated.drop_duplicates("unit")["firm"].to_numpy() if clustered else units
    codes = pd.factorize(firms)[0].astype(np.int64)
    labels = {pair.key: pair.label.get("en", pair.key) for pair in chosen.scale.pairs}
    keys = tuple(key for key in labels if (rated["pair"] == key).any())
    members = {pair.key: pair.roles for pair in chosen.scale.pairs}
    inside = np.array([[role in members[key] for role in chosen.roles] for key in keys])
    overall = known_mean(ratings, 3, _MINIMUM_VALID)
    data = PairData(keys, chosen.roles, inside, overall, triad, codes)
    there = ~np.isnan(overall)
    return PairsEvidence(
        title=chosen.title,
        n_units=int(there.any(axis=(1, 2)).sum()),
        n_informants=int(there.any(axis=1).sum()),
        labels=labels,
        roles=chosen.roles,
        dimensions=dimensions,
        clustered=clustered,
        levels=_levels(data),
        gaps=_gaps(data, ratings, dimensions, units),
        raters=_raters(data, units),
        agreement=pair_agreement(data),
        relation=None if triad is None else triad_relation(data),
        minimum=None if triad is None else minimum_beside_mean(data),
        obstacle=obstacle,
        latent=pair_states(data, clustered=clustered, clusters=firm_words(responses, clustered=clustered)),
    )


def _by_dimension(
    chosen: Focal, rated: pd.DataFrame, units: np.ndarray
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Ratings, units × pairs × roles × dimensions; several items of one dimension are averaged."""
    keys = [pair.key for pair in chosen.scale.pairs if (rated["pair"] == pair.key).any()]
    dimensions = tuple(dict.fromkeys(rated["construct"]))
    found = np.full((len(units), len(keys), len(chosen.roles), len(dimensions)), np.nan)
    means = (
        rated.dropna(subset=["rating"])
        .groupby(["unit", "pair", "role", "construct"], sort=False)["rating"]
        .mean()
    )
    axes: tuple[list[str], ...] = (list(units), keys, list(chosen.roles), list(dimensions))
    places = [pd.Index(names).get_indexer(means.index.get_level_values(k)) for k, names in enumerate(axes)]
    found[tuple(places)] = means.to_numpy()
    return found, dimensions


def _triad(chosen: Focal, units: np.ndarray) -> tuple[np.ndarray | None, str]:
    """Score of the triad by every role, the mean of its dimensions; None with a reason where nobody was asked."""
    items = chosen.responses.items(chosen.scale.key)
    if not any(item.pair is None and item.stage is None for item in items):
        return None, "no item in the data asks about the triad (form: [short, dyad])"
    level = "dimension" if chosen.by_scores else chosen.level
    table = chosen.scores(level)
    names = [name for name in table.columns if name not in ("unit", "firm", "role")]
    wide = table.assign(score=known_mean(table[names].to_numpy(dtype=float), 1, _MINIMUM_VALID)).pivot_table(
        index="unit", columns="role", values="score"
    )
    return wide.reindex(index=units, columns=list(chosen.roles)).to_numpy(dtype=float), ""


def _levels(data: PairData) -> pd.DataFrame:
    """Mean of every pair by rater."""
    flat = data.ratings.reshape(len(data.codes), -1)
    se, df, _ = clustered_means(flat, data.codes)
    rows = []
    for k, (q, r) in enumerate((q, r) for q in range(len(data.pairs)) for r in range(len(data.roles))):
        values = flat[~np.isnan(flat[:, k]), k]
        mean = float(values.mean()) if len(values) else np.nan
        half = float(stdtrit(df[k], 0.975) * se[k])
        rows.append(
            {
                "pair": data.pairs[q], "role": data.roles[r], "inside": bool(data.inside[q, r]),
                "n_units": len(values), "mean": mean, "se": float(se[k]), "lower": mean - half,
                "upper": mean + half, "note": "" if half == half else "fewer than two clusters with an answer",
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _tests(
    values: np.ndarray, names: tuple[str, ...], columns: list[str], data: PairData, units: np.ndarray
) -> pd.DataFrame:
    """Differences of the second axis, columns of the third, by :func:`.gap_tests`."""
    there = ~np.isnan(values).all(axis=2)
    triads = TriadData(units, data.codes, names, tuple(columns), values, there)
    found: pd.DataFrame = gap_tests(triads, cluster=len(np.unique(data.codes)) < len(units)).tidy()
    ends = [triads.pairs[triads.pair_names.index(name)] for name in found["pair"]]
    found["note"] = found["note"].where(found["lower"].isna(), "")  # of d_z, which is not kept
    return found.assign(first=[names[a] for a, _ in ends], second=[names[b] for _, b in ends])


_KEPT = ["n_units", "mean", "se", "lower", "upper", "sd", "p", "p_holm", "note"]


def _gaps(
    data: PairData, ratings: np.ndarray, dimensions: tuple[str, ...], units: np.ndarray
) -> pd.DataFrame:
    """Differences between pairs as their members see them, overall and by dimension."""
    if len(data.pairs) < 2:
        return pd.DataFrame(columns=["first", "second", "dimension", *_KEPT])
    by_dimension = [level_members(ratings[..., d], data.inside) for d in range(len(dimensions))]
    with_dimensions = np.stack([known_mean(values, 2) for values in by_dimension], axis=-1)
    parts = [
        _tests(data.scores[:, :, None], data.pairs, [OVERALL], data, units),
        _tests(with_dimensions, data.pairs, list(dimensions), data, units),
    ]
    table = pd.concat(parts, ignore_index=True).rename(columns={"column": "dimension"})
    return table[["first", "second", "dimension", *_KEPT]]


def _raters(data: PairData, units: np.ndarray) -> pd.DataFrame:
    """Differences of the raters of each pair, corrected together."""
    parts = []
    for q, pair in enumerate(data.pairs):
        a, b = np.flatnonzero(data.inside[q])
        members = _tests(
            data.ratings[:, q, [a, b], None], (data.roles[a], data.roles[b]), [pair], data, units
        )
        parts.append(members.assign(pair=pair, contrast="members"))
        both = np.stack([data.scores[:, q], data.outside[:, q]], axis=1)[:, :, None]
        if not np.isnan(both[:, 1]).all():
            outside = _tests(both, ("inside", "outside"), [pair], data, units)
            parts.append(outside.assign(pair=pair, contrast="outside"))
    table = pd.concat(parts, ignore_index=True)
    table["p_holm"] = holm(table["p"].to_numpy(dtype=float))
    return table[["pair", "contrast", "first", "second", *_KEPT]]


def _compute(request: Request, options: PairOptions) -> PairsEvidence:
    return pairs(request.responses, options)


TOPIC = Topic(
    "pairs",
    "Pairs of roles",
    _compute,
    PairOptions,
    applies=scale_asks("pair"),
    form=form_asks("pair"),
    informants="role",
)
