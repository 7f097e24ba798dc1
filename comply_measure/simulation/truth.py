"""What a simulated study was made from, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from comply_measure.simulation.answers import CARELESS_KINDS
from comply_measure.simulation.frames import firm_ids, informant_index, invited, stacked, unit_ids
from comply_measure.simulation.plan import target_names
from comply_measure.simulation.population import Population

if TYPE_CHECKING:
    from comply_measure.simulation.study import Block


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth behind a simulated study; scores are in SD of the attentive population.

    Parameters
    ----------
    units : pandas.DataFrame
        ``firm``, ``unit`` and every unit-level latent variable.
    informants : pandas.DataFrame
        ``firm``, ``unit``, ``role``, ``informant``, everything the informant perceives, ``method`` and, where
        reverse-keyed items load on it, ``wording`` (factor scores), ``careless`` (kind or ``attentive``), ``absent``
        (0 or 1). Absent informants are included.
    noninvariant_items : pandas.DataFrame
        ``item``, ``role``, ``threshold_shift``, ``loading`` (of that role), ``loading_others``.
    """

    units: pd.DataFrame
    informants: pd.DataFrame
    noninvariant_items: pd.DataFrame

    @property
    def careless(self) -> pd.DataFrame:
        """Informants in the data who answered carelessly: ``informant``, ``unit``, ``role``, ``kind``."""
        table = self.informants
        chosen = table.loc[(table["careless"] != CARELESS_KINDS[0]) & (table["absent"] == 0)]
        return (
            chosen[["informant", "unit", "role", "careless"]]
            .rename(columns={"careless": "kind"})
            .reset_index(drop=True)
        )

    @property
    def absent(self) -> pd.DataFrame:
        """Informants who did not take part: ``informant``, ``unit``, ``role``."""
        chosen = self.informants.loc[self.informants["absent"] == 1]
        return chosen[["informant", "unit", "role"]].reset_index(drop=True)


def collect_truth(population: Population, blocks: Sequence[Block]) -> Truth:
    """Tables of the truth from drawn blocks."""
    return Truth(
        _unit_truth(population, blocks), _informant_truth(population, blocks), noninvariant_items(population)
    )


def _unit_truth(population: Population, blocks: Sequence[Block]) -> pd.DataFrame:
    latent = {
        name: np.concatenate([block.units.latent[name] for block in blocks])
        for name in population.unit_model.names
    }
    ids = {"firm": firm_ids(population, blocks), "unit": unit_ids(population, blocks)}
    return pd.DataFrame({**ids, **latent})


def _informant_truth(population: Population, blocks: Sequence[Block]) -> pd.DataFrame:
    targets = np.concatenate([block.informants.targets for block in blocks], axis=0)
    rows = targets.reshape(-1, targets.shape[-1])
    perceived = pd.DataFrame(rows, columns=list(target_names(population)))
    method = np.concatenate([block.informants.method for block in blocks], axis=0).reshape(-1)
    kinds = stacked([block.answers.careless for block in blocks])
    wording = {}
    if population.spec.items.reverse_loading:
        wording["wording"] = stacked([block.informants.wording for block in blocks])
    extra = pd.DataFrame(
        {
            "method": method,
            **wording,
            "careless": [CARELESS_KINDS[kind] for kind in kinds],
            "absent": stacked([block.answers.absent for block in blocks]).astype(int),
        }
    )
    table = pd.concat([informant_index(population, blocks), perceived, extra], axis=1)
    return table.loc[invited(blocks)].reset_index(drop=True)


def noninvariant_items(population: Population) -> pd.DataFrame:
    """Planted items: what differs in which role."""
    groups = population.spec.items.constructs
    construct = {item.id: item.construct for item in population.items}
    rows = [
        {
            "item": planted.item,
            "role": planted.role,
            "threshold_shift": planted.threshold_shift,
            "loading": groups[construct[planted.item]].loadings[planted.item]
            if planted.loading is None
            else planted.loading,
            "loading_others": groups[construct[planted.item]].loadings[planted.item],
        }
        for planted in population.spec.noninvariant_items
        if planted.item in construct
    ]
    columns = ["item", "role", "threshold_shift", "loading", "loading_others"]
    return pd.DataFrame(rows, columns=columns)
