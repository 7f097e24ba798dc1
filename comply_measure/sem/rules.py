"""What one option does to another: a table of rules, each of which refuses or states an override."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from comply_measure.errors import Problem
from comply_measure.sem.arguments import Arguments
from comply_measure.sem.errors import InputError
from comply_measure.sem.families.registry import family_of
from comply_measure.sem.options import Options
from comply_measure.sem.table.parameter_table import TableOptions

MEAN_EQUALITIES = ("intercepts", "means")


@dataclass(frozen=True, slots=True)
class Setting:
    """The arguments and what they meet in the model text and the data.

    Attributes
    ----------
    asked : Arguments
        The checked arguments.
    options : Options
        From :func:`comply_measure.sem.resolver.resolve`.
    n_groups : int
        Groups of the data.
    ordered, levels, moments : bool
        Whether variables are ordered, the model has two levels, only moments are known.
    intercepts, predictors : bool
        Whether the text has intercepts, and exogenous observed variables.
    means : bool
        Whether means are given, for moments.
    n_factors : int
        Factors with indicators in the text, on the level that has most.
    products : str
        How products of factors are estimated; empty for a model without any.
    """

    asked: Arguments
    options: Options
    n_groups: int = 1
    ordered: bool = False
    levels: bool = False
    moments: bool = False
    intercepts: bool = False
    predictors: bool = False
    means: bool = True
    n_factors: int = 1
    products: str = ""

    @property
    def one_level_clusters(self) -> bool:
        """Whether clusters serve inference, not a second level."""
        return self.asked.cluster is not None and not self.levels

    @property
    def direct(self) -> bool:
        """Whether products of factors are estimated without product indicators."""
        return self.products in ("lms", "qml")

    @property
    def resampled(self) -> bool:
        """Whether anything is drawn at random."""
        return self.options.se == "bootstrap" or self.options.test == "bollen.stine"

    @property
    def needs_means(self) -> str:
        """What forces means into the model; empty when nothing does."""
        reasons = (
            ("ordered variables", self.ordered),
            ("'level:' blocks", self.levels),
            (f"missing='{self.options.missing}'", not self.options.complete_cases),
            ("cluster=", self.one_level_clusters),
            ("intercepts in the model text", self.intercepts),
            (f"interactions='{self.products}'", self.direct),
            (
                "product_indicators='unconstrained'",
                self.products == "product" and self.asked.product_indicators == "unconstrained",
            ),
        )
        return next((reason for reason, holds in reasons if holds), "")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: when it applies, whether it refuses or states, and what it says (``{0}`` from ``detail``)."""

    option: str
    outcome: Literal["refuse", "state"]
    when: Callable[[Setting], bool]
    says: str
    allowed: str = ""
    detail: Callable[[Setting], str | tuple[str, ...]] = lambda s: ""


def _semopy(s: Setting) -> bool:
    return s.asked.engine == "semopy"


def _semopy_knows(options: Options) -> bool:
    """Whether semopy minimises the same, and takes the same information."""
    complete = family_of("complete", options.estimator.discrepancy)
    plain = options.estimator.is_plain and options.information == "expected"
    return plain and complete is not None and bool(complete.other_engine)


def _bootstrap_useless(s: Setting) -> bool:
    return s.asked.bootstrap > 0 and not s.resampled


def _no_indicators(s: Setting) -> str:
    """Why there are no product indicators."""
    return (
        f"interactions='{s.products}' has none"
        if s.products
        else "no product in the model has a factor in it"
    )


