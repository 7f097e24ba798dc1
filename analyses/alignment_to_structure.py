"""From the measurement model of alignment to the structural model of units.

python analyses/alignment_to_structure.py

1. Second-order CFA of the attribute scores of all informants (the claim: alignment is superordinate).
2. Unit scores: the mean of a unit's informants, role means taken off first.
3. Structural model: alignment → preparation and follow-up of selling centers → benefits and drawbacks.
"""

from __future__ import annotations

from typing import cast

import pandas as pd

from comply_measure import TriadData, load_dataset, sem
from comply_measure.models import factors_of, second_order, selling_center_model
from comply_measure.responses import Responses
from comply_measure.sem import Fit
from comply_measure.triads import aggregate


def measurement_model(responses: Responses) -> Fit:
    """Second-order model of the 20 attribute scores, robust to informants of one unit being alike."""
    factors = factors_of(responses.scale("comply"), responses.attribute_set)
    scores = responses.scores("attribute", scale_key="comply")
    attributes = [name for names in factors.values() for name in names]
    # Differences between the roles' means are not common variance of the attributes.
    scores[attributes] -= scores.groupby("role")[attributes].transform("mean")
    answered = scores[attributes].notna().any(axis=1)
    return sem.fit(second_order(factors), scores[answered], estimator="MLR", missing="ml", cluster="unit")


def unit_scores(responses: Responses) -> pd.DataFrame:
    """Dimensions of alignment (three roles) and selling-center constructs (two roles), a row per unit."""
    tables = []
    for scale in ("comply", "smsc"):
        scores = responses.scores("dimension", scale_key=scale)
        scores = scores[scores["role"].isin(responses.scale(scale).roles)]
        names = list(scores.columns.drop(["unit", "firm", "role"]))
        triads = TriadData.from_long(scores, names, roles=responses.scale(scale).roles)
        tables.append(aggregate(triads, centring="role", min_roles=2).frame())
    firms = responses.data.drop_duplicates("unit").set_index("unit")["firm"]
    return pd.concat(tables, axis=1).join(firms)


def structural_model(units: pd.DataFrame, dimensions: list[str]) -> Fit:
    """Paths over units, robust to units of one firm being alike."""
    model = selling_center_model(dimensions)
    return sem.fit(model, units, estimator="MLR", missing="ml", cluster="firm")


def main() -> None:
    """Fit both models and print what a results section would cite."""
    responses = cast(Responses, load_dataset("msi_triads"))
    measurement = measurement_model(responses)
    print(measurement.summary())
    dimensions = [entry.key for entry in responses.scale("comply").dimensions(responses.attribute_set)]
    structure = structural_model(unit_scores(responses), dimensions)
    paths = structure.standardized()
    paths = paths[paths["op"].isin(["~", ":="])].copy()
    paths["rhs"] = paths["rhs"].where(paths["op"] == "~", "")
    print(paths[["lhs", "op", "rhs", "est_std", "se", "ci_lower", "ci_upper"]].to_string(index=False))
    # Nothing is cited from a fit that has serious problems.
    for fit in (measurement, structure):
        for problem in fit.problems:
            print("!" if problem.serious else "-", problem)


if __name__ == "__main__":
    main()
