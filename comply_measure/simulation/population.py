"""Read a population file and check it against the scales it names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from comply_measure.documents import YamlDocument, problem_at, read_yaml, validate
from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.instrument import Item, Scale, load_scale
from comply_measure.simulation.checks import asked_items, check_spec
from comply_measure.simulation.schema import PopulationSpec, by_role
from comply_measure.simulation.unit_model import UnitModel, build_unit_model


@dataclass(frozen=True, slots=True)
class Seat:
    """Place of an informant: role, position of the role's first informant, share of units that have it."""

    role: str
    first: int
    share: float


@dataclass(frozen=True, slots=True)
class Population:
    """A checked population: the file's content, its scales and the solved unit-level system.

    Parameters
    ----------
    spec : PopulationSpec
        Content of the file.
    scales : tuple of Scale
        The scales that are answered.
    items : tuple of Item
        Items of the form and attribute set, in the order of the scales.
    attribute_set : str or None
        The attribute set in force; None: the scale's default.
    unit_model : UnitModel
        Unit-level latent variables in causal order with their covariances.
    source : str
        Name of the file.
    sha256 : str
        Hash of the file.
    """

    spec: PopulationSpec
    scales: tuple[Scale, ...]
    items: tuple[Item, ...]
    attribute_set: str | None
    unit_model: UnitModel
    source: str
    sha256: str

    def with_attribute_set(self, attribute_set: str | None) -> Population:
        """The same population asked with another attribute set; it must have parameters for all of it."""
        instrument = self.spec.instrument.model_copy(update={"attribute_set": attribute_set})
        what = f"{self.source} cannot be asked with attribute set {attribute_set!r}"
        return self.with_spec(self.spec.model_copy(update={"instrument": instrument}), what)

    def with_units(self, n_units: int) -> Population:
        """The same population with as many firms as have this number of units on average, at least one."""
        sample = self.spec.sample
        mean = sum(size * share for size, share in sample.units_per_firm.items())
        firms = max(1, round(n_units / mean))
        changed = sample.model_copy(update={"firms": firms})
        return replace(self, spec=self.spec.model_copy(update={"sample": changed}))

    def with_spec(self, spec: PopulationSpec, headline: str = "") -> Population:
        """A population of other parameters, answering the same scales.

        Parameters
        ----------
        spec : PopulationSpec
            The parameters.
        headline : str
            What to say first if they have faults.

        Raises
        ------
        InputError
            Listing every fault.
        """
        faults, unit_model = check_spec(spec, self.scales), None
        if not faults:
            unit_model, faults = build_unit_model(spec)
        if unit_model is None:
            problems = [
                Problem(f.message, self.source, column=".".join(map(str, f.key)), value=f.value)
                for f in faults
            ]
            raise InputError(headline or f"{self.source} cannot have these parameters", problems)
        items, chosen = asked_items(spec, self.scales), spec.instrument.attribute_set
        return replace(self, spec=spec, items=items, attribute_set=chosen, unit_model=unit_model)

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of the informants, in order."""
        return self.spec.roles

    @property
    def seats(self) -> tuple[Seat, ...]:
        """Places of informants in a unit: one per role in their order, then the second ones of roles that have any."""
        first = [Seat(role, position, 1.0) for position, role in enumerate(self.roles)]
        seconds = self.spec.sample.second_informants
        if seconds is None:
            return tuple(first)
        shares = {seat: by_role(seconds.share, seat.role) for seat in first}
        return (*first, *(Seat(seat.role, seat.first, share) for seat, share in shares.items() if share > 0))

    @property
    def tree(self) -> Scale:
        """The scale with alignment, dimensions and attributes."""
        return next(scale for scale in self.scales if scale.key == self.spec.alignment.scale)

    @property
    def dimension_keys(self) -> tuple[str, ...]:
        """Dimensions in the order of the scale."""
        return tuple(construct.key for construct in self.tree.dimensions(self.attribute_set))

    @property
    def attribute_parents(self) -> dict[str, str]:
        """Attribute → its dimension, in the order of the scale."""
        return {
            attribute.key: str(attribute.parent) for attribute in self.tree.attributes(self.attribute_set)
        }


def load_population(path: str | Path) -> Population:
    """Read and check a population file.

    Parameters
    ----------
    path : path-like
        YAML file (see ``docs/simulation.md``).

    Returns
    -------
    Population

    Raises
    ------
    InputError
        Listing every fault: unknown or missing keys, items or roles (with the nearest known one), shares
        that do not add up, variances that are used up.
    """
    document = read_yaml(path)
    headline = f"{document.file} is not a usable population"
    spec, problems = validate(PopulationSpec, document)
    if spec is None:
        raise InputError(headline, problems)
    scales = _load_scales(spec, Path(path).parent, document, headline)
    faults = check_spec(spec, scales)
    unit_model = None
    if not faults:
        unit_model, faults = build_unit_model(spec)
    if unit_model is None:
        raise InputError(
            headline, [problem_at(document, f.key, f.message, f.value, f.allowed) for f in faults]
        )
    return Population(
        spec=spec,
        scales=scales,
        items=asked_items(spec, scales),
        attribute_set=spec.instrument.attribute_set,
        unit_model=unit_model,
        source=Path(path).name,
        sha256=sha256(Path(path).read_bytes()).hexdigest(),
    )


def _load_scales(
    spec: PopulationSpec, folder: Path, document: YamlDocument, headline: str
) -> tuple[Scale, ...]:
    scales: list[Scale] = []
    problems: list[Problem] = []
    for position, name in enumerate(spec.instrument.scales):
        try:
            own_file = Path(name).suffix in (".yaml", ".yml")
            scales.append(load_scale(folder / name if own_file else name))
        except ComplyError as error:
            key = ("instrument", "scales", position)
            problems.append(problem_at(document, key, str(error), value=name))
    if problems:
        raise InputError(headline, problems)
    return tuple(scales)
