"""Coefficients that are computed once per scale and group, without resampling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comply_measure.measurement.frames import joined
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.reliability.lower_bound import greatest_lower_bounds
from comply_measure.measurement.reliability.multilevel import multilevel_reliability
from comply_measure.measurement.reliability.ordinal import ordinal_reliability
from comply_measure.measurement.reliability.split_half import split_half

Found = dict[str, tuple[float, str]]
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class ScoreData:
    """What a coefficient of one scale in one group is computed from.

    Attributes
    ----------
    items : tuple of str
    values : ndarray, shape (n, p)
    covariance : ndarray, shape (p, p)
    reason : str
        Why the covariance matrix is undefined, or which items do not vary.
    units : ndarray, shape (n,), or None
        Units, when several informants share one.
    """

    items: tuple[str, ...]
    values: Floats
    covariance: Floats
    reason: str
    units: NDArray[np.intp] | None


@dataclass(frozen=True, slots=True)
class Single:
    """A coefficient, the family that computes it, and whether it is a reliability of the plain sum."""

    label: str
    family: str
    of_the_sum: bool


SINGLE: dict[str, Single] = {
    "glb": Single("greatest lower bound", "bound", True),
    "lambda4_max": Single("Guttman's λ₄, best split half", "halves", True),
    "split_half_mean": Single("mean split half (λ₄)", "halves", True),
    "split_half_spearman_brown": Single("mean split half, Spearman–Brown", "halves", True),
    "alpha_ordinal": Single("ordinal α (latent responses)", "ordinal", False),
    "omega_latent": Single("ω of latent responses, implied variance", "ordinal", False),
    "omega_categorical": Single("categorical ω, implied variance", "ordinal", True),
    "omega_categorical_observed": Single("categorical ω, polychoric variance", "ordinal", True),
    "alpha_within": Single("α within units", "levels", False),
    "alpha_between": Single("α between units", "levels", False),
    "omega_within": Single("ω within units", "levels", False),
    "omega_between": Single("ω between units", "levels", False),
    "alpha_single": Single("two-level α of one informant's score", "levels", False),
    "omega_single": Single("two-level ω of one informant's score", "levels", False),
    "alpha_mean": Single("two-level α of the unit mean", "levels", False),
    "omega_mean": Single("two-level ω of the unit mean", "levels", False),
}


def single_coefficients(
    scores: Sequence[ScoreData], names: tuple[str, ...], rngs: Sequence[np.random.Generator]
) -> list[Found]:
    """Values and notes of the coefficients named, of every scale and group; each family is computed once.

    Parameters
    ----------
    scores : sequence of ScoreData
    names : tuple of str
        Keys of :data:`SINGLE`.
    rngs : sequence of Generator
        For random split halves.

    Returns
    -------
    list of dict of str to (float, str)
    """
    families: dict[str, Callable[[], list[Found]]] = {
        "bound": lambda: _bounds(scores),
        "halves": lambda: [_halves(data, rng) for data, rng in zip(scores, rngs, strict=True)],
        "ordinal": lambda: [_ordinal(data) for data in scores],
        "levels": lambda: [_levels(data) for data in scores],
    }
    found: list[Found] = [{} for _ in scores]
    for family in dict.fromkeys(SINGLE[name].family for name in names):
        for values, more in zip(found, families[family](), strict=True):
            values |= more
    return [{name: values[name] for name in names} for values in found]


def _bounds(scores: Sequence[ScoreData]) -> list[Found]:
    bounds = greatest_lower_bounds([data.covariance for data in scores], [data.items for data in scores])
    return [
        {"glb": (bound.value, joined(data.reason, bound.note))}
        for data, bound in zip(scores, bounds, strict=True)
    ]


def _halves(data: ScoreData, rng: np.random.Generator) -> Found:
    halves = split_half(data.covariance, seed=rng, items=data.items)
    note = joined(data.reason, halves.note)
    return {
        "lambda4_max": (halves.lambda4_max, note),
        "split_half_mean": (halves.lambda4_mean, note),
        "split_half_spearman_brown": (halves.spearman_brown_mean, note),
    }


def _ordinal(data: ScoreData) -> Found:
    if not len(data.values):
        found = dict.fromkeys(("alpha", "latent", "categorical", "observed"), NAN)
        note = "no answers"
    elif (data.values != np.round(data.values))[~np.isnan(data.values)].any():
        found = dict.fromkeys(("alpha", "latent", "categorical", "observed"), NAN)
        note = "scores are not ordered categories"
    else:
        result = ordinal_reliability(data.values, items=data.items)
        found = {
            "alpha": result.alpha,
            "latent": result.omega_latent_implied,
            "categorical": result.omega_categorical_implied,
            "observed": result.omega_categorical_observed,
        }
        note = result.note
    return {
        "alpha_ordinal": (found["alpha"], "" if np.isfinite(found["alpha"]) else note),
        "omega_latent": (found["latent"], note),
        "omega_categorical": (found["categorical"], note),
        "omega_categorical_observed": (found["observed"], note),
    }


def _levels(data: ScoreData) -> Found:
    names = [name for name, single in SINGLE.items() if single.family == "levels"]
    if data.units is None:
        return dict.fromkeys(names, (NAN, "one informant per unit: levels cannot be separated"))
    result = multilevel_reliability(data.values, data.units, items=data.items)
    note = joined(data.reason, result.note) if result.levels.note else result.note
    return {name: (float(getattr(result, name)), note) for name in names}
