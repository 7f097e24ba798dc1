"""Shape of a population file: every parameter a simulated study rests on, and nothing else.

All latent variables have variance 1 among the attentive informants of each role, so every loading and path of
the file is a standardised one. Means are shifts in those standard deviations.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

ALL_ROLES = "all"
SHARE_TOLERANCE = 1e-9


class Strict(BaseModel):
    """Base of all parts: unknown keys are errors, numbers are finite, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=False)


def _expand_roles(value: Any) -> Any:
    """Read a bare number as the value of every role."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {ALL_ROLES: value}
    return value


def _require_sum_one(shares: dict[Any, float]) -> dict[Any, float]:
    if not shares or abs(sum(shares.values()) - 1.0) > SHARE_TOLERANCE:
        raise ValueError(f"the shares must add up to 1, they add up to {sum(shares.values()):g}")
    return shares


def _require_increasing(cuts: tuple[float, ...]) -> tuple[float, ...]:
    if any(high <= low for low, high in pairwise(cuts)):
        raise ValueError("thresholds must increase")
    return cuts


Share = Annotated[float, Field(ge=0, le=1)]
OpenShare = Annotated[float, Field(ge=0, lt=1)]
Loading = Annotated[float, Field(gt=-1, lt=1)]
Positive = Annotated[float, Field(gt=0)]
SharesByRole = Annotated[dict[str, Share], BeforeValidator(_expand_roles)]
ShiftByRole = Annotated[dict[str, float], BeforeValidator(_expand_roles)]
Cuts = Annotated[tuple[float, ...], Field(min_length=1)]


def by_role(values: dict[str, float], role: str, default: float = 0.0) -> float:
    """Value of one role: its own entry, else the entry for all roles, else `default`."""
    return values.get(role, values.get(ALL_ROLES, default))


class InstrumentSpec(Strict):
    """Which scales are answered, in which form."""

    scales: tuple[str, ...] = Field(min_length=1)
    attribute_set: str | None
    form: str


class SecondInformants(Strict):
    """Units in which a role has two informants, and how far the two see things alike beyond the unit's true state."""

    share: Annotated[dict[str, OpenShare], BeforeValidator(_expand_roles)]
    #: Correlation of the own perspectives of two informants of one role: what is the role's and not the person's.
    alike: Share


class SampleSpec(Strict):
    """Number of firms and the distribution of the number of units in a firm; roles with two informants."""

    firms: Annotated[int, Field(ge=1)]
    units_per_firm: dict[Annotated[int, Field(ge=1)], Share]
    second_informants: SecondInformants | None = None

    @model_validator(mode="after")
    def _shares(self) -> SampleSpec:
        _require_sum_one(self.units_per_firm)
        return self


class Labelled(Strict):
    """What a variable of the unit is called and in which unit of measurement."""

    label: str
    unit: str = ""


class NominalVariable(Labelled):
    """Unordered groups, drawn once per firm or once per unit."""

    kind: Literal["nominal"]
    level: Literal["firm", "unit"]
    categories: dict[str, Share]

    @model_validator(mode="after")
    def _shares(self) -> NominalVariable:
        _require_sum_one(self.categories)
        return self


class OrderedVariable(Labelled):
    """Ordered groups: a standard normal variable cut at the thresholds."""

    kind: Literal["ordered"]
    firm_share: Share
    categories: tuple[str | int, ...] = Field(min_length=2)
    thresholds: Cuts

    @model_validator(mode="after")
    def _cuts(self) -> OrderedVariable:
        _require_increasing(self.thresholds)
        if len(self.thresholds) != len(self.categories) - 1:
            raise ValueError(f"{len(self.categories)} categories need {len(self.categories) - 1} thresholds")
        return self


class AmountVariable(Labelled):
    """A skewed whole number: exp(log_mean + log_sd·z), rounded, at least `minimum`."""

    kind: Literal["amount"]
    firm_share: Share
    log_mean: float
    log_sd: Positive
    minimum: int


class OutcomeVariable(Labelled):
    """A whole number: intercept + Σ coefficient·latent + residual_sd·z, rounded, kept within the limits."""

    kind: Literal["outcome"]
    intercept: float
    coefficients: dict[str, float]
    residual_sd: Positive
    minimum: int
    maximum: int


UnitVariable = Annotated[
    NominalVariable | OrderedVariable | AmountVariable | OutcomeVariable, Field(discriminator="kind")
]


class AlignmentSpec(Strict):
    """Top of the hierarchy: the unit's true alignment and what an informant sees of it."""

    scale: str
    predictors: dict[str, float]
    firm_share: Share
    consensus_share: SharesByRole
    role_bias: ShiftByRole


