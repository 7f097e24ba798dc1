"""Everything known about a simulated data set, read from its folder: what estimates should come out near."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.simulation.files import POPULATION, TRUTH, default_set
from comply_measure.simulation.implied import (
    implied_gaps,
    implied_icc,
    implied_loadings,
    implied_reliability,
    score_moments,
)
from comply_measure.simulation.population import Population, load_population
from comply_measure.simulation.rating_moments import Moments, item_moments

ALWAYS = ("units", "informants", "careless", "absent_informants", "noninvariant_items")
LARGE_SAMPLE = ("reference_moments", "reference_means", "reference_paths")


@dataclass(frozen=True, slots=True)
class TruthReference:
    """The truth of a simulated data set.

    Parameters
    ----------
    population : Population
        Population with the attribute set in force.
    items : Moments
        Implied moments of the keyed items, all roles side by side.
    tables : mapping of str to pandas.DataFrame
        The stored tables of ``truth/`` by file name.
    """

    population: Population
    items: Moments
    tables: Mapping[str, pd.DataFrame]

    def loadings(self) -> pd.DataFrame:
        """Standardised loadings, stated and on observed scores (see :func:`implied_loadings`)."""
        return implied_loadings(self.population, self.items)

    def reliability(self) -> pd.DataFrame:
        """α and reliability of scores by role (see :func:`implied_reliability`)."""
        return implied_reliability(self.population, self.items)

    def icc(self) -> pd.DataFrame:
        """Intraclass correlations over roles (see :func:`implied_icc`)."""
        return implied_icc(self.population, self.items)

    def gaps(self) -> pd.DataFrame:
        """Role means and gaps in scale points (see :func:`implied_gaps`)."""
        return implied_gaps(self.population, self.items)

    def moments(self, level: str) -> Moments:
        """Implied means and covariances of item, attribute or dimension scores, all roles side by side.

        A model fitted to these covariances gives the values its estimates approach in large samples.
        """
        return score_moments(self.population, level, self.items)

    @property
    def units(self) -> pd.DataFrame:
        """True unit-level values."""
        return self.tables["units"]

    @property
    def informants(self) -> pd.DataFrame:
        """What informants perceive."""
        return self.tables["informants"]

    @property
    def careless(self) -> pd.DataFrame:
        """Careless informants in the data: ``informant``, ``unit``, ``role``, ``kind``."""
        return self.tables["careless"]

    @property
    def absent(self) -> pd.DataFrame:
        """Informants who did not take part."""
        return self.tables["absent_informants"]

    @property
    def noninvariant_items(self) -> pd.DataFrame:
        """Planted items by role."""
        return self.tables["noninvariant_items"]

    @property
    def unit_moments(self) -> pd.DataFrame:
        """Covariances of unit-level scores in the large simulation, with Monte Carlo error."""
        return self._stored("reference_moments")

    @property
    def unit_means(self) -> pd.DataFrame:
        """Means of unit-level scores in the large simulation, with Monte Carlo error."""
        return self._stored("reference_means")

    @property
    def paths(self) -> pd.DataFrame:
        """Structural paths: stated, and in regressions of observed unit scores, with Monte Carlo error."""
        return self._stored("reference_paths")

    def unit_covariance(self) -> pd.DataFrame:
        """The large simulation's covariances as a square table."""
        pairs = self.unit_moments
        mirrored = pairs.rename(columns={"a": "b", "b": "a"})
        both = pd.concat([pairs, mirrored]).drop_duplicates(["a", "b"])
        order = list(dict.fromkeys(pairs["a"]))
        return both.pivot_table(index="a", columns="b", values="covariance").loc[order, order]

    def _stored(self, name: str) -> pd.DataFrame:
        if name not in self.tables:
            raise ComplyError(
                f"the data set was written without a large-sample reference ({TRUTH}/{name}.csv)"
            )
        return self.tables[name]


def truth_reference(data_set: str | Path = "msi_triads", attribute_set: str | None = None) -> TruthReference:
    """Read the truth of a simulated data set and compute what its population implies.

    Parameters
    ----------
    data_set : str or path-like
        Name of a data set that ships, or the folder of your own.
    attribute_set : str, optional
        The scale's default if not given. Stored tables hold for the default set.

    Returns
    -------
    TruthReference

    Raises
    ------
    InputError
        If the folder lacks the population or a table of the truth.
    """
    folder = _folder(data_set)
    population = load_population(folder / POPULATION)
    population = population.with_attribute_set(attribute_set or default_set(population))
    files = {name: folder / TRUTH / f"{name}.csv" for name in (*ALWAYS, *LARGE_SAMPLE)}
    absent = [
        Problem("the data set lacks this table of its truth", file=f"{TRUTH}/{name}.csv")
        for name in ALWAYS
        if not files[name].is_file()
    ]
    if absent:
        raise InputError(f"{folder} is not a simulated data set", absent)
    tables = {name: pd.read_csv(path) for name, path in files.items() if path.is_file()}
    return TruthReference(population, item_moments(population), tables)


def _folder(data_set: str | Path) -> Path:
    if Path(data_set).is_dir():
        return Path(data_set)
    from comply_measure.responses.datasets import dataset_path

    return dataset_path(str(data_set))
