"""From gaps to action: which attributes are low, disputed or both, how sure that is, and what could be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure import framework
from comply_measure.errors import InputError, Problem
from comply_measure.results import Result
from comply_measure.statistics.arrays import Floats, known_mean
from comply_measure.statistics.bootstrap import TAILS_95, percentile_interval
from comply_measure.triads.data.triad_data import TriadData
from comply_measure.triads.gaps.reliable import Reliability, reliability_array
from comply_measure.triads.gaps.role_gaps import cluster_codes

CALLS = ("neither", "low", "disputed", "low and disputed")
_OF_RESAMPLES = (
    "probability", "p_low", "p_disputed", "p_both", "level_lower", "level_upper", "gap_lower", "gap_upper",
)  # fmt: skip
BATCH = 200


@dataclass(frozen=True, slots=True)
class ActionPlan(Result):
    """Attributes called low or disputed.

    Attributes
    ----------
    table : DataFrame
        One row per attribute; columns as in :func:`attribute_actions`.
    low, disputed : float
        The thresholds, in scale points.
    resampled : str
        What the bootstrap drew: ``units`` or ``firms``.
    replications : int
        Its size.
    """

    table: pd.DataFrame
    low: float
    disputed: float
    resampled: str
    replications: int

    def tidy(self) -> pd.DataFrame:
        """The table."""
        return self.table.copy()

    def levers(self) -> pd.DataFrame:
        """One row per lever of every attribute that is called low, disputed or both.

        Columns: attribute, dimension, call, probability, lever, assignment (``printed`` or
        ``reconstructed``), source. Attributes the framework does not know have no levers.
        """
        table = levers_for(self._calls())
        shares = dict(zip(self.table["column"], self.table["probability"], strict=True))
        table.insert(3, "probability", [shares[name] for name in table["attribute"]])
        return table

    def interventions(self) -> pd.DataFrame:
        """Interventions that involve a dimension with a called attribute (:func:`interventions_for`)."""
        return interventions_for(self._calls())

    def _calls(self) -> dict[str, str]:
        chosen = self.table[self.table["call"].isin(CALLS[1:])]
        return dict(zip(chosen["column"].astype(str), chosen["call"].astype(str), strict=True))


def levers_for(calls: Mapping[str, str]) -> pd.DataFrame:
    """Levers of called attributes.

    Parameters
    ----------
    calls : mapping of str to str
        Attribute -> what it is called.

    Returns
    -------
    DataFrame
        ``attribute, dimension, call, lever, assignment`` (``printed`` or ``reconstructed``), ``source``; attributes
        that
        the framework does not know have none.
    """
    known = {attribute.key: attribute.dimension for attribute in framework.ATTRIBUTES}
    rows = [
        (name, known[name], call, lever.text, lever.assignment, str(lever.provenance))
        for name, call in calls.items()
        if name in known
        for lever in framework.levers(name)
    ]
    return pd.DataFrame(rows, columns=["attribute", "dimension", "call", "lever", "assignment", "source"])


def interventions_for(calls: Mapping[str, str]) -> pd.DataFrame:
    """Interventions that involve a dimension with a called attribute.

    Parameters
    ----------
    calls : mapping of str to str
        Attribute -> what it is called.

    Returns
    -------
    DataFrame
        ``intervention, text, dimensions, called_dimensions, called_attributes, n_called, source``; most called
        attributes first.
    """
    known = {attribute.key: attribute.dimension for attribute in framework.ATTRIBUTES}
    called: dict[str, list[str]] = {}
    for name in calls:
        if name in known:
            called.setdefault(known[name], []).append(name)
    rows = []
    for entry in framework.interventions():
        hit = [key for key in entry.dimensions if key in called]
        attributes = [name for key in hit for name in called[key]]
        if hit:
            rows.append(
                {
                    "intervention": entry.key,
                    "text": entry.text,
                    "dimensions": ", ".join(entry.dimensions),
                    "called_dimensions": ", ".join(hit),
                    "called_attributes": ", ".join(attributes),
                    "n_called": len(attributes),
                    "source": str(entry.provenance),
                }
            )
    columns = [
        "intervention", "text", "dimensions", "called_dimensions", "called_attributes", "n_called", "source",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values("n_called", ascending=False, kind="stable", ignore_index=True)


def attribute_actions(
    data: TriadData,
    *,
    low: float,
    disputed: float = 1.0,
    reliability: Reliability | None = None,
    replications: int = 1000,
    seed: int | np.random.Generator,
) -> ActionPlan:
    """Call attributes low, disputed, both or neither, with the uncertainty of the call.

    An attribute is *low* when its level, the mean of the role means, is below `low`, and *disputed* when the
    root mean square gap between roles exceeds `disputed` scale points. With reliabilities the part of the
    squared gap that is measurement error, ``SE_d² = s²_x(1 - r_x) + s²_y(1 - r_y)``, is taken off first;
    without them gaps are too large and the table says so. Units are drawn with replacement (firms, when the
    data have them, since units of a firm are alike); a call's probability is the share of replications that
    make it. Thresholds are the user's convention. A mean tells low attributes from hard items only where the items
    were anchored, and squared gaps keep response style and shifted items: see
    :func:`comply_measure.models.invariance.gaps.role_distances`.

    Parameters
    ----------
    data : TriadData
        Attribute scores by role; columns with keys of the framework get levers.
    low, disputed : float
        Thresholds in scale points.
    reliability : float or mapping, optional
        As for :func:`comply_measure.triads.gap_reliability`.
    replications : int
        Bootstrap replications, at least 100.
    seed : int or Generator
        Source of randomness.

    Returns
    -------
    ActionPlan
        Columns of the table: column, dimension, call, probability (of the call), p_low, p_disputed, p_both,
        level, level_lower, level_upper, gap, gap_lower, gap_upper (95 % percentile), n_units, n_informants,
        note.

    Raises
    ------
    InputError
        Thresholds that are not finite, too few replications, unusable reliabilities.
    """
    problems = [
        Problem(name, value=value, allowed="a finite number")
        for name, value in (("low", low), ("disputed", disputed))
        if not np.isfinite(value)
    ]
    if replications < 100:
        problems.append(Problem("replications", value=replications, allowed="at least 100"))
    if problems:
        raise InputError("Attributes cannot be called with these options.", problems)
    r = None if reliability is None else reliability_array(data, reliability)
    weights = _weights(data, replications, np.random.default_rng(seed))
    level, gap = _level_and_gap(data, np.ones((1, data.n_units)), r)
    draws = [_level_and_gap(data, part, r) for part in np.array_split(weights, -(-replications // BATCH))]
    levels, gaps = (np.concatenate([draw[k] for draw in draws]) for k in (0, 1))
    rows = [
        _row(
            data,
            j,
            float(level[0, j]),
            float(gap[0, j]),
            levels[:, j],
            gaps[:, j],
            low,
            disputed,
            r is not None,
        )
        for j in range(len(data.columns))
    ]
    resampled = "units" if data.firms is None else "firms"
    return ActionPlan(pd.DataFrame(rows), low, disputed, resampled, replications)


def _drawn(data: TriadData) -> NDArray[np.intp]:
    """Number of what is drawn for each unit: its firm, or the unit itself."""
    return np.arange(data.n_units) if data.firms is None else np.asarray(cluster_codes(data))


def _weights(data: TriadData, replications: int, rng: np.random.Generator) -> Floats:
    """How often each unit is drawn, shape (replications, G), drawing units or whole firms."""
    codes = _drawn(data)
    clusters = int(codes.max()) + 1
    counts = rng.multinomial(clusters, np.full(clusters, 1.0 / clusters), size=replications)
    return np.asarray(counts[:, codes], dtype=np.float64)


def _level_and_gap(data: TriadData, weights: Floats, r: Floats | None) -> tuple[Floats, Floats]:
    """Mean of the role means and root mean square gap for weighted units; shapes (B, J)."""
    G, R, J = data.values.shape
    present = ~np.isnan(data.values)
    x = np.where(present, data.values, 0.0).reshape(G, -1)
    flags = present.astype(np.float64).reshape(G, -1)
    with np.errstate(invalid="ignore", divide="ignore"):
        n = (weights @ flags).reshape(-1, R, J)
        mean = (weights @ x).reshape(-1, R, J) / n
        variance = ((weights @ x**2).reshape(-1, R, J) / n - mean**2) * n / (n - 1.0)
        squares = []
        for a, b in data.pairs:
            d = data.values[:, a] - data.values[:, b]
            known = ~np.isnan(d)
            square = (weights @ np.where(known, d**2, 0.0)) / (weights @ known.astype(np.float64))
            if r is not None:
                square = square - variance[:, a] * (1 - r[a]) - variance[:, b] * (1 - r[b])
            squares.append(square)
        level = known_mean(mean, axis=1)
        gap = (
            np.sqrt(np.maximum(known_mean(np.stack(squares, axis=1), axis=1), 0.0))
            if squares
            else level * np.nan
        )
    return level, gap


def _row(
    data: TriadData, j: int, level: float, gap: float, levels: Floats, gaps: Floats,
    low: float, disputed: float, corrected: bool,
) -> dict[str, object]:  # fmt: skip
    column = data.columns[j]
    known = {attribute.key: attribute for attribute in framework.ATTRIBUTES}
    base: dict[str, object] = {
        "column": column,
        "dimension": known[column].dimension if column in known else "",
    }
    present = ~np.isnan(data.values[:, :, j])
    counts = {"n_units": int(present.any(axis=1).sum()), "n_informants": int(present.sum())}
    usable = ~(np.isnan(levels) | np.isnan(gaps))
    if np.isnan(level) or np.isnan(gap) or not usable.any():
        nothing = dict.fromkeys(("level", "gap", *_OF_RESAMPLES), np.nan)
        return base | {"call": "undefined"} | nothing | counts | {"note": "no unit has two roles"}
    is_low, is_disputed = levels[usable] < low, gaps[usable] > disputed
    call = int(level < low) + 2 * int(gap > disputed)
    lower, upper = percentile_interval(np.column_stack([levels[usable], gaps[usable]]), TAILS_95)
    found = {
        "call": CALLS[call],
        "probability": float((is_low.astype(int) + 2 * is_disputed == call).mean()),
        "p_low": float(is_low.mean()),
        "p_disputed": float(is_disputed.mean()),
        "p_both": float((is_low & is_disputed).mean()),
        "level": level,
        "level_lower": float(lower[0]),
        "level_upper": float(upper[0]),
        "gap": gap,
        "gap_lower": float(lower[1]),
        "gap_upper": float(upper[1]),
    }
    notes = [] if corrected else ["gaps include measurement error"]
    if not _drawn(data).any():
        found |= dict.fromkeys(_OF_RESAMPLES, np.nan)
        notes.append(f"one {'unit' if data.firms is None else 'firm'}: nothing to resample")
    return base | found | counts | {"note": "; ".join(notes)}