RULES: tuple[Rule, ...] = (
    Rule(
        "meanstructure",
        "state",
        lambda s: s.asked.meanstructure is False and bool(s.needs_means),
        "meanstructure=False has no effect: means are needed for {0}",
        detail=lambda s: s.needs_means,
    ),
    Rule(
        "meanstructure",
        "refuse",
        lambda s: s.asked.meanstructure is False and s.asked.model_type == "growth",
        "not with model_type='growth'",
        "True, None",
    ),
    Rule(
        "group_equal",
        "refuse",
        lambda s: (
            s.asked.meanstructure is False
            and not s.needs_means
            and bool(set(MEAN_EQUALITIES) & set(s.asked.group_equal))
        ),
        "equal intercepts or means need a model of means",
        "meanstructure=True",
    ),
    Rule(
        "group_equal",
        "refuse",
        lambda s: "thresholds" in s.asked.group_equal and not s.ordered,
        "'thresholds' without ordered variables",
        "intercepts",
    ),
    Rule(
        "group_equal",
        "state",
        lambda s: bool(s.asked.group_equal) and s.n_groups == 1,
        "group_equal has no effect with one group",
    ),
    Rule(
        "group_partial",
        "state",
        lambda s: bool(s.asked.group_partial) and (not s.asked.group_equal or s.n_groups == 1),
        "group_partial has no effect without equalities across groups",
    ),
    Rule(
        "parameterization",
        "state",
        lambda s: s.asked.parameterization == "theta" and not s.ordered,
        "parameterization='theta' has no effect: no variable is ordered",
    ),
    Rule(
        "fixed_x",
        "refuse",
        lambda s: s.asked.fixed_x is False and s.ordered and s.predictors,
        "not with ordered variables: predictors are conditioned on",
        "True; or x ~~ x in the model, which makes x a variable of it",
    ),
    Rule(
        "std_lv",
        "refuse",
        lambda s: s.asked.std_lv and s.asked.effect_coding,
        "std_lv and effect_coding both set the scale of the latent variables: choose one",
    ),
    Rule(
        "std_lv",
        "state",
        lambda s: s.asked.std_lv and not s.n_factors,
        "std_lv has no effect: the model has no factor",
    ),
    Rule(
        "effect_coding",
        "state",
        lambda s: s.asked.effect_coding and not s.n_factors,
        "effect_coding has no effect: the model has no factor",
    ),
    Rule(
        "orthogonal",
        "state",
        lambda s: s.asked.orthogonal and s.n_factors < 2,
        "orthogonal has no effect: the model has {0}",
        detail=lambda s: "one factor" if s.n_factors else "no factor",
    ),
    Rule(
        "effect_coding",
        "state",
        lambda s: s.asked.effect_coding and s.ordered,
        "effect_coding concerns loadings: thresholds and intercepts of ordered variables keep their defaults",
    ),
    Rule(
        "effect_coding",
        "refuse",
        lambda s: s.levels and s.asked.effect_coding,
        "not with 'level:' blocks",
        "False",
    ),
    Rule(
        "model_type",
        "refuse",
        lambda s: s.levels and s.asked.model_type == "growth",
        "growth defaults are not available with 'level:' blocks",
        "sem",
    ),
    Rule(
        "bootstrap",
        "refuse",
        _bootstrap_useless,
        "nothing to bootstrap with se='{0}'",
        "se='bootstrap'",
        lambda s: s.options.se,
    ),
    Rule(
        "seed",
        "state",
        lambda s: s.asked.seed is not None and not s.resampled,
        "seed has no effect: no bootstrap",
    ),
    Rule(
        "n_jobs",
        "state",
        lambda s: s.asked.n_jobs != 1 and not s.resampled,
        "n_jobs has no effect: no bootstrap",
    ),
    Rule(
        "estimator",
        "refuse",
        lambda s: _semopy(s) and not _semopy_knows(s.options),
        "engine='semopy' takes only ML with expected information",
        "ML",
    ),
    Rule(
        "se",
        "refuse",
        lambda s: _semopy(s) and s.options.se not in ("standard", "none") and not s.resampled,
        "engine='semopy' gives its own standard errors",
        "standard, none",
    ),
    Rule("bootstrap", "refuse", lambda s: _semopy(s) and s.resampled, "not available with engine='semopy'"),
    Rule(
        "missing",
        "refuse",
        lambda s: _semopy(s) and not s.options.complete_cases,
        "not with engine='semopy'",
        "listwise",
    ),
    Rule(
        "sampling_weights",
        "refuse",
        lambda s: _semopy(s) and s.asked.sampling_weights is not None,
        "not with engine='semopy'",
        "engine='comply'",
    ),
    Rule(
        "sampling_weights",
        "refuse",
        lambda s: bool(s.products) and s.asked.sampling_weights is not None,
        "not with products of factors",
        "products of observed columns",
    ),
    Rule(
        "sampling_weights_normalization",
        "state",
        lambda s: s.asked.sampling_weights_normalization != "group" and s.asked.sampling_weights is None,
        "sampling_weights_normalization has no effect without sampling_weights",
    ),
    Rule(
        "sampling_weights_normalization",
        "state",
        lambda s: (
            s.asked.sampling_weights_normalization == "total"
            and s.asked.sampling_weights is not None
            and s.n_groups == 1
        ),
        "sampling_weights_normalization='total' is that of groups: there is one group",
    ),
    Rule(
        "interactions",
        "state",
        lambda s: s.asked.interactions is not None and not s.products,
        "interactions='{0}' has no effect: no product in the model has a factor in it",
        detail=lambda s: str(s.asked.interactions),
    ),
    Rule(
        "product_indicators",
        "state",
        lambda s: s.asked.product_indicators != "double_centred" and s.products != "product",
        "product_indicators='{0}' has no effect: {1}",
        detail=lambda s: (s.asked.product_indicators, _no_indicators(s)),
    ),
    Rule(
        "match",
        "state",
        lambda s: s.asked.match and s.products != "product",
        "match=True has no effect: {0}",
        detail=_no_indicators,
    ),
    Rule(
        "nodes",
        "state",
        lambda s: s.asked.nodes is not None and s.products != "lms",
        "nodes has no effect: nothing is integrated",
    ),
    Rule(
        "interactions",
        "refuse",
        lambda s: s.direct and s.ordered,
        "not with ordered variables",
        "product, with items as numbers",
    ),
    Rule(
        "interactions",
        "refuse",
        lambda s: s.direct and (s.resampled or _semopy(s)),
        "no other engine, and no se or test by bootstrap",
        "product, or fit.bootstrap() afterwards",
    ),
    Rule("ordered", "refuse", lambda s: _semopy(s) and s.ordered, "not with engine='semopy'"),
    Rule("level", "refuse", lambda s: _semopy(s) and s.levels, "engine='semopy' knows no 'level:' blocks"),
    Rule("cluster", "refuse", lambda s: _semopy(s) and s.one_level_clusters, "not with engine='semopy'"),
)


