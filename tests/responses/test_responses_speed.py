"""A large file is read in seconds: every distinct cell is looked at once."""

from __future__ import annotations

import os
import time

import numpy as np
import pandas as pd
import pytest

from comply_measure.instrument import load_scale
from comply_measure.responses import read_responses, responses_from_frame

FULL = os.environ.get("COMPLY_FULL") == "1"


@pytest.mark.slow
def test_a_hundred_thousand_informants(tmp_path):
    n = 100_000 if FULL else 20_000
    # Processor seconds, five times what was measured, so that a busy machine does not fail the test.
    seconds = 25.0 if FULL else 6.0
    scale = load_scale("comply")
    items = [item.id for item in scale.items_for()]
    rng = np.random.default_rng(3)
    answers = rng.integers(1, 8, (n, len(items))).astype(float)
    answers[rng.random(answers.shape) < 0.02] = np.nan
    frame = pd.DataFrame(answers, columns=items)
    unit = np.arange(n) // 3
    frame.insert(0, "unit", np.char.add("u", unit.astype(str)))
    frame.insert(1, "role", np.array(["marketing", "sales", "it"])[np.arange(n) % 3])
    started = time.process_time()
    read = responses_from_frame(frame, scale)
    frame.to_csv(tmp_path / "a.csv", index=False)
    assert read_responses(tmp_path / "a.csv", scale).same_answers(read)
    scores = read.scores("dimension")
    assert time.process_time() - started < seconds
    np.testing.assert_array_equal(read.data[items].to_numpy(), answers)
    assert scores.shape == (n, 9)
