"""α by role, as the reliability of role gaps: one table where all roles have the same items."""

from __future__ import annotations

import pytest

from comply_measure.evidence import focal
from comply_measure.responses import load_dataset


def test_one_table_equals_a_table_per_role(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = focal.chosen_focal(load_dataset("msi_triads"), "comply")
    together = focal.role_alphas(chosen, chosen.wholes)
    assert together is not None and set(together) == set(chosen.roles)
    assert all(set(alphas) == set(chosen.wholes) for alphas in together.values())
    # As if a role had other items: every role by itself.
    monkeypatch.setattr(
        focal.Focal, "asked", lambda self, scales, role=None: {k: list(v) for k, v in scales.items()}
    )
    assert focal.role_alphas(chosen, chosen.wholes) == together
