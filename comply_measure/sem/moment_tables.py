"""Moments, or their residuals, as data frames and series with names: of one group, and of a whole fit.

Both are mappings, too: ``fit.implied()["cov"]``, and ``fit.implied()["Pasteur"]["cov"]`` with several groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from comply_measure.sem.arrays import Array
from comply_measure.sem.errors import ModelError

if TYPE_CHECKING:
    import pandas as pd

    Table = pd.DataFrame | pd.Series[float]


@dataclass(frozen=True, slots=True, eq=False)
class MomentTables(Mapping[str, "Table"]):
    """Moments of one group (of one level), or their residuals; as a mapping it has the keys that are not None.

    Parameters
    ----------
    cov : DataFrame
        Covariances, of ordered variables those of their latent responses.
    mean : Series or None
        Means; None where they are no part of the model.
    th : Series or None
        Thresholds of ordered variables, named ``u1|t1``.
    slopes : DataFrame or None
        Slopes of the responses (rows) on covariates, where ordered variables have some.
    """

    cov: pd.DataFrame
    mean: pd.Series[float] | None = None
    th: pd.Series[float] | None = None
    slopes: pd.DataFrame | None = None

    def __getitem__(self, key: str) -> Table:
        found = getattr(self, key) if key in _KEYS else None
        if found is None:
            raise KeyError(key)
        table: Table = found
        return table

    def __iter__(self) -> Iterator[str]:
        return (key for key in _KEYS if getattr(self, key) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


_KEYS = tuple(field.name for field in fields(MomentTables))


@dataclass(frozen=True, slots=True, eq=False)
class FitMoments(Mapping[str, "MomentTables | Table"]):
    """Moments of a fit, or their residuals.

    ``cov``, ``mean``, ``th`` and ``slopes`` are those of a fit without groups or levels. As a mapping it then has these
    keys, and the names of groups or levels otherwise.

    Parameters
    ----------
    groups : mapping
        Name of a group or level → its tables; one entry, whatever its name, without groups.
    """

    groups: Mapping[str, MomentTables]

    @property
    def only(self) -> MomentTables:
        """The tables of a fit without groups or levels.

        Raises
        ------
        ModelError
            If there are several.
        """
        if len(self.groups) > 1:
            names = ", ".join(f"'{name}'" for name in self.groups)
            raise ModelError(f"the moments are those of {names}: take one of them by its name")
        return next(iter(self.groups.values()))

    @property
    def cov(self) -> pd.DataFrame:
        """Covariances."""
        return self.only.cov

    @property
    def mean(self) -> pd.Series[float] | None:
        """Means."""
        return self.only.mean

    @property
    def th(self) -> pd.Series[float] | None:
        """Thresholds."""
        return self.only.th

    @property
    def slopes(self) -> pd.DataFrame | None:
        """Slopes on covariates."""
        return self.only.slopes

    def _own(self) -> Mapping[str, MomentTables] | MomentTables:
        return self.groups if len(self.groups) > 1 else self.only

    def __getitem__(self, key: str) -> MomentTables | Table:
        return self._own()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._own())

    def __len__(self) -> int:
        return len(self._own())


def moment_tables(names: tuple[str, ...], cov: Array, mean: Array | None) -> MomentTables:
    """Covariances and, if there are any, means with the names of their variables."""
    import pandas as pd

    labels = list(names)
    return MomentTables(
        pd.DataFrame(cov, index=labels, columns=labels),
        None if mean is None else pd.Series(mean, index=labels),
    )
