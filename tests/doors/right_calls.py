"""One call through every door; read by the type checker only, never run."""

from __future__ import annotations

from typing import assert_type

import numpy as np
import pandas as pd

import comply_measure
from comply_measure import (
    documents,
    evidence,
    framework,
    instrument,
    measurement,
    models,
    pipeline,
    report,
    responses,
    sem,
    simulation,
    triads,
)

frame = pd.DataFrame()
scale = instrument.load_scale("comply")
answers = comply_measure.read_responses("answers.csv", scale)
fitted = sem.fit("f =~ x1 + x2 + x3", frame, estimator="MLR", cluster="unit")

assert_type(documents.read_yaml("study.yaml"), documents.YamlDocument)
assert_type(framework.attributes("20"), tuple[framework.Attribute, ...])
assert_type(scale, instrument.Scale)
assert_type(answers, responses.Responses)
assert_type(fitted, sem.Fit)
assert_type(fitted.estimates, pd.DataFrame)
assert_type(fitted.measures, dict[str, float])
assert_type(sem.rmsea_power(200, 10), float)
assert_type(measurement.cronbach_alpha(np.zeros((9, 3))), measurement.Alpha)
longest, average = measurement.careless.longstring(np.zeros((2, 3)))
assert_type(measurement.content.content_validity(frame), measurement.ContentValidity)
assert_type(measurement.missingness.pool_scalars([1.0], [1.0]), measurement.missingness.RubinPool)
assert_type(measurement.validity.heterotrait_monotrait(frame, {"F": ["a", "b"]}), measurement.Htmt)
assert_type(models.one_factor("F", ["a", "b", "c"]), str)
assert_type(models.rivals.vuong_test(fitted, fitted), models.rivals.VuongTest)
assert_type(simulation.load_population("comply"), simulation.Population)
assert_type(triads.icc_oneway(frame, ["C", "O"]), triads.OnewayReliability)
assert_type(
    triads.congruence.polynomial_regression(frame, "x", "y", "z"), triads.congruence.PolynomialRegression
)
assert_type(pipeline.load_study("study.yaml", pipeline.STEPS), pipeline.Study)
assert_type(report.Prose("text"), report.Prose)
assert_type(evidence.gaps(answers, evidence.GapOptions(alpha=0.01)), evidence.GapEvidence)
assert_type(evidence.cfa(answers).tidy(), pd.DataFrame)
