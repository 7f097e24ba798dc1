"""The engine's front door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.arguments import Arguments, checked
from comply_measure.sem.arrays import Index
from comply_measure.sem.bootstrap.fit import DEFAULT
from comply_measure.sem.data import as_frame, check_names, named_like_columns, split_groups
from comply_measure.sem.errors import InputError, ModelError
from comply_measure.sem.estimation import estimate
from comply_measure.sem.families.base import Request
from comply_measure.sem.interactions.direct import fit_directly
from comply_measure.sem.interactions.model import LatentProducts, latent_products, predicted_products
from comply_measure.sem.interactions.products import with_product_indicators
from comply_measure.sem.language.parser import parse_model
from comply_measure.sem.language.records import ModelRecords
from comply_measure.sem.model import Model, specify
from comply_measure.sem.moments_input import group_sample, is_correlation, named_groups
from comply_measure.sem.options import TEST_WORDS, Options, known_word
from comply_measure.sem.ordinal.entry import find_ordered, model_variables
from comply_measure.sem.remembered import remembered
from comply_measure.sem.resolver import resolve
from comply_measure.sem.result import Fit
from comply_measure.sem.rules import Setting, apply_rules, table_options
from comply_measure.sem.sample import Sample
from comply_measure.sem.searched import searched
from comply_measure.sem.table.asked import as_asked
from comply_measure.sem.table.build import build_table
from comply_measure.sem.weighting import read_weights
from comply_measure.statistics.arguments import checks_itself

if TYPE_CHECKING:
    import pandas as pd


@checks_itself
def fit(
    model: str,
    data: pd.DataFrame | Mapping[str, Any],
    estimator: str = "ML",
    missing: str = "listwise",
    group: str | None = None,
    group_equal: str | Sequence[str] = (),
    group_partial: str | Sequence[str] = (),
    ordered: bool | str | Sequence[str] = (),
    cluster: str | None = None,
    std_lv: bool = False,
    effect_coding: bool = False,
    orthogonal: bool = False,
    meanstructure: bool | None = None,
    fixed_x: bool | None = None,
    parameterization: str = "delta",
    information: str | None = None,
    se: str | None = None,
    test: str | None = None,
    bootstrap: int = 0,
    seed: int | None = None,
    n_jobs: int = 1,
    engine: str = "comply",
    model_type: str = "sem",
    start: str | Mapping[str, float] | Fit = "default",
    bounds: str = "none",
    optimizer_options: Mapping[str, Any] | None = None,
    interactions: str | None = None,
    product_indicators: str = "double_centred",
    match: bool = False,
    nodes: int | None = None,
    sampling_weights: str | None = None,
    sampling_weights_normalization: str = "group",
) -> Fit:
    """Fit a structural equation model.

    Parameters
    ----------
    model : str
        Model in lavaan's language (see :mod:`comply_measure.sem.language.parser`).
    data : DataFrame
        One row per case, numeric columns.
    estimator : str
        lavaan's name, in any case.
    missing : str
        ``listwise`` leaves incomplete cases out. ``ml`` (``fiml``) uses every value (full-information
        maximum likelihood); cases that lack a fixed exogenous variable are left out, ``ml.x`` keeps them
        and fixes the moments of exogenous variables at their saturated estimates. ``two.stage`` and
        ``robust.two.stage`` fit the model to the saturated means and covariances.
    cluster : str, optional
        Column of clusters: for cluster-robust inference, or, in a model with ``level: 1`` and ``level: 2``
        blocks, the units of the between level (maximum likelihood).
    group : str, optional
        Column that tells the groups apart; groups count from 1 in order of appearance.
    group_equal, group_partial : sequence of str
        What is equal across groups (lavaan's words), and parameters exempt from it (``"f=~x2"``).
    std_lv, effect_coding, orthogonal, meanstructure, fixed_x
        As lavaan's options; ``meanstructure=None`` adds means when groups, intercepts or the estimator
        need them, ``fixed_x=None`` takes moments of exogenous observed variables as given under maximum
        likelihood.
    information, se, test : str, optional
        Override what goes with the estimator.
    ordered : bool or sequence of str
        Ordered variables: True for every observed variable that is not an exogenous predictor, or names;
        columns that are ordered categoricals count without being named. They are analysed by polychoric
        correlations: ``estimator`` WLSMV (also when left at ML), WLSM, WLSMVS, DWLS, ULSMV, ULS, WLS …,
        ``missing`` listwise or pairwise.
    parameterization : str
        With ordered variables: ``delta`` (scaling factors are parameters) or ``theta`` (residual
        variances are).
    bootstrap : int
        Number of bootstrap replications, for ``se="bootstrap"`` (implied when ``se`` is not given; of cases, or
        of clusters) and ``test="bollen.stine"``; 1000 where these words are given without it.
    seed : int, optional
        Seed of the bootstrap: the same seed gives the same result, whatever ``n_jobs``.
    n_jobs : int
        Cores for the bootstrap; −1 for all.
    engine : str
        ``comply``, or ``semopy``: estimates and standard errors from semopy, everything else from here.
    model_type : str
        ``sem`` (also for factor models) or ``growth``.
    start : str, mapping or Fit
        Where the search begins: ``default`` (values from the sample), ``simple`` (loadings and variances 1,
        covariances and regressions 0), values by name (``{"f=~x2": 0.8, "f=~x2.g2": 0.9}``, or labels), or the
        estimates of an earlier fit. A ``start()`` in the model text comes before words and earlier fits; beside a
        value by name it is an error.
    bounds : str
        Automatic bounds by lavaan's words: ``none``, ``pos.var`` (variances of observed and latent variables not
        negative), ``pos.ov.var``, ``pos.lv.var``, ``standard``, ``wide`` and ``wide.zerovar`` (variances, loadings and
        covariances within what the sample variances allow; see :mod:`comply_measure.sem.table.bounds`).
    optimizer_options : mapping, optional
        ``iterations`` (most steps of an attempt), ``tolerance`` (squared distance to the optimum in standard
        errors; 1e-12), ``starts`` (random starts tried besides, the lowest optimum being kept; 0) and ``seed`` of
        these (1).
    interactions : str, optional
        How products with a factor in them (``Y ~ X + Z + X:Z``, ``X:X``) are estimated: ``product`` (product
        indicators, also when left open), ``lms`` or ``qml``. Products of two observed columns are columns of
        their own, formed from the data as they are.
    product_indicators : str
        ``double_centred``, ``residual_centred``, ``unconstrained`` or ``constrained`` products of indicators
        (see :mod:`comply_measure.sem.interactions.products`).
    match : bool
        Multiply the first indicator with the first and so on, instead of all pairs.
    nodes : int, optional
        Nodes of the quadrature for ``lms``, per factor that has to be integrated. Left open: 24 for one, 16 for two,
        10 for three, 8 for more, doubled as long as that changes the log-likelihood by more than a thousandth.
    sampling_weights : str, optional
        Column of positive weights: pseudo-maximum likelihood, weighted moments or weighted polychoric correlations,
        with sandwich errors and scaled tests unless others are named (one level).
    sampling_weights_normalization : str
        ``group`` (weights of a group sum to its number of cases; lavaan 0.7's default), ``total`` (those of all
        cases to the number of all cases) or ``none``.

    Returns
    -------
    Fit
        Estimates, tests and fit measures; everything is computed when asked for and then kept.

    Raises
    ------
    ModelSyntaxError, InputError, ModelError
        When the text, the data or the options cannot be used; each names all problems found.
    """
    asked = checked(
        model=model,
        group=group,
        group_equal=group_equal,
        group_partial=group_partial,
        ordered=ordered,
        cluster=cluster,
        std_lv=std_lv,
        effect_coding=effect_coding,
        orthogonal=orthogonal,
        meanstructure=meanstructure,
        fixed_x=fixed_x,
        parameterization=parameterization,
        bootstrap=bootstrap,
        seed=seed,
        n_jobs=n_jobs,
        engine=engine,
        model_type=model_type,
        interactions=interactions,
        product_indicators=product_indicators,
        match=match,
        nodes=nodes,
        sampling_weights=sampling_weights,
        sampling_weights_normalization=sampling_weights_normalization,
    )
    words = _Words(estimator, missing, information, se, test, start, bounds, optimizer_options)
    return _fitted(asked, words, data)


@dataclass(frozen=True, slots=True)
class _Words:
    """Words of estimation and of the search for the optimum, as given."""

    estimator: str
    missing: str
    information: str | None
    se: str | None
    test: str | None
    start: str | Mapping[str, float] | Fit
    bounds: str
    optimizer_options: Mapping[str, Any] | None


def _fitted(asked: Arguments, words: _Words, data: pd.DataFrame | Mapping[str, Any]) -> Fit:
    """The model fitted to the cases: by a likelihood of its own, by product indicators, or as it stands."""
    request, products = _requested(asked, words, data)
    if products is not None:
        if asked.interactions not in (None, "product"):
            return fit_directly(request)
        request = with_product_indicators(products, request)
    fitted = _estimated(request.options.family.model(request), asked.engine)
    kinds = _bootstrap_kinds(request.options)
    return _resampled(fitted, kinds, asked) if kinds and fitted.converged else fitted


def _requested(
    asked: Arguments, words: _Words, data: pd.DataFrame | Mapping[str, Any]
) -> tuple[Request, LatentProducts | None]:
    """What is to be fitted: the text read, the data checked, options completed; and products of factors, if any."""
    records = parse_model(asked.model)
    products = latent_products(records)
    records = records if products is None else products.records
    method = "" if products is None else asked.interactions or "product"
    frame = as_frame(data)
    check_names(frame, records, asked.group, asked.cluster, asked.sampling_weights)
    found = find_ordered(records, frame, asked.ordered)
    levels = bool(records.levels)
    if found and levels:
        _refuse_ordered_levels(found)
    options = resolve(
        words.estimator,
        words.missing,
        words.information,
        _bootstrap_word(words.se, words.test, asked.bootstrap),
        words.test,
        asked.cluster is not None and not levels,
        ordered=bool(found),
        levels=levels,
        direct="" if method == "product" else method,
        weighted=asked.sampling_weights is not None,
        predicted_products=predicted_products(records) if asked.engine == "comply" else (),
    )
    groups = _filled_groups(frame, asked.group)
    setting = _setting(asked, options, records, len(groups[0]), bool(found), products=method)
    options = searched(apply_rules(setting), words.start, words.bounds, words.optimizer_options, asked.engine)
    options = replace(options, notes=(*options.notes, *named_like_columns(frame, records)))
    table = table_options(setting)
    weighting = read_weights(frame, asked.sampling_weights, asked.sampling_weights_normalization)
    return Request(records, frame, groups, found, asked, options, table, weighting), products


def _refuse_ordered_levels(ordered: frozenset[str]) -> NoReturn:
    raise InputError(
        "Two-level models with ordered variables are not available.",
        [
            Problem(
                f"{', '.join(sorted(ordered))}: ordered, in a model with 'level:' blocks",
                column="ordered",
                allowed="numbers (ordered=None, estimator='MLR'), or a model of one level with cluster=",
            )
        ],
    )


def _setting(
    asked: Arguments,
    options: Options,
    records: ModelRecords,
    n_groups: int,
    ordered: bool = False,
    moments: bool = False,
    means: bool = True,
    products: str = "",
) -> Setting:
    """The arguments and what they meet in the text and the data."""
    return Setting(
        asked,
        options,
        n_groups=n_groups,
        ordered=ordered,
        levels=bool(records.levels),
        moments=moments,
        intercepts=any(term.op == "~1" for term in records.terms),
        predictors=bool(model_variables(records).exogenous),
        means=means,
        n_factors=records.n_factors,
        products=products,
    )


def _filled_groups(frame: pd.DataFrame, group: str | None) -> tuple[tuple[str, ...], tuple[Index, ...]]:
    """Names and rows of the groups; an error when there is nothing in them."""
    groups = split_groups(frame, group)
    if not groups[0] or any(len(rows) == 0 for rows in groups[1]):
        raise InputError("The data have no cases.", [Problem("empty", column=group)])
    return groups


def _resampled(fitted: Fit, kinds: tuple[str, ...], asked: Arguments) -> Fit:
    many = asked.bootstrap or DEFAULT
    return fitted.model.family.bootstrap(fitted, many, kinds, asked.seed, asked.n_jobs)


def _bootstrap_word(se: str | None, test: str | None, bootstrap: int) -> str | None:
    """Bootstrap standard errors where a number of replications says so by itself."""
    if not bootstrap or se is not None:
        return se
    known = known_word(test, tuple(TEST_WORDS)) if test is not None else None
    return None if known is not None and TEST_WORDS[known] == "bollen.stine" else "bootstrap"


def _bootstrap_kinds(options: Options) -> tuple[str, ...]:
    """Which bootstraps are asked for."""
    wanted = {"ordinary": options.se == "bootstrap", "bollen.stine": options.test == "bollen.stine"}
    return tuple(kind for kind, asked in wanted.items() if asked)


@checks_itself
def from_moments(
    model: str,
    cov: Any,
    nobs: Any,
    mean: Any = None,
    sd: Any = None,
    estimator: str = "ML",
    group_equal: str | Sequence[str] = (),
    group_partial: str | Sequence[str] = (),
    std_lv: bool = False,
    effect_coding: bool = False,
    orthogonal: bool = False,
    meanstructure: bool | None = None,
    fixed_x: bool | None = None,
    information: str | None = None,
    se: str | None = None,
    test: str | None = None,
    rescale: bool | None = None,
    engine: str = "comply",
    model_type: str = "sem",
    start: str | Mapping[str, float] | Fit = "default",
    bounds: str = "none",
    optimizer_options: Mapping[str, Any] | None = None,
) -> Fit:
    """Fit a model to printed moments.

    Parameters
    ----------
    model : str
        Model in lavaan's language.
    cov : DataFrame, or list or mapping of DataFrames
        Covariance (or correlation) matrix with variable names, full or lower triangle; one per group.
    nobs : int, or list or mapping of int
        Number of cases per group.
    mean, sd : Series, mapping, sequence, or list or mapping of these, optional
        Means; standard deviations that turn a correlation matrix into covariances.
    meanstructure : bool, optional
        Whether means are modelled; by default where they are given.
    rescale : bool, optional
        Multiply by (n − 1)/n, because printed covariances have divisor n − 1; by default under maximum
        likelihood, as in lavaan.
    estimator, group_equal, group_partial, std_lv, effect_coding, orthogonal, fixed_x, information, se, test : optional
        As for :func:`fit`; only estimators that need no raw data.
    engine, model_type, start, bounds, optimizer_options : optional
        As for :func:`fit`.

    Returns
    -------
    Fit
        As for :func:`fit`. A correlation matrix is analysed as if it were a covariance matrix; the
        result says so.
    """
    asked = checked(
        model=model,
        group_equal=group_equal,
        group_partial=group_partial,
        std_lv=std_lv,
        effect_coding=effect_coding,
        orthogonal=orthogonal,
        meanstructure=meanstructure,
        fixed_x=fixed_x,
        rescale=rescale,
        engine=engine,
        model_type=model_type,
    )
    records = parse_model(asked.model)
    _check_cases(records)
    columns = predicted_products(records) if asked.engine == "comply" else ()
    options = resolve(estimator, "listwise", information, se, test, moments=True, predicted_products=columns)
    names, matrices, rest = named_groups(cov, nobs, mean, sd)
    setting = _setting(asked, options, records, len(names), moments=True, means=mean is not None)
    options = searched(apply_rules(setting), start, bounds, optimizer_options, asked.engine)
    rescaled = not options.family.cases_lost if rescale is None else rescale
    table = build_table(records, table_options(setting), names)
    if table.meanstructure and mean is None:
        raise ModelError("the model has intercepts, but no means are given")
    groups = tuple(
        group_sample(name, matrix, block.observed, n, m, s, rescaled)
        for name, matrix, block, (n, m, s) in zip(names, matrices, table.variables, rest, strict=True)
    )
    sample = Sample(groups, sum(group.n_cases for group in groups))
    if is_correlation(sample):
        note = "a correlation matrix is analysed as a covariance matrix: standard errors may be wrong"
        table = replace(table, notes=(*table.notes, note))
    model_of_moments = specify(as_asked(table, sample.groups, options.search), sample, options)
    return _estimated(model_of_moments, asked.engine)


def _estimated(model: Model, engine: str) -> Fit:
    """The model fitted by one of the engines."""
    if engine == "semopy":
        from comply_measure.sem.engines.semopy import estimate_with_semopy

        optimum, errors = estimate_with_semopy(model)
        return model.family.result(model, optimum, errors)
    try:
        return model.family.result(model, remembered(model, estimate))
    except np.linalg.LinAlgError as error:
        raise ModelError(
            "the paths of the model form a loop that has no solution: I - A is singular"
        ) from error


def _check_cases(records: ModelRecords) -> None:
    """Refuse what moments alone do not determine."""
    if latent_products(records) is not None:
        raise ModelError("products of factors need the cases, not moments")
    if records.levels:
        raise ModelError("a model with 'level:' blocks needs the cases, not moments")
