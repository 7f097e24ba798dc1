"""Starting values of thresholds and scaling factors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import ModelError
from comply_measure.sem.implied import Layout
from comply_measure.sem.ordinal.layout import OrdinalLayout
from comply_measure.sem.ordinal.sample import OrdinalGroup
from comply_measure.sem.sample import GroupSample


def fill_threshold_starts(theta: Array, layouts: Sequence[Layout], samples: Sequence[GroupSample]) -> None:
    """Put sample thresholds and scaling factors of one into θ, in place.

    Parameters
    ----------
    theta : array (q,)
        All parameters; changed where they are thresholds or scaling factors.
    layouts : sequence of Layout
        One per group.
    samples : sequence of GroupSample
        One per group.

    Raises
    ------
    ModelError
        If the layout or the sample of a group knows no ordered variables.
    """
    for layout, sample in zip(layouts, samples, strict=True):
        if not isinstance(layout, OrdinalLayout) or not isinstance(sample, OrdinalGroup):
            raise ModelError("starting values of thresholds need a sample with ordered variables")
        own = np.asarray(theta[layout.first : layout.first + layout.q])
        own[layout.thresholds.parameters] = sample.moments.thresholds[layout.thresholds.cells]
        own[layout.scale.parameters] = 1.0
