"""Options of the structural model: hypotheses or a model text, and how constructs are measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, ConfigDict, Field, field_validator

from comply_measure.documents.validation import Speaking
from comply_measure.errors import ComplyError, NotApplicableError
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.choices import Fault, Firms, Names, Vocabulary
from comply_measure.evidence.dyads import StatedDyad
from comply_measure.evidence.estimation import Estimation
from comply_measure.evidence.measured_models import UnitModel, latent_names, named_columns
from comply_measure.evidence.options import Replications
from comply_measure.evidence.role_paths import StatedRolePath
from comply_measure.evidence.texts import one_line
from comply_measure.evidence.unit_variables import Measurement, UnitVariables
from comply_measure.models import Hypothesis
from comply_measure.models.hypothesised import hypothesis_faults, hypothesised_paths
from comply_measure.sem.language.parser import parse_model
from comply_measure.sem.language.records import ModelRecords, Product
from comply_measure.statistics.words import unknown_message

_SIGNS: dict[Any, Literal["positive", "negative"]] = {
    "+": "positive", "-": "negative", "−": "negative", 1: "positive", -1: "negative",
}  # fmt: skip


class StatedHypothesis(Speaking):
    """One hypothesis of a study file.

    Parameters
    ----------
    from, to : str
        Predictor and outcome.
    sign : {"positive", "negative"}
        Also ``"+"`` and ``"-"``; of a moderation, that of the product.
    moderator : str, optional
        What should change the path.
    through : str or list of str, optional
        What the effect should lead through, in order; also ``mediator``.
    step : int, optional
        With `through` and `moderator`: which step of the way the moderator changes, from 1; the last by default.
    label : str
        Its name in print.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    predictor: Annotated[str, Field(alias="from", min_length=1)]
    outcome: Annotated[str, Field(alias="to", min_length=1)]
    sign: Literal["positive", "negative"] = "positive"
    moderator: Annotated[str | None, Field(min_length=1)] = None
    through: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...],
        Field(validation_alias=AliasChoices("through", "mediator")),
    ] = ()
    step: Annotated[int | None, Field(ge=1)] = None
    label: str = ""

    @field_validator("sign", mode="before")
    @classmethod
    def _in_words(cls, given: Any) -> Any:
        """Signs as signs."""
        return _SIGNS.get(given, given) if isinstance(given, str | int) else given

    @field_validator("through", mode="before")
    @classmethod
    def _in_order(cls, given: Any) -> Any:
        """One mediator stands for a list of one."""
        return (given,) if isinstance(given, str) else given

    def hypothesis(self) -> Hypothesis:
        """As the models know it."""
        sign: Literal[1, -1] = 1 if self.sign == "positive" else -1
        moderator, step = self.moderator or "", self.step or 0
        return Hypothesis(self.outcome, self.predictor, sign, moderator, self.label, self.through, step)


