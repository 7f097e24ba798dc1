"""Calls that must not pass the type checker, each with the error it must earn; never run."""

from __future__ import annotations

import pandas as pd

import comply_measure
from comply_measure import evidence, measurement, models, sem, triads

frame = pd.DataFrame()

print(triads.icc_oneway(1, 2, nonsense=True).foo)  # expect: call-arg, attr-defined, arg-type
sem.fit("f =~ x1 + x2", frame, estimater="ML")  # expect: call-arg
sem.fitt("f =~ x1 + x2", frame)  # expect: attr-defined
print(measurement.cronbach_alpha("text").beta)  # expect: attr-defined, arg-type
models.rivals.vuong_test("fit", "fit")  # expect: arg-type
comply_measure.load_datasets("msi_triads")  # expect: attr-defined
evidence.gaps(frame)  # expect: arg-type
