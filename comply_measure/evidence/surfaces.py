"""What evidence on congruence keeps: surfaces between two roles' views, observed and latent, and the level model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from comply_measure.evidence.fits import NamedFit
from comply_measure.models.informants.polynomial_fit import LatentPolynomial
from comply_measure.statistics.multiplicity import holm
from comply_measure.triads.congruence.checklist import CongruenceChecklist
from comply_measure.triads.congruence.model_set import ModelSet
from comply_measure.triads.congruence.polynomial import PolynomialRegression
from comply_measure.triads.congruence.surface import ResponseSurface


def corrected(surfaces: Sequence[ResponseSurface]) -> list[ResponseSurface]:
    """Surfaces of one study with ``p_holm`` of every parameter, Holm's correction over the surfaces."""
    if not surfaces:
        return []
    p = np.stack([surface.parameters["p"].to_numpy(dtype=float) for surface in surfaces], axis=1)
    adjusted = np.stack([holm(row) for row in p])
    return [
        replace(surface, parameters=surface.parameters.assign(p_holm=adjusted[:, place]))
        for place, surface in enumerate(surfaces)
    ]


def corrected_constraints(models: Sequence[ModelSet]) -> list[ModelSet]:
    """Models with ``p_holm`` of what difference scores impose, Holm's correction over all tests of the study."""
    if not models:
        return []
    tests = [found.constraints["p"].to_numpy(dtype=float) for found in models]
    adjusted = np.split(holm(np.concatenate(tests)), np.cumsum([len(test) for test in tests])[:-1])
    return [
        replace(found, constraints=found.constraints.assign(p_holm=own))
        for found, own in zip(models, adjusted, strict=True)
    ]


@dataclass(frozen=True, eq=False)
class Regression:
    """A polynomial regression as tables.

    Parameters
    ----------
    table : DataFrame
        ``PolynomialRegression.tidy``.
    coefficients : ndarray, shape (6,)
        b0 … b5.
    x, y : ndarray
        The two views about the centre.
    centre, r_squared : float
    n, n_dropped : int
        Units used; units without all three values.
    """

    table: pd.DataFrame
    coefficients: npt.NDArray[np.float64]
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    centre: float
    r_squared: float
    n: int
    n_dropped: int

    @classmethod
    def of(cls, fit: PolynomialRegression) -> Regression:
        """What is kept of a regression."""
        first = fit.coefficients[:6]
        return cls(fit.tidy(), first, fit.x, fit.y, fit.centre, fit.r_squared, fit.n, fit.n_dropped)


@dataclass(frozen=True, eq=False)
class CongruenceCase:
    """One pair of roles and one outcome; `names` are the two roles and the outcome, as in the data."""

    names: tuple[str, str, str]
    fit: Regression
    surface: ResponseSurface
    models: ModelSet
    checklist: CongruenceChecklist


@dataclass(frozen=True, eq=False)
class LatentCase:
    """The latent polynomial of one pair of roles and one outcome; `names` as those of :class:`CongruenceCase`."""

    names: tuple[str, str, str]
    result: LatentPolynomial


@dataclass(frozen=True, eq=False)
class LevelModel:
    """The latent congruence model of all roles with all outcomes.

    Parameters
    ----------
    fit : NamedFit
    factor : str
        What the level and the contrasts are of.
    roles : tuple of str
    effects, tests : DataFrame
        ``effects_table`` and ``joint_tests``.
    n_units, n_informants : int
    estimator : str
    """

    fit: NamedFit
    factor: str
    roles: tuple[str, ...]
    effects: pd.DataFrame
    tests: pd.DataFrame
    n_units: int
    n_informants: int
    estimator: str