def apply_rules(setting: Setting) -> Options:
    """The options with a note for every override.

    Raises
    ------
    InputError
        With every rule that refuses.
    """
    problems, notes = [], []
    for rule in RULES:
        if not rule.when(setting):
            continue
        detail = rule.detail(setting)
        text = rule.says.format(*([detail] if isinstance(detail, str) else detail))
        if rule.outcome == "state":
            notes.append(text)
        else:
            value = getattr(setting.asked, rule.option, None)
            problems.append(Problem(text, column=rule.option, value=value, allowed=rule.allowed or None))
    if problems:
        raise InputError("These options do not go together.", problems)
    return replace(setting.options, notes=(*setting.options.notes, *notes))


def table_options(setting: Setting) -> TableOptions:
    """What the defaults of the parameter table depend on."""
    asked = setting.asked
    growth = asked.model_type == "growth"
    if setting.moments:
        means = setting.means and asked.meanstructure is not False
    else:
        usual = setting.n_groups > 1 or growth
        wanted = usual if asked.meanstructure is None else asked.meanstructure
        means = wanted or not setting.options.complete_cases or asked.cluster is not None
    given = setting.options.family.fixes_exogenous
    return TableOptions(
        model_type="growth" if growth else "sem",
        meanstructure=means,
        std_lv=asked.std_lv,
        effect_coding=asked.effect_coding,
        orthogonal=asked.orthogonal,
        fixed_x=given if asked.fixed_x is None else asked.fixed_x,
        group_equal=asked.group_equal,
        group_partial=asked.group_partial,
    )
