"""Similarity of two roles' profiles over attributes: distance and its parts, correlation, ICC, concordance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.results import Result
from comply_measure.statistics.arrays import Floats, Ints
from comply_measure.triads.aggregation.scores import role_means
from comply_measure.triads.data.triad_data import TriadData

STATISTICS = (
    "d_squared", "d", "d_mean", "level", "scatter", "shape", "d_level_removed", "d_shape",
    "correlation", "correlation_distinctive", "icc_double_entry", "ccc",
)  # fmt: skip
COMMON = "a profile is its role's mean profile: correlation_distinctive undefined"
FEW, FLAT = "fewer than 2 shared attributes", "a profile is flat: correlation undefined"


@dataclass(frozen=True, slots=True)
class ProfileSimilarity(Result):
    """Similarity of every pair of roles in every unit, over one or several sets of attributes.

    Attributes
    ----------
    units : ndarray, shape (G,)
        Unit keys.
    pairs : tuple of str
        Pairs of roles.
    sets : mapping of str to mapping of str to ndarray, shape (G, P)
        Statistics of each set of attributes, by name.
    n_attributes : mapping of str to ndarray of int, shape (G, P)
        Attributes that both roles answered.
    """

    units: NDArray[Any]
    pairs: tuple[str, ...]
    sets: Mapping[str, Mapping[str, Floats]]
    n_attributes: Mapping[str, Ints]

    def tidy(self) -> pd.DataFrame:
        """One row per unit, pair and set: unit, pair, set, n_attributes, the statistics, note."""
        G, P = len(self.units), len(self.pairs)
        blocks = []
        for name, values in self.sets.items():
            n = self.n_attributes[name].reshape(-1)
            flat = np.isnan(values["correlation"]).reshape(-1)
            common = np.isnan(values["correlation_distinctive"]).reshape(-1)
            blocks.append(
                pd.DataFrame(
                    {
                        "unit": np.repeat(self.units, P),
                        "pair": np.tile(np.array(self.pairs, dtype=object), G),
                        "set": name,
                        "n_attributes": n,
                        **{key: value.reshape(-1) for key, value in values.items()},
                        "note": np.select([n < 2, flat, common], [FEW, FLAT, COMMON], ""),
                    }
                )
            )
        return pd.concat(blocks, ignore_index=True)

    def summary(self) -> pd.DataFrame:
        """One row per set, pair and statistic: n_units (defined), mean, sd, median, q25, q75, note."""
        rows = []
        for name, values in self.sets.items():
            for place, pair in enumerate(self.pairs):
                for key, value in values.items():
                    known = value[:, place][~np.isnan(value[:, place])]
                    quartiles = np.quantile(known, [0.25, 0.5, 0.75]) if known.size else np.full(3, np.nan)
                    rows.append(
                        {
                            "set": name,
                            "pair": pair,
                            "statistic": key,
                            "n_units": known.size,
                            "mean": known.mean() if known.size else np.nan,
                            "sd": known.std(ddof=1) if known.size > 1 else np.nan,
                            "q25": quartiles[0],
                            "median": quartiles[1],
                            "q75": quartiles[2],
                            "note": ("defined in no unit", "one unit: no standard deviation", "")[
                                min(known.size, 2)
                            ],
                        }
                    )
        return pd.DataFrame(rows)


def profile_similarity(data: TriadData, sets: Mapping[str, Sequence[str]] | None = None) -> ProfileSimilarity:
    """Compare the profiles of each pair of roles of a unit over the attributes both answered.

    With J shared attributes, profiles x and y, means x̄, ȳ, ``S = √Σ(x - x̄)²`` and correlation q
    (Cronbach & Gleser 1953):

    - ``d_squared`` D² = Σ(x - y)²; ``d`` = √D²; ``d_mean`` = √(D²/J), which does not grow with J;
    - ``level`` J(x̄ - ȳ)², ``scatter`` (S_x - S_y)², ``shape`` 2 S_x S_y (1 - q): they sum to D²; shape is 0
      when a profile is flat;
    - ``d_level_removed`` √Σ[(x - x̄) - (y - ȳ)]² (their D′); ``d_shape`` √(2(1 - q)), the distance of the
      standardised profiles (their D″);
    - ``correlation`` q, blind to level and scatter and inflated by what all units share;
      ``correlation_distinctive`` the same after subtracting each role's mean over units from each attribute
      (Furr 2008);
    - ``icc_double_entry`` (2c - d²/2)/(v_x + v_y + d²/2), the correlation of (x, y) with (y, x)
      (McCrae 2008); ``ccc`` 2c/(v_x + v_y + d²), Lin's (1989) concordance: c, v covariance and variances with
      divisor J, d = x̄ - ȳ. The two are not the same.

    Names of D′ and D″ differ between authors; the formulas above decide.

    Parameters
    ----------
    data : TriadData
        Attribute scores by role.
    sets : mapping of str to sequence of str, optional
        Sets of attributes, for instance one per dimension; all attributes as ``all`` by default.

    Returns
    -------
    ProfileSimilarity
        NaN below two shared attributes; correlations also where a profile is flat.

    Raises
    ------
    InputError
        Unknown attributes, or no sets.
    """
    chosen = {"all": data.columns} if sets is None else sets
    if not chosen or any(not len(columns) for columns in chosen.values()):
        raise InputError("Profiles cannot be compared.", [Problem("a set without attributes")])
    results, counts = {}, {}
    for name, columns in chosen.items():
        part = data.select(columns=columns)
        results[name], counts[name] = pair_statistics(part.values, role_means(part), data.pairs)
    return ProfileSimilarity(data.units, data.pair_names, results, counts)


def pair_statistics(
    values: Floats, common: Floats, pairs: Sequence[tuple[int, int]]
) -> tuple[dict[str, Floats], Ints]:
    """Statistics of every pair of roles in every unit, as :func:`profile_similarity` says, and shared attributes.

    Parameters
    ----------
    values : ndarray, shape (G, R, J)
        Profiles of the units' roles; NaN where missing.
    common : ndarray, shape (R, J)
        The profile that each role's ones are distinctive from.
    pairs : sequence of pairs of int
        Places of the two roles of every pair.

    Returns
    -------
    dict of str to ndarray, shape (G, P)
        By name, in the order of `STATISTICS`.
    ndarray of int, shape (G, P)
        Attributes that both roles answered.
    """
    distinctive = values - common
    found = [np.full((len(values), len(pairs)), np.nan) for _ in STATISTICS]
    n = np.zeros((len(values), len(pairs)), dtype=np.int64)
    for place, (a, b) in enumerate(pairs):
        x, y = values[:, a], values[:, b]
        n[:, place] = (~(np.isnan(x) | np.isnan(y))).sum(axis=1)
        for array, value in zip(found, _compare(x, y, distinctive[:, a], distinctive[:, b]), strict=True):
            array[:, place] = value
    return dict(zip(STATISTICS, found, strict=True)), n


def _compare(x: Floats, y: Floats, x_own: Floats, y_own: Floats) -> tuple[Floats, ...]:
    """All statistics of `STATISTICS` for profiles of shape (G, J)."""
    both = ~(np.isnan(x) | np.isnan(y))
    n = both.sum(axis=1)
    enough = n >= 2
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_x, mean_y, ss_x, ss_y, cross = _moments(x, y, both)
        d_squared = np.where(both, (x - y) ** 2, 0.0).sum(axis=1)
        level = n * (mean_x - mean_y) ** 2
        s_x, s_y = np.sqrt(ss_x), np.sqrt(ss_y)
        q = _correlation(ss_x, ss_y, cross)
        shape = np.where(np.isnan(q), 0.0, 2.0 * (s_x * s_y - cross))
        removed = np.sqrt(np.maximum(ss_x + ss_y - 2.0 * cross, 0.0))
        d_shape = np.sqrt(np.maximum(2.0 * (1.0 - q), 0.0))
        gap = (mean_x - mean_y) ** 2
        c, v = cross / n, (ss_x + ss_y) / n
        icc = _ratio(2.0 * c - gap / 2.0, v + gap / 2.0)
        ccc = _ratio(2.0 * c, v + gap)
        q_own = _correlation(*_moments(x_own, y_own, both)[2:])
        scatter = np.where(np.isnan(q), ss_x + ss_y, (s_x - s_y) ** 2)
        found = (
            d_squared, np.sqrt(d_squared), np.sqrt(d_squared / n), level, scatter, shape, removed, d_shape,
            q, q_own, icc, ccc,
        )  # fmt: skip
    return tuple(np.where(enough, value, np.nan) for value in found)


def _moments(x: Floats, y: Floats, both: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Means, sums of squares and sum of products over shared attributes; round-off of flat profiles is 0."""
    n = both.sum(axis=1)
    mean_x = np.where(both, x, 0.0).sum(axis=1) / n
    mean_y = np.where(both, y, 0.0).sum(axis=1) / n
    dx, dy = np.where(both, x - mean_x[:, None], 0.0), np.where(both, y - mean_y[:, None], 0.0)
    ss_x, ss_y, cross = (dx**2).sum(axis=1), (dy**2).sum(axis=1), (dx * dy).sum(axis=1)
    flat_x, flat_y = (ss <= 1e-20 * np.maximum(n * m**2, 1.0) for ss, m in ((ss_x, mean_x), (ss_y, mean_y)))
    cross = np.where(flat_x | flat_y, 0.0, cross)
    return mean_x, mean_y, np.where(flat_x, 0.0, ss_x), np.where(flat_y, 0.0, ss_y), cross


def _correlation(ss_x: Floats, ss_y: Floats, cross: Floats) -> Floats:
    product = ss_x * ss_y
    return np.where(product > 0, np.clip(cross / np.sqrt(np.where(product > 0, product, 1.0)), -1, 1), np.nan)


def _ratio(top: Floats, bottom: Floats) -> Floats:
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), np.nan)
