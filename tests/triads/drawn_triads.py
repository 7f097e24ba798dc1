"""Simulated triads for the tests."""

from __future__ import annotations

import numpy as np

from comply_measure.triads import TriadData


def drawn_triads(
    seed: int,
    *,
    units: int = 80,
    roles: int = 3,
    columns: int = 3,
    missing: float = 0.0,
    unit_sd: float = 0.7,
) -> TriadData:
    """Normal scores with a unit effect and role means, for simulations."""
    rng = np.random.default_rng(seed)
    x = 4.0 + rng.normal(0, 1, (units, roles, columns)) + unit_sd * rng.normal(0, 1, (units, 1, columns))
    x += np.linspace(0.4, -0.4, roles)[:, None] if roles > 1 else 0.0
    x[rng.random((units, roles)) < missing] = np.nan
    names = ("marketing", "sales", "it", "service", "finance")[:roles]
    present = ~np.isnan(x).all(axis=2)
    return TriadData(np.arange(units), None, names, tuple(f"v{j}" for j in range(columns)), x, present)
