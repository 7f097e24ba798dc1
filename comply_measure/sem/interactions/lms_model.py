"""From a model text with products of factors and data to a model with a likelihood of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.arrays import Array, NotPositiveDefiniteError
from comply_measure.sem.data import collect
from comply_measure.sem.endless import undetermined_directions
from comply_measure.sem.errors import InputError, ModelError
from comply_measure.sem.estimation import estimate
from comply_measure.sem.families.base import Request
from comply_measure.sem.families.incomplete import FullInformation
from comply_measure.sem.families.likelihood import LIKELIHOOD
from comply_measure.sem.implied import Layout
from comply_measure.sem.interactions.lms_equations import Equations, ProductPath, equations_of
from comply_measure.sem.interactions.lms_likelihood import GroupLikelihood, GroupPoint, patterns_of
from comply_measure.sem.interactions.lms_objective import ProductObjective
from comply_measure.sem.interactions.lms_start import product_starts
from comply_measure.sem.interactions.model import LatentProducts, at_term, latent_products
from comply_measure.sem.language.records import PLAIN, ModelRecords, Product, Term
from comply_measure.sem.layouts import is_direct_product
from comply_measure.sem.model import Model, fill_exogenous, specify
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.options import Options
from comply_measure.sem.sample import Sample
from comply_measure.sem.search import Search
from comply_measure.sem.start import put_given
from comply_measure.sem.table.asked import as_asked
from comply_measure.sem.table.build import build_table
from comply_measure.sem.table.constraints import feasible_set
from comply_measure.sem.table.parameter_table import ParameterTable
from comply_measure.sem.table.variables import variables_of

NODES = {1: 24, 2: 16, 3: 10}  # per dimension, by the number of dimensions
FEWEST = 8  # per dimension, for more of them
MOST_POINTS = 200_000  # nodes over all dimensions
SAME = 1e-3  # difference of log-likelihoods that is let be


@dataclass(frozen=True)
class ProductModel(Model):
    """A model with products of factors in its equations.

    Attributes
    ----------
    linear : Model
        The same model with coefficients of zero for all products.
    linear_optimum : Optimum
        Where its maximum likelihood is.
    nodes : int
        Of the quadrature, per dimension; 0 for the quasi-likelihood.
    error : float or None
        Of the log-likelihood by quadrature at the maximum, where it is known already.
    """

    linear: Model
    linear_optimum: Optimum
    nodes: int
    error: float | None = None

    @property
    def is_rememberable(self) -> bool:
        """No: it depends on the nodes and the linear model too."""
        return False

    @property
    def equations(self) -> tuple[Equations, ...]:
        """Per group."""
        assert isinstance(self.objective, ProductObjective)
        return tuple(likelihood.equations for likelihood in self.objective.likelihoods)

    @property
    def product_rows(self) -> tuple[int, ...]:
        """Rows of the table that are coefficients of products."""
        return tuple(row for row in range(len(self.table)) if is_direct_product(self.table, row))

    @property
    def linear_loglik(self) -> float:
        """Maximum log-likelihood without the products; NaN where there is none."""
        found = self.linear.family.log_likelihoods(self.linear, self.linear_optimum.point)
        return math.nan if found is None or not self.linear_optimum.converged else found.model

    def start(self) -> Array:
        """θ of the model without products, with what the user says."""
        theta = self.linear_theta
        put_given(self.table, theta)
        return theta

    def start_with_products(self) -> Array | None:
        """θ with starts for the products, too; None where these are given or the data are too few."""
        if not self.linear_optimum.converged or np.isfinite(self.table.start[self.table.free > 0]).any():
            return None
        theta = self.linear_theta
        groups = zip(self.layouts, self.sample.groups, strict=True)
        for number, (layout, group) in enumerate(groups):
            own = slice(layout.first, layout.first + layout.q)
            assert group.data is not None
            found = product_starts(layout, _paths(self.table, layout, number), theta[own], group.data)
            if found is None:
                return None
            theta[own] = found
        for equal in self.table.equal:
            theta[list(equal)] = theta[list(equal)].mean()
        return theta

    @property
    def linear_value(self) -> float:
        """F at the estimates without products, which have the likelihood of the linear model; infinite where none."""
        objective = self.objective
        assert isinstance(objective, ProductObjective)
        found = -2.0 * (self.linear_loglik - objective.reference) / objective.n
        return found if math.isfinite(found) else math.inf

    @property
    def linear_theta(self) -> Array:
        """θ of the model without products: its estimates, and zero for products."""
        theta = np.zeros(self.table.n_free)
        is_product = np.zeros(len(self.table), dtype=bool)
        is_product[list(self.product_rows)] = True
        theta[self.table.free[(self.table.free > 0) & ~is_product] - 1] = self.linear_optimum.point.theta
        return theta


def product_model(request: Request, quasi: bool) -> ProductModel:
    """A model with products of factors, ready to be estimated.

    Parameters
    ----------
    request : Request
        Parsed text with products, data, options.
    quasi : bool
        Quasi-maximum likelihood instead of quadrature.

    Raises
    ------
    InputError, ModelError
        When the data or the model do not allow it.
    """
    options = request.options
    products = latent_products(_with_covariances(request.records))
    assert products is not None
    _check_moments(products)
    words = replace(request.table_options, meanstructure=True, fixed_x=False, direct_products=True)
    table = build_table(products.records, words, request.groups[0])
    _check_composites(table)
    names = [block.observed for block in table.variables]
    cases = collect(request.frame, names, request.groups, products.records, request.asked.cluster)
    linear_options = _linear_options(options)
    sample = linear_options.family.sample(cases, table, linear_options)  # type: ignore[attr-defined]
    table = as_asked(table, sample.groups, options.search)
    linear = specify(_linear_table(products, table), sample, linear_options)
    layouts = options.family.layouts(table, {})
    equations = tuple(equations_of(layout, _paths(table, layout, g)) for g, layout in enumerate(layouts))
    if quasi:
        _check_quasi(equations)
    nodes = 0 if quasi else _nodes(equations, request.asked.nodes)
    objective = _objective(table, layouts, equations, sample, nodes)
    notes = (*options.notes, *products.notes, *_notes(equations, nodes), *_by_distribution(linear))
    return ProductModel(
        table,
        sample,
        layouts,
        objective.space,
        objective,
        replace(options, notes=notes),
        fill_exogenous(table, sample.groups),
        linear=linear,
        linear_optimum=estimate(linear),
        nodes=nodes,
    )


def with_table(model: ProductModel, table: ParameterTable) -> ProductModel:
    """The model with another table of the same rows, such as one with more constraints."""
    objective = model.objective
    assert isinstance(objective, ProductObjective)
    space = feasible_set(table)
    return replace(
        model, table=table, space=space, objective=replace(objective, space=space, last=[]), error=None
    )


def with_nodes(model: ProductModel, nodes: int) -> ProductModel:
    """The model with another number of nodes per dimension."""
    objective = model.objective
    assert isinstance(objective, ProductObjective)
    likelihoods = tuple(replace(each, nodes=nodes) for each in objective.likelihoods)
    said = _notes(model.equations, model.nodes)
    notes = (*(note for note in model.options.notes if note not in said), *_notes(model.equations, nodes))
    return replace(
        model,
        nodes=nodes,
        error=None,
        objective=replace(objective, likelihoods=likelihoods, last=[]),
        options=replace(model.options, notes=notes),
    )


def quadrature_error(model: ProductModel, theta: Array, loglik: float | None = None) -> float:
    """By how much twice the nodes change the log-likelihood at θ, at most; infinite where there is none with them.

    Where half the nodes give the same within ``SAME``, twice as many do so all the more, and need not be tried: the
    error falls geometrically with their number.

    Parameters
    ----------
    model : ProductModel
    theta : array (q,)
    loglik : float or None
        The log-likelihood at θ where it is known.
    """
    if not model.nodes:
        return 0.0
    try:
        here = _loglik(model, theta, model.nodes) if loglik is None else loglik
        if model.nodes >= 2 * FEWEST:
            error = abs(here - _loglik(model, theta, model.nodes // 2))
            if error <= SAME:
                return error
        return abs(_loglik(model, theta, 2 * model.nodes) - here)
    except (NotPositiveDefiniteError, np.linalg.LinAlgError):
        return math.inf


def _loglik(model: ProductModel, theta: Array, nodes: int) -> float:
    objective = model.objective
    assert isinstance(objective, ProductObjective)
    return sum(
        GroupPoint(replace(each, nodes=nodes), theta[at.first : at.first + at.q], slopes=False).loglik
        for each, at in zip(objective.likelihoods, objective.layouts, strict=True)
    )


def dimensions_of(equations: tuple[Equations, ...]) -> int:
    """Moderating variables that have to be integrated, at most in a group."""
    return max(int((each.centred[each.moderating] == 0.0).sum()) for each in equations)


def _with_covariances(records: ModelRecords) -> ModelRecords:
    """The text with free covariances of observed predictors, which are random here, among all exogenous variables."""
    added: list[Term] = []
    for block in records.groups or ("",):
        terms = [term for term in records.terms if term.block == block]
        names = variables_of(
            [
                replace(term, rhs=part)
                for term in terms
                for part in (term.rhs.parts if isinstance(term.rhs, Product) else (term.rhs,))
            ]
        )
        known = {frozenset((t.lhs, t.rhs)) for t in terms if t.op == "~~"}
        pairs = [(factor, name) for name in names.exogenous for factor in names.latent_exogenous]
        pairs += list(combinations(names.exogenous, 2))
        line = terms[-1].line
        added += [Term(a, "~~", b, PLAIN, line, block) for a, b in pairs if frozenset((a, b)) not in known]
    return replace(records, terms=(*records.terms, *added))


def _check_moments(products: LatentProducts) -> None:
    """Refuse covariances of products: they follow from the model, as those of normal variables do."""
    problems = [
        at_term(
            products.records,
            term,
            f"'{term.lhs} {term.op} {term.rhs}': no parameter where products are not variables of the model",
            "interactions='product'",
        )
        for term in products.extra
    ]
    if problems:
        raise InputError("Products of the model have no covariances.", problems)


def _check_composites(table: ParameterTable) -> None:
    formed = [composite.name for names in table.variables for composite in names.composites]
    if formed:
        raise ModelError(
            f"composites ({', '.join(dict.fromkeys(formed))}) are not available beside products of factors"
        )


def _linear_options(options: Options) -> Options:
    family = LIKELIHOOD if options.complete_cases else FullInformation("ml")
    return replace(options, family=family, se="standard", test="standard", search=Search(), notes=())


def _linear_table(products: LatentProducts, table: ParameterTable) -> ParameterTable:
    """The table without the rows of products, and without relations on labels that only they have."""
    rows = [row for row in range(len(table)) if not is_direct_product(table, row)]
    old = table.free[rows]
    place = {int(number) - 1: i for i, number in enumerate(old[old > 0])}
    equal = [tuple(place[i] for i in group if i in place) for group in table.equal]
    columns: dict[str, Any] = {
        name: tuple(getattr(table, name)[row] for row in rows)
        for name in ("lhs", "op", "rhs", "label", "plabel")
    }
    columns |= {
        name: getattr(table, name)[rows]
        for name in ("user", "group", "value", "start", "lower", "upper", "exo")
    }
    dropped = set(products.dropped)
    return replace(
        table,
        **columns,
        free=np.where(old > 0, np.cumsum(old > 0), 0),
        equal=tuple(group for group in equal if len(group) > 1),
        relations=tuple(relation for relation in table.relations if relation not in dropped),
    )


def _paths(table: ParameterTable, layout: Layout, group: int) -> list[ProductPath]:
    place = {name: i for i, name in enumerate(layout.sources)}
    paths = []
    for row in np.flatnonzero(table.group == group + 1).tolist():
        if not is_direct_product(table, row):
            continue
        rhs = table.rhs[row]
        assert isinstance(rhs, Product)
        free = int(table.free[row])
        paths.append(
            ProductPath(
                place[table.lhs[row]],
                place[rhs.parts[0]],
                place[rhs.parts[1]],
                free - 1 - layout.first if free else -1,
                float(table.value[row]) if not free else 0.0,
            )
        )
    return paths


def _check_quasi(equations: tuple[Equations, ...]) -> None:
    if any(each.compound for each in equations):
        raise ModelError(
            "interactions='qml' knows no product with a variable that another product leads to; use 'lms'"
        )


def _nodes(equations: tuple[Equations, ...], asked: int | None) -> int:
    dimensions = dimensions_of(equations)
    nodes = NODES.get(max(dimensions, 1), FEWEST) if asked is None else asked
    if nodes**dimensions > MOST_POINTS:
        raise InputError(
            "The integral has too many nodes.",
            [
                Problem(
                    f"{dimensions} dimensions",
                    column="nodes",
                    value=nodes,
                    allowed=f"at most {int(MOST_POINTS ** (1.0 / max(dimensions, 1)))}, or interactions='qml'",
                )
            ],
        )
    return nodes


def _objective(
    table: ParameterTable,
    layouts: tuple[Layout, ...],
    equations: tuple[Equations, ...],
    sample: Sample,
    nodes: int,
) -> ProductObjective:
    likelihoods = []
    for each, group in zip(equations, sample.groups, strict=True):
        assert group.data is not None
        likelihoods.append(GroupLikelihood(each, patterns_of(each, group.data), group.n_cases, nodes))
    saturated = [group.saturated_loglik for group in sample.groups]
    reference = sum(value for value in saturated if math.isfinite(value))
    return ProductObjective(
        layouts, (), sample.weights, feasible_set(table), likelihoods=tuple(likelihoods), reference=reference
    )


def _by_distribution(linear: Model) -> list[str]:
    """What only the products identify: directions of which means and covariances say nothing without them."""
    count = undetermined_directions(linear)
    if not count:
        return []
    many = "a direction" if count == 1 else f"{count} directions"
    return [
        f"without its products the model is not identified: {many} of its parameters (such as the residual variance "
        "of a single indicator) can be told only from the distributions that products imply, which rests on normality"
    ]


def _notes(equations: tuple[Equations, ...], nodes: int) -> list[str]:
    """How products are estimated, for a reader of the fit."""
    each = equations[0]
    latent = [each.layout.sources[i] for i in each.moderating if not each.centred[i]]
    if not nodes:
        how = (
            "quasi-maximum likelihood (QML); standard errors of estimator='ML' take the quasi-likelihood for a "
            "likelihood, those of 'MLR' do not"
        )
    elif latent:
        how = f"latent moderated structural equations (LMS), {nodes} nodes for {' and '.join(latent)}"
    else:
        how = "latent moderated structural equations (LMS); moderators are observed, nothing is integrated"
    notes = [f"products of factors: {how}"]
    observed = sorted(
        {each.layout.sources[i] for each in equations for i in each.moderating if each.centred[i]}
    )
    if observed:
        notes.append(
            f"observed moderators enter products as deviations from their mean: {', '.join(observed)}"
        )
    return notes