class StructureOptions(Estimation):
    """Options of the step, beside those of :class:`Estimation`.

    Parameters
    ----------
    form : {"constructs", "blocks"}
        Of the model built in: selling-center constructs as unit scores, or blocks of them as latent variables.
    outcomes : tuple of str
        Of the model built in: numeric variables of the units at its end.
    model : str, optional
        A model of your own in lavaan's language instead.
    hypotheses : list of StatedHypothesis, optional
        Or hypotheses, of which the model is made.
    measurement : {"means", "corrected", "roles", "two_level", "items", "reflective", "sam"}
        How constructs are measured: unit means as they are; unit means with their error taken off; the views of the
        roles as indicators; informants in units, the model being about what these share; unit means of the items as
        indicators, where these do not form
        the construct; items as indicators of every construct; views of the roles, measured first.
    interactions : {"product", "lms", "qml"}
        How products of factors in your own model are estimated, whatever measures these: product indicators, latent
        moderated structural equations or quasi-maximum likelihood. Two steps (``sam``) have their own way.
    compare : bool
        Whether the same paths are estimated under every measurement.
    indirect : bool
        Whether indirect effects are told where the model has any.
    bootstrap : int
        Replications for percentile and BCa intervals of indirect effects; 0: Monte Carlo intervals alone.
    dyads : tuple of StatedDyad
        Actor-partner models of two roles, beside the model of units.
    by_role : tuple of StatedRolePath
        Paths that are compared over the roles that rate their ends, beside the model of units.
    cluster : {"firm", "none"}
        Units of one firm are alike, so by default the firm where firms are known.
    """

    form: Literal["constructs", "blocks"] = "constructs"
    outcomes: Annotated[tuple[str, ...], Names("numeric unit variable")] = ()
    model: Annotated[str | None, Field(min_length=1)] = None
    hypotheses: list[StatedHypothesis] | None = None
    measurement: Measurement = "means"
    interactions: Literal["product", "lms", "qml"] = "product"
    compare: bool = True
    indirect: bool = True
    bootstrap: Replications = 0
    dyads: tuple[StatedDyad, ...] = ()
    by_role: tuple[StatedRolePath, ...] = ()
    cluster: Annotated[Literal["firm", "none"], Firms()] = "firm"

    def stated(self) -> tuple[Hypothesis, ...]:
        """The hypotheses of the study."""
        return tuple(each.hypothesis() for each in self.hypotheses or ())

    def faults(self, words: Vocabulary) -> Iterator[Fault]:
        """One source of the model; names of scores, items, views and variables of the units; sound hypotheses."""
        own = [name for name in ("model", "hypotheses") if getattr(self, name) is not None]
        if len(own) == 2:
            yield ("hypotheses",), None, "a model is stated as text or by hypotheses, not by both", None
        if own:
            for name in ("form", "outcomes"):
                if name in self.model_fields_set:
                    yield (name,), None, f"is of the model built in: leave it out beside {own[0]}", None
        elif self.form == "blocks" and self.measurement != "means":
            yield ("measurement",), self.measurement, "blocks have a measurement of their own", "means"
        if self.measurement == "sam" and (self.engine != "comply" or self.estimator not in ("ML", "MLR")):
            yield ("measurement",), "sam", "two steps are estimated by the engine comply with ML or MLR", None
        if self.measurement == "two_level":
            yield from self._two_level_faults()
        if self.interactions != "product":
            if self.measurement == "sam":
                yield ("interactions",), self.interactions, "two steps have their own way", "product"
            elif self.engine != "comply" or self.estimator not in ("ML", "MLR", "MLF"):
                said = "likelihoods of products are those of the engine comply with ML, MLR or MLF"
                yield ("interactions",), self.interactions, said, "product"
            elif not self._multiplies_factors():
                said = (
                    "is about products of factors in a model of your own; unit means are columns, and hypotheses have "
                    "equations of unit scores"
                )
                yield ("interactions",), self.interactions, said, "product"
        if self.bootstrap and self.engine != "comply":
            yield ("bootstrap",), self.bootstrap, "is of the engine comply", "0"
        if not self.indirect and any(each.through for each in self.hypotheses or ()):
            yield ("indirect",), False, "hypotheses with mediators are about indirect effects", "true"
        if self.bootstrap and not self.indirect:
            yield ("bootstrap",), self.bootstrap, "nothing is bootstrapped without indirect effects", "0"
        if not own and not self.dyads and not self.by_role:
            return
        variables = UnitVariables(words.responses)
        beside: tuple[tuple[str, Sequence[StatedDyad | StatedRolePath]], ...] = (
            ("dyads", self.dyads),
            ("by_role", self.by_role),
        )
        for option, stated in beside:
            for place, each in enumerate(stated):
                for key, message in each.faults(variables):
                    yield (option, place, key), None, message, None
        yield from self._model_faults(variables)
        yield from self._hypothesis_faults(variables)

    def _two_level_faults(self) -> Iterator[Fault]:
        """What two levels do not have."""
        if self.engine != "comply" or self.estimator not in ("ML", "MLR"):
            said = "two levels are estimated by the engine comply with ML or MLR"
            yield ("measurement",), "two_level", said, None
        if self.bootstrap:
            said = "two levels are not resampled: Monte Carlo intervals"
            yield ("bootstrap",), self.bootstrap, said, "0"
        records = self._records()
        if records is not None and any(isinstance(term.rhs, Product) for term in records.terms):
            said = "two levels have no products: the parts of units are latent"
            yield ("model",), None, said, None

    def _records(self) -> ModelRecords | None:
        """The model text, read; None without one, or where it has a fault of its own."""
        text = self.model
        return None if text is None else attempt(lambda: parse_model(text))[0]

    def _multiplies_factors(self) -> bool:
        """Whether the model text has a product with something latent in it."""
        records = self._records()
        if records is None:
            return self.model is not None  # a text with a fault of its own is told apart
        latent = latent_names(records)
        found = [term.rhs for term in records.terms if isinstance(term.rhs, Product)]
        return any(self.measurement != "means" or latent.intersection(name.parts) for name in found)

    def _model_faults(self, variables: UnitVariables) -> Iterator[Fault]:
        if self.model is None:
            return
        try:
            records = parse_model(self.model)
        except ComplyError as error:
            yield ("model",), None, one_line(error), None
            return
        latent, known = latent_names(records), variables.names
        unknown = [name for name in named_columns(records) if name not in known and name not in latent]
        for name in unknown:
            yield ("model",), None, unknown_message("variable of the model", name, known), None
        if not unknown:
            yield from self._measured(self.model, variables)

    def _hypothesis_faults(self, variables: UnitVariables) -> Iterator[Fault]:
        if self.hypotheses is None:
            return
        if not self.hypotheses:
            yield ("hypotheses",), None, "no hypothesis is stated", "at least one"
            return
        found = 0
        for place, each in enumerate(self.stated()):
            named = (("from", each.predictor), ("to", each.outcome), ("moderator", each.moderator))
            for key, name in (*named, *(("through", name) for name in each.through)):
                if name and name not in variables.names:
                    found += 1
                    yield (
                        ("hypotheses", place, key),
                        None,
                        unknown_message("variable", name, variables.names),
                        None,
                    )
        for place, key, message in hypothesis_faults(self.stated()):
            found += 1
            yield ("hypotheses", place, *((key,) if key else ())), None, message, None
        if not found:
            yield from self._measured(hypothesised_paths(self.stated()), variables)

    def _measured(self, text: str, variables: UnitVariables) -> Iterator[Fault]:
        """Whether every construct can be measured as chosen."""
        if self.measurement in ("means", "corrected"):
            return
        for name in UnitModel.of(text).names:
            try:
                variables.measured(name, self.measurement)
            except NotApplicableError as error:
                yield ("measurement",), self.measurement, str(error), None
