"""What the engine does not do is refused by name, never answered with something else."""

from __future__ import annotations

import pytest
import semopy

from comply_measure import sem
from comply_measure.sem import ModelError


@pytest.mark.parametrize("options", [{"se": "bootstrap"}, {"bootstrap": 50}, {"test": "bollen.stine"}])
def test_bootstrap_is_refused_rather_than_replaced_by_standard_errors(options: dict[str, object]) -> None:
    data = semopy.examples.holzinger39.get_data()
    with pytest.raises(ModelError, match="bootstrap"):
        sem.fit("f =~ x1 + x2 + x3 + x4", data, **options)
