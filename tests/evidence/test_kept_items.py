"""Latent gaps with and without items: the scalar level alone gives what the whole ladder gives."""

from __future__ import annotations

import pandas as pd

from comply_measure.evidence import InvarianceOptions, invariance
from comply_measure.evidence.topics.invariance import gaps_by_scores
from comply_measure.responses import load_dataset


def test_gaps_of_the_scalar_level_alone_are_those_of_the_ladder() -> None:
    responses = load_dataset("msi_triads")
    options = InvarianceOptions(level="scores", search=False)
    ladder = invariance(responses, options).latent_gaps
    alone = pd.concat(gaps_by_scores(responses, options), ignore_index=True)
    assert len(alone) > 0 and alone["gap"].notna().all()
    pd.testing.assert_frame_equal(alone, ladder[list(alone)], check_exact=True)
