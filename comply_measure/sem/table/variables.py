"""Which names are observed, latent, exogenous: read off the formulas, as lavaan's ``lavNames``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from comply_measure.sem.language.records import Product, Term, columns_of
from comply_measure.sem.table.composites import Composite, composites_of


@dataclass(frozen=True, slots=True)
class Variables:
    """Names of one group's model in lavaan's order.

    Attributes
    ----------
    observed : tuple of str
        Indicators, then observed outcomes, then observed predictors, then the rest.
    latent : tuple of str
        Left sides of ``=~`` and ``<~``.
    composites : tuple of Composite
        Left sides of ``<~`` with their components.
    exogenous : tuple of str
        Observed predictors that no formula predicts, measures or gives a (co)variance or intercept:
        with ``fixed_x`` their moments are taken as given.
    latent_exogenous, latent_outcomes, observed_outcomes : tuple of str
        Latent variables that nothing predicts; outcomes that predict nothing (their residuals covary
        by default).
    """

    observed: tuple[str, ...]
    latent: tuple[str, ...]
    composites: tuple[Composite, ...]
    exogenous: tuple[str, ...]
    latent_exogenous: tuple[str, ...]
    latent_outcomes: tuple[str, ...]
    observed_outcomes: tuple[str, ...]

    @property
    def excrescent(self) -> tuple[str, ...]:
        """Excrescent variables of all composites."""
        return tuple(name for composite in self.composites for name in composite.excrescent)

    @property
    def components(self) -> frozenset[str]:
        """Observed variables that composites are formed of; they have no residual."""
        return frozenset(name for composite in self.composites for name in composite.components)

    @property
    def endogenous(self) -> tuple[str, ...]:
        """Observed variables that are not exogenous."""
        taken = set(self.exogenous)
        return tuple(name for name in self.observed if name not in taken)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def variables_of(terms: Sequence[Term]) -> Variables:
    """Names of a model.

    Parameters
    ----------
    terms : sequence of Term
        Formulas of one group.

    Returns
    -------
    Variables
        See the attributes.
    """
    latent = _unique(t.lhs for t in terms if t.op in ("=~", "<~"))
    latents = set(latent)
    indicators = _unique(t.rhs for t in terms if t.op in ("=~", "<~"))
    outcomes = _unique(t.lhs for t in terms if t.op == "~")
    predictors = _unique(t.rhs for t in terms if t.op == "~")

    measured = [n for n in indicators if n not in latents]
    known = latents.union(measured)
    predicted = [n for n in outcomes if n not in known]
    known.update(predicted)
    # a product of which one part is predicted is itself no fixed predictor
    products = [n for n in predictors if n not in known and any(p in outcomes for p in columns_of(n))]
    predicted += products
    known.update(products)
    exogenous = [n for n in predictors if n not in known]
    known.update(exogenous)

    named: list[str] = [t.lhs for t in terms if t.op == "~~"] + [t.rhs for t in terms if t.op == "~~"]
    named += [t.lhs for t in terms if t.op in ("~1", "|", "~*~")]
    rest = [n for n in _unique(named) if n not in known]
    random = {t.lhs for t in terms if t.op in ("~1", "~~")}.union(t.rhs for t in terms if t.op == "~~")

    is_indicator, is_predictor = set(indicators), set(predictors)
    pure_outcomes = [n for n in outcomes if n not in is_indicator and n not in is_predictor]
    predicted_set = set(outcomes)
    return Variables(
        observed=(*measured, *predicted, *exogenous, *rest),
        latent=latent,
        composites=composites_of(terms),
        exogenous=tuple(n for n in exogenous if n not in random),
        latent_exogenous=tuple(n for n in latent if n not in is_indicator and n not in predicted_set),
        latent_outcomes=tuple(n for n in latent if n in pure_outcomes),
        observed_outcomes=tuple(n for n in (*measured, *predicted, *exogenous, *rest) if n in pure_outcomes),
    )


def with_latent_products(names: Variables) -> Variables:
    """The names with products that have a factor in them among the exogenous latent variables."""
    latent = set(names.latent)
    products = [n for n in names.observed if isinstance(n, Product) and latent.intersection(n.parts)]
    kept = set(names.observed).difference(products)
    return replace(
        names,
        observed=tuple(n for n in names.observed if n in kept),
        latent=(*names.latent, *products),
        exogenous=tuple(n for n in names.exogenous if n in kept),
        latent_exogenous=(*names.latent_exogenous, *products),
    )