class DimensionSpec(Strict):
    """A dimension of alignment: loading on alignment, and the shares of its disturbance."""

    loading: Loading
    firm_share: Share
    consensus_share: SharesByRole
    role_bias: ShiftByRole


class AttributeSpec(Strict):
    """An attribute: loading on its dimension, consensus share of its own part."""

    loading: Loading
    consensus_share: SharesByRole
    role_bias: ShiftByRole


class Moderation(Strict):
    """Effect of predictor × moderator on a construct (product centred at its mean)."""

    predictor: str
    moderator: str
    coefficient: float


class ConstructSpec(Strict):
    """A construct beside the hierarchy, at unit level, with the paths that lead to it."""

    firm_share: Share
    consensus_share: SharesByRole
    role_bias: ShiftByRole
    paths: dict[str, float]
    moderations: tuple[Moderation, ...] = ()


class ResidualCorrelation(Strict):
    """Correlation of the disturbances of two constructs."""

    between: tuple[str, str]
    correlation: Loading


class TraitSpec(Strict):
    """A trait of the informant: the construct of a scale that measures it (null: none) and its mean by role."""

    measured_by: str | None
    role_bias: ShiftByRole


class InformantSpec(Strict):
    """Competence and involvement; competent informants answer with less noise.

    Item noise is multiplied by exp(-slope·k - slope²), k = competence in SD from the role's mean; the
    factor's mean square is 1.
    """

    competence: TraitSpec
    involvement: TraitSpec
    correlation: Loading
    noise_slope: Annotated[float, Field(ge=0, le=1)]


class ItemGroupSpec(Strict):
    """Items of one construct: threshold class, standardised loading of each item, shifts of single items."""

    thresholds: str
    loadings: dict[str, Loading] = Field(min_length=1)
    #: Item -> shift of its thresholds against the class; up = harder to agree with.
    shifts: dict[str, float] = Field(default_factory=dict)


class ItemsSpec(Strict):
    """What all items share, and the items construct by construct."""

    thresholds: dict[str, Cuts]
    method_loading: Loading
    #: Loading of reverse-keyed items on what an informant makes of their wording, after recoding.
    reverse_loading: Loading = 0.0
    specific_share: Share
    constructs: dict[str, ItemGroupSpec]

    @model_validator(mode="after")
    def _cuts(self) -> ItemsSpec:
        for cuts in self.thresholds.values():
            _require_increasing(cuts)
        return self


class NonInvariantItem(Strict):
    """An item that one role answers differently: thresholds moved up, or another loading."""

    item: str
    role: str
    threshold_shift: float = 0.0
    loading: Loading | None = None

    @model_validator(mode="after")
    def _differs(self) -> NonInvariantItem:
        if self.threshold_shift == 0.0 and self.loading is None:
            raise ValueError("a non-invariant item needs a threshold_shift other than 0 or a loading")
        return self


class MissingInformants(Strict):
    """Share of informants that do not take part; logit slope on an observed unit variable (MAR)."""

    share: Annotated[dict[str, OpenShare], BeforeValidator(_expand_roles)]
    predictor: str | None
    slope: float


class CannotJudge(Strict):
    """Share of answers "cannot judge"; logit slope on the informant's competence."""

    share: Annotated[dict[str, OpenShare], BeforeValidator(_expand_roles)]
    competence_slope: float


class MissingSpec(Strict):
    """What is not answered: whole informants, single items, "cannot judge" and "does not apply"."""

    informants: MissingInformants
    items: OpenShare
    cannot_judge: CannotJudge
    #: Share of units in which an item that offers it does not apply; a fact of the unit that its informants agree on.
    does_not_apply: OpenShare = 0.0


class CarelessSpec(Strict):
    """Informants who do not read the items: one answer throughout, or random answers."""

    share: OpenShare
    kinds: dict[Literal["straightliner", "random"], Share]
    straightline_answers: dict[int, Share]
    straightline_deviation: Share

    @model_validator(mode="after")
    def _shares(self) -> CarelessSpec:
        _require_sum_one(self.kinds)
        _require_sum_one(self.straightline_answers)
        return self


class PopulationSpec(Strict):
    """A whole population file."""

    format: Literal["comply-measure population 1"]
    title: str
    description: str
    instrument: InstrumentSpec
    roles: tuple[str, ...] = Field(min_length=1)
    sample: SampleSpec
    unit_variables: dict[str, UnitVariable]
    alignment: AlignmentSpec
    dimensions: dict[str, DimensionSpec] = Field(min_length=1)
    attributes: dict[str, AttributeSpec]
    constructs: dict[str, ConstructSpec]
    residual_correlations: tuple[ResidualCorrelation, ...]
    informants: InformantSpec
    items: ItemsSpec
    noninvariant_items: tuple[NonInvariantItem, ...]
    missing: MissingSpec
    careless: CarelessSpec
