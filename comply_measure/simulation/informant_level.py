r"""Draw what informants perceive: the unit's truth mixed with each informant's own perspective.

.. math::
   A_r &= \sqrt{c_r}\,A + \sqrt{1-c_r}\,G_r \\
   P_{dr} &= \gamma_d A_r + \sqrt{1-\gamma_d^2}\,(\sqrt{c_{dr}} Z_d + \sqrt{1-c_{dr}} E_{dr}) + b_{dr} \\
   T_{ar} &= \lambda_a P_{dr} + \sqrt{1-\lambda_a^2}\,(\sqrt{c_{ar}} U_a + \sqrt{1-c_{ar}} V_{ar}) + b_{ar}

A perspective works at every level and passes down through the same loadings as the truth, so the second- and
third-order models hold exactly within each role, and role perspectives correlate over dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comply_measure.simulation.plan import Floats, TargetPlan, share_weights
from comply_measure.simulation.unit_level import UnitDraw
from comply_measure.simulation.unit_model import ALIGNMENT


@dataclass(frozen=True, slots=True)
class InformantDraw:
    """Perceived values (n_units, R, targets); method and wording factor, centred competence (n_units, R)."""

    targets: Floats
    method: Floats
    wording: Floats
    competence: Floats


def draw_informants(plan: TargetPlan, units: UnitDraw, normal: np.random.Generator) -> InformantDraw:
    """Simulate the perceptions of every informant of a unit: one per role, then second ones.

    Parameters
    ----------
    plan : TargetPlan
    units : UnitDraw
        The unit level of the block.
    normal : numpy.random.Generator

    Returns
    -------
    InformantDraw
    """
    alignment = _perceived_alignment(plan, units, normal)
    dimensions = _perceived_dimensions(plan, units, alignment, normal)
    attributes = _perceived_attributes(plan, dimensions, normal)
    constructs = _perceived_constructs(plan, units, normal)
    competence, involvement = _traits(plan, alignment.shape, normal)
    traits = np.stack([competence, involvement], axis=-1) + plan.trait_bias
    parts = [alignment[..., None], dimensions, attributes, constructs, traits]
    targets = np.concatenate(parts, axis=-1)
    method, wording = (normal.standard_normal(alignment.shape) for _ in range(2))
    return InformantDraw(targets, method, wording, competence)


def _perceived_alignment(plan: TargetPlan, units: UnitDraw, normal: np.random.Generator) -> Floats:
    truth = units.latent[ALIGNMENT][:, None]
    common, own = share_weights(plan.alignment_share)
    noise = plan.own((len(truth), len(common)), normal)
    return common * truth + own * noise + plan.alignment_bias


def _perceived_dimensions(
    plan: TargetPlan, units: UnitDraw, alignment: Floats, normal: np.random.Generator
) -> Floats:
    truth = np.stack([units.disturbance[key] for key in plan.dimensions], axis=-1)[:, None, :]
    common, own = share_weights(plan.dimension_share)
    noise = plan.own((len(truth), *common.shape), normal)
    disturbance = common * truth + own * noise
    loading = plan.dimension_loading
    return loading * alignment[..., None] + np.sqrt(1.0 - loading**2) * disturbance + plan.dimension_bias


def _perceived_attributes(plan: TargetPlan, dimensions: Floats, normal: np.random.Generator) -> Floats:
    n_units = len(dimensions)
    common, own = share_weights(plan.attribute_share)
    truth = normal.standard_normal((n_units, 1, common.shape[1]))
    noise = plan.own((n_units, *common.shape), normal)
    disturbance = common * truth + own * noise
    loading = plan.attribute_loading
    return (
        loading * dimensions[:, :, plan.attribute_parent]
        + np.sqrt(1.0 - loading**2) * disturbance
        + plan.attribute_bias
    )


def _perceived_constructs(plan: TargetPlan, units: UnitDraw, normal: np.random.Generator) -> Floats:
    n_units = len(units.latent[ALIGNMENT])
    common, own = share_weights(plan.construct_share)
    truth = np.zeros((n_units, 1, len(plan.constructs)))
    for position, key in enumerate(plan.constructs):
        truth[:, 0, position] = units.latent[key]
    noise = plan.own((n_units, *common.shape), normal)
    return common * truth + own * noise + plan.construct_bias


def _traits(plan: TargetPlan, shape: tuple[int, ...], normal: np.random.Generator) -> tuple[Floats, Floats]:
    competence = normal.standard_normal(shape)
    correlation = plan.trait_correlation
    rest = np.sqrt(1.0 - correlation**2)
    return competence, correlation * competence + rest * normal.standard_normal(shape)
